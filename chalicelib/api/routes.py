"""The app whose routes are the API's operations."""

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from chalice import Chalice, CORSConfig, Response
from chalice.app import RouteEntry

from chalicelib.lazy import cached_property

if TYPE_CHECKING:
    from chalicelib.api.operation import Operation

_CORS = CORSConfig(allow_origin="*", max_age=3600)
"""Pages of any site may ask: they can only do so with a token that somebody has given them, never with a cookie."""


class App(Chalice):
    """Every function of the app imports `app.py` at its start, and most never answer a request: so the operations, and
    all that they need, are imported when the routes are first asked for, by a request or by what deploys them.
    """

    def __init__(self, name: str) -> None:
        super().__init__(app_name=name)
        del self.routes  # Chalice's own, still empty: it stands before the property

    @cached_property
    def routes(self) -> dict[str, dict[str, RouteEntry]]:
        """What answers, by path and method."""
        from chalicelib.api.operations import OPERATIONS, get_openapi

        routes: dict[str, dict[str, RouteEntry]] = defaultdict(dict)
        for operation in (*OPERATIONS.values(), get_openapi):
            routes[operation.path][operation.method] = RouteEntry(
                self._answering(operation),
                operation.name,
                operation.path,
                operation.method,
                content_types=list(operation.content_types),
                cors=_CORS,
            )
        return routes

    def _answering(self, operation: "Operation") -> Callable[..., Response]:
        from chalicelib.api.request import answer

        def answering(**path: str) -> Response:
            assert self.current_request is not None, "Chalice sets it before it calls"
            return answer(operation, self.current_request, path)

        return answering
