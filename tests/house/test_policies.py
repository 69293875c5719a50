"""Least privilege, both ways: the service is run into every corner, and each function calls what it may, no more."""

import base64
import dataclasses
import fnmatch
import importlib
import io
import json
import os
import pickle
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import boto3
import pytest
from botocore.model import OperationModel
from chalice.app import SQSEventConfig

from chalicelib.accounts.queue import REQUESTS_END, AccountTask, send
from chalicelib.api import uploads
from chalicelib.api.operations import OPERATIONS
from chalicelib.clients.tokens import Account
from chalicelib.domain import addresses, fetching, keys, presets
from chalicelib.domain.accounts import TRAINING_WORDING, Export, News, Training, TrainingScope, Webhook
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset, AssetRef, BranchStatus, Options, ReportState, RunRef, Status
from chalicelib.domain.fetching import IMPORT_WORDING, Fetch
from chalicelib.domain.marks import Clip, ClipFormat, ClipState, Kind, Mark
from chalicelib.domain.moderation import Moderation, Policy
from chalicelib.domain.people import UNDER_WAY, Consent, Person, collection_id
from chalicelib.domain.releases import ReleaseKind
from chalicelib.domain.rights import Role
from chalicelib.engines.vision import _rekognition_film as films
from chalicelib.learning.lexicon import Entry, Source
from chalicelib.learning.models import EVERYBODY, ModelRef, ModelState
from chalicelib.mail import links
from chalicelib.mail.links import MailLink, Purpose
from chalicelib.message import Message
from chalicelib.pipeline import (
    answering,
    begin,
    clips,
    consent,
    fetch,
    meaning,
    messages,
    retry,
    sittings,
    translating,
    vocabularies,
)
from chalicelib.pipeline.register import register
from chalicelib.pipeline.shelves import Shelf
from chalicelib.pipeline.waiting import enqueue
from chalicelib.seams.jobs import JobOutcome
from chalicelib.seams.training import WORDS_TRAINING
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.search.query import Query
from chalicelib.settings import PREFIX, QUEUES, Settings
from chalicelib.speech.corrections import Line, Verdict, correction
from chalicelib.speech.quotes import Quotes
from chalicelib.speech.summaries import Summary
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript, transcribe_document
from chalicelib.speech.transcripts import Confirmation, Word
from chalicelib.storage import buckets, editions
from chalicelib.storage.learning import term_id
from chalicelib.storage.updates import Update
from chalicelib.vision.detections import Detection
from chalicelib.webhooks.deliver import MOST_FAILURES
from deployment.policies import API, policies
from local.aws import storage
from local.aws.pump import Invocation
from samples.make_document import DOCUMENT
from tests.api.accounts import Pool
from tests.harness import web
from tests.harness.aws_calls import PLACE, Need, needs, recorded
from tests.harness.events import rest_event
from tests.harness.fakes import WORDS
from tests.harness.managed import ENGINES, ON_GPU, Managed, managed_service, refusal
from tests.harness.places import DATA
from tests.harness.service import EMAIL, OWNER, Service
from tests.house.test_settings import GOOD
from tests.house.test_templates import handlers

EVERYTHING_ON = {
    "FAILED_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:rapporteur-dev-failed",
    "SES_CONFIGURATION_SET": "rapporteur-dev",
    "TRANSCRIBE_LANGUAGES": "en-US",
    "TRANSCRIBE_VOCABULARY": "buses",
    "TRANSCRIBE_VOCABULARY_FILTER": "swearing",
    "TRANSCRIBE_LANGUAGE_MODEL": "council",
    "TRANSCRIBE_REDACT_PII": "true",
    "TRANSCRIBE_MAX_SPEAKERS": "2",
    "COMPREHEND_TARGETED_SENTIMENT": "true",
    "COMPREHEND_PII": "true",
    "COMPREHEND_ENTITY_RECOGNIZER": "arn:aws:comprehend:us-east-1:123456789012:entity-recognizer-endpoint/bus-lines",
    "MAX_ATTEMPTS": "1",
    "TEXTRACT_FEATURES": "text",
}

Used = Mapping[str, set[Need]]
Corner = Callable[[Service, Managed], None]


@contextmanager
def losing(service: Service, *handlers: str) -> Iterator[list[Invocation]]:
    """Events for these handlers get lost on their way; of "on_job_output jobs/audio" those that name it. Yields all."""
    deliver = service.pump.deliver
    lost: list[Invocation] = []

    def is_lost(invocation: Invocation) -> bool:
        names = (handler.partition(" ") for handler in handlers)
        event = unquote(json.dumps(invocation.event))
        return any(name == invocation.handler and what in event for name, _, what in names)

    def delivering(invocation: Invocation) -> bool:
        if not is_lost(invocation):
            return deliver(invocation)
        service.pump.pending.remove(invocation)
        lost.append(invocation)
        if invocation.queue_url and invocation.receipt:
            boto3.client("sqs").delete_message(QueueUrl=invocation.queue_url, ReceiptHandle=invocation.receipt)
        return True

    service.pump.deliver = delivering  # type: ignore[method-assign]
    try:
        yield lost
    finally:
        service.pump.deliver = deliver  # type: ignore[method-assign]


def everything_works(service: Service, managed: Managed) -> None:
    service.upload(ai=AiOptions(toxicity=True))
    service.settle()


def language_to_be_found(service: Service, managed: Managed) -> None:
    with losing(service, "on_analysis"):
        service.upload()
        service.settle()
    # The transcript that came says no language, so Comprehend is asked.
    bucket = service.services.settings.output_bucket
    s3 = boto3.client("s3")
    for found in s3.list_objects_v2(Bucket=bucket, Prefix="output/jobs/transcript/")["Contents"]:
        document = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
        document["results"].pop("language_code", None)
        s3.put_object(Bucket=bucket, Key=found["Key"], Body=json.dumps(document))
    service.hours_pass(2)


def no_sound(service: Service, managed: Managed) -> None:
    managed.tracks = managed.tracks[:1]
    service.upload()
    service.settle()


SPEECH_WAV = {
    "TrackType": "audio",
    "Codec": "PCM",
    "Duration": 60.0,
    "AudioProperties": {"SampleRate": 16_000, "Channels": 1, "BitDepth": 16},
}


def speech_wav(service: Service, managed: Managed) -> None:
    managed.container, managed.tracks = "wave", (SPEECH_WAV,)
    service.upload("debate.wav")
    service.settle()


def rejected(service: Service, managed: Managed) -> None:
    service.upload("debate.docx")
    managed.tracks = ()
    service.upload()
    service.settle()


def jobs_fail(service: Service, managed: Managed) -> None:
    managed.failing_jobs = True
    service.upload()
    service.settle()


def transcriptions_fail(service: Service, managed: Managed) -> None:
    managed.failing_transcriptions = True
    service.upload()
    service.settle()


def documents_read(service: Service, managed: Managed) -> None:
    """What is written is told of by SNS, and fetched by whoever hears of it, or else by the sweep, or the intake."""
    document = DOCUMENT.read_bytes()
    for failing in (False, True):
        managed.failing_reads = failing
        service.upload("report.pdf", document)
        service.settle()
    managed.failing_reads = False
    for lost in ("on_job_notice", "on_job_output jobs/blocks"):
        for go_on in (again, lambda service, _: service.hours_pass(2)):
            with losing(service, lost):
                asset = service.upload("report.pdf", document)
                service.settle()
            go_on(service, asset.ref.asset_id)
    with breaking_off(service):
        asset = service.upload("report.pdf", document)
        service.settle()
        service.hours_pass(2)
        again(service, asset.ref.asset_id)


_LOOKS = ("label", "moderation", "text", "segment", "celeb", "face", "facematch")
_CALLS = (
    "DetectLabels",
    "DetectModerationLabels",
    "DetectText",
    "RecognizeCelebrities",
    "DetectFaces",
    "SearchFacesByImage",
    "DetectCustomLabels",
    *(operations.start.title().replace("_", "") for operations in films.OPERATIONS.values()),
)
_FETCHES = tuple(operations.get.title().replace("_", "") for operations in films.OPERATIONS.values())
_PROJECT = "arn:aws:rekognition:us-east-1:123456789012:project/buses/1600000000000"


def looked_at(service: Service, *, by_stills: bool = False) -> AiOptions:
    """All that can be looked for, as far as the deployment allows it."""
    releases = service.services.releases
    releases.put(ReleaseKind.COLLECTION, "council", "rapporteur-council", (), everybody=True)
    releases.put(ReleaseKind.LABELS, "buses", _PROJECT, (), everybody=True)
    stills = {"framebased": True, "frameCaptureMode": 1004, "customlabel": True, "customLabelModels": ["buses"]}
    named = {"faceCollectionId": "council"}
    return AiOptions.from_json({**dict.fromkeys(_LOOKS, True), **named, **(stills if by_stills else {})})


def _intake_again(service: Service, asset_id: str) -> None:
    again(service, asset_id, finish=False)


def _turn_again(service: Service, asset_id: str) -> None:
    enqueue(service.asset(AssetRef(OWNER, asset_id)).run, "vision", service.services)
    while service.pump.step():
        pass


