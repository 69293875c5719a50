"""Who may do what with a recording: one table, of which the checks of the API and their tests are made. Pure.

A route says which deed it is (`api/operation.py`); one that says nothing is its owner's alone. Everything that costs
money or cannot be taken back is the owner's: work on it, deletion, versions, and sharing itself. Administrators have no
right of their own to anybody's recording; what is held they see where they decide of it (`api/held.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to a recording."""

    OWNER = "owner"
    EDITOR = "editor"
    COMMENTER = "commenter"
    READER = "reader"
    LINK = "link"
    STRANGER = "stranger"


class Deed(StrEnum):
    """What can be done with a recording: read, hear and look at it; add comments; correct its lines, the names of its
    speakers and its title; everything else.
    """

    READ = "read"
    COMMENT = "comment"
    EDIT = "edit"
    MANAGE = "manage"


RIGHTS: Mapping[Role, frozenset[Deed]] = {
    Role.OWNER: frozenset(Deed),
    Role.EDITOR: frozenset({Deed.READ, Deed.COMMENT, Deed.EDIT}),
    Role.COMMENTER: frozenset({Deed.READ, Deed.COMMENT}),
    Role.READER: frozenset({Deed.READ}),
    Role.LINK: frozenset({Deed.READ}),
    Role.STRANGER: frozenset(),
}


def may(role: Role, deed: Deed) -> bool:
    """Whether somebody who is this to a recording may do that with it."""
    return deed in RIGHTS[role]


GIVEN_AWAY = (Role.EDITOR, Role.COMMENTER, Role.READER)
"""What an owner can make somebody."""


@dataclass(frozen=True, slots=True)
class Grant:
    """That `owner` has shared a recording with an address: as what, and since when (seconds since the epoch); `by` is
    the owner's own address then.
    """

    owner: str
    asset_id: str
    role: Role
    since: float
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody with whom a recording is shared, as its owner sees them: `id` is the fingerprint of the `address`.

    `note` is what its owner has to say in the mail that tells them, until that has been sent.
    """

    id: str
    address: str
    since: float
    role: Role
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A mail that is to tell somebody that a recording is shared with them: at which `address` and as what; `by` is its
    owner's address, `note` what they have to say.
    """

    address: str
    role: Role
    by: str
    note: str


ADMINISTRATORS = "administrators"
"""Who stands in a log for those who decide of what is held, and have work begun again: which of them did is nobody's
business but theirs. No account is called so.
"""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """That somebody read a recording or did something with it in an hour: when first and last (seconds since the
    epoch), and how often.

    `what` is the name of the operation, "read" for all that reads. `by` is an account, `ADMINISTRATORS`, or the id of a
    link (`is_link`), which had this `name` then.
    """

    at: float
    last_at: float
    times: int
    deed: Deed
    what: str
    by: str
    is_link: bool = False
    name: str | None = None
