"""library.handshake: TLS with a server of its own over a local socket, with the certificates beside this file."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

from pydist.trial.probes.say import done, expect, refuses

CERTIFICATES = Path(__file__).with_name("certificates")
NAME = "localhost"


def serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    try:
        connection, _ = listener.accept()
        with connection, context.wrap_socket(connection, server_side=True) as secure:
            secure.sendall(secure.recv(100)[::-1])
    except (ssl.SSLError, OSError):
        return  # the client refused: what the client says counts


def talk(version: ssl.TLSVersion, *, authority: Path | None, name: str = NAME) -> tuple[str | None, bytes]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(CERTIFICATES / "localhost.pem")
    client = ssl.create_default_context(cafile=authority)
    client.minimum_version = client.maximum_version = version
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        thread = threading.Thread(target=serve, args=(listener, server))
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=30) as plain,
                client.wrap_socket(plain, server_hostname=name) as secure,
            ):
                secure.sendall(b"olleh")
                return secure.version(), secure.recv(100)
        finally:
            thread.join()


ours = CERTIFICATES / "authority.pem"
expect("TLS 1.2", talk(ssl.TLSVersion.TLSv1_2, authority=ours), ("TLSv1.2", b"hello"))
expect("TLS 1.3", talk(ssl.TLSVersion.TLSv1_3, authority=ours), ("TLSv1.3", b"hello"))
refused = ssl.SSLCertVerificationError
refuses("a certificate of an unknown authority", refused, lambda: talk(ssl.TLSVersion.TLSv1_3, authority=None))
refuses("another name", refused, lambda: talk(ssl.TLSVersion.TLSv1_3, authority=ours, name="example.invalid"))
done(ssl.OPENSSL_VERSION)