def _sweep_again(service: Service, _: str) -> None:
    for _hour in range(2):
        service.clock.shift(3601)
        while service.pump.step():
            pass


GoOn = Callable[[Service, str], None]
_GOING_ON: tuple[GoOn, ...] = (_intake_again, _turn_again, _sweep_again)
"""How a branch is gone on with whose event got lost."""


def _gone_on_with(asset: Asset, go_on: GoOn, service: Service, managed: Managed, refused: Iterable[str] = ()) -> None:
    """At first Rekognition may have no room."""
    managed.refused = dict.fromkeys(refused, "ThrottlingException")
    if managed.refused:
        go_on(service, asset.ref.asset_id)
    managed.refused = {}
    go_on(service, asset.ref.asset_id)
    service.settle()


def films_looked_at(service: Service, managed: Managed) -> None:
    """What is to be seen is told of by SNS, and fetched by whoever hears of it."""
    asked = looked_at(service)
    for failing in (False, True):
        managed.failing_looks = failing
        service.upload(ai=asked)
        service.settle()
    managed.failing_looks = False
    service.upload(ai=asked)
    while service.pump.step():
        pass
    managed.finish_all()
    managed.refused = dict.fromkeys(_FETCHES, "ThrottlingException")
    while service.pump.step():
        pass
    managed.refused = {}
    service.settle()
    for go_on in _GOING_ON:
        with losing(service, "on_job_notice"):
            asset = service.upload(ai=asked)
            service.settle()
        _gone_on_with(asset, go_on, service, managed, _FETCHES)
        with losing(service, *(f"on_job_output jobs/{detection}" for detection in films.OPERATIONS)):
            asset = service.upload(ai=asked)
            service.settle()
        _gone_on_with(asset, go_on, service, managed)


def films_looked_at_once_there_are_renditions(service: Service, managed: Managed) -> None:
    """Rekognition does not read this film as it was uploaded."""
    picture = {**managed.tracks[0], "Codec": "HEVC"}
    managed.tracks = (picture, *managed.tracks[1:])
    for go_on in _GOING_ON:
        with losing(service, "on_job_notice"):
            asset = service.upload(ai=looked_at(service))
            service.settle()
        _gone_on_with(asset, go_on, service, managed)
    service.upload(ai=looked_at(service, by_stills=True))
    service.settle()


def stills_looked_at(service: Service, managed: Managed) -> None:
    """As soon as they are there; once more, since Rekognition had no room for them; and by whoever comes by."""
    asked = looked_at(service, by_stills=True)
    service.upload(ai=asked)
    service.settle()
    managed.refused = dict.fromkeys(_CALLS, "ThrottlingException")
    service.upload(ai=asked)
    for _ in range(40):
        service.pump.step()
        managed.finish_all()
    managed.refused = {}
    service.settle()
    for go_on in _GOING_ON:
        for lost in ("on_job_output jobs/frames", "on_job_event .frames", "on_job_output jobs/customlabels"):
            with losing(service, lost):
                asset = service.upload(ai=asked)
                service.settle()
            refused = _CALLS if lost.endswith("jobs/frames") and go_on is not _sweep_again else ()
            _gone_on_with(asset, go_on, service, managed, refused)
    managed.failing_jobs = True
    service.upload(ai=asked)
    service.settle()


_RECOGNIZER = "arn:aws:comprehend:us-east-1:123456789012:entity-recognizer/bus-lines"


def entities_of_ones_own(service: Service, managed: Managed) -> None:
    """A recogniser is asked by its name; that its job has failed, the sweep finds out."""
    service.services.releases.put(ReleaseKind.RECOGNISER, "lines", _RECOGNIZER, (), everybody=True)
    asked = AiOptions.from_json({"customentity": True, "customEntityRecognizer": "lines"})
    for failing in (False, True):
        managed.failing_looks = failing
        service.upload(ai=asked)
        service.settle()
    service.hours_pass(2)
    managed.failing_looks = False
    for lost in ("output.tar.gz", "entities.jsonl"):
        for by_sweep in (False, True):
            with losing(service, f"on_job_output {lost}"):
                asset = service.upload(ai=asked)
                service.settle()
            if by_sweep:
                service.hours_pass(2)
            else:
                enqueue(service.asset(asset.ref).run, "entities", service.services)
                service.settle()
    with losing(service, "on_analysis"):
        service.upload(ai=asked)
        service.settle()
    service.hours_pass(2)


def heard_with_words_of_ones_own(service: Service, managed: Managed) -> None:
    """With a vocabulary and a model that are named, wherever a transcription may be started."""
    releases = service.services.releases
    releases.put(ReleaseKind.VOCABULARY, "lines", "bus-lines", (), everybody=True)
    releases.put(ReleaseKind.LANGUAGE_MODEL, "council", "council-talk", (), everybody=True)
    asked = AiOptions.from_json({"customVocabulary": "lines", "customLanguageModel": "council"})
    service.upload(ai=asked)
    service.settle()
    with losing(service, "on_job_output jobs/audio"):
        service.upload(ai=asked)
        service.settle()
    service.hours_pass(2)


def heard_again(service: Service, managed: Managed) -> None:
    """What need not be made anew is copied, by whoever comes by, and words that were confirmed are carried over."""

    def again() -> Asset:
        asset = service.asset(first.ref)
        return retry.hear(asset, asset.options, service.services, accept_cost=True)

    for go_on in (_intake_again, _sweep_again):
        first = service.upload(presets=tuple(one.name for one in presets.OF_RECORDINGS), ai=looked_at(service))
        service.settle()
        again()
        service.settle()
        with losing(service, "on_job_output jobs/transcript"):
            again()
            service.settle()
        _gone_on_with(service.asset(first.ref), go_on, service, managed)
        lost = ("on_intake", "on_urgent_intake") if go_on is _sweep_again else ()
        copied = (*(one.name for one in presets.OF_RECORDINGS), keys.Folder.AUDIO)
        for folder in (None, *copied):  # what is large is copied in parts, of which one is refused
            begin._plan(again(), service.services)  # whoever did so died then
            with ExitStack() as around:
                around.enter_context(losing(service, *lost))
                if folder is not None:
                    around.enter_context(patch.object(buckets, "_SMALLEST_PART", 0))
                    around.enter_context(patch.object(storage, "S3_UPLOAD_PART_MIN_SIZE", 0))
                    around.enter_context(breaking_off(service, keys.prefix(folder)))
                go_on(service, first.ref.asset_id)
            service.hours_pass(2)
            assert service.asset(first.ref).status is Status.COMPLETED


def engines_busy(service: Service, managed: Managed) -> None:
    for operation in ("CreateJob", "StartTranscriptionJob", "BatchDetectSentiment"):
        managed.refused = {operation: "ThrottlingException"}
        service.upload()
        for _ in range(30):
            service.pump.step()
            managed.finish_all()
        managed.refused = {}
        service.settle()


def transcription_forbidden(service: Service, managed: Managed) -> None:
    managed.refused = {"StartTranscriptionJob": "AccessDeniedException"}
    with losing(service, "on_job_output jobs/audio") as late:
        service.upload()
        service.settle()
    service.pump.pending += late
    service.settle()
    managed.refused = {}


def transcription_takes_long(service: Service, managed: Managed) -> None:
    """Everything comes twice while it runs, and the sweep looks after it."""
    with losing(service, "on_job_output jobs/transcript", "on_job_event aws.transcribe"):
        asset = service.upload()
        with losing(service, "on_job_output jobs/audio") as twice:
            service.settle()
        service.pump.pending += [*twice, *map(dataclasses.replace, twice)]
        while service.pump.step():
            pass
        again(service, asset.ref.asset_id, finish=False)
        for _ in range(3):
            service.clock.shift(3601)
            while service.pump.step():
                pass
    service.settle()


def message_lost_before_jobs_started(service: Service, managed: Managed) -> None:
    managed.refused = {"CreateJob": "ThrottlingException"}
    service.upload()
    for _ in range(3):
        service.pump.step()
    managed.refused = {}
    with losing(service, "on_intake"):
        service.settle()
    service.hours_pass(3)


def engines_break(service: Service, managed: Managed) -> None:
    for operation in ("Probe", "CreateJob", "BatchDetectSentiment"):
        managed.refused = {operation: "InternalServerErrorException"}
        service.upload()
        service.settle()
        managed.refused = {}


def in_parts(service: Service, managed: Managed) -> None:
    whole = service.services.engine(TRANSCRIPTION)
    service.services.engines[TRANSCRIPTION] = dataclasses.replace(whole, max_seconds=25.0)  # type: ignore[type-var]
    service.upload()
    service.settle()
    managed.failing_transcriptions = True
    service.upload()
    service.settle()
    managed.failing_transcriptions = False
    with losing(service, "on_job_output jobs/audio"):
        service.upload()
        service.settle()
    service.hours_pass(2)
    with losing(service, "on_job_output jobs/audio"):
        asset = service.upload()
        service.settle()
    again(service, asset.ref.asset_id)
    service.services.engines[TRANSCRIPTION] = whole


