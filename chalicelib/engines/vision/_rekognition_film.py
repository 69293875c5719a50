"""Films by Amazon Rekognition Video: a job a detection, told of by SNS, fetched a page at a time.

Shapes and limits: https://docs.aws.amazon.com/rekognition/latest/dg/video.html and
https://docs.aws.amazon.com/rekognition/latest/dg/limits.html
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.domain.ai_options import AiOptions
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.vision._rekognition_rows import Gathering, of_film
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.jobs import JobOutcome, Started, UnderWay
from chalicelib.seams.vision import VisionJob
from chalicelib.vision.detections import Detection

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

SERVICE = "Amazon Rekognition"
MOST_BYTES = 10 * 1024**3
MOST_SECONDS = 6 * 3600.0
_PAGE = 1_000
_SEGMENT_CONFIDENCE = 55
_GRID = 3
_BLACK = {"MaxPixelThreshold": 0.15, "MinCoveragePercentage": 98}
"""A little surer than Rekognition's own 0.2 and 99, which leave out black with a caption or noise in it."""

_OVER = Message("results-gone", "%(service)s keeps no results any more: it forgets them after seven days.").of(
    service=SERVICE
)
_FAILED = Message("film-not-analyzed", "%(service)s could not analyse the film.").of(service=SERVICE)
NO_COLLECTION = Message("collection-gone", "The collection of faces to compare with does not exist any more.")
_REASONS = {
    "codec": Message(
        "film-codec", "%(service)s cannot read this kind of film. Export it again as an ordinary MP4, and upload that."
    ).of(service=SERVICE),
    "access": Message("film-not-accessible", "%(service)s may not read the film.").of(service=SERVICE),
    "collection": NO_COLLECTION,
}
"""What a job failed of, by a word of its status message."""


@dataclass(frozen=True, slots=True)
class _Operations:
    start: str
    get: str
    asked: Mapping[str, str] = field(default_factory=dict)
    """What is asked of the Get operation beside the job."""


_BY_TIME = {"SortBy": "TIMESTAMP"}
_MERGED = {**_BY_TIME, "AggregateBy": "SEGMENTS"}
"""What is seen on and on comes as one row with its beginning and end: a tenth of the rows, and less to merge."""

OPERATIONS: Mapping[Detection, _Operations] = {
    Detection.CELEBRITIES: _Operations("start_celebrity_recognition", "get_celebrity_recognition", _BY_TIME),
    Detection.FACES: _Operations("start_face_detection", "get_face_detection"),
    Detection.FACE_MATCHES: _Operations("start_face_search", "get_face_search", _BY_TIME),
    Detection.LABELS: _Operations("start_label_detection", "get_label_detection", _MERGED),
    Detection.MODERATION: _Operations("start_content_moderation", "get_content_moderation", _MERGED),
    Detection.TEXT: _Operations("start_text_detection", "get_text_detection"),
    Detection.SEGMENTS: _Operations("start_segment_detection", "get_segment_detection"),
}


def regions(wanted: tuple[bool, ...] | None) -> list[dict[str, Any]]:
    """The regions of a picture to look in, of three times three; none if all of it is meant."""
    cells = [number for number, is_wanted in enumerate(wanted or ()) if is_wanted]
    if len(cells) in {0, _GRID**2}:
        return []
    side = 1 / _GRID
    return [
        {"BoundingBox": {"Left": cell % _GRID * side, "Top": cell // _GRID * side, "Width": side, "Height": side}}
        for cell in cells
    ]


def text_filters(options: AiOptions) -> dict[str, Any]:
    """What text is looked for, in films and in pictures."""
    where = regions(options.text_roi)
    return {
        "WordFilter": {"MinConfidence": options.min_confidence},
        **({"RegionsOfInterest": where} if where else {}),
    }


def _wanted(detection: Detection, options: AiOptions) -> dict[str, Any]:
    """What is asked of the Start operation beside what is the same for all."""
    match detection:
        case Detection.LABELS | Detection.MODERATION:
            return {"MinConfidence": options.min_confidence}
        case Detection.FACES:
            return {"FaceAttributes": "DEFAULT"}
        case Detection.FACE_MATCHES:
            return {"CollectionId": options.face_collection_id, "FaceMatchThreshold": options.min_confidence}
        case Detection.TEXT:
            return {"Filters": text_filters(options)}
        case Detection.SEGMENTS:
            sure = {"MinSegmentConfidence": _SEGMENT_CONFIDENCE}
            filters = {"TechnicalCueFilter": {**sure, "BlackFrame": _BLACK}, "ShotFilter": sure}
            return {"SegmentTypes": ["SHOT", "TECHNICAL_CUE"], "Filters": filters}
        case _:
            return {}


def token(name: str, operation: str) -> str:
    """What makes a job start once: at most 64 letters, and of each operation another, as Rekognition wants it."""
    return hashlib.sha256(f"{name}#{operation}".encode()).hexdigest()


def start(client: "RekognitionClient", job: VisionJob, topic: str, role: str, gathering: Gathering) -> Started:
    """Start `job`, which starts nothing if it was started in the last seven days; fetch its results if it has ended."""
    operations = OPERATIONS[job.detection]
    request = {
        "Video": {"S3Object": {"Bucket": job.source.bucket, "Name": job.source.key}},
        "ClientRequestToken": token(job.name, operations.start),
        "JobTag": job.name,
        "NotificationChannel": {"SNSTopicArn": topic, "RoleArn": role},
        **_wanted(job.detection, job.options),
    }
    with of_service(SERVICE):
        started = getattr(client, operations.start)(**request)
    asked = {"JobId": started["JobId"], "MaxResults": _PAGE, **operations.asked}
    gathering.resume()
    try:
        return _fetched(client, job, asked, gathering)
    except ClientError as exc:
        match code_of(exc):
            case "InvalidPaginationTokenException":  # it holds for a day
                gathering.begin_again()
                return _fetched(client, job, asked, gathering)
            case "ResourceNotFoundException":
                raise EngineFailed(_OVER) from exc
        raise


def _fetched(client: "RekognitionClient", job: VisionJob, asked: Mapping[str, Any], gathering: Gathering) -> Started:
    """All pages of the results, a page in memory at a time. Raises EngineBusy if time is up before the last."""
    get = getattr(client, OPERATIONS[job.detection].get)
    while True:
        place = {"NextToken": gathering.at} if gathering.at else {}
        try:
            with of_service(SERVICE):
                page: Mapping[str, Any] = get(**asked, **place)
        except EngineBusy:
            gathering.keep()
            raise
        match page["JobStatus"]:
            case "IN_PROGRESS":
                return UnderWay.UNDER_WAY
            case "FAILED":
                return JobOutcome(job.name, failure=failure_for(page.get("StatusMessage", "")))
        found = page.get(job.detection.rows, [])
        gathering.add(of_film(job.detection, found, job.options.min_confidence or 0), page.get("NextToken", ""))
        if not gathering.at:
            gathering.finish(_metadata(page))
            return JobOutcome(job.name)
        gathering.pause_if_late()


def _metadata(page: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """VideoMetadata, which is a list for segments and a structure for all else."""
    metadata = page.get("VideoMetadata")
    if isinstance(metadata, list):
        return metadata[0] if metadata else None
    return metadata


def failure_for(reason: str) -> Message:
    """What a job's status message means for an owner. The message itself may hold keys, and stays with the service."""
    told = reason.lower()
    meant = (failure for word, failure in _REASONS.items() if word in told)
    return next(meant, _FAILED)
