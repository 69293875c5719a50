"""Pictures, and stills of films, by Amazon Rekognition Image: a call for each, some at once.

Of several faces in a picture the largest is compared with a collection: SearchFacesByImage does so
(https://docs.aws.amazon.com/rekognition/latest/APIReference/API_SearchFacesByImage.html).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.domain.ai_options import AiOptions, capture_rate
from chalicelib.domain.batched import batched
from chalicelib.domain.keys import S3Object
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.vision._rekognition_film import NO_COLLECTION, SERVICE, text_filters
from chalicelib.engines.vision._rekognition_rows import Gathering, of_picture
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.jobs import JobOutcome
from chalicelib.seams.vision import VisionJob
from chalicelib.storage.buckets import ObjectStore
from chalicelib.vision.detections import Detection
from chalicelib.vision.rows import Row

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

AT_ONCE = 8
"""Calls; Rekognition takes 5 to 50 a second, by region (https://docs.aws.amazon.com/general/latest/gr/rekognition.html)."""

_TOGETHER = 8 * AT_ONCE
"""Stills between two looks at the clock."""

_STILL = re.compile(r"([0-9]{7})\.jpg")
_SMALLEST = 80
NOT_RUNNING = Message(
    "custom-model-not-running",
    "None of the models of custom labels runs. Its operator starts them, since they cost by the hour.",
)
_NO_STILLS = Message("no-stills", "There are no stills of the film to look at.")
_TOO_SMALL = Message(
    "picture-too-small", "The picture is too small to be looked at: %(service)s takes no side below %(pixels)s pixels."
).of(service=SERVICE, pixels=_SMALLEST)

_Answer = Mapping[str, Any]


def running(client: "RekognitionClient", project: str) -> str | None:
    """The version of a project of custom labels that runs, by its ARN; None if none does. None is ever started."""
    try:
        with of_service(SERVICE):
            versions = client.describe_project_versions(ProjectArn=project)["ProjectVersionDescriptions"]
    except ClientError as exc:
        if code_of(exc) != "ResourceNotFoundException":
            raise
        return None
    found = [version["ProjectVersionArn"] for version in versions if version.get("Status") == "RUNNING"]
    return found[0] if found else None


def look(client: "RekognitionClient", job: VisionJob, gathering: Gathering) -> JobOutcome:
    """Look at a picture."""
    picture = job.media.picture
    if picture and min(picture.width, picture.height) < _SMALLEST:
        raise EngineFailed(_TOO_SMALL)
    see = _seer(client, job)
    gathering.add([{"Timestamp": 0, **row} for row in see(job.source)], "")
    gathering.finish()
    return JobOutcome(job.name)


def look_at_stills(
    client: "RekognitionClient", job: VisionJob, frames: S3Object, stills: ObjectStore, gathering: Gathering
) -> JobOutcome:
    """Look at the stills of a film, one after the other. Raises EngineBusy where it goes on another time."""
    rate = capture_rate(job.options.frame_capture_mode or 0, job.media.video.frame_rate if job.media.video else 0.0)
    named = sorted(
        (int(match[1]), key)
        for key in stills.names(frames.key)
        if (match := _STILL.fullmatch(key.removeprefix(frames.key)))
    )
    if not rate or not named:
        raise EngineFailed(_NO_STILLS)
    see = _seer(client, job)
    gathering.resume()
    done = int(gathering.at or 0)
    left = [(number, stills.at(key)) for number, key in named if number >= done]

    def rows(number: int, found: Iterable[Row]) -> list[Row]:
        return [{"Timestamp": round(number * 1000 / rate), "Frame": number, **row} for row in found]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for some in batched(left, _TOGETHER):
            looks = [(number, threads.submit(see, still)) for number, still in some]
            try:
                for number, looking in looks:
                    gathering.add(rows(number, looking.result()), str(number + 1))
            except EngineBusy:
                _give_up(looking for _, looking in looks)
                gathering.keep()
                raise
            except BaseException:
                _give_up(looking for _, looking in looks)
                raise
            if some[-1] is not left[-1]:
                gathering.pause_if_late()
    gathering.finish({"DurationMillis": round(job.media.duration * 1000)})
    return JobOutcome(job.name)


def _give_up(looks: "Iterable[Future[Any]]") -> None:
    for looking in looks:
        looking.cancel()


def _seer(client: "RekognitionClient", job: VisionJob) -> Callable[[S3Object], list[Row]]:
    """What looks at one picture in S3."""
    least = job.options.min_confidence or 0
    asks = list(_asks(client, job.detection, job.options))

    def see(picture: S3Object) -> list[Row]:
        image = {"S3Object": {"Bucket": picture.bucket, "Name": picture.key}}
        answers = (_answer(ask, job.detection, {"Image": image, **more}) for ask, more in asks)
        return [row for answer in answers if answer is not None for row in of_picture(job.detection, answer, least)]

    return see


def _asks(
    client: "RekognitionClient", detection: Detection, options: AiOptions
) -> Iterable[tuple[Callable[..., _Answer], dict[str, Any]]]:
    least = options.min_confidence
    match detection:
        case Detection.LABELS:
            yield client.detect_labels, {"MinConfidence": least}
        case Detection.MODERATION:
            yield client.detect_moderation_labels, {"MinConfidence": least}
        case Detection.FACES:
            yield client.detect_faces, {"Attributes": ["DEFAULT"]}
        case Detection.CELEBRITIES:
            yield client.recognize_celebrities, {}
        case Detection.TEXT:
            yield client.detect_text, {"Filters": text_filters(options)}
        case Detection.FACE_MATCHES:
            yield (
                client.search_faces_by_image,
                {"CollectionId": options.face_collection_id, "FaceMatchThreshold": least},
            )
        case Detection.CUSTOM_LABELS:
            versions = [one for project in options.custom_label_models or () if (one := running(client, project))]
            if not versions:
                raise EngineFailed(NOT_RUNNING)
            for version in versions:
                yield client.detect_custom_labels, {"ProjectVersionArn": version, "MinConfidence": least}
        case Detection.SEGMENTS:
            return


def _answer(ask: Callable[..., _Answer], detection: Detection, request: Mapping[str, Any]) -> _Answer | None:
    """What Rekognition answers; None where there is no face to compare, which it calls an invalid parameter."""
    try:
        with of_service(SERVICE):
            return ask(**request)
    except EngineFailed as exc:
        cause = exc.__cause__
        is_invalid = isinstance(cause, ClientError) and code_of(cause) == "InvalidParameterException"
        if detection is Detection.FACE_MATCHES and is_invalid:
            return None
        raise
    except ClientError as exc:
        match code_of(exc):
            case "ResourceNotReadyException":
                raise EngineFailed(NOT_RUNNING) from exc
            case "ResourceNotFoundException":
                raise EngineFailed(NO_COLLECTION if detection is Detection.FACE_MATCHES else NOT_RUNNING) from exc
        raise
