"""Requests to addresses that users name go to the public internet, and nowhere else."""

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.clients import outbound
from chalicelib.errors import InvalidRequest


def resolving(*addresses: str) -> Callable[..., Any]:
    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, 1, 6, "", (a, port)) for a in addresses]

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "::a9fe:a9fe",
        "::ffff:0:a9fe:a9fe",
        "fec0::1",
    ],
)
def test_what_is_behind_our_walls_is_refused_also_beside_a_public_address(address: str) -> None:
    for addresses in ((address,), ("93.184.215.14", address)):
        with pytest.raises(InvalidRequest, match="not on the public internet"):
            outbound.check("https://hooks.example.org/in", resolving(*addresses))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:word@example.org/",
        "https://example.org:port/",
        "file:///etc/passwd",
        "https://[::1",
    ],
)
def test_what_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        outbound.check(url, resolving("93.184.215.14"))


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://[::1]/"])
def test_addresses_written_in_any_way_are_looked_at_as_the_system_reads_them(url: str) -> None:
    with pytest.raises(InvalidRequest):
        outbound.check(url)


def test_a_name_that_cannot_be_found_is_refused() -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror("no such name")

    with pytest.raises(InvalidRequest, match="cannot be found"):
        outbound.check("https://nowhere.example/", unknown)


def looking_up() -> int:
    return sum(thread.name == "look-up" for thread in threading.enumerate())


def test_a_name_that_nobody_tells_is_left_when_the_time_is_over_and_never_too_many_are_looked_up() -> None:
    answering, asked = threading.Event(), []

    def slow(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        answering.wait(30)
        return resolving("93.184.215.14")(host, port)

    begun = time.monotonic()
    try:
        with (
            pytest.raises(InvalidRequest, match="cannot be found"),
            outbound.download("https://slow.example.org/", {}, 0.2, slow),
        ):
            pass
        for _ in range(outbound.MOST_RESOLVING + 4):
            with pytest.raises(InvalidRequest, match="cannot be found"):
                outbound.check("https://slow.example.org/", slow, seconds=0.05)
        assert time.monotonic() - begun < 5
        assert (len(asked), looking_up()) == (outbound.MOST_RESOLVING, outbound.MOST_RESOLVING)
    finally:
        answering.set()
    for _ in range(100):
        if not looking_up():
            break
        time.sleep(0.02)
    assert looking_up() == 0
    outbound.check("https://slow.example.org/", slow)


def test_the_time_that_a_name_takes_is_no_longer_there_for_the_answer() -> None:
    patience: list[float] = []

    def slow(host: str, port: int, **_: Any) -> list[Any]:
        time.sleep(0.3)
        return resolving("93.184.215.14")(host, port)

    def connect(_: tuple[str, int], seconds: float) -> socket.socket:
        patience.append(seconds)
        raise OSError

    with pytest.raises(OSError), outbound.download("http://slow.example.org/", {}, 1.0, slow, connect=connect):
        pass
    assert patience[0] < 0.75


class Listener(http.server.BaseHTTPRequestHandler):
    heard: list[tuple[str, str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.headers["Host"], self.path, body))
        self.send_response(302 if self.path == "/elsewhere" else 204)
        self.send_header("Location", "https://169.254.169.254/")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext, list[tuple[str, str, bytes]]]]:
    """A server with a certificate for hooks.example.org."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example.org")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.org")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    heard: list[tuple[str, str, bytes]] = []
    server = http.server.HTTPServer(("127.0.0.1", 0), type("One", (Listener,), {"heard": heard}))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port, ssl.create_default_context(cafile=str(pem)), heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_connection_goes_to_the_address_that_was_checked_by_the_name_that_was_asked(
    listener: tuple[int, ssl.SSLContext, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, context, heard = listener
    monkeypatch.setattr(outbound, "_is_public", lambda address: address == "127.0.0.1")
    url = f"https://hooks.example.org:{port}/in?a=b"
    assert outbound.post(url, b"news", {"X-A": "b"}, resolving("127.0.0.1"), context) == 204
    assert heard == [(f"hooks.example.org:{port}", "/in?a=b", b"news")]
    elsewhere = f"https://hooks.example.org:{port}/elsewhere"
    assert outbound.post(elsewhere, b"news", {}, resolving("127.0.0.1"), context) == 302, "redirects are not followed"
    assert len(heard) == 2
    with pytest.raises(ssl.SSLCertVerificationError):
        outbound.post(f"https://other.example.org:{port}/", b"news", {}, resolving("127.0.0.1"), context)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org:443x/",
        "https://example.org:8443/a.mp4",
        "http://example.org:22/a.mp4",
        "http://:word@example.org/",
        "http://example.org/a\r\nHost: inside",
        "gopher://example.org/",
        "//example.org/",
    ],
)
def test_files_are_asked_for_at_the_usual_ports_by_nobody_s_name(url: str) -> None:
    with pytest.raises(InvalidRequest):
        outbound.check(url, resolving("93.184.215.14"), for_files=True)


class Dripping(Listener):
    def do_GET(self) -> None:
        self.heard.append((self.headers["Host"], self.path, b""))
        if self.path.startswith("/head"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        else:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
        for _ in range(200):
            try:
                self.wfile.write(b"x" if not self.path.startswith("/head") else b"A: b\r\n")
                self.wfile.flush()
            except OSError:
                return
            threading.Event().wait(0.05)


@pytest.mark.parametrize("path", ["/body", "/head"])
def test_a_server_that_drips_is_left_when_the_time_is_over_and_is_found_by_one_look_only(
    listener: tuple[int, ssl.SSLContext, list[Any]], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    port, context, heard = listener
    monkeypatch.setattr(Listener, "do_GET", Dripping.do_GET, raising=False)
    looks: list[str] = []

    def resolve(host: str, at: int, **how: Any) -> list[Any]:
        looks.append(host)
        return list(resolving("93.184.215.14" if len(looks) == 1 else "127.0.0.1")(host, at, **how))

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        assert address == ("93.184.215.14", 443)
        return socket.create_connection(("127.0.0.1", port), timeout)

    began = time.monotonic()
    with (
        pytest.raises(TimeoutError),
        outbound.download(f"https://hooks.example.org{path}", {}, 0.5, resolve, context, connect) as answer,
    ):
        answer.read(1000)
    assert time.monotonic() - began < 5
    assert (looks, heard) == (["hooks.example.org"], [("hooks.example.org", path, b"")])


def test_a_server_that_drips_once_it_was_too_slow_to_encrypt_is_not_waited_for(
    listener: tuple[int, ssl.SSLContext, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, context, heard = listener
    monkeypatch.setattr(Listener, "do_GET", Dripping.do_GET, raising=False)

    class Slow:
        """While a connection is being encrypted, nobody can shut it down."""

        def wrap_socket(self, found: socket.socket, server_hostname: str) -> ssl.SSLSocket:
            encrypted = context.wrap_socket(found, server_hostname=server_hostname)
            threading.Event().wait(0.6)
            return encrypted

    with (
        pytest.raises(TimeoutError),
        outbound.download(
            "https://hooks.example.org/body",
            {},
            0.3,
            resolving("93.184.215.14"),
            cast("ssl.SSLContext", Slow()),
            lambda _, timeout: socket.create_connection(("127.0.0.1", port), timeout),
        ) as answer,
    ):
        answer.read(1000)
    assert heard == [], "nothing is asked any more when the time is over"
