"""What is asked and told of collections of faces, as models. What a face looks like is never told."""

import base64
import binascii
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

from chalicelib.api.checked import ONE_LINE
from chalicelib.api.models.fields import Name, RequestModel, ViewModel
from chalicelib.api.models.voices import as_written
from chalicelib.domain.ai_options import NAME
from chalicelib.domain.people import MOST_PICTURE_BYTES, CollectionDeed

CollectionStatus = Literal["making", "ready", "deleting"]

_LONGEST_WORDING = 300
_MOST_BASE64 = -(-MOST_PICTURE_BYTES // 3) * 4


def _as_bytes(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError("A picture is written in base64, with nothing before or after it.") from exc
    return text


class CollectionWanted(RequestModel):
    """What a collection is to be called: what uploads name as `faceCollectionId`."""

    name: Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]


class CollectionView(BaseModel):
    """A collection: how many people and faces are in it, and who made it when (seconds since the epoch)."""

    name: str
    status: CollectionStatus
    people: int
    faces: int
    made_by: str
    made_at: float


class DeedView(ViewModel):
    """What was done to a collection, by which account and when, and of whom where it was about a person."""

    collection: str
    deed: CollectionDeed
    by: str
    at: float
    person: str | None = None


class Collections(BaseModel):
    """All collections by name, and what was done to them of late, newest first."""

    collections: list[CollectionView]
    deeds: list[DeedView]


class ConsentGiven(RequestModel):
    """On which day a person agreed, and to which wording: its version, or itself."""

    given_on: Annotated[date, BeforeValidator(as_written)]
    wording: Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_WORDING), ONE_LINE]


class PersonWanted(RequestModel):
    """Who is to be known by their face, and what they agreed to."""

    name: Name
    consent: ConsentGiven


class ConsentView(ViewModel):
    """What a person agreed to, and which account noted it when (seconds since the epoch)."""

    given_on: date
    wording: str
    recorded_by: str
    recorded_at: float


class PersonView(BaseModel):
    """A person: how many of their faces are known."""

    id: str
    name: str
    consent: ConsentView
    faces: int


class People(BaseModel):
    """Everybody in a collection."""

    people: list[PersonView]


class PictureGiven(RequestModel):
    """A jpeg or png of one person's face, in base64. It is not kept."""

    picture: Annotated[
        str,
        StringConstraints(min_length=4, max_length=_MOST_BASE64),
        AfterValidator(_as_bytes),
        Field(json_schema_extra={"contentEncoding": "base64"}),
    ]

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return base64.b64decode(self.picture)
