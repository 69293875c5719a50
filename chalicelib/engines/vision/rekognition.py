"""Amazon Rekognition as what looks at films and pictures.

Films are looked at in jobs of Rekognition Video (`_rekognition_film.py`), pictures and stills of films by calls of
Rekognition Image (`_rekognition_stills.py`).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.domain.ai_options import BIOMETRIC, DYNAMIC, AiOptions, capture_rate
from chalicelib.domain.assets import Asset, BranchStatus
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.presets import WEB
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.engines.vision import _rekognition_film as film
from chalicelib.engines.vision import _rekognition_stills as stills
from chalicelib.engines.vision._rekognition_rows import Gathering
from chalicelib.errors import EngineError, EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.seams.jobs import SNS, JobEvents, JobOutcome, Started
from chalicelib.seams.options import Settled
from chalicelib.seams.transcoding import TRANSCODING
from chalicelib.seams.vision import Looking, VisionJob, looking
from chalicelib.settings import Settings
from chalicelib.storage.buckets import ObjectStore
from chalicelib.vision.detections import Detection, wanted

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

SERVICES = ("rekognition",)
EVENTS = JobEvents(SNS)
"""https://docs.aws.amazon.com/rekognition/latest/dg/video-notification-payload.html"""

_PICTURES = frozenset({"jpeg", "png"})
_FILMS = frozenset({"mp4", "mov"})
_ENDS = ("SUCCEEDED", "FAILED", "ERROR")
_SERVICE = film.SERVICE

_EMPTY_COLLECTION = Message(
    "collection-empty", "Faces were not compared with the collection: it is empty, or does not exist any more."
)
_NOT_RUNNING = Message(
    "custom-models-not-running",
    "Of the models of custom labels, %(count)s do not run and were left out. Their operator starts them, since they "
    "cost by the hour.",
)
_LARGEST = Message(
    "largest-face-compared", "Of several faces in a picture, %(service)s compares the largest with the collection."
).of(service=_SERVICE)
_NOT_DYNAMIC = Message(
    "stills-not-dynamic",
    "%(service)s is given a still a second: which of them hardly differ is not told there.",
).of(service=_SERVICE)
_FORMAT = Message("picture-not-looked-at", "The picture was not looked at: %(service)s reads jpeg and png only.").of(
    service=_SERVICE
)
_FRAMES_A_SECOND = 1


