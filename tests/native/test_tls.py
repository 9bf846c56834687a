"""Certificates are checked: who cannot show one that is trusted is not called."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.dialects.onetrans.desk import query
from tests.native.conftest import asking
from tests.native.libraries import OneTrans


def certificate(folder: Path, address: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


class Silent(BaseHTTPRequestHandler):
    """Refuses everything."""

    def do_POST(self) -> None:
        self.send_error(503)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(params=["127.0.0.1", "127.0.0.2"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path, str]]:
    """An address, the certificate shown there, and the address for which it is."""
    shown, key = certificate(tmp_path, request.param)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, key)
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    serving.socket = context.wrap_socket(serving.socket, server_side=True)
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{serving.server_address[1]}", shown, request.param
    serving.shutdown()
    serving.server_close()
    thread.join()


def test_only_a_certificate_that_is_trusted_and_for_this_address_is_let_pass(
    his: OneTrans, server: tuple[str, Path, str]
) -> None:
    url, shown, vouched = server
    his.configure({"gateway": {"url": url}})
    assert asking(his, "hop.trade.query", query()).code == "600014", "nobody vouches for it"
    for name in (shown, shown.name):  # it lies beside the library
        his.configure({"gateway": {"url": url, "ca_file": name}})
        answer = asking(his, "hop.trade.query", query())
        assert answer.code == ("600015" if vouched == "127.0.0.1" else "600014"), answer.said
        assert ("HTTP 503" in answer.said) == (vouched == "127.0.0.1")
