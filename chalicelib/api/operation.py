"""What an operation of the API is: a function with its method and path; the rest is read from its own types."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from types import NoneType
from typing import get_args, get_type_hints

from chalice import Response
from pydantic import BaseModel

from chalicelib.api.models.fields import RequestModel
from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import Asset
from chalicelib.domain.rights import Deed, Role
from chalicelib.services import Services

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
"""Content types of what an HTML form sends."""

GIVEN: Mapping[str, type] = {
    "account": Account,
    "asset": Asset,
    "role": Role,
    "services": Services,
    "accept": str,
    "authorization": str,
}
"""What a function gets if it has a parameter of this name, beside its `body`, its `query` and what stands in its path:
who asks, the asset that the path names, what they are to it, the services, and the headers Accept and Authorization."""


class Access(Enum):
    """Who may ask: an owner, by token or API key; only somebody who has signed in; administrators; or anyone."""

    OWNER = "owner"
    PERSON = "person"
    ADMIN = "admin"
    ANYONE = "anyone"


class NoQuery(RequestModel):
    """A route that takes no query parameters."""


Do = Callable[..., BaseModel | Response | None]
"""An operation's function: it answers with a model that becomes JSON, with something else, or with nothing."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `takes` names what its function is given.

    `answer` is the model of its JSON; what is none has one of the types that it `gives`. Where it `redirects`, it may
    name a place instead. One that `is_for_withheld` gives out nothing that was made of an asset, or sees itself to it
    that nothing is that is withheld; all others are refused for such assets. One that is also `is_for_hidden` gives out
    nothing whatsoever: others than the owner may do it where nothing of the asset is shown to them.

    `deed` is what it does with the asset, or with what a link leads to (`domain/rights.py` says who may); if it
    `is_change`, the log says who did it.
    """

    do: Do
    method: str
    path: str
    access: Access
    status: HTTPStatus
    takes: frozenset[str]
    body: type[BaseModel] | None
    query: type[BaseModel]
    answer: type[BaseModel] | None
    gives: tuple[str, ...]
    redirects: bool
    content_types: tuple[str, ...]
    is_for_withheld: bool
    is_for_hidden: bool
    deed: Deed
    is_change: bool

    @property
    def name(self) -> str:
        """What it is called, here and in the API's description."""
        return self.do.__name__

    @property
    def subject(self) -> str:
        """What it is about: the name of its file."""
        return self.do.__module__.rpartition(".")[2]

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.do.__doc__ or "").splitlines()[0]

    @property
    def is_by_link(self) -> bool:
        """Whether it is for whoever has a link."""
        return self.access is Access.ANYONE and "token" in self.in_path

    @property
    def in_path(self) -> list[str]:
        """What its path names, in order."""
        return re.findall(r"\{(\w+)\}", self.path)


def operation(
    method: str,
    path: str,
    access: Access = Access.OWNER,
    status: HTTPStatus = HTTPStatus.OK,
    gives: Iterable[str] = (),
    takes: Iterable[str] = (),
    *,
    deed: Deed = Deed.MANAGE,
    is_for_withheld: bool = False,
    is_for_hidden: bool = False,
    is_noted: bool = True,
) -> Callable[[Do], Operation]:
    """Make a function an operation; its docstring's first line says what it does, its types what it takes and answers.

    `gives` names the content types of an answer that is no JSON, `takes` those of a body beside JSON; `deed`,
    `is_for_withheld` and `is_for_hidden` are as above: one that names no deed is for the asset's owner alone. What
    changes an asset stands in its log, unless it is not to be noted. Raises TypeError if the function has a parameter
    that it cannot be given.
    """

    def described(do: Do) -> Operation:
        kinds = get_type_hints(do)
        answers = get_args(kinds["return"]) or (kinds["return"],)
        del kinds["return"]
        found = Operation(
            do,
            method,
            path,
            access,
            HTTPStatus.NO_CONTENT if answers == (NoneType,) else status,
            frozenset(kinds),
            kinds.get("body"),
            kinds.get("query", NoQuery),
            next((kind for kind in answers if issubclass(kind, BaseModel)), None),
            tuple(gives),
            Response in answers,
            ("application/json", *takes),
            is_for_withheld or is_for_hidden,
            is_for_hidden,
            deed,
            is_change=is_noted and method != "GET" and "asset" in kinds,
        )
        known = {"body", "query", "services", "accept", "authorization", *found.in_path}
        known |= set() if access is Access.ANYONE else {"account", "asset", "role"}
        if wrong := [name for name, kind in kinds.items() if name not in known or GIVEN.get(name, kind) is not kind]:
            raise TypeError(f"{do.__name__} cannot be given: {', '.join(wrong)}")
        return found

    return described
