"""Amazon Rekognition: what is asked for, what is kept of its answers, and what its messages mean."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from chalicelib.domain.ai_options import FALLBACK, AiOptions
from chalicelib.domain.assets import Options
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import AudioStream, MediaInfo, Picture, VideoStream
from chalicelib.engines.costs import prices
from chalicelib.engines.registry import EngineContext, module_of
from chalicelib.engines.vision import _rekognition_film as film
from chalicelib.engines.vision import _rekognition_rows, rekognition
from chalicelib.engines.vision.rekognition import RekognitionAnalyzer
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.seams.jobs import JobOutcome, ReadsEvents, UnderWay
from chalicelib.seams.options import SettlesOptions
from chalicelib.seams.vision import VISION, Looking, ReadsSomeFilms, TakesPictures, VisionJob
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from docs import make_costs
from tests.engines.stubs import RUN, answer, context, stubbed

ROLE = "arn:aws:iam::123456789012:role/rapporteur-dev-job-ends"
FILM = MediaInfo("mp4", 600.0, VideoStream(1920, 1080, 25.0, codec="h264"), AudioStream("aac", 48_000, 2))
PICTURE = MediaInfo("jpeg", 0.0, picture=Picture(1920, 1080))
WANTED = AiOptions(min_confidence=90, face_collection_id="rapporteur-1", frame_capture_mode=1003).over(FALLBACK)
BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
PROJECT = "arn:aws:rekognition:us-east-1:123456789012:project/buses/1600000000000"
VERSION = "arn:aws:rekognition:us-east-1:123456789012:project/buses/version/one/1600000000000"
FOLDER = "owner-1/1a1fd8c69000000000000000001/v1"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        for name in ("output", "uploads"):
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)
        yield


def given(**settings: str) -> EngineContext:
    return context(jobs_topic_role=ROLE, **settings)


def job(detection: Detection, looking: Looking = Looking.FILM, options: AiOptions = WANTED) -> VisionJob:
    return VisionJob(
        f"{RUN}.{detection}",
        detection,
        looking,
        S3Object("uploads", "input/owner-1/1a1fd8c69000000000000000001/recording.mp4"),
        PICTURE if looking is Looking.PICTURE else FILM,
        S3Object("output", f"output/jobs/{detection}/{FOLDER}/{detection}.jsonl"),
        options,
        S3Object("output", f"output/frames/{FOLDER}/frames.") if looking is Looking.FRAMES else None,
    )


def engine(found: EngineContext) -> RekognitionAnalyzer:
    made = module_of(VISION, "rekognition").create(found)
    assert isinstance(made, RekognitionAnalyzer)
    return made


def left(detection: Detection) -> list[dict[str, Any]]:
    """What stands in S3 of a detection, its first line first."""
    key = f"output/jobs/{detection}/{FOLDER}/{detection}.jsonl"
    body = boto3.client("s3", region_name="us-east-1").get_object(Bucket="output", Key=key)["Body"].read()
    lines = body.splitlines()
    found = [dict(row) for row in rows.read(lines)]
    return [json.loads(lines[0]), *found]


def started(stubber: Stubber, detection: Detection, **asked: Any) -> None:
    operation = film.OPERATIONS[detection].start
    request = {
        "Video": {"S3Object": {"Bucket": "uploads", "Name": job(detection).source.key}},
        "ClientRequestToken": film.token(f"{RUN}.{detection}", operation),
        "JobTag": f"{RUN}.{detection}",
        "NotificationChannel": {"SNSTopicArn": ANY, "RoleArn": ROLE},
    }
    answer(stubber, operation, {"JobId": "a" * 64}, **request, **asked)


ASKED: dict[Detection, dict[str, Any]] = {
    Detection.CELEBRITIES: {},
    Detection.FACES: {"FaceAttributes": "DEFAULT"},
    Detection.FACE_MATCHES: {"CollectionId": "rapporteur-1", "FaceMatchThreshold": 90},
    Detection.LABELS: {"MinConfidence": 90},
    Detection.MODERATION: {"MinConfidence": 90},
    Detection.TEXT: {"Filters": {"WordFilter": {"MinConfidence": 90}}},
    Detection.SEGMENTS: {
        "SegmentTypes": ["SHOT", "TECHNICAL_CUE"],
        "Filters": {
            "TechnicalCueFilter": {
                "MinSegmentConfidence": 55,
                "BlackFrame": {"MaxPixelThreshold": 0.15, "MinCoveragePercentage": 98},
            },
            "ShotFilter": {"MinSegmentConfidence": 55},
        },
    },
}
DETAILS = {
    "BoundingBox": BOX,
    "Confidence": 99.0,
    "AgeRange": {"Low": 20, "High": 30},
    "Gender": {"Value": "Female", "Confidence": 90.0},
    "Emotions": [{"Type": "SAD", "Confidence": 70.0}],
    "Landmarks": [{"Type": "eyeLeft", "X": 0.1, "Y": 0.1}],
    "Smile": {"Value": True, "Confidence": 70.0},
}
MATCH = {"Similarity": 97.0, "Face": {"FaceId": "b" * 36, "ExternalImageId": "p1", "BoundingBox": BOX}}
LABEL = {
    "Name": "Bus",
    "Confidence": 95.0,
    "Instances": [{"BoundingBox": BOX, "Confidence": 95.0, "DominantColors": [{"Red": 1}]}],
    "Parents": [{"Name": "Vehicle"}],
    "Aliases": [{"Name": "Coach"}],
    "Categories": [{"Name": "Transport"}],
}
TEXT = {"DetectedText": "한국", "Type": "LINE", "Id": 0, "Confidence": 95.0, "Geometry": {"BoundingBox": BOX}}
WORD = {"DetectedText": "한국", "Type": "WORD", "Id": 1, "ParentId": 0, "Confidence": 95.0}
KEPT_LABEL = {
    "Name": "Bus",
    "Confidence": 95.0,
    "Instances": [{"BoundingBox": BOX, "Confidence": 95.0}],
    "Parents": [{"Name": "Vehicle"}],
    "Categories": [{"Name": "Transport"}],
}
KEPT_MATCH = {"Similarity": 97.0, "Face": {"FaceId": "b" * 36, "ExternalImageId": "p1"}}
KEPT_FACE = {"BoundingBox": BOX, "Confidence": 99.0}

FOUND: dict[Detection, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    Detection.LABELS: (
        [
            {
                "Timestamp": 0,
                "StartTimestampMillis": 0,
                "EndTimestampMillis": 5000,
                "DurationMillis": 5000,
                "Label": LABEL,
            }
        ],
        [
            {
                "Timestamp": 0,
                "StartTimestampMillis": 0,
                "EndTimestampMillis": 5000,
                "DurationMillis": 5000,
                "Label": KEPT_LABEL,
            }
        ],
    ),
    Detection.MODERATION: (
        [{"Timestamp": 7, "ModerationLabel": {"Name": "Smoking", "ParentName": "Tobacco", "Confidence": 91.0}}],
        [{"Timestamp": 7, "ModerationLabel": {"Name": "Smoking", "ParentName": "Tobacco", "Confidence": 91.0}}],
    ),
    Detection.FACES: (
        [{"Timestamp": 1, "Face": DETAILS}, {"Timestamp": 2, "Face": {**DETAILS, "Confidence": 60.0}}],
        [{"Timestamp": 1, "Face": KEPT_FACE}],
    ),
    Detection.CELEBRITIES: (
        [
            {
                "Timestamp": 1,
                "Celebrity": {
                    "Name": "Ada",
                    "Id": "x1",
                    "Confidence": 96.0,
                    "Face": DETAILS,
                    "KnownGender": {"Type": "Female"},
                    "Urls": ["www.wikidata.org/wiki/Q7259"],
                },
            },
            {"Timestamp": 1, "Celebrity": {"Name": "Bob", "Id": "x2", "Confidence": 50.0}},
        ],
        [
            {
                "Timestamp": 1,
                "Celebrity": {
                    "Name": "Ada",
                    "Id": "x1",
                    "Confidence": 96.0,
                    "Urls": ["www.wikidata.org/wiki/Q7259"],
                    "BoundingBox": BOX,
                },
            }
        ],
    ),
    Detection.FACE_MATCHES: (
        [
            {"Timestamp": 1, "Person": {"Index": 3, "Face": DETAILS}, "FaceMatches": [MATCH]},
            {"Timestamp": 1, "Person": {"Index": 4}, "FaceMatches": []},
            {"Timestamp": 2, "Person": {"Index": 4}},
        ],
        [{"Timestamp": 1, "Person": {"Index": 3, "BoundingBox": BOX}, "FaceMatches": [KEPT_MATCH]}],
    ),
    Detection.TEXT: (
        [{"Timestamp": 1, "TextDetection": TEXT}, {"Timestamp": 1, "TextDetection": WORD}],
        [{"Timestamp": 1, "TextDetection": TEXT}],
    ),
    Detection.SEGMENTS: (
        [
            {
                "Type": "SHOT",
                "StartTimestampMillis": 0,
                "EndTimestampMillis": 900,
                "DurationMillis": 900,
                "StartTimecodeSMPTE": "00:00:00:00",
                "ShotSegment": {"Index": 0, "Confidence": 99.0},
            }
        ],
        [
            {
                "Type": "SHOT",
                "StartTimestampMillis": 0,
                "EndTimestampMillis": 900,
                "DurationMillis": 900,
                "ShotSegment": {"Index": 0, "Confidence": 99.0},
            }
        ],
    ),
}


@pytest.mark.parametrize("detection", film.OPERATIONS)
def test_a_film_is_asked_about_once_and_what_was_found_is_fetched_when_it_has_ended(detection: Detection) -> None:
    ours = given()
    found, kept = FOUND[detection]
    metadata: dict[str, Any] = {"DurationMillis": 600_000, "FrameRate": 25.0}
    asked = {"JobId": "a" * 64, "MaxResults": 1000, **film.OPERATIONS[detection].asked}
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        started(stubber, detection, **ASKED[detection])
        answer(stubber, film.OPERATIONS[detection].get, {"JobStatus": "IN_PROGRESS"}, **asked)
        assert engine(ours).start(job(detection)) is UnderWay.UNDER_WAY
        started(stubber, detection, **ASKED[detection])
        page = {
            "JobStatus": "SUCCEEDED",
            "VideoMetadata": [metadata] if detection is Detection.SEGMENTS else metadata,
            detection.rows: found,
        }
        answer(stubber, film.OPERATIONS[detection].get, {**page, "NextToken": "more"}, **asked)
        answer(stubber, film.OPERATIONS[detection].get, page, **asked, NextToken="more")
        assert engine(ours).start(job(detection)) == JobOutcome(f"{RUN}.{detection}")
    assert left(detection) == [{"Detection": detection, "VideoMetadata": metadata}, *kept, *kept]
    assert not {"Emotions", "AgeRange", "Gender", "Landmarks", "KnownGender", "Smile"} & set(
        json.dumps(left(detection)).replace('"', " ").split()
    )


def test_a_fetch_that_has_to_stop_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rekognition_rows, "_PIECE_BYTES", 100)
    ours = given()
    asked = {"JobId": "a" * 64, "MaxResults": 1000, **film.OPERATIONS[Detection.LABELS].asked}
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        started(stubber, Detection.LABELS, MinConfidence=90)
        found = [{"Timestamp": 1, "Label": {"Name": "Bus"}}]
        answer(stubber, "get_label_detection", {"JobStatus": "SUCCEEDED", "Labels": found, "NextToken": "t1"}, **asked)
        stubber.add_client_error("get_label_detection", "ProvisionedThroughputExceededException")
        with pytest.raises(EngineBusy):
            engine(ours).start(job(Detection.LABELS))
        for token, time in ((("t1"), 2), (("t2"), 3)):
            if token == "t1":
                started(stubber, Detection.LABELS, MinConfidence=90)
            more = {"NextToken": "t2"} if token == "t1" else {}
            page = {"JobStatus": "SUCCEEDED", "Labels": [{"Timestamp": time, "Label": {"Name": "Car" * 40}}], **more}
            answer(stubber, "get_label_detection", page, **asked, NextToken=token)
        assert engine(ours).start(job(Detection.LABELS)) == JobOutcome(f"{RUN}.labels")
    assert [row["Timestamp"] for row in left(Detection.LABELS)[1:]] == [1, 2, 3]


def test_a_token_that_is_a_day_old_has_the_results_fetched_anew() -> None:
    ours = given()
    asked = {"JobId": "a" * 64, "MaxResults": 1000, **film.OPERATIONS[Detection.LABELS].asked}
    cursor = f"output/parts/{FOLDER}/labels-cursor.jsonl"
    boto3.client("s3", region_name="us-east-1").put_object(
        Bucket="output", Key=cursor, Body=json.dumps({"pieces": ["gone"], "at": "old"})
    )
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        started(stubber, Detection.LABELS, MinConfidence=90)
        stubber.add_client_error("get_label_detection", "InvalidPaginationTokenException")
        answer(stubber, "get_label_detection", {"JobStatus": "SUCCEEDED", "Labels": []}, **asked)
        engine(ours).start(job(Detection.LABELS))
    assert left(Detection.LABELS) == [{"Detection": "labels"}]


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("LimitExceededException", EngineBusy, "engine-busy"),
        ("ProvisionedThroughputExceededException", EngineBusy, "engine-busy"),
        ("ThrottlingException", EngineBusy, "engine-busy"),
        ("VideoTooLargeException", EngineFailed, "film-too-large"),
        ("InvalidS3ObjectException", EngineFailed, "file-not-readable"),
        ("InvalidParameterException", EngineFailed, "request-refused"),
        ("IdempotentParameterMismatchException", EngineFailed, "asked-otherwise"),
        ("AccessDeniedException", EngineFailed, "not-allowed"),
    ],
)
def test_what_rekognition_refuses(code: str, error: type[EngineBusy], said: str) -> None:
    ours = given()
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        stubber.add_client_error("start_label_detection", code)
        with pytest.raises(error) as caught:
            engine(ours).start(job(Detection.LABELS))
    assert caught.value.code == said


def test_a_job_that_failed_says_why_and_results_are_kept_for_a_week() -> None:
    ours = given()
    asked = {"JobId": "a" * 64, "MaxResults": 1000}
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        started(stubber, Detection.FACES, FaceAttributes="DEFAULT")
        failed = {"JobStatus": "FAILED", "StatusMessage": "Unsupported codec/format"}
        answer(stubber, "get_face_detection", failed, **asked)
        outcome = engine(ours).start(job(Detection.FACES))
        assert isinstance(outcome, JobOutcome)
        assert outcome.failure
        assert outcome.failure.code == "film-codec"
        started(stubber, Detection.FACES, FaceAttributes="DEFAULT")
        stubber.add_client_error("get_face_detection", "ResourceNotFoundException")
        with pytest.raises(EngineFailed, match="seven days"):
            engine(ours).start(job(Detection.FACES))


@pytest.mark.parametrize(
    ("cells", "places"),
    [
        ((), []),
        (range(9), []),
        ((0,), [(0, 0)]),
        ((5, 7), [(2 / 3, 1 / 3), (1 / 3, 2 / 3)]),
    ],
)
def test_text_is_looked_for_in_the_regions_named(cells: Any, places: list[tuple[float, float]]) -> None:
    found = film.regions(tuple(number in cells for number in range(9)))
    boxes = [region["BoundingBox"] for region in found]
    assert [(box["Left"], box["Top"]) for box in boxes] == [pytest.approx(place) for place in places]
    assert all(box["Left"] + box["Width"] <= 1 + 1e-9 and box["Width"] == box["Height"] for box in boxes)


def test_each_operation_has_a_token_of_its_own_that_rekognition_takes() -> None:
    tokens = {film.token(f"{'o' * 64}.{'a' * 27}.v1.{one}", film.OPERATIONS[one].start) for one in film.OPERATIONS}
    assert len(tokens) == len(film.OPERATIONS)
    assert {len(one) for one in tokens} == {64}


# ---- pictures and stills

IMAGE = {"S3Object": {"Bucket": "uploads", "Name": "input/owner-1/1a1fd8c69000000000000000001/recording.mp4"}}
LOOKS: dict[Detection, tuple[str, dict[str, Any], dict[str, Any], list[dict[str, Any]]]] = {
    Detection.LABELS: ("detect_labels", {"MinConfidence": 90}, {"Labels": [LABEL]}, [{"Label": KEPT_LABEL}]),
    Detection.MODERATION: (
        "detect_moderation_labels",
        {"MinConfidence": 90},
        {"ModerationLabels": [{"Name": "Smoking", "ParentName": "", "Confidence": 91.0, "TaxonomyLevel": 1}]},
        [{"ModerationLabel": {"Name": "Smoking", "ParentName": "", "Confidence": 91.0, "TaxonomyLevel": 1}}],
    ),
    Detection.FACES: (
        "detect_faces",
        {"Attributes": ["DEFAULT"]},
        {"FaceDetails": [DETAILS, {**DETAILS, "Confidence": 89.9}]},
        [{"Face": KEPT_FACE}],
    ),
    Detection.CELEBRITIES: (
        "recognize_celebrities",
        {},
        {
            "CelebrityFaces": [
                {"Name": "Ada", "Id": "x1", "MatchConfidence": 96.0, "Face": {"BoundingBox": BOX}},
                {"Name": "Bob", "Id": "x2", "MatchConfidence": 50.0},
            ],
            "UnrecognizedFaces": [],
        },
        [{"Celebrity": {"Name": "Ada", "Id": "x1", "Confidence": 96.0, "BoundingBox": BOX}}],
    ),
    Detection.TEXT: (
        "detect_text",
        {"Filters": {"WordFilter": {"MinConfidence": 90}}},
        {"TextDetections": [TEXT, WORD]},
        [{"TextDetection": TEXT}],
    ),
    Detection.FACE_MATCHES: (
        "search_faces_by_image",
        {"CollectionId": "rapporteur-1", "FaceMatchThreshold": 90},
        {"SearchedFaceBoundingBox": BOX, "FaceMatches": [MATCH]},
        [{"Person": {"Index": 0, "BoundingBox": BOX}, "FaceMatches": [KEPT_MATCH]}],
    ),
}


@pytest.mark.parametrize("detection", LOOKS)
def test_a_picture_is_looked_at_at_once(detection: Detection) -> None:
    ours = given()
    operation, asked, answered, kept = LOOKS[detection]
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        answer(stubber, operation, answered, Image=IMAGE, **asked)
        wanted = job(detection, Looking.PICTURE)
        assert engine(ours).start(wanted) == JobOutcome(wanted.name)
    assert left(detection) == [{"Detection": detection}, *({"Timestamp": 0, **row} for row in kept)]


def test_a_picture_without_a_face_matches_nobody() -> None:
    ours = given()
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        stubber.add_client_error("search_faces_by_image", "InvalidParameterException", "no faces in the image")
        engine(ours).start(job(Detection.FACE_MATCHES, Looking.PICTURE))
    assert left(Detection.FACE_MATCHES) == [{"Detection": "facematch"}]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ImageTooLargeException", "picture-too-large"),
        ("InvalidImageFormatException", "picture-format"),
        ("InvalidParameterException", "request-refused"),
    ],
)
def test_a_picture_that_rekognition_does_not_take(code: str, said: str) -> None:
    ours = given()
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        stubber.add_client_error("detect_labels", code)
        with pytest.raises(EngineFailed) as caught:
            engine(ours).start(job(Detection.LABELS, Looking.PICTURE))
    assert caught.value.code == said


def test_a_picture_of_a_pixel_is_not_asked_about() -> None:
    tiny = replace(job(Detection.LABELS, Looking.PICTURE), media=MediaInfo("png", 0.0, picture=Picture(1, 1)))
    with pytest.raises(EngineFailed, match="80"):
        engine(given()).start(tiny)


OWN = replace(WANTED, custom_label_models=(PROJECT,), customlabel=True)


def versions(stubber: Stubber, *statuses: str) -> None:
    described = [{"ProjectVersionArn": VERSION, "Status": status} for status in statuses]
    answer(stubber, "describe_project_versions", {"ProjectVersionDescriptions": described}, ProjectArn=PROJECT)


def test_own_labels_are_asked_of_the_version_that_runs_and_none_is_started() -> None:
    ours = given()
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        versions(stubber, "STOPPED", "RUNNING")
        found = {"CustomLabels": [{"Name": "Line 7", "Confidence": 95.0, "Geometry": {"BoundingBox": BOX}}]}
        answer(stubber, "detect_custom_labels", found, Image=IMAGE, ProjectVersionArn=VERSION, MinConfidence=90)
        engine(ours).start(job(Detection.CUSTOM_LABELS, Looking.PICTURE, OWN))
        versions(stubber, "TRAINING_COMPLETED", "STARTING")
        with pytest.raises(EngineFailed, match="runs"):
            engine(ours).start(job(Detection.CUSTOM_LABELS, Looking.PICTURE, OWN))
    label = {"Name": "Line 7", "Confidence": 95.0, "Geometry": {"BoundingBox": BOX}}
    assert left(Detection.CUSTOM_LABELS)[1:] == [{"Timestamp": 0, "CustomLabel": label}]


class Rekognition:
    """Answers from several threads, which a Stubber cannot: each still shows a bus of its own number."""

    def __init__(self, throttled: int | None = None) -> None:
        self.asked: list[str] = []
        self.throttled = throttled
        self.real = boto3.client("rekognition", region_name="us-east-1")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def detect_labels(self, Image: Any, MinConfidence: float) -> dict[str, Any]:  # noqa: N803
        key = Image["S3Object"]["Name"]
        self.asked.append(key)
        if self.throttled is not None and int(key[-11:-4]) >= self.throttled:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "DetectLabels")
        return {"Labels": [{"Name": key[-11:-4], "Confidence": 99.0}]}


def with_stills(count: int) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    for number in range(count):
        s3.put_object(Bucket="output", Key=f"output/frames/{FOLDER}/frames.{number:07}.jpg", Body=b"jpeg")
    s3.put_object(Bucket="output", Key=f"output/frames/{FOLDER}/frames.mp4", Body=b"what MediaConvert insists on")


def test_every_still_is_looked_at_and_has_its_time() -> None:
    ours = given()
    ours.aws.rekognition = Rekognition()  # type: ignore[assignment]
    with_stills(121)
    engine(ours).start(job(Detection.LABELS, Looking.FRAMES))
    head, *found = left(Detection.LABELS)
    assert head["VideoMetadata"] == {"DurationMillis": 600_000}
    assert [row["Frame"] for row in found] == list(range(121))
    assert [row["Timestamp"] for row in found] == [number * 5000 for number in range(121)]
    assert [int(row["Label"]["Name"]) for row in found] == list(range(121))


def test_stills_are_gone_on_with_where_the_last_call_stopped() -> None:
    ours = given()
    fake = Rekognition(throttled=100)
    ours.aws.rekognition = fake  # type: ignore[assignment]
    with_stills(121)
    with pytest.raises(EngineBusy):
        engine(ours).start(job(Detection.LABELS, Looking.FRAMES))
    fake.throttled, fake.asked = None, []
    engine(ours).start(job(Detection.LABELS, Looking.FRAMES))
    assert sorted(int(key[-11:-4]) for key in fake.asked) == list(range(100, 121))
    assert [row["Frame"] for row in left(Detection.LABELS)[1:]] == list(range(121))


def test_a_call_that_is_short_of_time_stops_between_stills(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = given()
    fake = Rekognition()
    ours.aws.rekognition = fake  # type: ignore[assignment]
    with_stills(200)
    made = engine(ours)
    monkeypatch.setattr(
        "chalicelib.engines.vision.rekognition.Gathering",
        lambda store, job: _rekognition_rows.Gathering(store, job, seconds_left=lambda: 10.0),
    )
    for _ in range(3):
        with pytest.raises(EngineBusy):
            made.start(job(Detection.LABELS, Looking.FRAMES))
    made.start(job(Detection.LABELS, Looking.FRAMES))
    assert len(fake.asked) == 200
    assert [row["Frame"] for row in left(Detection.LABELS)[1:]] == list(range(200))


def test_a_film_without_stills_costs_the_detection_and_says_so() -> None:
    with pytest.raises(EngineFailed, match="no stills"):
        engine(given()).start(job(Detection.LABELS, Looking.FRAMES))


# ---- what it says of jobs and options


def notice(**more: Any) -> dict[str, Any]:
    told = {"JobId": "a" * 64, "Status": "SUCCEEDED", "API": "LABEL_DETECTION", "JobTag": f"{RUN}.labels", **more}
    return {"source": "aws.sns", "detail": told}


def test_messages_tell_of_jobs_by_their_tag() -> None:
    ours = given()
    analyzer = engine(ours)
    assert isinstance(analyzer, ReadsEvents)
    assert analyzer.read_event(notice()) == JobOutcome(f"{RUN}.labels")
    for other in ({"JobTag": "v1.document"}, {"JobTag": f"{RUN}.transcript"}, {"Status": "IN_PROGRESS"}, {"JobTag": 1}):
        assert analyzer.read_event(notice(**other)) is None
    assert analyzer.read_event({"source": "aws.sns", "detail": {}}) is None
    with stubbed(ours.aws, "rekognition", "rekognition") as stubber:
        failed = {"JobStatus": "FAILED", "StatusMessage": "codec"}
        answer(stubber, "get_label_detection", failed, JobId="a" * 64, MaxResults=1)
        outcome = analyzer.read_event(notice(Status="FAILED"))
        assert outcome
        assert outcome.failure
        assert outcome.failure.code == "film-codec"
        stubber.add_client_error("get_label_detection", "ThrottlingException")
        outcome = analyzer.read_event(notice(Status="ERROR"))
        assert outcome
        assert outcome.failure
        assert outcome.failure.code == "film-not-analyzed"


def test_without_a_role_to_publish_by_nothing_starts() -> None:
    with pytest.raises(SettingsError, match="RAPPORTEUR_JOBS_TOPIC_ROLE"):
        module_of(VISION, "rekognition").create(context())


def settled(options: AiOptions, media: MediaInfo = FILM) -> tuple[AiOptions, list[str]]:
    found = rekognition.RekognitionAnalyzer.settle(SETTLING, options, media)
    return found.options, [note.code for note in found.notes]


SETTLING = engine(given())


def test_a_collection_is_looked_into_before_anything_is_paid() -> None:
    wanted = replace(WANTED, facematch=True)
    assert isinstance(SETTLING, SettlesOptions)
    with stubbed(SETTLING.aws, "rekognition", "rekognition") as stubber:
        answer(stubber, "describe_collection", {"FaceCount": 3}, CollectionId="rapporteur-1")
        assert settled(wanted) == (wanted, [])
        answer(stubber, "describe_collection", {"FaceCount": 3}, CollectionId="rapporteur-1")
        assert settled(wanted, PICTURE) == (wanted, ["largest-face-compared"])
        answer(stubber, "describe_collection", {"FaceCount": 0}, CollectionId="rapporteur-1")
        assert settled(wanted) == (wanted.without("facematch"), ["collection-empty"])
        stubber.add_client_error("describe_collection", "ResourceNotFoundException")
        assert settled(wanted) == (wanted.without("facematch"), ["collection-empty"])
        nowhere = replace(wanted, face_collection_id=None)
        assert settled(nowhere) == (nowhere.without("facematch"), ["collection-empty"])


def test_own_labels_need_a_model_that_runs() -> None:
    with stubbed(SETTLING.aws, "rekognition", "rekognition") as stubber:
        versions(stubber, "RUNNING")
        assert settled(OWN) == (OWN, [])
        versions(stubber, "STOPPED")
        nothing = replace(OWN, custom_label_models=(), customlabel=False)
        assert settled(OWN) == (nothing, ["custom-models-not-running"])
        stubber.add_client_error("describe_project_versions", "ResourceNotFoundException")
        assert settled(OWN) == (nothing, ["custom-models-not-running"])
        unnamed = replace(OWN, custom_label_models=())
        assert settled(unnamed) == (unnamed.without("customlabel"), [])


def test_what_is_of_another_kind_is_said_and_the_rest_goes_on() -> None:
    webp = replace(PICTURE, container="webp")
    assert settled(replace(WANTED, label=True), webp) == (WANTED, ["picture-not-looked-at"])
    dynamic = replace(WANTED, label=True, framebased=True, frame_capture_mode=9999)
    assert settled(dynamic) == (replace(dynamic, frame_capture_mode=1), ["stills-not-dynamic"])
    assert settled(WANTED, MediaInfo("mp3", 60.0, audio=AudioStream("mp3", 44_100, 2))) == (WANTED, [])


def test_it_says_what_it_takes() -> None:
    assert isinstance(SETTLING, TakesPictures)
    assert isinstance(SETTLING, ReadsSomeFilms)
    assert SETTLING.reads(FILM, 10 * 1024**3)
    assert not SETTLING.reads(FILM, 10 * 1024**3 + 1)
    for other in (
        replace(FILM, container="matroska"),
        replace(FILM, video=VideoStream(1920, 1080, 25.0, codec="hevc")),
        replace(FILM, audio=AudioStream("ac3", 48_000, 6)),
        replace(FILM, duration=6 * 3600 + 1.0),
    ):
        assert not SETTLING.reads(other, 1000)
    assert {one for one in Detection if not SETTLING.can(one, Looking.FILM)} == {Detection.CUSTOM_LABELS}
    assert {one for one in Detection if not SETTLING.can(one, Looking.PICTURE)} == {Detection.SEGMENTS}


# ---- what it costs


def charged(options: AiOptions, media: MediaInfo = FILM) -> dict[str, float]:
    work = make_costs.recording()
    asked = replace(work, asset=replace(work.asset, media=media, options=Options(ai=options), done=options))
    return {item: float(used) for item, used in rekognition.charges(asked).items()}


def test_a_film_is_charged_by_the_minute_and_detection_and_stills_by_themselves() -> None:
    assert charged(AiOptions()) == {}
    assert charged(AiOptions(label=True)) == {"rekognition.video": 10}
    assert charged(AiOptions(label=True, text=True, segment=True)) == {
        "rekognition.video": 20,
        "rekognition.shots": 10,
        "rekognition.cues": 10,
    }
    by_stills = AiOptions(framebased=True, frame_capture_mode=1003)
    assert charged(replace(by_stills, label=True, facematch=True, segment=True)) == {
        "rekognition.image": 121,
        "rekognition.image1": 121,
        "rekognition.shots": 10,
        "rekognition.cues": 10,
        "mediaconvert.hd": 10,
        "mediaconvert.sd": 10,
    }
    assert charged(AiOptions(label=True, text=True, segment=True, customlabel=True), PICTURE) == {
        "rekognition.image": 2
    }
    assert charged(AiOptions(label=True), replace(PICTURE, container="pdf", pages=2)) == {}
    assert charged(AiOptions(label=True), MediaInfo("mp3", 60.0, audio=AudioStream("mp3", 44_100, 2))) == {}


def test_six_detections_and_both_kinds_of_segments_of_an_hour_are_what_the_documentation_says() -> None:
    detections = ("label", "moderation", "text", "face", "celeb", "facematch", "segment")
    every = AiOptions.from_json(dict.fromkeys(detections, True))
    used = charged(every, replace(FILM, duration=3600.0))
    listed = prices().usd
    assert sum(float(listed[item]) * amount for item, amount in used.items()) == pytest.approx(42.0)
