"""The seam to whatever keeps collections of faces, each with the people in it."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.message import Message
from chalicelib.seams.seam import OptionalSeam


@dataclass(frozen=True, slots=True)
class AddedFace:
    """A picture that was looked at for a person's face: the id that its face has now, or why it has none."""

    face_id: str | None
    refusal: Message | None = None


class FaceCollections(Protocol):
    """Keeps collections. Each of these is safe to call again; raises EngineFailed, EngineBusy or EngineError."""

    def create(self, collection: str) -> None:
        """Make an empty collection, unless there is one of this name."""

    def delete(self, collection: str) -> None:
        """Delete a collection with all faces in it."""

    def count(self, collection: str) -> int | None:
        """How many faces there are in it; None if there is no such collection."""

    def add(self, collection: str, person: str, picture: bytes) -> AddedFace:
        """Add the one face in `picture` (jpeg or png, 5 MiB at most) as one of `person`'s, who is named by an id."""

    def faces_of(self, collection: str, person: str) -> list[str]:
        """The ids of all faces that it has of a person; none if there is no such collection."""

    def remove(self, collection: str, face_ids: list[str]) -> None:
        """Delete faces, as far as there are any."""


FACES = OptionalSeam[FaceCollections](
    "faces",
    "face_collections",
    "keeps collections of faces",
    on_aws="rekognition",
    on_one_machine="local.engines.face_collections",
)

NO_FACE = Message("no-face", "No face can be made out in this picture. Please take one in which it is large and sharp.")
SEVERAL_FACES = Message(
    "several-faces", "There are %(number)s faces in this picture. Please take one with this person's face alone."
)
POOR_FACE = Message(
    "poor-face", "The face in this picture is too small, too dark or too blurred to be known again by it."
)
UNREADABLE_PICTURE = Message(
    "unreadable-picture", "This picture cannot be read: it is damaged, or has too many pixels."
)
"""Why a picture is of no use: what engines answer with."""