@contextmanager
def breaking_off(service: Service, under: str = "") -> Iterator[None]:
    """What is put together in S3 of several parts comes to nothing, if its key begins with `under`."""
    events = service.services.aws.s3.meta.events

    def refuse(model: OperationModel, params: Mapping[str, Any], **_: Any) -> None:
        if params["url_path"].lstrip("/").startswith(under):
            raise refusal("SlowDown", model.name)

    operations = ("UploadPartCopy", "CompleteMultipartUpload")
    for operation in operations:
        events.register_last(f"before-call.s3.{operation}", refuse, unique_id=operation)
    try:
        yield
    finally:
        for operation in operations:
            events.unregister(f"before-call.s3.{operation}", unique_id=operation)


def parts_break_off(service: Service, managed: Managed) -> None:
    """Of the sound, whoever cuts it, and of a copy of all data."""
    ours = service.services
    whole = ours.engine(TRANSCRIPTION)
    ours.engines[TRANSCRIPTION] = dataclasses.replace(whole, max_seconds=25.0)  # type: ignore[type-var]
    managed.sound_seconds = 600.0  # so that S3 copies most of each part by itself
    with breaking_off(service):
        asset = service.upload()
        service.settle()
        service.hours_pass(2)
        again(service, asset.ref.asset_id)
        ours.users.change(OWNER, {"export": Export("preparing", service.now())})
        send(OWNER, AccountTask.EXPORT, ours)
        service.settle()
    found = boto3.client("s3").list_multipart_uploads(Bucket=ours.settings.output_bucket)
    assert "Uploads" not in found
    ours.engines[TRANSCRIPTION] = whole


LOSSES = (
    "on_upload",
    "on_intake",
    "on_job_event",
    "on_job_output jobs/audio",
    "on_job_output jobs/transcript",
    "on_analysis",
    "on_report",
)


def events_get_lost(service: Service, managed: Managed) -> None:
    """The sweep finds what is stuck, and so does a message that comes twice."""
    for handler in LOSSES:
        with losing(service, handler):
            service.upload()
            service.settle()
        service.later(3)
        with losing(service, handler):
            asset = service.upload()
            service.settle()
        again(service, asset.ref.asset_id)
        service.later(3)


def again(service: Service, asset_id: str, *, finish: bool = True) -> None:
    """Queue the intake message of an asset once more."""
    settings, found = service.services.settings, service.services.store.get(AssetRef(OWNER, asset_id))
    body = json.dumps({"owner": OWNER, "asset": asset_id, "version": found.version if found is not None else 1})
    boto3.client("sqs").send_message(QueueUrl=settings.intake_queue_url, MessageBody=body)
    if finish:
        service.settle()
    while service.pump.step():
        pass


def stuck_for_good(service: Service, managed: Managed) -> None:
    with losing(service, "on_job_event", "on_job_output"):
        service.upload()
        service.settle()
        service.hours_pass(8)
    service.settle()


def took_too_long(service: Service, managed: Managed) -> None:
    """The sweep gives up a run whose jobs still go on, and stops them."""
    service.services.settings = dataclasses.replace(service.services.settings, max_sweeps=0)
    asset = service.upload()
    for _ in range(3):
        while service.pump.step():
            pass
        service.clock.shift(3601)
    assert service.asset(asset.ref).status is Status.FAILED
    assert {job["Status"] for job in managed.jobs.values()} == {"CANCELED"}


def reports_get_lost(service: Service, managed: Managed) -> None:
    with losing(service, "on_report"):
        asset = register(OWNER, "debate.mp4", Options(metered=True), service.services)
        service.put(asset)
        service.settle()
        service.hours_pass(8)


def new_content_comes_in_the_middle(service: Service, managed: Managed) -> None:
    asset = service.upload(body=b"first")
    while service.pump.step():
        pass
    assert service.asset(asset.ref).status is Status.PROCESSING
    service.put(asset, b"second")
    service.settle()


def erased_while_it_is_indexed(service: Service, managed: Managed) -> None:
    """What has just been stored of its words is taken back."""
    assets = service.services.settings.assets_table
    index = service.services.index

    def erased(owner: str, *args: Any, flip: Any = index.flip) -> bool:
        for one in service.services.store.listed(owner):
            key = {"owner": {"S": owner}, "asset_id": {"S": one.asset_id}}
            boto3.client("dynamodb").delete_item(TableName=assets, Key=key)
        return bool(flip(owner, *args))

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(type(index), "flip", lambda _, *args: erased(*args))
        asset = service.upload()
        service.settle()
    outputs = service.services.outputs
    assert not outputs.names(keys.outputs_of(asset.ref, keys.Folder.WORDS))


def erased_in_the_middle(service: Service, managed: Managed) -> None:
    """Somebody erases the recording between what is written for a branch and its end: that is taken back."""
    store, s3 = service.services.store, boto3.client("s3")
    go_ons: tuple[Callable[[str], Any], ...] = (lambda asset_id: again(service, asset_id), lambda _: service.later(3))
    for go_on in go_ons:
        with losing(service, "on_job_output jobs/transcript", "on_job_event aws.transcribe"):
            asset = service.upload()
            service.settle()

        def erased(run: RunRef, *args: Any, ended: Any = store.close, **kwargs: Any) -> Asset | None:
            key = {"owner": {"S": run.asset.owner}, "asset_id": {"S": run.asset.asset_id}}
            boto3.client("dynamodb").delete_item(TableName=service.services.settings.assets_table, Key=key)
            found: Asset | None = ended(run, *args, **kwargs)
            return found

        with pytest.MonkeyPatch.context() as patching:
            patching.setattr(type(store), "close", lambda _, *args, **kwargs: erased(*args, **kwargs))
            go_on(asset.ref.asset_id)
        assert store.get(asset.ref) is None
        left = s3.list_objects_v2(Bucket=service.services.settings.output_bucket, Prefix="output/").get("Contents", [])
        assert not [one for one in left if asset.ref.asset_id in one["Key"]]


def cancelled_and_died(service: Service, managed: Managed) -> None:
    """Whoever cancels dies before the jobs are stopped: the sweep stops them."""
    asset = service.upload()
    while service.pump.step():
        pass
    service.services.store.cancel(service.asset(asset.ref).run)
    for _ in range(3):
        service.clock.shift(3601)
        while service.pump.step():
            pass
    assert {job["Status"] for job in managed.jobs.values()} == {"CANCELED"}


def mail_refused(service: Service, managed: Managed) -> None:
    service.services.aws.ses  # noqa: B018 - made before it is broken
    events = service.services.aws.ses.meta.events

    def refuse(**_: Any) -> None:
        raise RuntimeError("no answer")

    events.register_last("before-call", refuse, unique_id="refuse")
    service.upload()
    for _ in range(20):
        service.pump.step()
        managed.finish_all()
    events.unregister("before-call", unique_id="refuse")
    service.hours_pass(2)


def events_of_jobs_of_the_gone(service: Service, run: RunRef) -> None:
    """Jobs end whose asset is gone, and leave something."""
    s3, output = boto3.client("s3"), service.services.settings.output_bucket
    failure = Message("broke", "The engine broke.")
    for task, part, outcome in (
        (keys.Task.RENDITIONS, None, None),
        (keys.Task.TRANSCRIPT, 1, failure),
    ):
        s3.put_object(Bucket=output, Key=keys.file_key(run, "web", "late.mp4"), Body=b"late")
        told = JobOutcome(keys.job_name(run, task, part), failure=outcome)
        boto3.client("events").put_events(Entries=[told.to_event()])
        service.settle()
        assert not s3.list_objects_v2(Bucket=output, Prefix=f"output/web/{run.asset.owner}/{run.asset.asset_id}").get(
            "Contents"
        )


def programs_are_told(service: Service, owner: str) -> None:
    """One program takes what it is told; then it is gone, for the last time that is put up with."""
    users, url = service.services.users, "https://hooks.example.org/"
    email = "ada@rapporteur.example"
    for status, failures in ((204, 1), (500, MOST_FAILURES - 1)):
        service.services.post = lambda *_, status=status: status  # type: ignore[misc]
        users.change(owner, {"webhook": Webhook(url, "secret", failures=failures), "email": email})
        service.upload(owner=owner)
        service.settle()
    hook = users.profile(owner).webhook
    assert hook is not None
    assert not hook.is_active


