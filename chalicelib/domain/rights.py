"""Who may do what with a recording: one table, of which the checks of the API and their tests are made. Pure.

A route says which deed it is (`api/operation.py`); one that says nothing is its owner's alone. Everything that costs
money or cannot be taken back is the owner's: work on it, deletion, versions, and sharing itself. Administrators have no
right of their own to anybody's recording; what is held they see where they decide of it (`api/held.py`).
"""

from collections.abc import Mapping
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
