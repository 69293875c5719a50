"""An AWS to rehearse on: moto's server in a process of its own, with its gaps mended where `chalice deploy` meets them.

    python -m tests.rehearsal.server

prints the port that it listens to. `POST /rehearsal/fail/{n}` makes the n-th request from then on fail, as a deployer
without leave for it would see; `GET /rehearsal/requests` counts what was asked so far.
"""

import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

Start = Callable[..., Any]
Environ = dict[str, Any]

_ACCOUNT_SETTINGS = "/2016-08-19/account-settings"


class Mended:
    """What stands before moto."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._requests = 0
        self._fail_in = 0

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/rehearsal/requests":
            return _json(start, "200 OK", self._requests)
        if match := re.fullmatch(r"/rehearsal/fail/(\d+)", path):
            self._fail_in = int(match[1])
            return _json(start, "200 OK", None)
        self._requests += 1
        if self._fail_in:
            self._fail_in -= 1
            if not self._fail_in:
                return _json(start, "403 Forbidden", {"__type": "AccessDeniedException", "message": "rehearsed"})
        if path == _ACCOUNT_SETTINGS:  # moto has no GetAccountSettings
            limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
            return _json(start, "200 OK", {"AccountLimit": limits, "AccountUsage": {}})
        if "notification" in environ.get("QUERY_STRING", "") and environ["REQUEST_METHOD"] == "PUT":
            _lower_filter_names(environ)
        return self._moto(environ, start)  # type: ignore[no-any-return]


def _lower_filter_names(environ: Environ) -> None:
    """S3 takes "Prefix" as well as "prefix"; moto takes only the latter."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = re.sub(rb"<Name>(Prefix|Suffix)</Name>", lambda match: b"<Name>%s</Name>" % match[1].lower(), body)
    environ["wsgi.input"] = io.BytesIO(body)


def _json(start: Start, status: str, body: object) -> list[bytes]:
    data = json.dumps(body).encode()
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
    return [data]


def main() -> None:
    """Serve until the process is ended."""
    server = make_server("127.0.0.1", 0, Mended(), threaded=True, request_handler=MotoRequestHandler)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