def mail_and_what_comes_back(service: Service, ask: Callable[..., Any]) -> None:
    """Somebody else agrees to get reports, gets one, and unsubscribes; mails bounce."""
    asked = ask("ask_address", {"address": "carol@example.org"})
    ask("list_addresses")
    ours, owner = service.services, ask("get_me")["owner"]
    confirm, unsubscribe, decline = (
        links.sign(MailLink(purpose, owner, asked["id"]), ours.signing_key) for purpose in Purpose
    )
    ask("get_mail_link", None, {"token": confirm}, who="")
    ask("confirm_address", {"token": confirm}, who="")
    asset = ask("announce_asset", {"file_name": "debate.mp4", "size": 9, "email": "carol@example.org"})["asset"]
    key = service.asset(AssetRef(owner, asset["id"])).input_key
    boto3.client("s3").put_object(Bucket=ours.settings.uploads_bucket, Key=key, Body=b"recording")
    service.settle()
    shared = ask("share_with", {"address": "dan@example.org", "tells": True}, asset_id=asset["id"])
    service.settle()
    ask("stop_sharing_with", asset_id=asset["id"], person_id=shared["id"])
    ask("unsubscribe", None, {"token": decline}, who="")
    ask("change_me", {"invitations": True})
    ask("find_unsubscribing", None, {"token": unsubscribe}, who="")
    ask("unsubscribe", None, {"token": unsubscribe}, who="")
    ask("remove_address", address_id=asked["id"])
    sample = DATA / "events" / "ses_soft_bounce.json"
    event = json.loads(sample.read_text())
    topics = [topic["TopicArn"] for topic in boto3.client("sns").list_topics()["Topics"]]
    (topic,) = [arn for arn in topics if arn.endswith("mail-events")]
    for number, reference in enumerate((f"{owner}.{asset['id']}.v1.report", f"{owner}.digest.1795255200")):
        ours.users.mark_told(owner, [f"news#{asset['id']}#1"], reference)
        event["mail"]["tags"]["reference"] = [reference.replace(".", "_")]
        event["bounce"] |= {"timestamp": f"2017-0{number + 1}-05T00:41:02.669Z", "feedbackId": str(number)}
        boto3.client("sns").publish(TopicArn=topic, Message=json.dumps(event))
        service.settle()
    ask("resume_mail", {})


def without_address(service: Service, ref: AssetRef) -> None:
    """When the report of `ref` is due, nobody has confirmed an address; before its digest is, somebody has."""
    service.settle()
    boto3.client("dynamodb").update_item(
        TableName=service.services.settings.assets_table,
        Key={"owner": {"S": ref.owner}, "asset_id": {"S": ref.asset_id}},
        UpdateExpression="SET #report = :report",
        ExpressionAttributeNames={"#report": "report"},
        ExpressionAttributeValues={":report": {"S": ReportState.UNADDRESSED}},
    )


def hold_back(service: Service, ref: AssetRef) -> None:
    """As if the run had ended held: where no policy is set, none does."""
    held = Moderation(Policy.HOLD)
    boto3.client("dynamodb").update_item(
        TableName=service.services.settings.assets_table,
        Key={"owner": {"S": ref.owner}, "asset_id": {"S": ref.asset_id}},
        **Update().set(status=Status.HELD, moderation=held, unfinished="held", check_after=0).arguments(),
    )


def what_comes_after_an_account(service: Service, run: RunRef) -> None:
    """A mail bounces, and a report had died on its way, of an account that is erased."""
    ours, owner = service.services, run.asset.owner
    event = json.loads((DATA / "events" / "ses_soft_bounce.json").read_text())
    event["mail"]["tags"]["reference"] = [keys.job_name(run, keys.Task.REPORT).replace(".", "_")]
    event["bounce"]["feedbackId"] = "late"
    service.tell_of_mail(json.dumps(event))
    service.settle()
    assert ours.users.open_news(owner) == []
    ours.users.note_news(owner, News(run.asset.asset_id, run.version), service.now())
    page = keys.file_key(run, keys.Folder.REPORT, "late.html")
    ours.outputs.write(page, b"late", "text/html")
    boto3.client("sns").publish(TopicArn=ours.settings.finished_topic_arn, Message=messages.encode(run))
    service.settle()
    assert ours.users.open_news(owner) == []
    assert ours.outputs.info(page) is None


def files_fetched(service: Service, managed: Managed) -> None:
    """In parts: to the end, looked at again then, erased just then; changed in between; lost, found, and given up."""
    ours = service.services
    with ExitStack() as around:
        for module in (fetching, fetch):
            around.enter_context(patch.object(module, "PART_BYTES", 1000))
        around.enter_context(patch.object(storage, "S3_UPLOAD_PART_MIN_SIZE", 0))
        site = around.enter_context(web.serving(web.Site(b"x" * 1500)))
        web.reach(site, ours)

        def begun(mark: str = '"one"') -> Asset:
            known = Fetch("http://media.example.org/a.mp4", "today's", 0.0, 1500, mark, has_ranges=True)
            asset = register(OWNER, "a.mp4", Options(email=EMAIL), ours, fetch=known)
            fetch.go_on(asset, ours)
            return asset

        with losing(service, "on_upload"):
            asset = begun()
            service.settle()
            fetch.send(asset.ref, 2, ours)
            service.settle()
        service.hours_pass(2)
        begun('"zero"')
        service.settle()

        def erased(**_: Any) -> None:
            key = {"owner": {"S": OWNER}, "asset_id": {"S": asset.ref.asset_id}}
            boto3.client("dynamodb").delete_item(TableName=ours.settings.assets_table, Key=key)

        asset = begun()
        events = ours.aws.s3.meta.events
        events.register("after-call.s3.CompleteMultipartUpload", erased, unique_id="erased")
        service.settle()
        events.unregister("after-call.s3.CompleteMultipartUpload", unique_id="erased")
        begun()
        service.pump.step()
        with losing(service, "on_webhook"):
            service.settle()
            service.hours_pass(8)


def nonsense_in_every_queue(service: Service, managed: Managed) -> None:
    """What nobody can read is put with the dead letters."""
    for name in QUEUES:
        boto3.client("sqs").send_message(QueueUrl=service.services.settings.queue_url(name), MessageBody="nonsense")
    service.settle()
    assert all(service.dead_letters(name) == ["nonsense"] for name in QUEUES)


def no_room_for_hours(service: Service, managed: Managed) -> None:
    """The sweep sees that what does not move waits in a queue that nobody works off."""
    for handler in ("on_intake", "on_urgent_intake", "on_analysis", "on_report"):
        service.pump.has_room = lambda invocation, handler=handler: invocation.handler != handler  # type: ignore[misc]
        service.upload(urgent=handler == "on_urgent_intake")
        for _ in range(7 * 3):
            service.clock.shift(1201)
            while service.pump.step() or managed.finish_all():
                pass
        service.pump.has_room = lambda invocation: True
        service.settle()


