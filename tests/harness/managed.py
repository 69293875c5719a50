"""MediaConvert, Transcribe, Rekognition, Textract, Comprehend, Bedrock, Batch and SageMaker as far as our engines use
them.

They answer the engines' own boto3 clients, so each request has been checked against botocore's model before it gets
here, and each answer is before it leaves. A job ends when `finish_all` is called: its objects are written, and
EventBridge tells of it in the shape that AWS documents (tests/data/mediaconvert/, tests/data/events/).
"""

import copy
import hashlib
import io
import json
import re
import tarfile
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from chalicelib.clients.aws import Aws
from chalicelib.engines.vision._rekognition_film import OPERATIONS
from chalicelib.seams.registry import SEAMS
from chalicelib.speech.summaries import Summary
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Word
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from tests.documents.textract import block, line, relate
from tests.harness.fakes import WORDS, client
from tests.harness.places import DATA
from tests.harness.service import Service, running_service

ENGINES = {
    **{seam.setting.upper(): seam.on_aws for seam in SEAMS if seam.on_aws},
    "SUMMARIZER": "bedrock",
    "TRANSLATOR": "amazon_translate",
    "MEDIACONVERT_ROLE": "arn:aws:iam::123456789012:role/rapporteur-dev-mediaconvert",
    "JOBS_TOPIC_ROLE": "arn:aws:iam::123456789012:role/rapporteur-dev-job-ends",
    "COMPREHEND_ROLE": "arn:aws:iam::123456789012:role/rapporteur-dev-comprehend",
    "BEDROCK_MODEL": "amazon.nova-lite-v1:0",
    "ANSWERER": "bedrock",
    "BEDROCK_ANSWER_MODEL": "amazon.nova-micro-v1:0",
}
BATCH = {
    "BATCH_QUEUE": "arn:aws:batch:us-east-1:123456789012:job-queue/rapporteur-dev-gpu",
    "BATCH_URGENT_QUEUE": "arn:aws:batch:us-east-1:123456789012:job-queue/rapporteur-dev-gpu-urgent",
    "BATCH_JOB_DEFINITION": "arn:aws:batch:us-east-1:123456789012:job-definition/rapporteur-dev-gpu:3",
}
ON_GPU = BATCH | dict.fromkeys(("TRANSCRIBER", "VISION_ANALYZER", "TOXICITY_DETECTOR", "SUMMARIZER"), "batch_gpu")
"""One job of Batch does for a run all that it can."""

ON_SAGEMAKER = {
    "TRANSCRIBER": "sagemaker",
    "SAGEMAKER_ENDPOINT": "rapporteur-dev",
    "HEARING_TRAINER": "sagemaker_whisper",
    "SAGEMAKER_IMAGE": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rapporteur-dev-gpu:1",
    "SAGEMAKER_ROLE": "arn:aws:iam::123456789012:role/rapporteur-dev-sagemaker",
}
"""Whisper is taught there, and hears."""

SECONDS = 60.0
_COMPLETE = json.loads((DATA / "mediaconvert" / "complete.json").read_text())
_VIDEO = {
    "TrackType": "video",
    "Codec": "AVC",
    "Duration": SECONDS,
    "VideoProperties": {"Width": 1920, "Height": 1080, "FrameRate": {"Numerator": 25, "Denominator": 1}},
}
_AUDIO = {
    "TrackType": "audio",
    "Codec": "AAC",
    "Duration": SECONDS,
    "AudioProperties": {"SampleRate": 48_000, "Channels": 2},
}

