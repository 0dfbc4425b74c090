"""Style sheets, scripts and pictures of the pages, at addresses that change with their content and are kept for ever.

The folder is read once at start-up. A file's address holds the hash of its bytes, so a browser never asks for it twice and never
shows an old one. The style sheets of `css/` are joined into one, `css/app.css`.
"""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

FOLDER: Final = Path(__file__).parent / "static"
BUNDLES: Final = {
    "css/app.css": tuple(
        f"css/{name}.css"
        for name in ("tokens", "base", "frame", "components", "forms", "case", "figures", "narrow", "print")
    )
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to serve: its address, its type, its bytes, and the same bytes compressed when that saves something."""

    address: str
    media_type: str
    body: bytes
    compressed: bytes | None


class UnknownAssetError(LookupError):
    """A template names a file that is not in the folder of the assets."""


def read_assets(
    folder: Path = FOLDER, *, bundles: Mapping[str, tuple[str, ...]] = BUNDLES, prefix: str = "/static"
) -> dict[str, Asset]:
    """Read the files of a folder by their path in it, the bundles joined, with their content-hash addresses."""
    bodies = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    for bundle, parts in bundles.items():
        bodies[bundle] = b"\n".join(bodies.pop(part) for part in parts)
    assets: dict[str, Asset] = {}
    for path in sorted(bodies, key=lambda path: path.endswith(".css")):
        body = _with_addresses(bodies[path], path, assets) if path.endswith(".css") else bodies[path]
        assets[path] = _asset(path, body, prefix)
    return assets


class Assets:
    """The assets of the pages: `assets("css/app.css")` is an address, and `assets.route` serves them all."""

    def __init__(
        self, folder: Path = FOLDER, *, bundles: Mapping[str, tuple[str, ...]] = BUNDLES, prefix: str = "/static"
    ) -> None:
        """Read the folder once; the process serves what it read until it ends."""
        self._assets = read_assets(folder, bundles=bundles, prefix=prefix)
        self.route = Route(f"{prefix}/{{fingerprint}}/{{path:path}}", self.serve, name="asset", methods=["GET"])

    def __call__(self, path: str) -> str:
        """The address of a file, for a template; UnknownAssetError when there is none."""
        try:
            return self._assets[path].address
        except KeyError:
            raise UnknownAssetError(path) from None

    async def serve(self, request: Request) -> Response:
        """Answer with a file; an old address leads to the present one, so that a page survives a new version of the product."""
        asset = self._assets.get(request.path_params["path"])
        if asset is None:
            return Response("Not found", status_code=404, media_type="text/plain")
        if request.url.path != asset.address:
            return RedirectResponse(asset.address, status_code=307, headers={"Cache-Control": "no-store"})
        return _response(asset, request.headers)


_FOR_EVER: Final = "public, max-age=31536000, immutable"
_COMPRESSIBLE: Final = ("text/", "image/svg+xml", "application/json", "application/manifest+json")
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".md": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_REFERENCE: Final = re.compile(rb"""url\(\s*(["']?)(?![a-z]+:|/|#)([^"')]+)\1\s*\)""")


def _asset(path: str, body: bytes, prefix: str) -> Asset:
    fingerprint = hashlib.sha256(body).hexdigest()[:16]
    media_type = _TYPES.get(posixpath.splitext(path)[1]) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    compressed = gzip.compress(body, compresslevel=9, mtime=0) if media_type.startswith(_COMPRESSIBLE) else None
    saves = compressed is not None and len(compressed) < len(body)
    return Asset(f"{prefix}/{fingerprint}/{path}", media_type, body, compressed if saves else None)


def _with_addresses(style: bytes, path: str, assets: Mapping[str, Asset]) -> bytes:
    """Turn the relative references of a style sheet into addresses, since each file has a folder of its own."""

    def address(found: re.Match[bytes]) -> bytes:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), found[2].decode()))
        if target not in assets:
            raise UnknownAssetError(f"{target}, named by {path}")
        return f'url("{assets[target].address}")'.encode()

    return _REFERENCE.sub(address, style)


def _response(asset: Asset, asked: Headers) -> Response:
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if asset.compressed is None or not _accepts_gzip(asked.get("accept-encoding", "")):
        return Response(asset.body, media_type=asset.media_type, headers=headers)
    return Response(asset.compressed, media_type=asset.media_type, headers=headers | {"Content-Encoding": "gzip"})


def _accepts_gzip(asked: str) -> bool:
    for offer in asked.lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
