"""Collections of faces, and the people in them: who made what, who agreed to what, and what became of it. Pure.

Of a person there is a name, what they agreed to, and the ids that their faces have at the engine. The pictures are not
kept, and what a face looks like in numbers is the engine's alone.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.domain.ai_options import NAME

MOST_COLLECTIONS = 50
MOST_PEOPLE = 500
"""In a collection."""

MOST_FACES = 10
"""Of a person. More make nobody better known."""

MOST_PICTURE_BYTES = 5 * 1024**2
"""https://docs.aws.amazon.com/rekognition/latest/dg/limits.html"""

UNDER_WAY = 60.0
"""Seconds after which every request has ended: what was begun before and is not done, nobody is doing any more."""

NOBODY = "erased"
"""Who stands for an account that was erased."""

_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""Of a jpeg, and of a png."""


class CollectionDeed(StrEnum):
    """What was done to a collection, as it stays on record."""

    MADE = "made"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    PERSON_ADDED = "person-added"
    PERSON_REMOVED = "person-removed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Done:
    """A deed: by whom (an account's id) and when, and of which person (an id, which names nobody)."""

    collection: str
    deed: CollectionDeed
    by: str
    at: float
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to: on which day (ISO 8601), to which wording (its version, or itself), and who noted it."""

    given_on: str
    wording: str
    recorded_by: str
    recorded_at: float


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection. It is `is_ready` once the engine has it; from `leaving_at` on it is being deleted."""

    name: str
    made_by: str
    made_at: float
    is_ready: bool = False
    leaving_by: str | None = None
    leaving_at: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person in a collection.

    `adding` has the pictures that the engine was about to be given, by when: what was begun and never noted as done may
    have left a face there. From `leaving_at` on the person is being removed: the name and the consent are gone already,
    and what is left are ids, until the engine has nothing of them either.
    """

    id: str
    collection: str
    name: str = ""
    consent: Consent | None = None
    faces: frozenset[str] = frozenset()
    adding: Mapping[str, float] = field(default_factory=dict)
    leaving_by: str | None = None
    leaving_at: float | None = None

    def has_begun_since(self, moment: float) -> bool:
        """Whether a picture may be on its way to the engine that was begun after `moment`."""
        return any(at > moment for at in self.adding.values())


def new_id() -> str:
    """The id of a person: it says nothing of them."""
    return secrets.token_hex(8)


def collection_id(name: str, home: str) -> str:
    """What the engine calls the collection `name` of a deployment, which is known by its table of accounts, `home`.

    Two deployments in one AWS account have nothing to do with each other's, and leave to touch none but their own.
    Raises ValueError for a name that none can have.
    """
    if not NAME.fullmatch(name):
        raise ValueError("a collection cannot have this name")
    return f"{prefix_of(home)}{name}"


def prefix_of(home: str) -> str:
    """What the engine's names of all collections of a deployment begin with."""
    return f"rapporteur-{hashlib.sha256(home.encode()).hexdigest()[:8]}-"


def is_picture(content: bytes) -> bool:
    """Whether this is a jpeg or a png, by what it begins with: what it is called does not count."""
    return content.startswith(_BEGINNINGS)