_STARTS = {operations.start: detection for detection, operations in OPERATIONS.items()}
_GETS = {operations.get: detection for detection, operations in OPERATIONS.items()}
_BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
_FACE = {"BoundingBox": _BOX, "Confidence": 99.0}
_LABEL = {"Name": "Bus", "Confidence": 95.0}
_UNSAFE = {"Name": "Smoking", "ParentName": "Tobacco", "Confidence": 91.0}
_WRITTEN = {"DetectedText": "Line 7", "Type": "LINE", "Id": 0, "Confidence": 95.0, "Geometry": {"BoundingBox": _BOX}}
_KNOWN = {"Similarity": 97.0, "Face": {"FaceId": "0" * 36, "ExternalImageId": "somebody"}}
_SEEN: Mapping[Detection, Mapping[str, Any]] = {
    Detection.CELEBRITIES: {"Timestamp": 0, "Celebrity": {"Name": "Ada", "Id": "x1", "Confidence": 96.0}},
    Detection.FACES: {"Timestamp": 0, "Face": _FACE},
    Detection.FACE_MATCHES: {"Timestamp": 0, "Person": {"Index": 0, "Face": _FACE}, "FaceMatches": [_KNOWN]},
    Detection.LABELS: {"Timestamp": 0, "Label": _LABEL},
    Detection.MODERATION: {"Timestamp": 0, "ModerationLabel": _UNSAFE},
    Detection.TEXT: {"Timestamp": 0, "TextDetection": _WRITTEN},
    Detection.SEGMENTS: {
        "Type": "SHOT",
        "StartTimestampMillis": 0,
        "EndTimestampMillis": 900,
        "DurationMillis": 900,
        "ShotSegment": {"Index": 0, "Confidence": 99.0},
    },
}
_PICTURES: Mapping[str, dict[str, Any]] = {
    "detect_labels": {"Labels": [_LABEL]},
    "detect_moderation_labels": {"ModerationLabels": [_UNSAFE]},
    "detect_faces": {"FaceDetails": [_FACE]},
    "recognize_celebrities": {"CelebrityFaces": []},
    "detect_text": {"TextDetections": [_WRITTEN]},
    "search_faces_by_image": {"FaceMatches": [_KNOWN]},
    "detect_custom_labels": {"CustomLabels": [_LABEL]},
}
_TABLE = [
    block("TABLE", "t", children=["c"]),
    block("CELL", "c", children=["l.0"], RowIndex=1, ColumnIndex=1),
]
_FORM = [
    relate(block("KEY_VALUE_SET", "k", children=["l.0"], EntityTypes=["KEY"]), "VALUE", "v"),
    block("KEY_VALUE_SET", "v", children=["l.1"], EntityTypes=["VALUE"]),
]
_READ = [*line("l", "Buses are wonderful."), *_TABLE, *_FORM]


