"""Rekognition's collections: each request against botocore's model, each refusal in our words."""

from typing import Any

import pytest

from chalicelib.domain.people import collection_id
from chalicelib.engines.faces import rekognition
from chalicelib.engines.grants import AwsPlace
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.faces import NO_FACE, POOR_FACE, SEVERAL_FACES, UNREADABLE_PICTURE, AddedFace
from tests.engines.stubs import answer, context, stubbed

PERSON = "0123456789abcdef"
NAME = collection_id("council", "users")
FACE = "11111111-1111-4111-8111-111111111111"
INDEXED = {
    "CollectionId": NAME,
    "Image": {"Bytes": b"picture"},
    "ExternalImageId": PERSON,
    "MaxFaces": 1,
    "QualityFilter": "AUTO",
    "DetectionAttributes": ["DEFAULT"],
}


def record(face: str = FACE) -> dict[str, Any]:
    return {"Face": {"FaceId": face, "ExternalImageId": PERSON, "Confidence": 99.9}}


def test_collections_are_made_counted_and_deleted_however_often() -> None:
    given = context()
    with stubbed(given.aws, "rekognition", "rekognition") as stubber:
        engine = rekognition.create(given)
        answer(stubber, "create_collection", {"StatusCode": 200}, CollectionId=NAME)
        engine.create(NAME)
        stubber.add_client_error("create_collection", "ResourceAlreadyExistsException")
        engine.create(NAME)
        answer(stubber, "describe_collection", {"FaceCount": 3}, CollectionId=NAME)
        assert engine.count(NAME) == 3
        stubber.add_client_error("describe_collection", "ResourceNotFoundException")
        assert engine.count(NAME) is None
        answer(stubber, "delete_collection", {"StatusCode": 200}, CollectionId=NAME)
        engine.delete(NAME)
        stubber.add_client_error("delete_collection", "ResourceNotFoundException")
        engine.delete(NAME)


def test_one_face_is_added_as_the_persons_by_an_id_that_names_nobody() -> None:
    given = context()
    with stubbed(given.aws, "rekognition", "rekognition") as stubber:
        answer(stubber, "index_faces", {"FaceRecords": [record()], "UnindexedFaces": []}, **INDEXED)
        assert rekognition.create(given).add(NAME, PERSON, b"picture") == AddedFace(FACE)


def unindexed(*reasons: str) -> dict[str, Any]:
    return {"Reasons": list(reasons), "FaceDetail": {"Confidence": 90.0}}


@pytest.mark.parametrize(
    ("records", "others", "refusal"),
    [
        ([], [], NO_FACE),
        ([], [unindexed("LOW_SHARPNESS", "SMALL_BOUNDING_BOX")], POOR_FACE),
        ([record()], [unindexed("EXCEEDS_MAX_FACES"), unindexed("LOW_SHARPNESS")], SEVERAL_FACES.of(number=2)),
    ],
)
def test_a_picture_without_just_one_good_face_leaves_nothing(
    records: list[Any], others: list[Any], refusal: Message
) -> None:
    given = context()
    with stubbed(given.aws, "rekognition", "rekognition") as stubber:
        answer(stubber, "index_faces", {"FaceRecords": records, "UnindexedFaces": others}, **INDEXED)
        if records:
            answer(stubber, "delete_faces", {"DeletedFaces": [FACE]}, CollectionId=NAME, FaceIds=[FACE])
        assert rekognition.create(given).add(NAME, PERSON, b"picture") == AddedFace(None, refusal)


@pytest.mark.parametrize("code", ["InvalidImageFormatException", "ImageTooLargeException"])
def test_a_picture_that_cannot_be_read_is_the_pictures_fault(code: str) -> None:
    given = context()
    with stubbed(given.aws, "rekognition", "rekognition") as stubber:
        stubber.add_client_error("index_faces", code)
        assert rekognition.create(given).add(NAME, PERSON, b"x") == AddedFace(None, UNREADABLE_PICTURE)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ProvisionedThroughputExceededException", EngineBusy),
        ("ThrottlingException", EngineBusy),
        ("AccessDeniedException", EngineFailed),
        ("ResourceNotFoundException", EngineFailed),
    ],
)
def test_a_refusal_is_told_in_our_words(code: str, kind: type[Exception]) -> None:
    given = context()
    with stubbed(given.aws, "rekognition", "rekognition") as stubber:
        stubber.add_client_error("index_faces", code, "somebody's name")
        with pytest.raises(kind) as caught:
            rekognition.create(given).add(NAME, PERSON, b"x")
        assert "somebody" not in str(caught.value)


def test_a_persons_faces_are_found_on_all_pages_and_deleted() -> None:
    given = context()
    with stubbed(given.aws, "rekognition", "rekognition") as stubber:
        engine = rekognition.create(given)
        others = [{"FaceId": FACE.replace("1", "2"), "ExternalImageId": "f" * 16}, {"FaceId": FACE.replace("1", "3")}]
        answer(stubber, "list_faces", {"Faces": others, "NextToken": "more"}, CollectionId=NAME)
        answer(stubber, "list_faces", {"Faces": [record()["Face"]]}, CollectionId=NAME, NextToken="more")
        assert engine.faces_of(NAME, PERSON) == [FACE]
        answer(stubber, "delete_faces", {"DeletedFaces": [FACE]}, CollectionId=NAME, FaceIds=[FACE])
        engine.remove(NAME, [FACE])
        stubber.add_client_error("list_faces", "ResourceNotFoundException")
        assert engine.faces_of(NAME, PERSON) == []


def test_leave_is_for_collections_of_this_deployment_alone() -> None:
    place = AwsPlace("us-east-1", "123456789012")
    granted = rekognition.grants(place, context().settings)
    ours = collection_id("x", "users").removesuffix("x")
    for grant in (*granted.work, *granted.filling, *granted.emptying):
        assert grant.resources == (f"arn:aws:rekognition:us-east-1:123456789012:collection/{ours}*",)
    assert collection_id("council", "other-users") != NAME
