"""The public internet of a rehearsal: a proxy that stands for every AWS address, as HTTPS_PROXY names it.

Whoever asks for `https://….amazonaws.com` through it, trusting its certificate, is answered by what stands here: so
that nothing under test has to know that it is one. What is asked of a service goes to the rehearsed account; what is
asked of an API's address, to whoever plays API Gateway.
"""

import http.client
import ipaddress
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from tests.harness.certificates import self_signed

_NOT_OURS = {"connection", "date", "server", "transfer-encoding"}
_OF_THE_WAY = {"connection", "content-length", "expect", "proxy-connection", "transfer-encoding"}


@dataclass(frozen=True)
class Asked:
    """A request to a host of AWS; names of headers are in small letters."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query


@dataclass
class Told:
    """The answer to it."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def forward(asked: Asked, endpoint: str) -> Told:
    """What the rehearsed account answers."""
    place = urlsplit(endpoint)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    try:
        connection.request(asked.method, asked.target, asked.body or None, dict(asked.headers))
        answer = connection.getresponse()
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _NOT_OURS]
        return Told(answer.status, headers, answer.read())
    finally:
        connection.close()


def certify(folder: Path, region: str) -> Path:
    """Make a certificate for all of AWS's hosts that a stage uses; the file is also what has to be trusted for it."""
    hosts = ["*.amazonaws.com", f"*.{region}.amazonaws.com"]
    hosts += [f"*.s3.{region}.amazonaws.com", "*.s3.amazonaws.com", f"*.execute-api.{region}.amazonaws.com"]
    hosts.append(f"*.auth.{region}.amazoncognito.com")
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = self_signed("rehearsal", [*map(x509.DNSName, hosts), here], is_authority=True)
    trusted = folder / "rehearsal.pem"
    trusted.write_bytes(made.certificate)
    (folder / "rehearsal.key").write_bytes(made.key)
    return trusted


def proxy(answer: Callable[[Asked], Told], trusted: Path) -> ThreadingHTTPServer:
    """A server that `answer`s for every host; not yet running."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, trusted.with_suffix(".key"))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        host = ""

        def do_CONNECT(self) -> None:
            self.host = self.path.partition(":")[0]
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
            self.close_connection = False

        def _answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in _OF_THE_WAY}
            body = self._body()
            if body:
                headers["content-length"] = str(len(body))
            told = answer(Asked(self.command, self.host, self.path, headers, body))
            self.send_response(told.status)
            for name, value in told.headers:
                self.send_header(name, value)
            if "content-length" not in {name.lower() for name, _ in told.headers}:
                self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told.body)

        def _body(self) -> bytes:
            """The body, put together if it comes in chunks (RFC 9112, 7.1), as boto3 sends objects."""
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return found

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