def create(context: EngineContext) -> "RekognitionAnalyzer":
    """The analyzer. Raises SettingsError if no role is set that Rekognition tells of its jobs by."""
    settings = context.settings
    if settings.jobs_topic_role is None:
        raise SettingsError(
            "RAPPORTEUR_JOBS_TOPIC_ROLE is not set: the analyzer rekognition needs the ARN of the IAM role by which "
            "Rekognition publishes to the topic of jobs that they have ended."
        )
    return RekognitionAnalyzer(context.aws, settings.jobs_topic_arn, settings.jobs_topic_role)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`. Rekognition reads what it looks at with its caller's own leave."""
    faces = settings.biometrics

    def of(resource: str, *actions: str) -> Grant:
        where = ANYTHING if resource == "*" else (place.arn("rekognition", resource),)
        return Grant(tuple(f"rekognition:{action}" for action in actions), where)

    def writing(*detections: Detection) -> Grant:
        allowed = [one for one in detections if faces or one.option not in BIOMETRIC]
        folders = (*(f"jobs/{detection}" for detection in allowed), keys.Folder.PARTS)
        where = (place.bucket(settings.output_bucket, f"{keys.prefix(folder)}*") for folder in folders)
        return Grant(("s3:PutObject",), tuple(where))

    def seen(folder: str) -> tuple[Grant, ...]:
        return reading(place, settings.output_bucket, f"{keys.prefix(folder)}*")

    jobs = ["LabelDetection", "ContentModeration", "TextDetection", "SegmentDetection"]
    looks = ["DetectLabels", "DetectModerationLabels", "DetectText"]
    if faces:
        jobs += ["FaceDetection", "CelebrityRecognition"]
        looks += ["DetectFaces", "RecognizeCelebrities"]
    role = settings.jobs_topic_role
    to_rekognition = {"StringEquals": {"iam:PassedToService": "rekognition.amazonaws.com"}}
    uploads = Grant(("s3:GetObject",), (place.bucket(settings.uploads_bucket, f"{keys.UPLOADS_PREFIX}*"),))
    films = (
        of("*", *(f"{verb}{job}" for job in jobs for verb in ("Start", "Get"))),
        *((of("collection/*", "StartFaceSearch"), of("*", "GetFaceSearch")) if faces else ()),
        *((Grant(("iam:PassRole",), (role,), to_rekognition),) if role else ()),
        uploads,
        *seen(keys.Folder.PARTS),
        writing(*film.OPERATIONS),
    )
    running = of("project/*", "DescribeProjectVersions")
    pictures = (
        of("*", *looks),
        *((of("collection/*", "SearchFacesByImage"),) if faces else ()),
        of("project/*", "DetectCustomLabels"),
        running,
        *seen(keys.Folder.FRAMES),
        *seen(keys.Folder.PARTS),
        writing(*(one for one in Detection if one is not Detection.SEGMENTS)),
    )
    return EngineGrants(
        work=(*films, *pictures),
        events=(*films, *seen(WEB.name)),  # what has ended is fetched by starting it again
        preparing=(running, *((of("collection/*", "DescribeCollection"),) if faces else ())),
        going_on=pictures,
    )


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. A film by the second and detection, a picture or still by detection.

    Models of own labels cost by the hour that their operator has them run, whatever they look at.
    """
    media, options = work.asset.media, work.asset.ai
    state = work.asset.branches.get("vision")
    if media is None or media.pages is not None or not (media.picture or media.video):
        return {}
    if state is not None and state.status is BranchStatus.SKIPPED:
        return {}
    used = dict.fromkeys(("rekognition.image", "rekognition.image1", "rekognition.video"), Decimal(0))
    for detection in wanted(options):
        way = looking(detection, media, options, work.asset.moderation)
        if detection is Detection.CUSTOM_LABELS or (media.picture and detection is Detection.SEGMENTS):
            continue
        minutes = Decimal(math.ceil(media.duration)) / 60
        if detection is Detection.SEGMENTS:
            used |= {"rekognition.shots": minutes, "rekognition.cues": minutes}
        elif way is Looking.FILM:
            used["rekognition.video"] += minutes
        else:
            item = "rekognition.image1" if detection is Detection.FACE_MATCHES else "rekognition.image"
            used[item] += stills_of(media, options)
    captured = _captured(work.asset) if work.settings.engines.get(TRANSCODING) == "mediaconvert" else {}
    return {item: amount for item, amount in {**used, **captured}.items() if amount}


def _captured(asset: Asset) -> Charges:
    """What the stills of a film cost to take: a picture of their size, and what MediaConvert makes beside them."""
    media, options = asset.media, asset.ai
    if media is None or all(
        looking(one, media, options, asset.moderation) is not Looking.FRAMES for one in wanted(options)
    ):
        return {}
    minutes = Decimal(math.ceil(media.duration)) / 60
    return {"mediaconvert.hd": minutes, "mediaconvert.sd": minutes}


def stills_of(media: MediaInfo, options: AiOptions) -> int:
    """How many pictures each detection looks at: the first, and then one every so often."""
    if media.picture or media.video is None:
        return 1
    rate = capture_rate(options.frame_capture_mode or 0, media.video.frame_rate)
    return math.floor(media.duration * rate) + 1 if rate else 0


@dataclass(frozen=True)
class RekognitionAnalyzer:
    """Starts jobs that tell of their ends by SNS, and asks about pictures at once."""

    aws: Aws
    topic: str
    role: str
    pictures: frozenset[str] = _PICTURES

    def can(self, detection: Detection, looking: Looking) -> bool:
        """See the seam."""
        if detection is Detection.SEGMENTS:
            return looking is Looking.FILM
        return detection is not Detection.CUSTOM_LABELS or looking is not Looking.FILM

    def reads(self, media: MediaInfo, size: int) -> bool:
        """See `ReadsSomeFilms`."""
        return (
            media.container in _FILMS
            and media.video is not None
            and media.video.codec in {"h264", "avc", "AVC", "H264"}
            and (media.audio is None or media.audio.codec.lower() == "aac")
            and size <= film.MOST_BYTES
            and media.duration <= film.MOST_SECONDS
        )

    def start(self, job: VisionJob) -> Started:
        """See the seam. Pictures and stills have been looked at when it returns."""
        client, s3 = self.aws.rekognition, self.aws.s3
        gathering = Gathering(ObjectStore(s3, job.destination.bucket), job)
        match job.looking:
            case Looking.FILM:
                return film.start(client, job, self.topic, self.role, gathering)
            case Looking.PICTURE:
                return stills.look(client, job, gathering)
            case Looking.FRAMES:
                if job.frames is None:
                    raise ValueError("without stills there is nothing to look at")
                return stills.look_at_stills(client, job, job.frames, ObjectStore(s3, job.frames.bucket), gathering)

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | None:
        """The outcome that a message of Rekognition Video tells; None if it is of no job of ours.

        What a job is of is told by its tag alone: of "API" there are two spellings in AWS's own documentation.
        """
        told = event["detail"]
        job = keys.parse_job_name(str(told.get("JobTag", "")))
        status = told.get("Status")
        if job is None or status not in _ENDS or job.task not in set(Detection):
            return None
        if status == "SUCCEEDED":
            return JobOutcome(told["JobTag"])
        return JobOutcome(told["JobTag"], failure=self._failure(Detection(job.task), str(told.get("JobId", ""))))

    def _failure(self, detection: Detection, job_id: str) -> Message:
        """Why a job failed, which the message does not say."""
        operations = film.OPERATIONS.get(detection)
        reason = ""
        if operations and job_id:
            try:
                with of_service(_SERVICE):
                    ended = getattr(self.aws.rekognition, operations.get)(JobId=job_id, MaxResults=1)
                    reason = ended.get("StatusMessage", "")
            except (ClientError, EngineError):  # then nobody knows better than that it failed
                reason = ""
        return film.failure_for(reason)

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        """See `SettlesOptions`."""
        notes: list[Message] = []
        for settling in (self._picture, self._stills, self._collection, self._models):
            options = settling(options, media, notes)
        return Settled(options, tuple(notes))

    def _picture(self, options: AiOptions, media: MediaInfo, notes: list[Message]) -> AiOptions:
        asked = [one.option for one in wanted(options)]
        if media.picture is None or media.pages is not None or media.container in self.pictures or not asked:
            return options
        notes.append(_FORMAT)
        return options.without(*asked)

    def _stills(self, options: AiOptions, media: MediaInfo, notes: list[Message]) -> AiOptions:
        if options.frame_capture_mode != DYNAMIC or media.video is None:
            return options
        if any(looking(one, media, options) is Looking.FRAMES for one in wanted(options)):
            notes.append(_NOT_DYNAMIC)
        return replace(options, frame_capture_mode=_FRAMES_A_SECOND)

    def _collection(self, options: AiOptions, media: MediaInfo, notes: list[Message]) -> AiOptions:
        if not options.facematch or _is_sound(media):
            return options
        if not options.face_collection_id or not faces_in(self.aws.rekognition, options.face_collection_id):
            notes.append(_EMPTY_COLLECTION)
            return options.without("facematch")
        if looking(Detection.FACE_MATCHES, media, options) is not Looking.FILM:
            notes.append(_LARGEST)
        return options

    def _models(self, options: AiOptions, media: MediaInfo, notes: list[Message]) -> AiOptions:
        if not options.customlabel or _is_sound(media):
            return options
        models = options.custom_label_models or ()
        known = tuple(self._running(models))
        if len(known) < len(models):
            notes.append(_NOT_RUNNING.of(count=len(models) - len(known)))
        kept = replace(options, custom_label_models=known)
        return kept if known else kept.without("customlabel")

    def _running(self, models: tuple[str, ...]) -> Iterator[str]:
        return (model for model in models if stills.running(self.aws.rekognition, model))


def _is_sound(media: MediaInfo) -> bool:
    return media.video is None and media.picture is None


def faces_in(client: "RekognitionClient", collection: str) -> int:
    """How many faces there are in a collection; none if there is none of that name."""
    try:
        with of_service(_SERVICE):
            return client.describe_collection(CollectionId=collection)["FaceCount"]
    except ClientError as exc:
        if code_of(exc) != "ResourceNotFoundException":
            raise
    except EngineFailed as exc:  # what cannot be the name of a collection
        if not isinstance(exc.__cause__, ClientError) or code_of(exc.__cause__) != "InvalidParameterException":
            raise
    return 0
