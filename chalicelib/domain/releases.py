"""What administrators let accounts use by name: collections of faces, models, recognisers, vocabularies. Pure.

An upload names them by the names that we have for them. What that is on AWS stands in the release, and never comes from
a request; a name that is not released to an account is to it as one that there is not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.ai_options import API_NAMES, AiOptions
from chalicelib.domain.people import collection_id
from chalicelib.message import Message

AWS_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+=@\-]{0,2047}")
"""What a thing may be called on AWS: a name, or an ARN."""

UNKNOWN_NAME = Message("unknown-name", "There is nothing released to you under this name: %(name)s")


class ReleaseKind(StrEnum):
    """What sort of thing is released."""

    COLLECTION = "collection"
    LABELS = "labels"
    RECOGNISER = "recogniser"
    LANGUAGE_MODEL = "language-model"
    VOCABULARY = "vocabulary"


FIELDS: Mapping[ReleaseKind, str] = {
    ReleaseKind.COLLECTION: "face_collection_id",
    ReleaseKind.LABELS: "custom_label_models",
    ReleaseKind.RECOGNISER: "custom_entity_recognizer",
    ReleaseKind.LANGUAGE_MODEL: "custom_language_model",
    ReleaseKind.VOCABULARY: "custom_vocabulary",
}
"""The field of `AiOptions` that names things of each kind."""


_PLAIN = "a name without colons and slashes, as the service has it"
_SHAPES: Mapping[ReleaseKind, tuple[re.Pattern[str], str]] = {
    ReleaseKind.COLLECTION: (re.compile(r"[A-Za-z0-9_.\-]{1,255}"), _PLAIN),
    ReleaseKind.LABELS: (
        re.compile(r"arn:aws[a-z-]*:rekognition:[a-z0-9-]+:[0-9]{12}:project/[A-Za-z0-9_.\-]{1,255}/.+"),
        "the ARN of a project of Custom Labels: arn:aws:rekognition:…:project/…/…",
    ),
    ReleaseKind.RECOGNISER: (
        re.compile(r"arn:aws[a-z-]*:comprehend:[a-z0-9-]+:[0-9]{12}:entity-recognizer/.+|[A-Za-z0-9\-]{1,63}"),
        "the ARN of an entity recogniser, or its name",
    ),
    ReleaseKind.LANGUAGE_MODEL: (re.compile(r"[A-Za-z0-9_.\-]{1,200}"), _PLAIN),
    ReleaseKind.VOCABULARY: (re.compile(r"[A-Za-z0-9_.\-]{1,200}"), _PLAIN),
}
"""How AWS calls things of each kind, and that in words."""


def expected_name(kind: ReleaseKind, aws_name: str) -> str | None:
    """What a thing of this kind is called on AWS, in words, where `aws_name` cannot be one; None where it can."""
    pattern, words = _SHAPES[kind]
    return None if pattern.fullmatch(aws_name) else words


@dataclass(frozen=True, slots=True)
class Release:
    """One thing, called `name` here and `aws_name` on AWS, and the `accounts` (owners' ids) that may use it."""

    kind: ReleaseKind
    name: str
    aws_name: str
    accounts: frozenset[str] = frozenset()
    everybody: bool = False

    def is_for(self, owner: str) -> bool:
        """Whether this account may use it."""
        return self.everybody or owner in self.accounts


def named(options: AiOptions) -> Iterator[tuple[ReleaseKind, str]]:
    """Each thing that options name."""
    for kind, field in FIELDS.items():
        value = getattr(options, field)
        yield from ((kind, name) for name in ((value,) if isinstance(value, str) else value or ()))


def api_name(kind: ReleaseKind) -> str:
    """The field of the API that names things of a kind: "faceCollectionId"."""
    return API_NAMES[FIELDS[kind]]


def usual_aws_name(kind: ReleaseKind, name: str, deployment: str) -> str:
    """What a thing is called on AWS if nobody says.

    A collection of ours has a name that tells this `deployment` from others (the name of its table of accounts); all
    else was made by an operator, and has the same name there.
    """
    return collection_id(name, deployment) if kind is ReleaseKind.COLLECTION else name
