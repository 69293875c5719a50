"""A server on the web, as far as the service can tell: its name leads to a public address, its bytes are sent here."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chalicelib.clients import outbound
from chalicelib.services import Services

PUBLIC = "93.184.215.14"
HOST = "media.example.org"


@dataclass
class Site:
    """What a server has at every path, and how it sends it."""

    body: bytes = b"recording"
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "video/mp4", "ETag": '"one"'})
    has_ranges: bool = True
    length: int | None = None
    """What it says that there is, if not the truth."""

    says_length: bool = True
    drips: float = 0.0
    """Seconds between two bytes."""

    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def ranges(self) -> list[str | None]:
        return [one.get("range") for one in self.asked]

    def answer(self, handler: "_Handler") -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(headers)
        wanted, start, end = headers.get("range"), 0, len(self.body) - 1
        is_same = headers.get("if-range") in {None, self.headers.get("ETag"), self.headers.get("Last-Modified")}
        is_part = self.status == 200 and self.has_ranges and wanted is not None and is_same
        if is_part and wanted is not None:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last), end)
            if start > end:
                handler.send_response(416)
                handler.end_headers()
                return
        data = self.body[start : end + 1]
        handler.send_response(206 if is_part else self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        if is_part:
            handler.send_header("Content-Range", f"bytes {start}-{end}/{self.length or len(self.body)}")
        if self.says_length:
            handler.send_header("Content-Length", str(len(data) if is_part else self.length or len(data)))
        handler.end_headers()
        if not self.drips:
            handler.wfile.write(data)
            return
        for at in range(len(data)):
            handler.wfile.write(data[at : at + 1])
            handler.wfile.flush()
            time.sleep(self.drips)


class _Handler(http.server.BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        with suppress(OSError):  # whoever asked may have hung up
            self.site.answer(self)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("One", (_Handler,), {"site": site}))
    server.daemon_threads = True
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def resolve(host: str, port: int, **_: Any) -> list[Any]:
    """Names of the web, some of which lead behind the walls."""
    private = {"inside.example.org": "10.0.0.7", "mapped.example.org": "::ffff:169.254.169.254"}
    if host.startswith("nowhere"):
        raise socket.gaierror("no such name")
    literal = host if host.replace(".", "").isdigit() or ":" in host else PUBLIC
    return [(socket.AF_INET, 1, 6, "", (private.get(host, literal), port))]


def reach(site: Site, services: Services) -> None:
    """Have `services` find the server where all of the web is."""

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        assert address[0] == PUBLIC
        return socket.create_connection(("127.0.0.1", site.port), timeout)

    services.download = partial(outbound.download, resolve=resolve, connect=connect)