@dataclass
class Managed:
    """The services' side: what they hold, and what a test wants of them."""

    container: str = "mp4"
    tracks: tuple[Mapping[str, Any], ...] = (_VIDEO, _AUDIO)
    container: str = "mp4"
    refused: Mapping[str, str] = field(default_factory=dict)
    failing_jobs: bool = False
    failing_transcriptions: bool = False
    failing_looks: bool = False
    failing_reads: bool = False
    sound_seconds: float = SECONDS
    faces: dict[str, dict[str, str]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    transcriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    vocabularies: dict[str, str] = field(default_factory=dict)
    language_models: dict[str, str] = field(default_factory=dict)
    heard_with_a_model: list[Word] = field(default_factory=lambda: list(WORDS))
    """What is heard with a model that was made here; without one, what is always heard."""
    trainings: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What SageMaker's endpoint was asked, by inference id, until it has answered."""
    answers_astray: bool = False
    """Whether it leaves its answer elsewhere than it was asked to."""
    endpoint_place: tuple[str, str] = ("", "")
    """The bucket that the endpoint writes to, and the topic that it tells."""
    looks: dict[str, dict[str, Any]] = field(default_factory=dict)
    reads: dict[str, dict[str, Any]] = field(default_factory=dict)
    searches: dict[str, dict[str, Any]] = field(default_factory=dict)
    batch: dict[str, dict[str, Any]] = field(default_factory=dict)
    exit_code: int = 0
    """What the program exits with in jobs of Batch; it has then left all parts that come before what it failed of."""
    noted: Mapping[str, Any] = field(default_factory=dict)
    """What it writes into its `failure.json`, if anything."""
    ends: bool = True
    """Whether a machine comes for jobs of Batch."""

    def answer_to(self, aws: Aws) -> None:
        """Answer these clients from now on."""
        for theirs in (
            aws.mediaconvert,
            aws.transcribe,
            aws.comprehend,
            aws.bedrock,
            aws.translate,
            aws.rekognition,
            aws.textract,
        ):
            self.answer(theirs)
        self.answer(aws.batch)

    def answer(self, *clients: Any) -> None:
        """Answer one of them."""
        for theirs in clients:
            theirs.meta.events.register_last("before-parameter-build", _keep)
            theirs.meta.events.register_last("before-call", self._answer)

    def _answer(self, model: OperationModel, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        name = xform_name(model.name)
        if model.name in self.refused:
            raise refusal(self.refused[model.name], model.name)
        looking = self._looking(name) if model.service_model.service_name == "rekognition" else None
        parsed: dict[str, Any] = (looking or getattr(self, name))(**context["asked"])
        if model.output_shape is None:  # it answers nothing, as Transcribe's DeleteTranscriptionJob
            assert not parsed
        else:
            report = ParamValidator().validate(parsed, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return SimpleNamespace(status_code=200, headers={}), {**parsed, "ResponseMetadata": {"HTTPStatusCode": 200}}

    # ---- MediaConvert

    def probe(self, InputFiles: list[Any]) -> dict[str, Any]:  # noqa: N803
        container = {"Format": self.container, "Duration": SECONDS, "Tracks": list(self.tracks)}
        return {"ProbeResults": [{"Container": container}]}

    def create_job(self, **request: Any) -> dict[str, Any]:
        for at in _addresses(request["Settings"]):
            assert re.fullmatch(r"s3://[A-Za-z0-9/._-]+", at), f"MediaConvert may take {at} for something else"
        job_id = f"1671476818694-{len(self.jobs):06}"
        wanted = {name: copy.deepcopy(request[name]) for name in ("Role", "Settings", "UserMetadata")}
        self.jobs[job_id] = {"Id": job_id, "Status": "SUBMITTED", **wanted}
        return {"Job": self.jobs[job_id]}

    def get_job(self, Id: str) -> dict[str, Any]:  # noqa: N803
        return {"Job": self.jobs[Id]}

    def search_jobs(self, InputFile: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        found = [job for job in self.jobs.values() if InputFile in job["Settings"]["Inputs"][0]["FileInput"]]
        return {"Jobs": found[::-1]}

    def _end_job(self, job: dict[str, Any]) -> None:
        groups = []
        for group in job["Settings"]["OutputGroups"]:
            destination = group["OutputGroupSettings"]["FileGroupSettings"]["Destination"]
            extension = group["Outputs"][0]["Extension"]
            path = f"{destination}.{extension}"
            if group["Outputs"][0].get("VideoDescription", {}).get("CodecSettings", {}).get("Codec") == "FRAME_CAPTURE":
                path = f"{destination}.0000000.{extension}"
            if not self.failing_jobs:
                bucket, _, key = path.removeprefix("s3://").partition("/")
                client("s3").put_object(Bucket=bucket, Key=key, Body=self._made(extension))
            picture = {"widthInPx": 1280, "heightInPx": 720} if extension in {"mp4", "gif"} else None
            made: dict[str, Any] = {"outputFilePaths": [path], "durationInMs": int(SECONDS * 1000)}
            groups.append({"outputDetails": [made | ({"videoDetails": picture} if picture else {})]})
        event = copy.deepcopy(_COMPLETE)
        event["detail"] |= {"jobId": job["Id"], "userMetadata": job["UserMetadata"], "outputGroupDetails": groups}
        job["Status"] = "COMPLETE"
        job["OutputGroupDetails"] = [
            {"OutputDetails": [{"DurationInMs": int(SECONDS * 1000)}]} for _ in job["Settings"]["OutputGroups"]
        ]
        if self.failing_jobs:
            job |= {"Status": "ERROR", "ErrorCode": 1040}
            event["detail"] |= {"status": "ERROR", "errorCode": 1040, "errorMessage": "Demuxer: [unreadable]"}
            del event["detail"]["outputGroupDetails"]
        _tell(event["source"], event["detail-type"], event["detail"])

    def _made(self, extension: str) -> bytes:
        return _sound(self.sound_seconds) if extension == "wav" else b"media"

    def cancel_job(self, Id: str) -> dict[str, Any]:  # noqa: N803
        self.jobs[Id]["Status"] = "CANCELED"
        return {}

    # ---- Transcribe

    def delete_transcription_job(self, TranscriptionJobName: str) -> dict[str, Any]:  # noqa: N803
        if self.transcriptions.pop(TranscriptionJobName, None) is None:
            raise refusal("NotFoundException", "DeleteTranscriptionJob")
        return {}

    def start_transcription_job(self, **request: Any) -> dict[str, Any]:
        name = request["TranscriptionJobName"]
        if name in self.transcriptions:
            raise refusal("ConflictException", "StartTranscriptionJob")
        self.transcriptions[name] = {"request": request, "Status": "IN_PROGRESS"}
        return self.get_transcription_job(name)

    def get_transcription_job(self, TranscriptionJobName: str) -> dict[str, Any]:  # noqa: N803
        job = self.transcriptions[TranscriptionJobName]
        told = {"TranscriptionJobName": TranscriptionJobName, "TranscriptionJobStatus": job["Status"]}
        if job["Status"] == "FAILED":
            told["FailureReason"] = "The media format that you specified is unsupported."
        for asked in ("LanguageCode", "LanguageIdSettings", "ModelSettings", "Settings"):
            if asked in job["request"]:
                told[asked] = job["request"][asked]
        if job["Status"] == "COMPLETED" and "ContentRedaction" in job["request"]:
            told["ContentRedaction"] = job["request"]["ContentRedaction"]
            place = f"{job['request']['OutputBucketName']}/{_redacted(job['request']['OutputKey'])}"
            told["Transcript"] = {"RedactedTranscriptFileUri": f"https://s3.us-east-1.amazonaws.com/{place}"}
        return {"TranscriptionJob": told}

    def get_vocabulary(self, VocabularyName: str) -> dict[str, Any]:  # noqa: N803
        """One that nobody has made here is an operator's own, and ready."""
        state = self.vocabularies.get(VocabularyName, "READY")
        return {"VocabularyName": VocabularyName, "LanguageCode": "en-US", "VocabularyState": state}

    def create_vocabulary(self, VocabularyName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if VocabularyName in self.vocabularies:
            raise refusal("ConflictException", "CreateVocabulary")
        self.vocabularies[VocabularyName] = "PENDING"
        return {"VocabularyName": VocabularyName, "LanguageCode": "en-US", "VocabularyState": "PENDING"}

    def update_vocabulary(self, VocabularyName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if self.vocabularies.get(VocabularyName) == "PENDING":
            raise refusal("ConflictException", "UpdateVocabulary")
        self.vocabularies[VocabularyName] = "PENDING"
        return {"VocabularyName": VocabularyName, "LanguageCode": "en-US", "VocabularyState": "PENDING"}

    def delete_vocabulary(self, VocabularyName: str) -> dict[str, Any]:  # noqa: N803
        if self.vocabularies.pop(VocabularyName, None) is None:
            raise refusal("NotFoundException", "DeleteVocabulary")
        return {}

    def list_vocabularies(self, MaxResults: int) -> dict[str, Any]:  # noqa: N803
        found = [{"VocabularyName": name, "VocabularyState": state} for name, state in self.vocabularies.items()]
        return {"Vocabularies": found[:MaxResults]}

    def _end_vocabulary(self, name: str) -> None:
        self.vocabularies[name] = "READY"
        detail = {"VocabularyName": name, "VocabularyState": "READY"}
        _tell("aws.transcribe", "Vocabulary State Change", detail)

    def get_vocabulary_filter(self, VocabularyFilterName: str) -> dict[str, Any]:  # noqa: N803
        return {"VocabularyFilterName": VocabularyFilterName, "LanguageCode": "en-US"}

    def describe_language_model(self, ModelName: str) -> dict[str, Any]:  # noqa: N803
        """One that is not called as ours are is an operator's own, and complete."""
        state = self.language_models.get(ModelName)
        if state is None and ModelName.startswith("rapporteur-"):
            raise refusal("NotFoundException", "DescribeLanguageModel")
        told = {"ModelName": ModelName, "LanguageCode": "en-US", "ModelStatus": state or "COMPLETED"}
        return {"LanguageModel": told}

    def create_language_model(self, ModelName: str, LanguageCode: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if ModelName in self.language_models:
            raise refusal("ConflictException", "CreateLanguageModel")
        self.language_models[ModelName] = "IN_PROGRESS"
        return {"ModelName": ModelName, "LanguageCode": LanguageCode, "ModelStatus": "IN_PROGRESS"}

    def delete_language_model(self, ModelName: str) -> dict[str, Any]:  # noqa: N803
        self.language_models.pop(ModelName, None)
        return {}

    def list_language_models(self, MaxResults: int) -> dict[str, Any]:  # noqa: N803
        return {"Models": [{"ModelName": name} for name in self.language_models][:MaxResults]}

    def _end_language_model(self, name: str) -> None:
        self.language_models[name] = "COMPLETED"
        detail = {"ModelName": name, "ModelStatus": "COMPLETED"}
        _tell("aws.transcribe", "Transcribe Language Model State Change", detail)

    def _end_transcription(self, name: str, job: dict[str, Any]) -> None:
        job["Status"] = "FAILED" if self.failing_transcriptions else "COMPLETED"
        if not self.failing_transcriptions:
            wanted = job["request"]
            key = _redacted(wanted["OutputKey"]) if "ContentRedaction" in wanted else wanted["OutputKey"]
            model = wanted.get("ModelSettings", {}).get("LanguageModelName", "")
            words = self.heard_with_a_model if model in self.language_models else WORDS
            body = json.dumps(transcribe_document(name, words, "en-US"))
            client("s3").put_object(Bucket=wanted["OutputBucketName"], Key=key, Body=body)
        detail = {"TranscriptionJobName": name, "TranscriptionJobStatus": job["Status"]}
        _tell("aws.transcribe", "Transcribe Job State Change", detail)

    # ---- SageMaker

    def describe_training_job(self, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803
        if TrainingJobName not in self.trainings:
            code = {"Code": "ValidationException", "Message": "Requested resource not found."}
            raise ClientError({"Error": code, "ResponseMetadata": {}}, "DescribeTrainingJob")  # type: ignore[typeddict-item]
        return self.trainings[TrainingJobName]

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        name = request["TrainingJobName"]
        if name in self.trainings:
            raise refusal("ResourceInUse", "CreateTrainingJob")
        arn = f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}"
        place = request["OutputDataConfig"]["S3OutputPath"]
        kept = ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition", "EnableManagedSpotTraining")
        self.trainings[name] = {
            "TrainingJobName": name,
            "TrainingJobArn": arn,
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "ModelArtifacts": {"S3ModelArtifacts": f"{place}/{name}/output/model.tar.gz"},
            "CheckpointConfig": request["CheckpointConfig"],
            "CreationTime": datetime.fromtimestamp(time.time(), UTC),
            **{one: request[one] for one in kept},
        }
        return {"TrainingJobArn": arn}

    def _end_training(self, name: str, job: dict[str, Any]) -> None:
        """The program leaves a model, and its checkpoints beside it."""
        job |= {"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed", "BillableTimeInSeconds": 600}
        for uri in (job["ModelArtifacts"]["S3ModelArtifacts"], f"{job['CheckpointConfig']['S3Uri']}/step-1/rest.pt"):
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            client("s3").put_object(Bucket=bucket, Key=key, Body=b"model")
        made = int(job["CreationTime"].timestamp() * 1000)
        _tell("aws.sagemaker", "SageMaker Training Job State Change", {**job, "CreationTime": made})

    def invoke_endpoint_async(self, **request: Any) -> dict[str, Any]:
        self.asked[request["InferenceId"]] = request
        place = f"s3://{self.endpoint_place[0]}/{request['S3OutputPathExtension']}/{request['Filename']}"
        failed = f"s3://{self.endpoint_place[0]}/output/failed/{request['InferenceId']}.out"
        return {"InferenceId": request["InferenceId"], "OutputLocation": place, "FailureLocation": failed}

    def _end_hearing(self, name: str, request: dict[str, Any]) -> None:
        told = json.loads(request["CustomAttributes"])
        asked = f"{request['S3OutputPathExtension']}/{request['Filename']}"
        key = f"output/answers/{name}.out" if self.answers_astray else asked
        words = self.heard_with_a_model if told["models"] else WORDS
        document = json.dumps(transcribe_document(told["name"], words, "en-US"))
        client("s3").put_object(Bucket=self.endpoint_place[0], Key=key, Body=document)
        notice = {
            "awsRegion": "us-east-1",
            "eventTime": "2026-11-29T03:12:00.000Z",
            "receivedTime": "2026-11-29T03:00:00.000Z",
            "invocationStatus": "Completed",
            "requestParameters": {
                "contentType": "audio/wav",
                "endpointName": request["EndpointName"],
                "inputLocation": request["InputLocation"],
            },
            "responseParameters": {
                "contentType": "application/json",
                "outputLocation": f"s3://{self.endpoint_place[0]}/{key}",
            },
            "inferenceId": name,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }
        client("sns").publish(TopicArn=self.endpoint_place[1], Message=json.dumps(notice))

    # ---- Comprehend

    def batch_detect_dominant_language(self, TextList: list[str]) -> dict[str, Any]:  # noqa: N803
        return _batch(TextList, Languages=[{"LanguageCode": "en", "Score": 0.99}])

    def batch_detect_sentiment(self, TextList: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        scores = {"Positive": 0.7, "Negative": 0.1, "Neutral": 0.1, "Mixed": 0.1}
        return _batch(TextList, Sentiment="POSITIVE", SentimentScore=scores)

    def batch_detect_key_phrases(self, TextList: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        return _batch(TextList, KeyPhrases=[{"Text": "Buses", "Score": 0.9, "BeginOffset": 0, "EndOffset": 5}])

    def batch_detect_entities(self, TextList: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        return _batch(TextList, Entities=[])

    def batch_detect_targeted_sentiment(self, TextList: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        return _batch(TextList, Entities=[])

    def detect_entities(self, **_: Any) -> dict[str, Any]:
        return {"Entities": []}

    def detect_pii_entities(self, **_: Any) -> dict[str, Any]:
        return {"Entities": []}

    def detect_toxic_content(self, TextSegments: list[Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"ResultList": [{"Labels": [], "Toxicity": 0.01} for _ in TextSegments]}

    def describe_entity_recognizer(self, EntityRecognizerArn: str) -> dict[str, Any]:  # noqa: N803
        found = {"EntityRecognizerArn": EntityRecognizerArn, "Status": "TRAINED", "LanguageCode": "en"}
        return {"EntityRecognizerProperties": found}

    def list_entities_detection_jobs(self, Filter: Mapping[str, str]) -> dict[str, Any]:  # noqa: N803
        found = [job for job in self.searches.values() if job["JobName"] == Filter["JobName"]]
        told = [{name: job[name] for name in ("JobId", "JobName", "JobStatus")} for job in found]
        return {"EntitiesDetectionJobPropertiesList": told}

    def start_entities_detection_job(self, **request: Any) -> dict[str, Any]:
        job_id = f"{len(self.searches):032}"
        self.searches[job_id] = {**request, "JobId": job_id, "JobStatus": "SUBMITTED"}
        bucket, _, folder = request["OutputDataConfig"]["S3Uri"].removeprefix("s3://").partition("/")
        client("s3").put_object(Bucket=bucket, Key=f"{folder}.write_access_check_file.temp", Body=b"")
        return {"JobId": job_id, "JobStatus": "SUBMITTED"}

    def _end_search(self, job: dict[str, Any]) -> None:
        job["JobStatus"] = "FAILED" if self.failing_looks else "COMPLETED"
        if self.failing_looks:
            return
        bucket, _, folder = job["OutputDataConfig"]["S3Uri"].removeprefix("s3://").partition("/")
        found = {"BeginOffset": 0, "EndOffset": 5, "Score": 0.9, "Text": "Buses", "Type": "VEHICLE"}
        line = json.dumps({"File": "text", "Line": 0, "Entities": [found]}).encode() + b"\n"
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo("output")
            member.size = len(line)
            archive.addfile(member, io.BytesIO(line))
        key = f"{folder}123456789012-NER-{job['JobId']}/output/output.tar.gz"
        client("s3").put_object(Bucket=bucket, Key=key, Body=packed.getvalue())

    # ---- Rekognition

    def _looking(self, name: str) -> Callable[..., dict[str, Any]] | None:
        """What answers an operation of Rekognition Video, or one that looks at a picture."""
        if name in _STARTS:
            return partial(self._start_look, _STARTS[name])
        if name in _GETS:
            return partial(self._get_look, _GETS[name])
        return (lambda **_: _PICTURES[name]) if name in _PICTURES else None

    def _start_look(self, detection: Detection, **request: Any) -> dict[str, Any]:
        job_id = hashlib.sha256(request["ClientRequestToken"].encode()).hexdigest()
        self.looks.setdefault(job_id, {**request, "Detection": detection, "JobId": job_id, "JobStatus": "IN_PROGRESS"})
        return {"JobId": job_id}

    def _get_look(self, detection: Detection, JobId: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        job = self.looks[JobId]
        told: dict[str, Any] = {"JobStatus": job["JobStatus"]}
        if job["JobStatus"] == "FAILED":
            told["StatusMessage"] = "The codec is not supported."
        if job["JobStatus"] == "SUCCEEDED":
            told[detection.rows] = [_SEEN[detection]]
        return told

    def _end_look(self, job: dict[str, Any]) -> None:
        job["JobStatus"] = "FAILED" if self.failing_looks else "SUCCEEDED"
        video = job["Video"]["S3Object"]
        message = {
            "JobId": job["JobId"],
            "Status": job["JobStatus"],
            "API": "a name that has two spellings",
            "JobTag": job["JobTag"],
            "Timestamp": 1_700_000_000_000,
            "Video": {"S3ObjectName": video["Name"], "S3Bucket": video["Bucket"]},
        }
        client("sns").publish(TopicArn=job["NotificationChannel"]["SNSTopicArn"], Message=json.dumps(message))

    def describe_collection(self, CollectionId: str) -> dict[str, Any]:  # noqa: N803
        return {"FaceCount": 3}

    def create_collection(self, CollectionId: str) -> dict[str, Any]:  # noqa: N803
        self.faces[CollectionId] = {}
        return {"StatusCode": 200}

    def delete_collection(self, CollectionId: str) -> dict[str, Any]:  # noqa: N803
        self.faces.pop(CollectionId, None)
        return {"StatusCode": 200}

    def index_faces(self, CollectionId: str, ExternalImageId: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        face = f"{len(self.faces[CollectionId]):08}-0000-4000-8000-000000000000"
        self.faces[CollectionId][face] = ExternalImageId
        return {"FaceRecords": [{"Face": {"FaceId": face, "ExternalImageId": ExternalImageId}}], "UnindexedFaces": []}

    def list_faces(self, CollectionId: str) -> dict[str, Any]:  # noqa: N803
        found = self.faces.get(CollectionId, {}).items()
        return {"Faces": [{"FaceId": face, "ExternalImageId": person} for face, person in found]}

    def delete_faces(self, CollectionId: str, FaceIds: list[str]) -> dict[str, Any]:  # noqa: N803
        for face in FaceIds:
            self.faces[CollectionId].pop(face, None)
        return {"DeletedFaces": FaceIds}

    def describe_project_versions(self, ProjectArn: str) -> dict[str, Any]:  # noqa: N803
        project = ProjectArn.rpartition("/")[0]
        running = {"ProjectVersionArn": f"{project}/version/one/1600000000000", "Status": "RUNNING"}
        return {"ProjectVersionDescriptions": [running]}

    # ---- Textract

    def start_document_analysis(self, **request: Any) -> dict[str, Any]:
        job_id = hashlib.sha256(request["ClientRequestToken"].encode()).hexdigest()
        self.reads.setdefault(job_id, {**request, "JobId": job_id, "JobStatus": "IN_PROGRESS"})
        return {"JobId": job_id}

    def get_document_analysis(self, JobId: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        job = self.reads[JobId]
        why = {"StatusMessage": "UNSUPPORTED_DOCUMENT"} if job["JobStatus"] == "FAILED" else {}
        return {"JobStatus": job["JobStatus"], "DocumentMetadata": {"Pages": 1}, **why}

    start_document_text_detection = start_document_analysis
    get_document_text_detection = get_document_analysis

    def _end_read(self, job: dict[str, Any]) -> None:
        job["JobStatus"] = "FAILED" if self.failing_reads else "SUCCEEDED"
        place, source = job["OutputConfig"], job["DocumentLocation"]["S3Object"]
        if not self.failing_reads:
            found = {"Blocks": _READ, "DocumentMetadata": {"Pages": 1}, "JobStatus": "SUCCEEDED"}
            for name, body in ((".s3_access_check", b""), ("1", json.dumps(found).encode())):
                key = f"{place['S3Prefix']}/{job['JobId']}/{name}"
                client("s3").put_object(Bucket=place["S3Bucket"], Key=key, Body=body)
        message = {
            "JobId": job["JobId"],
            "Status": job["JobStatus"],
            "API": f"StartDocument{'Analysis' if 'FeatureTypes' in job else 'TextDetection'}",
            "JobTag": job["JobTag"],
            "Timestamp": 1_700_000_000_000,
            "DocumentLocation": {"S3ObjectName": source["Name"], "S3Bucket": source["Bucket"]},
        }
        client("sns").publish(TopicArn=job["NotificationChannel"]["SNSTopicArn"], Message=json.dumps(message))

    # ---- Batch

    def submit_job(self, **request: Any) -> dict[str, Any]:
        job_id = f"{len(self.batch):08}-0000-4000-8000-000000000000"
        self.batch[job_id] = {"request": request, "status": "RUNNABLE", "createdAt": int(time.time() * 1000)}
        return {"jobId": job_id, "jobName": request["jobName"]}

    def list_jobs(self, jobQueue: str, filters: list[Any] = [], jobStatus: str = "", **_: Any) -> dict[str, Any]:  # noqa: B006, N803
        names = [name.lower() for one in filters for name in one["values"]]
        found = [
            {"jobId": job_id, "jobName": job["request"]["jobName"], "status": job["status"]}
            for job_id, job in reversed(self.batch.items())
            if job["request"]["jobQueue"] == jobQueue
            and (job["request"]["jobName"].lower() in names if names else job["status"] == jobStatus)
        ]
        return {"jobSummaryList": found}

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        return {"jobs": [self._told(job_id) for job_id in jobs if job_id in self.batch]}

    def terminate_job(self, jobId: str, reason: str) -> dict[str, Any]:  # noqa: N803
        job = self.batch.get(jobId)
        if job is not None and job["status"] not in {"SUCCEEDED", "FAILED"}:
            job |= {"status": "FAILED", "statusReason": reason}
            self._tell_of(jobId)
        return {}

    def _told(self, job_id: str) -> dict[str, Any]:
        job = self.batch[job_id]
        request = job["request"]
        told = {
            "jobArn": f"arn:aws:batch:us-east-1:123456789012:job/{job_id}",
            "jobId": job_id,
            "jobName": request["jobName"],
            "jobQueue": request["jobQueue"],
            "jobDefinition": request["jobDefinition"],
            "status": job["status"],
            "createdAt": job["createdAt"],
            "startedAt": job["createdAt"],
            "attempts": [],
            "container": {"environment": request["containerOverrides"]["environment"]},
        }
        if "statusReason" in job:
            told["statusReason"] = job["statusReason"]
        if "exit_code" in job:
            ended = {"exitCode": job["exit_code"], "logStreamName": "gpu/default/0"}
            told["container"] |= ended
            told["attempts"] = [{"container": ended, "startedAt": job["createdAt"], "stoppedAt": job["createdAt"]}]
        return told

    def _tell_of(self, job_id: str) -> None:
        _tell("aws.batch", "Batch Job State Change", self._told(job_id))

    def _end_batch(self, job_id: str, job: dict[str, Any]) -> None:
        """The program leaves what it was asked for, but for what `exit_code` or `noted` say that it could not do."""
        asked = json.loads(job["request"]["containerOverrides"]["environment"][0]["value"])
        folder = asked["folder"].removeprefix("s3://").partition("/")
        seen = {"Timestamp": 0, "ModerationLabel": _UNSAFE}
        made = {
            "moderation": b"".join(rows.written(Detection.MODERATION, [seen])),
            "transcription": json.dumps(transcribe_document(f"{asked['name']}.transcript", WORDS, "en-US")).encode(),
            "toxicity": json.dumps({"passages": []}).encode(),
            "summary": json.dumps(Summary("Buses are wonderful.").to_json()).encode(),
        }
        left = list(made) if not self.exit_code else ["moderation"] if self.exit_code in {11, 12} else []
        for part in left:
            if asked[part] is not None and part not in self.noted.get("parts", {}):
                bucket, _, key = asked[part]["destination"].removeprefix("s3://").partition("/")
                client("s3").put_object(Bucket=bucket, Key=key, Body=made[part])
        if self.noted:
            key = f"{folder[2]}failure.json"
            client("s3").put_object(Bucket=folder[0], Key=key, Body=json.dumps(self.noted))
        reason = "Essential container in task exited"
        job |= {"exit_code": self.exit_code, "statusReason": reason}
        job["status"] = "FAILED" if self.exit_code else "SUCCEEDED"
        self._tell_of(job_id)

    # ---- Bedrock

    def converse(self, *, modelId: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's
        said = '{"lines": [0]}' if "micro" in modelId else "Buses are wonderful."
        return {
            "output": {"message": {"role": "assistant", "content": [{"text": said}]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 100, "outputTokens": 5, "totalTokens": 105},
            "metrics": {"latencyMs": 900},
        }

    # ---- Translate

    def translate_text(self, *, Text: str, SourceLanguageCode: str, TargetLanguageCode: str) -> dict[str, Any]:  # noqa: N803 - AWS's
        return {
            "TranslatedText": Text,
            "SourceLanguageCode": SourceLanguageCode,
            "TargetLanguageCode": TargetLanguageCode,
        }

    def invoke_model(self, body: str, **_: Any) -> dict[str, Any]:
        vectors = [[float(1 + number)] * 256 for number, _ in enumerate(json.loads(body)["texts"])]
        return {
            "contentType": "application/json",
            "body": BytesIO(json.dumps({"embeddings": {"float": vectors}}).encode()),
        }

    # ---- the end of jobs

    def finish_all(self) -> bool:
        """End every job that runs. Returns whether there was one."""
        jobs = [job for job in self.jobs.values() if job["Status"] == "SUBMITTED"]
        transcriptions = [(name, job) for name, job in self.transcriptions.items() if job["Status"] == "IN_PROGRESS"]
        looks = [job for job in self.looks.values() if job["JobStatus"] == "IN_PROGRESS"]
        reads = [job for job in self.reads.values() if job["JobStatus"] == "IN_PROGRESS"]
        searches = [job for job in self.searches.values() if job["JobStatus"] == "SUBMITTED"]
        computed = [(job_id, job) for job_id, job in self.batch.items() if self.ends and job["status"] == "RUNNABLE"]
        for job_id, job in computed:
            self._end_batch(job_id, job)
        for job in jobs:
            self._end_job(job)
        for look in looks:
            self._end_look(look)
        for search in searches:
            self._end_search(search)
        for read in reads:
            self._end_read(read)
        for name, transcription in transcriptions:
            self._end_transcription(name, transcription)
        vocabularies = [name for name, state in self.vocabularies.items() if state == "PENDING"]
        for name in vocabularies:
            self._end_vocabulary(name)
        models = [name for name, state in self.language_models.items() if state == "IN_PROGRESS"]
        for name in models:
            self._end_language_model(name)
        trainings = [(name, job) for name, job in self.trainings.items() if job["TrainingJobStatus"] == "InProgress"]
        for name, job in trainings:
            self._end_training(name, job)
        asked, self.asked = self.asked, {}
        for name, request in asked.items():
            self._end_hearing(name, request)
        heard = bool(asked or transcriptions or vocabularies or models or trainings)
        return heard or bool(jobs or looks or reads or searches or computed)


@contextmanager
def managed_service(**settings: str) -> Iterator[tuple[Service, Managed]]:
    """The service with the engines that it has on AWS."""
    with running_service(**(ENGINES | settings)) as service:
        managed = Managed()
        managed.answer_to(service.services.aws)
        if "SAGEMAKER_ENDPOINT" in settings:
            ours = service.services.settings
            managed.endpoint_place = (ours.output_bucket, ours.jobs_topic_arn)
            managed.answer(service.services.aws.sagemaker, service.services.aws.sagemaker_runtime)
        service.cloud = managed  # type: ignore[assignment] - of the cloud a service needs `finish_all`, no more
        yield service, managed


def _addresses(settings: Mapping[str, Any]) -> list[str]:
    """The objects that a MediaConvert job reads and writes."""
    groups = [group["OutputGroupSettings"]["FileGroupSettings"] for group in settings["OutputGroups"]]
    return [*(source["FileInput"] for source in settings["Inputs"]), *(group["Destination"] for group in groups)]


def refusal(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "refused"}, "ResponseMetadata": {}}, operation)  # type: ignore[typeddict-item]


def _keep(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["asked"] = params


def _batch(texts: list[str], **found: Any) -> dict[str, Any]:
    return {"ResultList": [{"Index": index, **found} for index in range(len(texts))], "ErrorList": []}


def _redacted(key: str) -> str:
    folder, _, name = key.rpartition("/")
    return f"{folder}/redacted-{name}"


def _sound(seconds: float) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(int(seconds) * 32_000))
    return data.getvalue()


def _tell(source: str, kind: str, detail: Mapping[str, Any]) -> None:
    client("events").put_events(Entries=[{"Source": source, "DetailType": kind, "Detail": json.dumps(detail)}])
