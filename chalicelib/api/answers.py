"""How requests are answered: checked, done, and told in JSON, errors in one shape.

{"error": {"code": "unknown-preset", "message": "There is no preset …", "field": "presets"}}
"""

from collections.abc import Mapping
from http import HTTPStatus

from chalice import Response
from chalice.app import Request
from pydantic import BaseModel

from chalicelib.api import callers, openapi
from chalicelib.api.language import ACCEPTED
from chalicelib.api.operation import Access, Asking
from chalicelib.api.operations import OPERATIONS
from chalicelib.api.views import ErrorAnswer, Problem
from chalicelib.clients.tokens import Account
from chalicelib.domain.checked import checked, parsed
from chalicelib.errors import Conflict, Forbidden, InvalidRequest, NotFound, OverQuota, RapporteurError, Unauthorized
from chalicelib.observability import logger
from chalicelib.services import services

_STATUSES: dict[type[RapporteurError], HTTPStatus] = {
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    OverQuota: HTTPStatus.TOO_MANY_REQUESTS,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
}
_BROKEN = "Something broke here. It has been noted; please try again later."


def answer_to(name: str, request: Request, parameters: Mapping[str, str]) -> Response:
    """The answer of the operation `name`. Whatever it raises becomes one too: middleware would not see it."""
    ACCEPTED.set(request.headers.get("accept-language", ""))
    try:
        return _do(name, request, parameters)
    except RapporteurError as exc:
        status = next((code for kind, code in _STATUSES.items() if isinstance(exc, kind)), None)
        if status is None:
            return _broken(exc)
        return _error(status, Problem(code=exc.code, message=exc.message, field=getattr(exc, "field", None)))
    except Exception as exc:  # noqa: BLE001 - whatever breaks, the caller gets an answer in our shape
        return _broken(exc)


def _do(name: str, request: Request, parameters: Mapping[str, str]) -> Response:
    if name == openapi.NAME:
        return _json(openapi.document(), HTTPStatus.OK)
    operation = OPERATIONS[name]
    asking = Asking(
        caller=None if operation.access is Access.ANYONE else _caller(operation.access, request),
        services=services(),
        body=checked(operation.body, _body(request)) if operation.body else None,
        query=checked(operation.query, dict(request.query_params or {})),
        accept=request.headers.get("accept", ""),
    )
    found = operation.do(asking, **parameters)
    return found if isinstance(found, Response) else _json(found, operation.status)


def _caller(access: Access, request: Request) -> Account:
    account = callers.account(request.headers.get("authorization"), services())
    if access is not Access.OWNER and account.is_program:
        raise Forbidden("An API key is not enough for this: sign in.", "sign-in")
    if access is Access.ADMIN and not account.is_admin:
        raise Forbidden("Only administrators may do this.")
    return account


def _body(request: Request) -> object:
    if not request.raw_body:
        return {}  # a body of which every field may be left out may be left out too
    return parsed(request.raw_body)


def _json(answer: object, status: HTTPStatus) -> Response:
    """What is None in a model is left out."""
    body = answer.model_dump(mode="json", exclude_none=True) if isinstance(answer, BaseModel) else answer
    return Response(body, headers={"Content-Type": "application/json", "Cache-Control": "no-store"}, status_code=status)


def _broken(exc: Exception) -> Response:
    # The message may quote people's words or a URL: the type and the place suffice.
    logger.error("operation failed", extra={"error": type(exc).__name__})
    return _error(HTTPStatus.INTERNAL_SERVER_ERROR, Problem(code="broken", message=_BROKEN))


def _error(status: HTTPStatus, problem: Problem) -> Response:
    answer = _json(ErrorAnswer(error=problem), status)
    if status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