def rest_api(service: Service, managed: Managed) -> None:
    pool = Pool.make(service)
    where = {"pages_url": "https://pages.example", "api_url": "https://api.example", "admin_email": EMAIL}
    service.services.settings = dataclasses.replace(service.services.settings, **where)
    ada, root = "ada@rapporteur.example", "root@rapporteur.example"
    owner = service.services.tokens.account(f"Bearer {pool.tokens(ada)['IdToken']}").owner
    s3, bucket = boto3.client("s3"), service.services.settings.uploads_bucket

    @cache
    def signed_in(who: str, half_hour: int) -> str:
        return pool.tokens(who, admin=who == root)["IdToken"]

    def ask(
        name: str, body: object = None, query: Mapping[str, str] | None = None, who: str = ada, **named: str
    ) -> Any:
        method, path = OPERATIONS[name].method, OPERATIONS[name].path
        token = signed_in(who, int(service.now()) // 1800) if "@" in who else who  # it is good for an hour
        event = rest_event(method, path, token, body, query or {}, named)
        answer = service.pump.invoke(Invocation("app", event))
        assert answer["statusCode"] < 400, (name, answer)
        return json.loads(answer["body"]) if answer["body"].startswith("{") else None

    def send(name: str = "debate.mp4", **options: Any) -> dict[str, str]:
        asset = ask("announce_asset", {"file_name": name, "size": 9, **options})["asset"]
        ref = AssetRef(owner, asset["id"])
        s3.put_object(Bucket=bucket, Key=service.asset(ref).input_key, Body=b"recording")
        return {"asset_id": asset["id"]}

    def until_in_work() -> None:
        while service.pump.step():
            pass

    ask("get_config", who="")
    ask("change_user", {"may_be_urgent": True, "in_flight": 3}, who=root, owner=owner)
    ask("change_me", {"language": "fr"})
    key = ask("create_key", {"name": "a program"})
    ask("list_assets", who=key["key"])
    ask("list_keys")
    ask("announce_assets", {"assets": [{"file_name": "debate.mp4", "size": 9}]})
    ask("presign_upload", project="council", step="one")
    ask("get_me")
    ask("estimate_cost", {"duration": 60})
    large = {"asset_id": ask("announce_asset", {"file_name": "long.mp4", "size": 200 * 1024**2})["asset"]["id"]}
    (upload,) = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    ask("address_parts", {"upload_id": upload["UploadId"], "parts": [1]}, **large)
    ask("list_parts", None, {"upload_id": upload["UploadId"]}, **large)
    part = s3.upload_part(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"], PartNumber=1, Body=b"all")
    done = {"upload_id": upload["UploadId"], "parts": [{"number": 1, "etag": part["ETag"]}]}
    ask("complete_upload", done, **large)
    service.settle()
    for name in ("get_asset", "get_transcript", "get_transcript_docx", "get_lines", "get_analysis", "list_files"):
        ask(name, **large)
    ask("change_asset", {"title": "A debate"}, **large)
    council = ask("create_folder", {"name": "Council"})["id"]
    ask("act_on_assets", {"ids": [large["asset_id"]], "action": "move", "folder": council})
    ask("list_assets", None, {"folder": council, "sort": "title"})
    ask("get_library")
    ask("delete_folder", folder_id=council)
    said = {"edition": 0, "lines": [{"text": "Buses are wonderful."}]}
    ask("correct_transcript", said, **large)
    ask("get_media", preset="web", **large)
    ask("get_original", **large)
    ask("ask_translation", {"language": "fr"}, **large)
    service.settle()
    ask("list_translations", **large)
    ask("get_translation", language="fr", **large)
    captions = {"text": "1\n00:00:00,500 --> 00:00:02,000\nBuses are wonderful."}
    ask("preview_captions", captions, **large)
    ask("take_in_captions", captions | {"edition": 1}, **large)
    marked = {"mark_id": ask("make_mark", {"kind": "comment", "start": 0, "end": 99, "body": "Why?"}, **large)["id"]}
    ask("change_mark", {"resolved": True}, **large, **marked)
    ask("make_clip", {"format": "mp3"}, **large, **marked)
    service.settle()
    ask("list_marks", **large)
    ask("get_clip", clip_format="mp3", **large, **marked)
    placed = {"board_id": ask("make_board", {"name": "Mine"})["id"]}
    ask("add_entry", {"asset": large["asset_id"], "mark": marked["mark_id"]}, **placed)
    question = {"question_id": ask("ask_question", {"question": "Are buses wonderful?"})["id"]}
    service.settle()
    ask("get_question", **question)
    ask("list_questions")
    ask("delete_question", **question)
    ask("list_boards")
    ask("change_board", {"revision": 2, "name": "Mine", "entries": [{"note": "Why?"}]}, **placed)
    ask("add_entry", {"asset": large["asset_id"], "mark": marked["mark_id"]}, **placed)
    ask("get_board", **placed)
    ask("get_board_file", None, {"format": "docx"}, **placed)
    ask("delete_board", **placed)
    ask("delete_mark", **large, **marked)
    ask("get_hearing", **large)
    ask("estimate_hearing", {}, **large)
    ask("hear_again", {"language": "en", "accept_cost": True}, **large)
    service.settle()
    ask("list_versions", **large)
    ask("get_carried", version="2", **large)
    ask("use_version", version="1", **large)
    ask("search_transcripts", None, {"q": "buses"})
    share = ask("share_asset", {"days": 1}, **large)
    for name in ("get_shared", "get_shared_lines", "get_shared_analysis", "get_shared_captions"):
        ask(name, who="", token=share["token"])
    ask("list_shares", **large)
    ask("list_my_shares")
    ask("change_share", {"name": "clerk"}, share_id=share["id"], **large)
    ask("revoke_share", share_id=share["id"], **large)
    bob = "bob@rapporteur.example"
    person = {"person_id": ask("share_with", {"address": bob, "role": "editor"}, **large)["id"]}
    ask("list_people_of_asset", **large)
    ask("change_role", {"role": "reader"}, **large, **person)
    ask("list_shared_with_me", who=bob)
    ask("get_lines", who=bob, **large)
    ask("leave_shared", who=bob, **large)
    ask("share_with", {"address": bob}, **large)
    ask("stop_sharing_with", **large, **person)
    ask("share_with", {"address": bob}, **large)  # to end with the recording
    ask("list_log", **large)
    ask("announce_asset", {"file_name": "long.mp4", "size": 200 * 1024**2})
    for asset in ask("list_assets")["assets"]:  # room for more
        if asset["status"] == "awaiting-upload":
            ask("delete_asset", asset_id=asset["id"])
    ask("retry_asset", {}, **large)
    until_in_work()
    ask("cancel_asset", **large)
    service.settle()
    ask("delete_asset", **large)
    urgent = send(urgent=True)
    managed.refused = {"CreateJob": "ThrottlingException"}
    until_in_work()
    managed.refused = {}
    service.settle()
    ask("retry_asset", {}, **urgent)
    until_in_work()
    ask("delete_asset", **urgent)
    managed.finish_all()
    service.settle()

    # What comes late, of something that is gone.
    ref = AssetRef(owner, urgent["asset_id"])
    output, run = service.services.settings.output_bucket, RunRef(ref, 1)
    for folder, name in ((keys.Folder.AUDIO, "late.wav"), (TRANSCRIPT.folder, keys.TRANSCRIPT_NAME)):
        for place in (folder, CAPTIONS.folder):
            s3.put_object(Bucket=output, Key=keys.file_key(run, place, name), Body=b"{}")
        service.settle()
    gone = json.dumps({"owner": owner, "asset": ref.asset_id, "version": 1, "branch": "language"})
    boto3.client("sqs").send_message(QueueUrl=service.services.settings.analysis_queue_url, MessageBody=gone)
    s3.put_object(Bucket=output, Key=keys.file_key(run, CAPTIONS.folder, "late.srt"), Body=b"")
    service.settle()
    events_of_jobs_of_the_gone(service, run)

    programs_are_told(service, owner)
    with web.serving(web.Site()) as site:
        web.reach(site, service.services)
        fetched = ask("import_asset", {"url": "http://media.example.org/a.mp4", "wording": IMPORT_WORDING})
        service.pump.step()
        ask("cancel_asset", asset_id=fetched["id"])
    ask("change_me", {"delivery": "digest"})
    send()
    service.settle()
    events = service.services.aws.ses.meta.events

    refused: set[str] = set()

    def refuse_once(params: dict[str, Any], **_: Any) -> None:
        (recipient,) = params["Destination"]["ToAddresses"]
        if recipient not in refused:
            refused.add(recipient)
            raise RuntimeError("no answer")

    events.register_last("before-parameter-build.sesv2.SendEmail", refuse_once, unique_id="refuse")
    ask("announce_asset", {"file_name": "debate.mp4", "size": 9})  # which operators are told of as unfinished
    service.hours_pass(26)
    events.unregister("before-parameter-build.sesv2.SendEmail", unique_id="refuse")
    assert len(refused) == 2, "the owner's digest and the operators'"
    ask("change_me", {"delivery": "digest"})
    without_address(service, AssetRef(owner, send()["asset_id"]))
    ask("change_me", {"delivery": "now"})
    service.hours_pass(2)
    ask("get_me")
    ask("ask_export", {})
    service.settle()
    ask("get_export")
    for name in ("list_users", "list_dead_letters", "get_costs", "get_mail_state"):
        ask(name, who=root)
    held = {"owner": owner, "asset_id": send()["asset_id"]}
    service.settle()
    hold_back(service, AssetRef(**held))
    ask("list_held", who=root)
    ask("get_held", who=root, **held)
    ask("decide_held", {"decision": "release"}, who=root, **held)
    service.settle()
    for status in ("failed", "stuck"):
        ask("list_troubled_assets", None, {"status": status}, who=root)
    for queue in QUEUES:
        letters = service.services.settings.dead_letters_url(queue)
        boto3.client("sqs").send_message(QueueUrl=letters, MessageBody=gone)
        ask("redrive_dead_letters", {}, who=root, queue=queue)
        boto3.client("sqs").purge_queue(QueueUrl=service.services.settings.queue_url(queue))
    mail_and_what_comes_back(service, ask)
    what_was_learnt_is_looked_at(service, owner, ask, root)
    material_is_brought(service, ask, root)
    if service.services.settings.biometrics:
        collections_of_faces(service, managed, ask, root)
        faces_left_half_done(service, managed)
    last = send()
    until_in_work()
    large = {"asset_id": ask("announce_asset", {"file_name": "long.mp4", "size": 200 * 1024**2})["asset"]["id"]}
    ask("revoke_key", key_id=key["id"])
    store = service.services.store
    of_owner = store.of_owner

    def looked_at_too_early(of: str) -> Iterator[Asset]:
        """What comes to its end between being looked at and being cancelled."""
        for asset in of_owner(of):
            yield dataclasses.replace(asset, status=Status.QUEUED) if asset.version else asset

    store.of_owner = looked_at_too_early  # type: ignore[method-assign]
    ask("erase_me")
    service.clock.shift(REQUESTS_END + 1)
    until_in_work()
    service.settle()
    store.of_owner = of_owner  # type: ignore[method-assign]
    gone = AssetRef(owner, last["asset_id"])
    assert service.services.store.get(gone) is None
    late = keys.upload_key(gone, "late.mp4")
    s3.put_object(Bucket=bucket, Key=late, Body=b"recording")
    service.settle()
    assert service.services.uploads.info(late) is None
    what_comes_after_an_account(service, RunRef(gone, 1))


def what_was_learnt_is_looked_at(service: Service, owner: str, ask: Callable[..., Any], root: str) -> None:
    """An administrator sees what everybody teaches; and an account withdraws, of which there is a model."""
    services, learning = service.services, service.services.learning
    learning.make_due(EVERYBODY, "en", service.now() + 10**6)
    night = learning.night(EVERYBODY, "en")
    assert night is not None
    learning.note_known(night, "known")
    services.outputs.write_json(f"{keys.learning_of(EVERYBODY, 'en')}known/known.json", {})
    ask("list_rules", who=root, language="en")
    ask("list_models", who=root)
    ask("change_learning", {"agreed": True, "wording": TRAINING_WORDING})
    place = f"{keys.learning_of(owner, 'en')}training/000001.json"
    services.outputs.write_json(place, {"rules": []})
    made = learning.begin(owner, "en", WORDS_TRAINING.name, "1")
    learning.change(dataclasses.replace(made, artefact=place), {ModelState.TRAINING})
    ask("put_entries", {"entries": [{"text": "Kowalczyk"}]}, language="en")
    ask("change_learning", {"agreed": False})
    assert services.outputs.info(place) is None


def material_is_brought(service: Service, ask: Callable[..., Any], root: str) -> None:
    """An administrator brings sound with its text, in parts and packed, and a list of words; and removes both."""
    s3, bucket = boto3.client("s3"), service.services.settings.uploads_bucket
    agreed = {"given_on": "2026-11-20", "wording": "version 2"}
    wanted = {"name": "Talks", "language": "en", "kind": "sound", "consent": agreed}
    named = {"set_id": ask("make_material", wanted, who=root)["id"]}
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("b.wav", b"sound")
        archive.writestr("lines.csv", "file,text,start,end\na.wav,One two three,0,2\nb.wav,One two three,0,2\n")
    for name, data in (("a.wav", b"sound"), ("more.zip", zipped.getvalue())):
        ask("add_material_file", {"file_name": name, "size": len(data)}, who=root, **named)
        s3.put_object(Bucket=bucket, Key=keys.material_upload(named["set_id"], name), Body=data)
    large = {"file_name": "large.wav"}
    with patch.object(uploads, "SINGLE_UP_TO", 2):
        upload = ask("add_material_file", {**large, "size": 3}, who=root, **named)["upload"]["upload_id"]
    large["upload_id"] = upload
    ask("address_material_parts", {**large, "parts": [1]}, who=root, **named)
    ask("list_material_parts", None, large, who=root, **named)
    key = keys.material_upload(named["set_id"], "large.wav")
    part = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"all")
    parts = [{"number": 1, "etag": part["ETag"]}]
    for _ in range(2):  # the answer was lost
        ask("complete_material_file", {**large, "parts": parts}, who=root, **named)
    ask("add_material_file", {"file_name": "never.wav", "size": 200 * 1024**2}, who=root, **named)
    ask("get_material", who=root, **named)
    ask("add_material_file", {"file_name": "mistaken.txt", "size": 5}, who=root, **named)
    s3.put_object(Bucket=bucket, Key=keys.material_upload(named["set_id"], "mistaken.txt"), Body=b"wrong")
    ask("remove_material_file", None, {"file_name": "mistaken.txt"}, who=root, **named)
    ask("check_material", who=root, **named)
    service.settle()
    found = ask("get_material", who=root, **named)
    assert (found["material"]["stage"], found["material"]["files"]) == ("ready", 2)
    words = {"set_id": ask("make_material", {"name": "Names", "language": "en", "kind": "words"}, who=root)["id"]}
    ask("add_material_file", {"file_name": "names.txt", "size": 9}, who=root, **words)
    s3.put_object(Bucket=bucket, Key=keys.material_upload(words["set_id"], "names.txt"), Body=b"Kowalczyk")
    ask("check_material", who=root, **words)
    service.settle()
    for one in (named, words):
        ask("remove_material", who=root, **one)
        service.settle()
    assert ask("list_material", who=root) == {"sets": []}


def collections_of_faces(service: Service, managed: Managed, ask: Callable[..., Any], root: str) -> None:
    """Administrators keep some; and what is left half done is finished by whoever looks, and with the sweep."""
    ask("make_collection", {"name": "council"}, who=root)
    wanted = {"name": "Ada", "consent": {"given_on": "2026-11-20", "wording": "version 2"}}
    person = ask("add_person", wanted, who=root, collection="council")
    named = {"collection": "council", "person": person["id"]}
    ask("add_picture", {"picture": base64.b64encode(b"\xff\xd8\xff").decode()}, who=root, **named)
    ask("list_people", who=root, collection="council")
    ask("remove_person", who=root, **named)
    ask("delete_collection", who=root, collection="council")
    for finish in (lambda: ask("list_collections", who=root), lambda: service.hours_pass(1)):
        faces_left_half_done(service, managed)
        finish()
        assert list(managed.faces.values()) == [{}]
        ask("delete_collection", who=root, collection="press")
        assert service.services.people.everything() == ([], [])


def faces_left_half_done(service: Service, managed: Managed) -> None:
    """Somebody has died over removing a person, over adding a picture, and over deleting a collection."""
    people, home = service.services.people, service.services.settings.users_table
    consent = Consent("2026-11-20", "version 2", OWNER, service.now())
    for name in ("press", "council"):
        made = people.make(name, OWNER)
        assert made is not None
        people.note_ready(made)
        managed.faces[collection_id(name, home)] = {"a" * 36: "0" * 16, "b" * 36: "1" * 16}
    for number in "01":
        person = Person(number * 16, "press", "Ada", consent)
        people.add_person(person, consent)
        people.begin_picture(person, "0123")
        if number == "0":
            people.leave_person(person, OWNER)
    people.leave("council", OWNER)
    service.clock.shift(UNDER_WAY + 1)


def clips_are_cut(service: Service, managed: Managed) -> None:
    services = service.services

    def heard() -> AssetRef:
        ref = service.upload(metered=True).ref
        service.settle()
        services.marks.make(ref, Mark("0" * 16, ref.asset_id, Kind.QUOTE, 0.0, 9.0, "words", OWNER, 1.0, 1.0))
        return ref

    def clip(ref: AssetRef, name: ClipFormat) -> Clip:
        mark = services.marks.get(ref, "0" * 16)
        assert mark is not None
        return mark.clips[name]

    def ask(ref: AssetRef, name: ClipFormat) -> None:
        mark, asset = services.marks.get(ref, "0" * 16), service.asset(ref)
        quote = Quotes(load_transcript(services.outputs.read(TRANSCRIPT.key(asset)) or b"")).between(0.0, 9.0)
        assert mark is not None
        assert quote is not None
        clips.ask(asset, mark, name, quote, "en", services, accept_cost=True)

    ready, late, gone, never = heard(), heard(), heard(), heard()
    for name in ClipFormat:
        ask(ready, name)
        service.settle()
        assert clip(ready, name).state is ClipState.READY
    with losing(service, "on_job_event"):
        ask(late, ClipFormat.MP3)
        service.settle()
    service.hours_pass(3)
    ask(gone, ClipFormat.MP3)
    clips.delete(service.asset(gone), "0" * 16, services)
    service.settle()
    with losing(service, "on_job_event"), losing(service, "on_analysis"):
        ask(never, ClipFormat.MP3)
        service.settle()
        service.hours_pass(12)
    assert not clip(late, ClipFormat.MP3).is_under_way
    assert not clip(never, ClipFormat.MP3).is_under_way


def what_was_corrected_is_learnt(service: Service, managed: Managed) -> None:
    services = service.services
    agreed = Training(TrainingScope.EVERYBODY, service.now(), TRAINING_WORDING)
    services.users.change(OWNER, {"training": agreed})
    for scope in (OWNER, EVERYBODY):
        place = f"{keys.learning_of(scope, 'en')}training/000009.json"
        services.outputs.write_json(place, {"rules": [{"heard": ["hates"], "written": "likes", "recordings": []}]})
        services.learning.flip(ModelRef(scope, "en", WORDS_TRAINING.name, 9), place, None)
    general = f"{keys.general_of('en')}talk"
    said = transcribe_document("talk", [Word(0.0, 1.0, "Buses")], "en")
    services.outputs.write(f"{general}.wav", b"sound", "audio/wav")
    services.outputs.write_json(f"{general}.json", {"written": said, "sound": f"{general}.wav"})
    with losing(service, "on_job_output jobs/transcript"):
        lost = service.upload(metered=True)
        service.settle()
    again(service, lost.ref.asset_id)
    with losing(service, "on_job_output jobs/transcript"):
        service.upload(metered=True)
        service.settle()
    service.hours_pass(2)
    assets = [service.upload(metered=True) for _ in range(8)]
    service.settle()
    for one in assets:
        asset = service.asset(one.ref)
        found = load_transcript(services.outputs.read(TRANSCRIPT.key(asset)) or b"")
        assert [word.heard for word in found.words() if word.heard] == ["hates"]
        lines = [Line(segment.text.replace("wonderful", "terrible")) for segment in found.segments]
        verdict = Verdict(Confirmation(OWNER, 1.0), right=((0.0, 99.0),))
        made = correction(found, lines, 60.0, "job", 0, verdict)
        corrected = editions.add(asset, 0, made, services.store, services.outputs)
        assert corrected is not None
        sittings.corrected(corrected, services)
    service.settle()
    for text in ("Buses are late.", "Trams are late."):  # in one sitting, after which all is made anew once more
        asset = service.asset(assets[1].ref)
        found = load_transcript(editions.read(asset, asset.edition, services.outputs) or b"")
        made = correction(found, [Line(text)], 60.0, "job", asset.edition, verdict)
        again_corrected = editions.add(asset, asset.edition, made, services.store, services.outputs)
        assert again_corrected is not None
        sittings.corrected(again_corrected, services)
    service.settle()
    assert service.asset(assets[1].ref).remade == 3
    consent.gather_later(OWNER, services)
    hearing: Any = services.engine(TRANSCRIPTION)
    own = dataclasses.replace(hearing.options, transcribe_language_model="council")
    services.engines[TRANSCRIPTION] = dataclasses.replace(hearing, options=own)
    service.clock.shift(23 * 3600)
    for _ in range(3):  # what is measured by beside is still being heard when that is looked after
        service.clock.shift(3601)
        while service.pump.step():
            pass
    service.settle()
    services.engines[TRANSCRIPTION] = hearing
    services.store.describe(assets[0].ref, {"no_training": True})
    sittings.left(service.asset(assets[0].ref), services)
    service.settle()
    service.later(24)
    assert services.learning.models(OWNER)
    services.grants.give(assets[0].ref, "0" * 32, "bob@rapporteur.example", Role.READER, None)
    services.grants.give(AssetRef("bob", "b" * 27), addresses.fingerprint(EMAIL), EMAIL, Role.READER, None)
    services.audit.read(assets[0].ref, "bob")
    services.users.know(OWNER, EMAIL)
    services.users.change(OWNER, {"export": Export("preparing", service.now())})
    send(OWNER, AccountTask.EXPORT, services)
    service.settle()
    erased = services.users.profile(OWNER)
    assert erased.training
    services.users.mark_gone(OWNER)
    send(OWNER, AccountTask.ERASE, services)
    service.clock.shift(REQUESTS_END)
    service.settle()


def words_of_an_account_are_heard(service: Service, managed: Managed) -> None:
    """Blue, green and blue again; no room for more; taken out; and gone with their owner."""
    services = service.services

    def has(*texts: str) -> None:
        services.learning.put_entries(OWNER, [Entry(text, "en", Source.TYPED, service.now()) for text in texts])
        vocabularies.changed(OWNER, {"en"}, services)
        service.clock.shift(vocabularies.PAUSE)
        service.settle()

    for text in ("Kowalczyk", "Duguid", "Siobhan"):
        has(text)
    learnt = Entry("Ademisoye", "en", Source.LEARNT, service.now())
    services.learning.put_entries(OWNER, [learnt])
    service.upload(language="en-US")
    service.settle()
    with losing(service, "on_job_output jobs/audio"):
        service.upload(language="en-US")
        service.settle()
    service.hours_pass(2)
    services.learning.make_due(OWNER, "en", service.now())  # what was learnt goes, since nobody agreed to it
    service.later(2)
    service.settle()
    assert [one.text for one in services.learning.entries(OWNER) if one.source is Source.LEARNT] == []
    managed.refused = {"CreateVocabulary": "LimitExceededException"}
    has("Brouillard")
    managed.refused = {}
    with losing(service, "on_job_event"):
        has("Lindqvist")
    service.later(2)
    service.settle()
    for entry in services.learning.entries(OWNER):
        services.learning.remove_entry(OWNER, "en", term_id(entry.text))
    vocabularies.changed(OWNER, {"en"}, services)
    service.later(3)
    service.settle()
    has("Kowalczyk")
    services.users.mark_gone(OWNER)
    send(OWNER, AccountTask.ERASE, services)
    service.clock.shift(REQUESTS_END)
    service.settle()


def captions_are_translated(service: Service, managed: Managed) -> None:
    """Once as asked, once when there is no room, and once of what is erased meanwhile."""
    ref = service.upload().ref
    service.settle()
    translating.ask(service.asset(ref), "fr", service.services)
    service.settle()
    assert service.asset(ref).translations["fr"].state == "done"
    managed.refused = {"TranslateText": "ThrottlingException"}
    translating.ask(service.asset(ref), "ja", service.services)
    for _ in range(5):
        service.pump.step()
    managed.refused = {}
    read = translating.editions.read

    def erasing(asset: Asset, edition: int, outputs: Any) -> bytes | None:
        found = read(asset, edition, outputs)
        key = {"owner": {"S": asset.ref.owner}, "asset_id": {"S": asset.ref.asset_id}}
        boto3.client("dynamodb").delete_item(TableName=service.services.settings.assets_table, Key=key)
        return found

    with patch.object(translating.editions, "read", erasing):
        service.settle()


def questions_are_answered(service: Service, managed: Managed) -> None:
    """Out of one's own and of what somebody shares; before anything is indexed, and when there is no room."""
    asker = Account("owner-2", EMAIL, is_admin=False)
    answering.ask(asker, "Are buses wonderful?", service.services)
    ref = service.upload().ref
    service.settle()
    service.services.grants.give(ref, addresses.fingerprint(EMAIL), EMAIL, Role.READER, None)
    managed.refused = {"Converse": "ThrottlingException"}
    services = service.services
    asked = answering.ask(asker, "Are buses wonderful?", services)
    for _ in range(5):
        service.pump.step()
    managed.refused = {}
    service.settle()
    found = services.questions.get(asker.owner, asked.id)
    assert found is not None
    assert [one.owner for one in found.found] == [OWNER]


CORNERS: tuple[Corner, ...] = (
    everything_works,
    files_fetched,
    language_to_be_found,
    no_sound,
    speech_wav,
    rejected,
    jobs_fail,
    transcriptions_fail,
    documents_read,
    films_looked_at,
    films_looked_at_once_there_are_renditions,
    stills_looked_at,
    entities_of_ones_own,
    heard_with_words_of_ones_own,
    heard_again,
    engines_busy,
    transcription_forbidden,
    transcription_takes_long,
    message_lost_before_jobs_started,
    engines_break,
    in_parts,
    parts_break_off,
    events_get_lost,
    stuck_for_good,
    took_too_long,
    reports_get_lost,
    new_content_comes_in_the_middle,
    erased_while_it_is_indexed,
    erased_in_the_middle,
    cancelled_and_died,
    mail_refused,
    nonsense_in_every_queue,
    no_room_for_hours,
    what_was_corrected_is_learnt,
    clips_are_cut,
    words_of_an_account_are_heard,
    captions_are_translated,
    questions_are_answered,
    rest_api,  # the last, since its settings have a user pool
)


def _begun_on_a_gpu(service: Service) -> Asset:
    asset = service.upload(ai=AiOptions(moderation=True, toxicity=True))
    while service.pump.step():
        pass
    return service.asset(asset.ref)


def _leaves(service: Service, asset: Asset, *tasks: str) -> None:
    """The job has left these, and goes on."""
    summary = Summary("Buses are wonderful.").to_json()
    left = {"transcript": transcribe_document("job", WORDS, "en-US"), "summary": summary, "toxicity": {"passages": []}}
    for task in tasks:
        key = keys.output_key(asset, f"jobs/{task}", ".json")
        body = json.dumps(left[task])
        boto3.client("s3").put_object(Bucket=service.services.settings.output_bucket, Key=key, Body=body)


def one_job_does_it_all(service: Service, managed: Managed) -> None:
    asset = _begun_on_a_gpu(service)
    _leaves(service, asset, "transcript")
    while service.pump.step():
        pass
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED


def one_job_fails(service: Service, managed: Managed) -> None:
    managed.exit_code = 1
    _begun_on_a_gpu(service)
    service.settle()


def one_job_fails_once_it_has_heard(service: Service, managed: Managed) -> None:
    """And what it has seen cannot be read."""
    managed.exit_code = 1
    asset = _begun_on_a_gpu(service)
    bucket, key = service.services.settings.output_bucket, Detection.MODERATION.key(asset)
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"<html>")
    _leaves(service, asset, "transcript")
    service.settle()
    assert service.asset(asset.ref).branches["language"].status is BranchStatus.DONE


