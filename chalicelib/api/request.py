"""How a request is answered: it is found out who asks, and what they sent is checked; the operation does its work, and
its answer, or what it raises, becomes JSON.
"""

from collections.abc import Mapping
from http import HTTPStatus

from chalice import Response
from chalice.app import Request
from pydantic import BaseModel

from chalicelib.api.checked import checked, parsed
from chalicelib.api.language import ACCEPTED, sentence_of
from chalicelib.api.models.problem import CONTENT_TYPE, Problem
from chalicelib.api.operation import Access, Operation
from chalicelib.clients.tokens import Account
from chalicelib.domain.accounts import Credential, Token
from chalicelib.domain.assets import ASSET_ID_PATTERN, Asset, AssetRef
from chalicelib.errors import Conflict, Forbidden, InvalidRequest, NotFound, OverQuota, RapporteurError, Unauthorized
from chalicelib.observability import logger
from chalicelib.services import Services, services

_STATUSES: dict[type[RapporteurError], HTTPStatus] = {
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    OverQuota: HTTPStatus.TOO_MANY_REQUESTS,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
}
_WITHHELD = "Nothing that was made of this is given out, or not yet."
"""Why is said by the asset itself: it is still looked at, is held, or was rejected."""

_BROKEN = "Something broke here. It has been noted; please try again later."


def answer(operation: Operation, request: Request, path: Mapping[str, str]) -> Response:
    """The answer of an operation. Whatever it raises becomes one too: middleware would not see it."""
    ACCEPTED.set(request.headers.get("accept-language", ""))
    try:
        return _do(operation, request, path)
    except RapporteurError as exc:
        status = next((code for kind, code in _STATUSES.items() if isinstance(exc, kind)), None)
        if status is None:
            return _broken(exc)
        return _problem(
            status, exc.code, sentence_of(exc), getattr(exc, "field", None), getattr(exc, "retry_after", None)
        )
    except Exception as exc:  # noqa: BLE001 - whatever breaks, the caller gets an answer in our shape
        return _broken(exc)


def _do(operation: Operation, request: Request, path: Mapping[str, str]) -> Response:
    headers = {name: request.headers.get(name, "") for name in ("accept", "authorization")}
    given: dict[str, object] = {**path, **headers, "services": services()}
    if operation.access is not Access.ANYONE:
        account = _caller(operation.access, request.headers.get("authorization"), services())
        given["account"] = account
    if operation.body is not None:
        # A body of which every field may be left out may be left out too.
        given["body"] = checked(operation.body, parsed(request.raw_body) if request.raw_body else {})
    given["query"] = checked(operation.query, dict(request.query_params or {}))
    if "asset" in operation.takes:
        asset = _find(account, path["asset_id"], services())
        given["asset"] = asset = _as_it_was(asset, getattr(given["query"], "version", None), services())
        if asset.is_withheld and not operation.is_for_withheld:
            raise NotFound(_WITHHELD, "withheld")
    found = operation.do(**{name: given[name] for name in operation.takes})
    if isinstance(found, Response):
        return found
    return Response("", status_code=operation.status) if found is None else _json(found, operation.status)


def _caller(access: Access, authorization: str | None, services: Services) -> Account:
    account = _account(authorization, services)
    if access is not Access.OWNER and account.is_program:
        raise Forbidden("An API key is not enough for this: sign in.", "sign-in")
    if access is Access.ADMIN and not account.is_admin:
        raise Forbidden("Only administrators may do this.")
    return account


def _account(authorization: str | None, services: Services) -> Account:
    """The account that an Authorization header stands for: "Bearer" and an id token or an API key.

    Raises Unauthorized, also if the account is being erased or has been: a token stays valid for an hour.
    """
    key = Token.parse((authorization or "").partition(" ")[2])
    if key is None:
        somebody = services.tokens.account(authorization)
        if services.users.is_gone(somebody.owner):
            raise Unauthorized("This account has been erased, or is being erased just now.", "account-erased")
        return somebody
    known = services.users.verified(key) if key.kind is Credential.KEY else None
    if known is None:
        raise Unauthorized("There is no such API key, or no longer.")
    services.users.note_use(key, known)
    return Account(key.owner, services.users.profile(key.owner).email, is_admin=False, is_program=True)


def _find(account: Account, asset_id: str, services: Services) -> Asset:
    """The account's asset of this id. Raises NotFound if there is none, or it is somebody else's."""
    asset = services.store.get(AssetRef(account.owner, asset_id)) if ASSET_ID_PATTERN.fullmatch(asset_id) else None
    if asset is None:
        raise NotFound("There is no such asset.")
    return asset


def _as_it_was(asset: Asset, version: int | None, services: Services) -> Asset:
    """The asset in the version that a query names. Raises NotFound if there is none, or nothing of it is given out."""
    if version is None or version == asset.version:
        return asset
    from chalicelib.pipeline.retry import version_of  # most requests name none

    return version_of(asset, version, services)


def _json(model: BaseModel, status: HTTPStatus) -> Response:
    """What is None in a model is left out."""
    body = model.model_dump(mode="json", exclude_none=True)
    return Response(body, headers={"Content-Type": "application/json", "Cache-Control": "no-store"}, status_code=status)


def _broken(exc: Exception) -> Response:
    # The message may quote people's words or a URL: the type and the place suffice.
    logger.error("operation failed", extra={"error": type(exc).__name__})
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "broken", _BROKEN)


def _problem(
    status: HTTPStatus, code: str, detail: str, field: str | None = None, retry_after: int | None = None
) -> Response:
    problem = Problem(
        title=status.phrase, status=status.value, detail=detail, code=code, field=field, retry_after=retry_after
    )
    answer = _json(problem, status)
    answer.headers["Content-Type"] = CONTENT_TYPE
    if status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer
