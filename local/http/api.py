"""/api/: the app's own routes, through Chalice's local gateway; those of previews also at the address of the pages, as
CloudFront has them. S3's addresses in answers are led to this server.
"""

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from chalice import Chalice
from chalice.config import Config
from chalice.local import LocalGateway, LocalGatewayException
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from local.http import presigned

PATH = "/api"
PREVIEWS = "/s"
_LARGEST_BODY = 10 * 1024**2
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""

_READING = {"GET", "HEAD", "OPTIONS"}


class ApiDoor:
    """Asks `app`, one request a turn; `changed` is called after each that may have changed something."""

    def __init__(
        self, app: Chalice, turn: Callable[[], AbstractContextManager[object]], changed: Callable[[], None]
    ) -> None:
        self._gateway = LocalGateway(app, Config.create(function_name="rapporteur-dev", lambda_timeout=29))
        self._turn = turn
        self._changed = changed

    def __call__(self, request: Request) -> Response:
        """The app's answer."""
        if (request.content_length or 0) > _LARGEST_BODY:
            raise RequestEntityTooLarge
        # The address as it was sent: what is decoded once already could not be told from what was never encoded.
        address = request.environ["REQUEST_URI"].removeprefix(PATH)
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.get_data()
        with self._turn():
            try:
                answer = self._gateway.handle_request(request.method, address, headers, body)
            except LocalGatewayException:
                return _no_such_route()
        if request.method not in _READING:
            self._changed()
        return _response(answer, request.host_url.rstrip("/"))


def _no_such_route() -> Response:
    problem = {"title": "Not Found", "status": 404, "detail": "There is no such operation.", "code": "not-found"}
    return Response(json.dumps(problem), 404, content_type="application/problem+json")


def _response(answer: dict[str, Any], base: str) -> Response:
    body = answer.get("body") or ""
    data = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode() if isinstance(body, str) else body
    response = Response(data, answer["statusCode"])
    response.headers.clear()
    for name, value in answer["headers"].items():
        response.headers[name] = value
    for name, values in answer.get("multiValueHeaders", {}).items():
        response.headers.setlist(name, values)
    if "Location" in response.headers:
        response.headers["Location"] = presigned.led_here(response.headers["Location"], base)
    if response.mimetype == "application/json" and b".amazonaws.com/" in data:
        response.set_data(json.dumps(_led_here(json.loads(data), base), ensure_ascii=False))
    return response


def _led_here(value: Any, base: str) -> Any:  # noqa: ANN401 - any JSON
    """`value` with those strings changed that are nothing but an address: what people wrote stays as it is."""
    match value:
        case str() if presigned.leads_to_s3(value):
            return presigned.led_here(value, base)
        case dict():
            return {name: _led_here(one, base) for name, one in value.items()}
        case list():
            return [_led_here(one, base) for one in value]
        case _:
            return value
