"""A real nginx, configured as the installation is told to: TLS of today and no other, a certificate that is verified, and who comes is who it says."""

from __future__ import annotations

import http.client
import io
import shutil
import socket
import ssl
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from api.app import create_app
from cases.clock import FixedClock
from cases.database import connect
from tests.api.lines import lines_of, written
from tests.api.street import NOW
from tests.browser.serving import served
from tests.cases.conftest import migrated_file
from tests.waiting import until
from tests.web_proxy import NAME, PROGRAM, Proxy, proxy_before

__all__ = ["written"]
pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="apt-get install nginx-light")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The product in production, behind the proxy."""
    folder = tmp_path_factory.mktemp("proxy")
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), folder / "cases.db")
    database = connect(f"sqlite:///{folder}/cases.db")
    production = {"env": "production", "base_url": f"https://{NAME}"}
    with served(
        lambda settings: create_app(database, FixedClock(NOW), settings=settings.model_copy(update=production))
    ) as address:
        port = urlsplit(address).port
        assert port
        with proxy_before(port, folder) as running:
            yield running
    database.close()


def trusting(
    proxy: Proxy, *, floor: Any = ssl.TLSVersion.TLSv1_2, ceiling: Any = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """A browser that trusts the authority, and speaks these versions."""
    context = ssl.create_default_context(cafile=proxy.authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are asked for on purpose
        context.minimum_version, context.maximum_version = floor, ceiling
    return context


def spoken(proxy: Proxy, context: ssl.SSLContext, name: str = NAME) -> tuple[str, str]:
    """Shake hands: the version and the ciphers that were agreed on."""
    with (
        socket.create_connection(("127.0.0.1", proxy.tls), 10) as plain,
        context.wrap_socket(plain, server_hostname=name) as safe,
    ):
        cipher = safe.cipher()
        assert cipher
        return str(safe.version()), cipher[0]


def asked(proxy: Proxy, path: str, **headers: str) -> http.client.HTTPResponse:
    """What the proxy answers to a page, over TLS."""
    with (
        socket.create_connection(("127.0.0.1", proxy.tls), 10) as plain,
        trusting(proxy).wrap_socket(plain, server_hostname=NAME) as safe,
    ):
        said = "".join(
            f"{name}: {value}\r\n" for name, value in {"Host": NAME, "Connection": "close", **headers}.items()
        )
        safe.sendall(f"GET {path} HTTP/1.1\r\n{said}\r\n".encode())
        answer = http.client.HTTPResponse(safe)
        answer.begin()
        answer.read()
        return answer


@pytest.mark.asvs("12.1.1")
def test_it_speaks_tls_1_3_first_then_1_2_and_nothing_older(proxy: Proxy) -> None:
    assert spoken(proxy, trusting(proxy))[0] == "TLSv1.3"
    assert spoken(proxy, trusting(proxy, ceiling=ssl.TLSVersion.TLSv1_2))[0] == "TLSv1.2"
    old = trusting(proxy, floor=ssl.TLSVersion.TLSv1, ceiling=ssl.TLSVersion.TLSv1_1)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)) as refused:
        spoken(proxy, old)
    assert "PROTOCOL_VERSION" in str(refused.value).upper().replace(" ", "_") or isinstance(
        refused.value, ConnectionError
    )


@pytest.mark.asvs("12.1.2")
def test_it_takes_no_cipher_that_is_not_authenticated_or_keeps_no_secret_afterwards(proxy: Proxy) -> None:
    for weak in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "AES256-SHA", "NULL"):
        context = trusting(proxy, ceiling=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(f"{weak}:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            spoken(proxy, context)
    for strong in ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256"):
        context = trusting(proxy, ceiling=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(strong)
        assert spoken(proxy, context)[1] == strong


@pytest.mark.asvs("12.2.2")
def test_its_certificate_is_the_whole_chain_that_an_authority_vouches_for_in_its_name(proxy: Proxy) -> None:
    spoken(proxy, trusting(proxy))
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        spoken(proxy, trusting(proxy), "other.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        spoken(proxy, ssl.create_default_context())


@pytest.mark.asvs("12.2.1")
def test_what_is_asked_in_clear_leads_to_its_encrypted_address_and_the_application_says_so_for_a_year(
    proxy: Proxy,
) -> None:
    clear = http.client.HTTPConnection("127.0.0.1", proxy.clear, timeout=10)
    clear.request("GET", "/connexion?suite=%2F", headers={"Host": NAME})
    answer = clear.getresponse()
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{NAME}/connexion?suite=%2F")
    clear.close()

    page = asked(proxy, "/connexion")
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert page.headers["Server"] == "nginx"


@pytest.mark.asvs("4.1.3")
def test_what_somebody_says_to_the_proxy_of_where_they_come_from_is_not_believed(
    proxy: Proxy, written: io.StringIO
) -> None:
    asked(
        proxy,
        "/metrics",
        **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "Forwarded": "for=203.0.113.9"},
    )

    until(lambda: bool(lines_of(written, "request_refused")))  # the line follows the answer
    [line] = lines_of(written, "request_refused")
    assert line["network"] == "127.0.0.1"