def one_job_is_never_heard_of(service: Service, managed: Managed) -> None:
    """The sweep takes the run on as far as it can, and the rest of it is lost as well."""
    asset = _begun_on_a_gpu(service)
    _leaves(service, asset, "transcript")
    while service.pump.step():
        pass
    with losing(service, "on_analysis", "on_job_event"):
        service.settle()
        service.hours_pass(8)
    assert service.asset(asset.ref).branches["language"].status is BranchStatus.DONE
    with losing(service, "on_job_event", "on_job_output"):
        _begun_on_a_gpu(service)
        service.settle()
        service.hours_pass(8)


def one_job_is_called_off(service: Service, managed: Managed) -> None:
    asset = _begun_on_a_gpu(service)
    service.put(asset, b"second")
    service.settle()
    service.services.store.cancel(_begun_on_a_gpu(service).run)
    service.hours_pass(8)
    asset = _begun_on_a_gpu(service)
    send(OWNER, AccountTask.ERASE, service.services)
    service.services.users.change(OWNER, {"gone": True})
    service.settle()


def one_job_waits(service: Service, managed: Managed) -> None:
    managed.refused = {"SubmitJob": "TooManyRequestsException"}
    asset = _begun_on_a_gpu(service)
    managed.refused = {}
    for go_on in (_intake_again, _sweep_again):
        go_on(service, asset.ref.asset_id)
    service.settle()


