"""What an operation of the API is, and the list that they enter themselves in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

from chalice import Response
from pydantic import BaseModel

from chalicelib.api.views import NoQuery
from chalicelib.clients.tokens import Account
from chalicelib.errors import Unauthorized
from chalicelib.services import Services


class Access(Enum):
    """Who may ask: an owner, by token or API key; only somebody who has signed in; administrators; or anyone."""

    OWNER = "owner"
    PERSON = "person"
    ADMIN = "admin"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Asking:
    """A checked question: who asks, and what they sent."""

    caller: Account | None
    services: Services
    body: Any
    query: Any
    accept: str

    @property
    def account(self) -> Account:
        """Who asks. Raises Unauthorized where nobody had to say."""
        if self.caller is None:
            raise Unauthorized("This needs a token.")
        return self.caller


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it does, takes and gives. `answer` is None for what is no JSON."""

    do: Callable[..., object]
    answer: type[BaseModel] | None
    body: type[BaseModel] | None
    query: type[BaseModel]
    status: HTTPStatus
    access: Access

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.do.__doc__ or "").splitlines()[0]


_OPERATIONS: dict[str, Operation] = {}
OPERATIONS: Mapping[str, Operation] = _OPERATIONS
"""All of them, by name."""

_Do = Callable[..., object]


def operation(
    answer: type[BaseModel] | None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] = NoQuery,
    status: HTTPStatus = HTTPStatus.OK,
    access: Access = Access.OWNER,
) -> Callable[[_Do], _Do]:
    """Enter a function as the operation of its name; its docstring's first line says what it does."""

    def registered(do: _Do) -> _Do:
        _OPERATIONS[do.__name__] = Operation(do, answer, body, query, status, access)
        return do

    return registered


def done() -> Response:
    """The answer that has nothing to say."""
    return Response(body="", status_code=HTTPStatus.NO_CONTENT)
