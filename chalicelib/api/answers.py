"""How routes answer: JSON, and errors in one shape.

{"error": {"code": "unknown-preset", "message": "There is no preset …", "field": "presets"}}
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from chalice import Response
from pydantic import BaseModel

from chalicelib.errors import Conflict, InvalidRequest, NotFound, RapporteurError, Unauthorized
from chalicelib.observability import logger

_STATUSES: dict[type[RapporteurError], HTTPStatus] = {
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
}
_BROKEN = "Something broke here. It has been noted; please try again later."


class Problem(BaseModel):
    """What went wrong: a stable code for programs, a sentence for people, the field at fault where it is one."""

    code: str
    message: str
    field: str | None = None


class ErrorAnswer(BaseModel):
    """The body of every answer that is an error."""

    error: Problem


def answering(route: Callable[..., object]) -> Callable[..., Response]:
    """Turn what a route returns (a model, or a Response) or raises into the answer. Middleware sees no exceptions."""

    @wraps(route)
    def answered(*arguments: object, **named: object) -> Response:
        try:
            answer = route(*arguments, **named)
        except RapporteurError as exc:
            status = next((code for kind, code in _STATUSES.items() if isinstance(exc, kind)), None)
            if status is None:
                return _broken(exc)
            return _error(status, Problem(code=exc.code, message=exc.message, field=getattr(exc, "field", None)))
        except Exception as exc:  # noqa: BLE001 - whatever breaks, the caller gets an answer in our shape
            return _broken(exc)
        return answer if isinstance(answer, Response) else json_answer(answer)

    return answered


def json_answer(model: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A model as JSON; what is None in it is left out."""
    body = model.model_dump(mode="json", exclude_none=True) if isinstance(model, BaseModel) else model
    return Response(body, headers={"Content-Type": "application/json", "Cache-Control": "no-store"}, status_code=status)


def _broken(exc: Exception) -> Response:
    # The message may quote people's words or a URL: the type and the place suffice.
    logger.error("route failed", extra={"error": type(exc).__name__})
    return _error(HTTPStatus.INTERNAL_SERVER_ERROR, Problem(code="broken", message=_BROKEN))


def _error(status: HTTPStatus, problem: Problem) -> Response:
    answer = json_answer(ErrorAnswer(error=problem), status)
    if status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