ON_A_GPU: tuple[Corner, ...] = (
    one_job_does_it_all,
    one_job_fails,
    one_job_fails_once_it_has_heard,
    one_job_is_never_heard_of,
    one_job_is_called_off,
    one_job_waits,
)
OVERRIDES: Mapping[str, Mapping[str, str]] = {"as deployed": {}, "everything on": EVERYTHING_ON}
GPU = "on a GPU"
PLACES = [(corner, overrides) for corner in CORNERS for overrides in OVERRIDES] + [(corner, GPU) for corner in ON_A_GPU]


@dataclasses.dataclass(frozen=True)
class Visit:
    """What came of running the service into a corner: its settings, and what each function needed leave for."""

    settings: Settings
    used: Used


Visits = Callable[[Corner, str], Visit]


def missing_in(visit: Visit) -> list[tuple[str, Need]]:
    """What a function needed leave for, and has none."""
    grants = granted(visit.settings)
    return [
        (function, need)
        for function, found in visit.used.items()
        if function
        for need in sorted(found)
        if not any(covers(grant, need) for grant in grants[function])
    ]


def unused_in(visit: Visit, usual: Settings, untried: Container[str] = ()) -> list[tuple[str, Need]]:
    """What is granted beyond what the `usual` settings get, and was not needed; but for `untried` actions."""
    known = granted(usual)
    return [
        (function, grant)
        for function, allowed in granted(visit.settings).items()
        for grant in sorted(allowed)
        if not any(covers(one, grant) for one in known[function])
        and grant.action not in untried
        and not any(covers(grant, need) for need in visit.used.get(function, ()))
    ]


