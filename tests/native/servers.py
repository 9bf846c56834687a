"""Servers on loopback that say the same bytes to everybody, whatever they are asked."""

import datetime
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """The address of a server that reads once, answers and hangs up."""
    with _serving(answer, None) as (port, _):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def saying_over_tls(folder: Path, answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The same behind a certificate that is its own authority (authority.pem in `folder`); and what it was told."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    with _serving(answer, context) as (port, told):
        yield f"https://localhost:{port}", told


@contextmanager
def _serving(answer: bytes, context: ssl.SSLContext | None) -> Iterator[tuple[int, list[bytes]]]:
    told: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                spoken = context.wrap_socket(self.request, server_side=True) if context else self.request
            except OSError:
                return  # the caller does not want this certificate
            with spoken:
                heard = spoken.recv(65536)
                if heard:
                    told.append(heard)
                    spoken.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], told
        server.shutdown()
        thread.join()


def _certificate(folder: Path) -> Path:
    """A key and its certificate for localhost, in one file."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Yiqiao test")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    shown = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "authority.pem").write_bytes(shown)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(secret + shown)
    return path
