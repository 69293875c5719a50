"""/cognito/: what pages ask of Cognito about the account that has signed in. Nothing that needs a password or an
administrator's rights can be asked for.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from chalicelib.api.checked import parsed
from chalicelib.errors import InvalidRequest
from local.aws.accounts import SIGN_IN_PATH
from local.aws.user_pool import People, Refused

_TARGET = "AWSCognitoIdentityProviderService."
_JSON = "application/x-amz-json-1.1"
_LARGEST_BODY = 64 * 1024

_Body = dict[str, Any]


class CognitoDoor:
    """Answers for `people`, one request a turn."""

    def __init__(self, people: People, turn: Callable[[], AbstractContextManager[object]]) -> None:
        self._people = people
        self._turn = turn
        self._actions: dict[str, Callable[[_Body], _Body]] = {
            "UpdateUserAttributes": self._update_attributes,
            "GetUserAttributeVerificationCode": self._send_attribute_code,
            "VerifyUserAttribute": self._verify_attribute,
        }

    def __call__(self, request: Request) -> Response:
        """Cognito's answer in JSON; an error has its name in `__type`."""
        if request.path != SIGN_IN_PATH:
            raise NotFound("There is no such page.")
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        if (request.content_length or 0) > _LARGEST_BODY:
            raise RequestEntityTooLarge
        try:
            status, answer = 200, self._do(request)
        except Refused as exc:
            status, answer = 400, {"__type": exc.code, "message": exc.message}
        return Response(json.dumps(answer), status, content_type=_JSON, headers={"Cache-Control": "no-store"})

    def _do(self, request: Request) -> _Body:
        action = self._actions.get(request.headers.get("X-Amz-Target", "").removeprefix(_TARGET))
        if action is None:
            raise Refused("UnknownOperationException", "This cannot be asked for here.")
        try:
            body = parsed(request.get_data())
        except InvalidRequest as exc:
            kind = "SerializationException" if exc.code == "not-json" else "InvalidParameterException"
            raise Refused(kind, exc.message) from exc
        if not isinstance(body, dict):
            raise Refused("SerializationException", "The body is no JSON object.")
        with self._turn():
            return action(body)

    def _update_attributes(self, body: _Body) -> _Body:
        user = self._people.of_token(str(body.get("AccessToken", "")))
        asked = body.get("UserAttributes")
        if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
            raise Refused("InvalidParameterException", "UserAttributes must be a list of attributes.")
        # Above all nobody may say themselves that their address is confirmed.
        if [attribute.get("Name") for attribute in asked] != ["email"]:
            raise Refused("NotAuthorizedException", "A client attempted to write unauthorized attribute")
        address = self._people.ask_for_address(user, str(asked[0].get("Value", "")))
        return {"CodeDeliveryDetailsList": [] if address is None else [_delivery(address)]}

    def _send_attribute_code(self, body: _Body) -> _Body:
        user = self._people.of_token(str(body.get("AccessToken", "")))
        _check_is_address(body)
        return {"CodeDeliveryDetails": _delivery(self._people.send_address_code(user))}

    def _verify_attribute(self, body: _Body) -> _Body:
        user = self._people.of_token(str(body.get("AccessToken", "")))
        _check_is_address(body)
        self._people.confirm_address(user, str(body.get("Code", "")))
        return {}


def _check_is_address(body: _Body) -> None:
    if body.get("AttributeName") != "email":
        raise Refused("InvalidParameterException", "Only email can be verified.")


def _delivery(address: str) -> _Body:
    name, _, domain = address.partition("@")
    return {"Destination": f"{name[:1]}***@{domain[:1]}***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
