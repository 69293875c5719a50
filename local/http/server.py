"""The HTTP server: one address for all doors, and what every answer carries."""

import gzip
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import waitress  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable
from werkzeug.wrappers import Request, Response

from chalicelib.errors import RapporteurError
from chalicelib.observability import logger
from local.aws.turns import Ended

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Door = Callable[[Request], Response]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened at
_SMALLEST_ZIPPED = 1024
_THREADS = 12
"""More than a browser opens connections to one address, so that uploads do not keep the pages waiting."""


class Site:
    """All doors as one WSGI application. The door whose path is the longest beginning answers."""

    def __init__(self, doors: Mapping[str, Door], host: str) -> None:
        self._doors = sorted(doors.items(), key=lambda door: -len(door[0]))
        self._hosts = _LOOPBACK | {_bracketed(host).lower()}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        response = self._answer(request)
        for name, value in {"Content-Security-Policy": POLICY, **_ALWAYS}.items():
            response.headers.setdefault(name, value)
        _zip(request, response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if not self._is_for_us(request):
            # A page elsewhere whose name was made to lead to this machine would otherwise be of our own origin.
            return _sentence(421, "This server answers to localhost only.")
        door = next(door for path, door in self._doors if _leads_to(path, request.path))
        try:
            return door(request)
        except Ended:
            error: HTTPException = ServiceUnavailable("The service is being stopped.")
        except HTTPException as exc:
            error = exc
        except Exception as exc:  # noqa: BLE001 - whatever breaks, the caller gets an answer and the server goes on
            logger.error("request failed", extra={"error": type(exc).__name__}, exc_info=exc)
            error = InternalServerError("Something broke here.")
        response = _sentence(error.code or 500, error.description or error.name)
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    def _is_for_us(self, request: Request) -> bool:
        host = request.environ.get("HTTP_HOST", "").lower()
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        return (name if port.isdecimal() else host) in self._hosts


def _leads_to(path: str, asked: str) -> bool:
    return asked == path.rstrip("/") or asked.startswith(path if path.endswith("/") else f"{path}/")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _sentence(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")


def _zip(request: Request, response: Response) -> None:
    """Zip text for whoever takes it; files that are sent as they lie on disk are media, which would not get smaller."""
    if response.direct_passthrough or response.status_code != 200 or "Content-Encoding" in response.headers:
        return
    if not ((response.mimetype or "").startswith("text/") or response.is_json):
        return
    response.vary.add("Accept-Encoding")
    if request.method == "HEAD" or not request.accept_encodings["gzip"]:
        return
    data = response.get_data()
    if len(data) >= _SMALLEST_ZIPPED:
        response.set_data(gzip.compress(data, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        if etag := response.get_etag()[0]:
            response.set_etag(etag, weak=True)


class Server:
    """A listening socket, then a server on it: who comes in between waits."""

    def __init__(self, host: str, port: int, largest_body: int) -> None:
        """Take the port; 0 takes any that is free. Raises RapporteurError if it is taken, or there is no such host."""
        try:
            self._server: Any = waitress.create_server(
                self._answer,
                host=host,
                port=port,
                threads=_THREADS,
                max_request_body_size=largest_body,
                ident=None,
            )
        except (OSError, ValueError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
            raise RapporteurError(
                f"Port {port} of {host} cannot be had: {reason}. Choose another with --port."
            ) from exc
        # One that listens everywhere, as in a container, is reached by name.
        self.host = "localhost" if host in _EVERYWHERE else host
        self._application: Callable[..., Iterable[bytes]] | None = None

    @property
    def address(self) -> str:
        """Where it listens, for a browser."""
        if hasattr(self._server, "effective_listen"):  # a name that stands for several addresses
            port = self._server.effective_listen[0][1]
        else:
            port = self._server.effective_port
        return f"http://{_bracketed(self.host)}:{port}"

    def _answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        assert self._application is not None
        return self._application(environ, start_response)

    def run(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Answer with `application` until the process ends."""
        self._application = application
        self._server.run()
