"""A public register on this machine: it answers what it is told to, in the documented shapes, and remembers what it was asked."""

from __future__ import annotations

import threading
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from typing import Any
from urllib.parse import parse_qs, urlsplit

SHOP = {
    "siret": "55210055400013", "adresse": "12 RUE DE LANNOY 59100 ROUBAIX", "code_postal": "59100", "commune": "59512",
    "libelle_commune": "ROUBAIX", "latitude": "50.6901", "longitude": "3.1802", "activite_principale": "56.10C",
    "etat_administratif": "A", "liste_enseignes": ["SNACK DU COIN"], "statut_diffusion_etablissement": "O",
}  # fmt: skip
COMPANY = {"siren": "552100554", "nom_complet": "SOCIETE DU COIN", "siege": SHOP, "matching_etablissements": [SHOP]}
PLACE: dict[str, Any] = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [3.1802, 50.6901]},
    "properties": {"label": "12 Rue de Lannoy 59100 Roubaix", "score": 0.96, "citycode": "59512", "postcode": "59100", "city": "Roubaix"},
}  # fmt: skip


class LocalServer:
    """A service that answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Any = deepcopy({"results": [COMPANY]})
        self.status, self.delay = 200, threading.Event()
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, list[str]]] = []
        self.slow = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(parse_qs(urlsplit(self.path).query))
                if server.slow:
                    server.delay.wait(5)
                body = server.answer if isinstance(server.answer, bytes) else dumps(server.answer).encode()
                self.send_response(server.status)
                for name, value in server.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.delay.set()
        self._http.shutdown()
        self._http.server_close()
