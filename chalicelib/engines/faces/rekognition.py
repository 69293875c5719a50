"""Amazon Rekognition as what keeps collections of faces.

Rekognition keeps of each face a row of numbers, and never the picture:
https://docs.aws.amazon.com/rekognition/latest/dg/collections.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.domain.batched import batched
from chalicelib.domain.people import prefix_of
from chalicelib.engines.grants import AwsPlace, EngineGrants, Grant
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.seams.faces import NO_FACE, POOR_FACE, SEVERAL_FACES, UNREADABLE_PICTURE, AddedFace
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

SERVICES = ("rekognition",)

_SERVICE = "Amazon Rekognition"
_THERE = "ResourceAlreadyExistsException"
_GONE = "ResourceNotFoundException"
_UNREADABLE = frozenset({"ImageTooLargeException", "InvalidImageFormatException"})
_ONE_TOO_MANY = "EXCEEDS_MAX_FACES"
_MOST_DELETED = 4096
"""At once: https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DeleteFaces.html"""

_NO_COLLECTION = Message("collection-missing", "%(service)s has no such collection any more. Please make another.")


def create(context: EngineContext) -> "RekognitionCollections":
    """The engine."""
    return RekognitionCollections(context.aws.rekognition)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """What it needs leave for: collections of this deployment alone."""
    ours = (place.arn("rekognition", f"collection/{prefix_of(settings.users_table)}*"),)

    def may(*actions: str) -> tuple[Grant]:
        return (Grant(tuple(f"rekognition:{action}" for action in actions), ours),)

    return EngineGrants(
        work=may("DescribeCollection"),
        filling=may("CreateCollection", "IndexFaces"),
        emptying=may("DeleteCollection", "DeleteFaces", "ListFaces"),
    )


class RekognitionCollections:
    """Collections, by the names that `domain.people.collection_id` makes."""

    def __init__(self, client: "RekognitionClient") -> None:
        self._client = client

    def create(self, collection: str) -> None:
        """See the seam."""
        with of_service(_SERVICE), _but(_THERE):
            self._client.create_collection(CollectionId=collection)

    def delete(self, collection: str) -> None:
        """See the seam."""
        with of_service(_SERVICE), _but(_GONE):
            self._client.delete_collection(CollectionId=collection)

    def count(self, collection: str) -> int | None:
        """See the seam."""
        with of_service(_SERVICE), _but(_GONE):
            return self._client.describe_collection(CollectionId=collection)["FaceCount"]
        return None

    def add(self, collection: str, person: str, picture: bytes) -> AddedFace:
        """See the seam. The same picture of the same person again is the same face:
        https://docs.aws.amazon.com/rekognition/latest/APIReference/API_IndexFaces.html
        """
        try:
            with of_service(_SERVICE), _but(*_UNREADABLE):
                answer = self._client.index_faces(
                    CollectionId=collection,
                    Image={"Bytes": picture},
                    ExternalImageId=person,
                    MaxFaces=1,
                    QualityFilter="AUTO",
                    DetectionAttributes=["DEFAULT"],
                )
                found = [record["Face"]["FaceId"] for record in answer["FaceRecords"]]
                more = answer.get("UnindexedFaces", [])
                others = sum(_ONE_TOO_MANY in face.get("Reasons", []) for face in more)
                if others:
                    self.remove(collection, found)  # the largest may be anybody's
                    return AddedFace(None, SEVERAL_FACES.of(number=len(found) + others))
                if not found:
                    return AddedFace(None, POOR_FACE if more else NO_FACE)
                return AddedFace(found[0])
        except ClientError as exc:
            if code_of(exc) != _GONE:
                raise
            raise EngineFailed(_NO_COLLECTION.of(service=_SERVICE)) from exc
        return AddedFace(None, UNREADABLE_PICTURE)

    def faces_of(self, collection: str, person: str) -> list[str]:
        """See the seam."""
        with of_service(_SERVICE), _but(_GONE):
            pages = self._client.get_paginator("list_faces").paginate(CollectionId=collection)
            faces = (face for page in pages for face in page["Faces"])
            return [face["FaceId"] for face in faces if face.get("ExternalImageId") == person]
        return []

    def remove(self, collection: str, face_ids: list[str]) -> None:
        """See the seam."""
        with of_service(_SERVICE), _but(_GONE):
            for some in batched(face_ids, _MOST_DELETED):
                self._client.delete_faces(CollectionId=collection, FaceIds=list(some))


@contextmanager
def _but(*codes: str) -> Iterator[None]:
    """Inside, an error of one of these codes ends what is done, and is none."""
    try:
        yield
    except ClientError as exc:
        if code_of(exc) not in codes:
            raise
