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
from chalicelib.api.noting import note
from chalicelib.api.operation import Access, Operation
from chalicelib.clients.tokens import Account
from chalicelib.domain import addresses
from chalicelib.domain.accounts import Credential, Token
from chalicelib.domain.assets import ASSET_ID_PATTERN, Asset, AssetRef
from chalicelib.domain.rights import Deed, Role, may
from chalicelib.errors import Conflict, Forbidden, InvalidRequest, NotFound, OverQuota, RapporteurError, Unauthorized
from chalicelib.observability import logger
from chalicelib.pipeline.shelves import as_shown_to_others
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

_NO_RIGHT = (
    "This was shared with you to be read, or to do some things with, and this is not one of them: ask its owner."
)

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
    if operation.is_by_link and not may(Role.LINK, operation.deed):
        raise Forbidden(_NO_RIGHT, "no-right")
    if "asset" not in operation.takes:
        return _done(operation, given)
    asset, role = _find(account, path["asset_id"], services(), is_hidden_too=operation.is_for_hidden)
    if not may(role, operation.deed):
        raise Forbidden(_NO_RIGHT, "no-right")
    given["role"] = role
    given["asset"] = asset = _as_it_was(asset, role, given["query"], services())
    if asset.is_withheld and not operation.is_for_withheld:
        raise NotFound(_WITHHELD, "withheld")
    answer = _done(operation, given)
    note(operation, account, asset, role, services())
    return answer


def _done(operation: Operation, given: Mapping[str, object]) -> Response:
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


def _find(account: Account, asset_id: str, services: Services, *, is_hidden_too: bool = False) -> tuple[Asset, Role]:
    """The asset of this id, and what the account is to it: their own, or else one that was shared with the address that
    they have confirmed.

    Of others', what is held or was rejected is not shown, unless what `is_hidden_too` is asked for; and while a new
    version is made of it, the one before is there to be read. Raises NotFound if there is none, or none for them: which
    of the two is not told.
    """
    missing = NotFound("There is no such asset.")
    if not ASSET_ID_PATTERN.fullmatch(asset_id):
        raise missing
    asset = services.store.get(AssetRef(account.owner, asset_id))
    if asset is not None:
        return asset, Role.OWNER
    # A key knows its owner's address as it once was: somebody else may have it by now.
    if account.email is None or account.is_program:
        raise missing
    right = services.grants.right(addresses.fingerprint(account.email), asset_id)
    asset = services.store.get(AssetRef(right.owner, asset_id)) if right is not None else None
    if right is None or asset is None or not may(right.role, Deed.READ):
        raise missing
    earlier = as_shown_to_others(asset, services)
    if earlier is None and is_hidden_too:
        return asset, Role.READER
    if earlier is None:
        raise missing
    return earlier, right.role if earlier is asset else Role.READER


def _as_it_was(asset: Asset, role: Role, query: object, services: Services) -> Asset:
    """The asset in the version that a query names. Raises NotFound if there is none, or nothing of it is given out.

    What was said in earlier versions and editions may have been taken out since: they are for whoever works on it.
    """
    version, edition = getattr(query, "version", None), getattr(query, "edition", None)
    if edition not in {None, asset.edition} and not may(role, Deed.EDIT):
        raise NotFound("There is no such edition of this transcript for you.", "no-edition")
    if version is None or version == asset.version:
        return asset
    if not may(role, Deed.MANAGE):
        raise NotFound("There is no such version of this asset for you.", "no-version")
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