@pytest.fixture(scope="session")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Visits:
    """Each corner is gone into once in a run, whichever worker does it, and what came of it is kept in a file.

    Who needs one that nobody has been to yet, or that another worker is in just now, goes there itself: nobody waits.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "visits"
    folder.mkdir(exist_ok=True)

    def visit(corner: Corner, overrides: str) -> Visit:
        kept = folder / f"{corner.__name__} {overrides}"
        if kept.exists():
            found: Visit = pickle.loads(kept.read_bytes())
            return found
        made = go_into(corner, {**OVERRIDES, GPU: ON_GPU}[overrides])
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(pickle.dumps(made))
        Path(file.name).rename(kept)  # all at once: nobody reads half of it
        return made

    return visit


def go_into(corner: Corner, overrides: Mapping[str, str]) -> Visit:
    used: dict[str, set[Need]] = defaultdict(set)
    with managed_service(**overrides) as (service, managed):
        settings = service.services.settings
        if settings.ses_configuration_set == EVERYTHING_ON["SES_CONFIGURATION_SET"]:
            boto3.client("sesv2").create_configuration_set(ConfigurationSetName=settings.ses_configuration_set)
        with recorded(service) as calls:
            corner(service, managed)
        settings = replace_pool(settings, service)
        for call in calls:
            # REST requests come to the app itself, which is Chalice's api_handler.
            used[API if call.function == "app" else call.function].update(needs(call))
        for source in importlib.import_module("app").app.event_sources:
            if isinstance(source, SQSEventConfig):  # Lambda itself takes messages with the function's leave
                for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
                    used[source.handler_string.rpartition(".")[2]].add(
                        Need(f"sqs:{action}", PLACE.arn("sqs", str(source.queue)))
                    )
    # Which of the two intake queues is an asset's own matter, and the stage behind them is the same.
    used["on_urgent_intake"] |= set(map(_urgent, used["on_intake"]))
    for function in used.keys() - {"on_intake"}:
        used[function] |= {_urgent(need) for need in used[function] if need.action == "sqs:SendMessage"}
    return Visit(settings, dict(used))


def _urgent(need: Need) -> Need:
    return need._replace(resource=need.resource.replace("dev-intake", "dev-urgent"))


def replace_pool(settings: Settings, service: Service) -> Settings:
    """The settings, with the user pool that a corner has made."""
    ours = service.services.settings
    return dataclasses.replace(settings, user_pool=ours.user_pool, user_pool_client=ours.user_pool_client)


def granted(settings: Settings) -> Mapping[str, set[Need]]:
    """Each action, resource pattern and condition, by function; without those that Lambda needs to run any function."""
    return {
        function: {
            Need(action, resource, _conditions(statement))
            for statement in policy["Statement"]
            for action in statement["Action"]
            for resource in statement["Resource"]
            if not action.startswith(("logs:", "xray:"))
        }
        for function, policy in policies("rapporteur", "dev", PLACE, settings).items()
    }


def _conditions(statement: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What must be so; but for mail, what IAM is told with a call is not known here, and taken as right."""
    equal = statement.get("Condition", {}).get("StringEquals", {})
    return tuple(sorted((key, value) for key, value in equal.items() if key.startswith("ses:")))


def covers(grant: Need, need: Need) -> bool:
    return (
        grant.action == need.action
        and fnmatch.fnmatchcase(need.resource, grant.resource.replace("[", "[[]"))
        and set(grant.context) <= set(need.context)
    )


@pytest.mark.parametrize(
    ("corner", "overrides"), [pytest.param(*place, id=f"{place[0].__name__}-{place[1]}") for place in PLACES]
)
def test_nothing_used_is_missing(visits: Visits, corner: Corner, overrides: str) -> None:
    missing = missing_in(visits(corner, overrides))
    assert not missing, "\n".join(map(str, missing))


@pytest.mark.parametrize("policy", ["hold", "reject"])
@pytest.mark.parametrize("kinds", ["Explicit", "Tobacco,Violence"], ids=["clear", "found"])
def test_nothing_used_is_missing_where_what_is_seen_has_consequences(policy: str, kinds: str) -> None:
    def corner(service: Service, managed: Managed) -> None:
        everything_works(service, managed)
        asset = service.upload()
        with losing(service, "on_job_output jobs/moderation"):
            service.settle()
        again(service, asset.ref.asset_id)
        service.hours_pass(2)
        jobs_fail(service, managed)

    seen = {"MODERATION_POLICY": policy, "MODERATION_KINDS": kinds, "MODERATION_CONFIDENCE": "1"}
    missing = missing_in(go_into(corner, seen))
    assert not missing, "\n".join(map(str, missing))


def test_what_searches_by_meaning_may_call_its_model_and_nobody_else_may() -> None:
    def corner(service: Service, managed: Managed) -> None:
        service.upload()
        service.settle()
        hits = meaning.search(Shelf(OWNER), "buses", Query(()), service.services)
        assert [hit.passages[0][1].text for hit in hits] == ["Buses are wonderful. Nobody hates them."]

    seen = {"EMBEDDER": "bedrock", "BEDROCK_EMBEDDING_MODEL": "cohere.embed-v4:0", "SUMMARIZER": "", "ANSWERER": ""}
    visit = go_into(corner, seen)
    missing = [one for one in missing_in(visit) if one[0]]
    assert not missing, "\n".join(map(str, missing))
    allowed = granted(visit.settings)
    calling = {function for function, needs in allowed.items() if any("bedrock:" in need.action for need in needs)}
    assert calling == {API, "on_learning"}


@pytest.mark.at_the_end  # when all corners have been gone into
@pytest.mark.parametrize("overrides", OVERRIDES)
def test_nothing_granted_is_unused(visits: Visits, overrides: str) -> None:
    all_visits = [visits(corner, overrides) for corner in CORNERS]
    unused = [
        (function, grant)
        for function, allowed in granted(all_visits[-1].settings).items()
        for grant in sorted(allowed)
        if not any(covers(grant, need) for visit in all_visits for need in visit.used.get(function, ()))
    ]
    assert not unused, "\n".join(map(str, unused))


@pytest.mark.at_the_end
def test_nothing_is_granted_for_a_shared_job_that_is_unused(visits: Visits) -> None:
    """Of what is granted beyond the usual, but for what the engine itself asks for."""
    shared = [visits(corner, GPU) for corner in ON_A_GPU]
    usual, theirs = granted(visits(CORNERS[0], "as deployed").settings), shared[0].settings.idempotency_table
    unused = [
        (function, grant)
        for function, allowed in granted(shared[0].settings).items()
        for grant in sorted(allowed)
        if not any(covers(known, grant) for known in usual[function])
        and not grant.action.startswith("batch:")
        and not grant.resource.endswith(f"table/{theirs}")
        and not any(covers(grant, need) for visit in shared for need in visit.used.get(function, ()))
    ]
    assert not unused, "\n".join(map(str, unused))


def test_mail_is_sent_from_our_own_address_and_no_other() -> None:
    variables = GOOD | {PREFIX + name: value for name, value in {**ENGINES, **EVERYTHING_ON}.items()}
    settings = Settings.from_environment(variables)
    mailing = [need for need in granted(settings)["on_report"] if need.action.startswith("ses:Send")]
    somebody = PLACE.arn("ses", "identity/somebody@else.example")
    for sender, may in ((settings.report_sender, True), ("somebody@else.example", False)):
        need = Need("ses:SendRawEmail", somebody, (("ses:FromAddress", sender),))
        assert any(covers(grant, need) for grant in mailing) is may


def test_every_handler_has_a_policy_which_grants_no_whole_service() -> None:
    variables = GOOD | {PREFIX + name: value for name, value in {**ENGINES, **EVERYTHING_ON}.items()}
    found = policies("rapporteur", "dev", PLACE, Settings.from_environment(variables))
    assert list(found) == [API, *handlers()]
    for policy in found.values():
        for statement in policy["Statement"]:
            assert not any("*" in action for action in statement["Action"])
