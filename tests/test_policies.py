"""Least privilege, both ways: the service is run into every corner, and each function calls what it may, no more."""

import dataclasses
import fnmatch
import importlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from chalice.app import SQSEventConfig

from chalicelib import keys
from chalicelib.settings import PREFIX, Settings
from deployment.policies import API, policies
from local.pump import Delivery
from tests.api.accounts import Pool
from tests.aws_calls import PLACE, needs, recorded
from tests.events import rest_event
from tests.managed import ENGINES, Managed, managed_service
from tests.service import Service
from tests.test_settings import GOOD
from tests.test_templates import handlers

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
    "COMPREHEND_TOXICITY": "true",
    "COMPREHEND_ENTITY_RECOGNIZER": "arn:aws:comprehend:us-east-1:123456789012:entity-recognizer-endpoint/bus-lines",
    "MAX_ATTEMPTS": "1",
}

Used = Mapping[str, set[tuple[str, str]]]
Corner = Callable[[Service, Managed], None]


@contextmanager
def losing(service: Service, *handlers: str) -> Iterator[list[Delivery]]:
    """Events for these handlers get lost on their way. Yields what was lost."""
    deliver = service.pump.deliver
    lost: list[Delivery] = []

    def delivering(delivery: Delivery) -> bool:
        if delivery.handler not in handlers:
            return deliver(delivery)
        service.pump.pending.remove(delivery)
        lost.append(delivery)
        if delivery.queue_url and delivery.receipt:
            boto3.client("sqs").delete_message(QueueUrl=delivery.queue_url, ReceiptHandle=delivery.receipt)
        return True

    service.pump.deliver = delivering  # type: ignore[method-assign]
    try:
        yield lost
    finally:
        service.pump.deliver = deliver  # type: ignore[method-assign]


def everything_works(service: Service, managed: Managed) -> None:
    service.upload()
    service.settle()


def language_to_be_found(service: Service, managed: Managed) -> None:
    with losing(service, "on_language"):
        service.upload()
        service.settle()
    # The transcript that came says no language, so Comprehend is asked.
    bucket = service.services.settings.output_bucket
    s3 = boto3.client("s3")
    for found in s3.list_objects_v2(Bucket=bucket, Prefix="output/transcribe/")["Contents"]:
        document = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
        document["results"].pop("language_code", None)
        s3.put_object(Bucket=bucket, Key=found["Key"], Body=json.dumps(document))
    service.hours_pass(2)


def no_sound(service: Service, managed: Managed) -> None:
    managed.tracks = managed.tracks[:1]
    service.upload()
    service.settle()


def speech_wav(service: Service, managed: Managed) -> None:
    wav = {
        "TrackType": "audio",
        "Codec": "PCM",
        "Duration": 60.0,
        "AudioProperties": {"SampleRate": 16_000, "Channels": 1, "BitDepth": 16},
    }
    managed.tracks = (wav,)
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
    with losing(service, "on_speech_audio") as late:
        service.upload()
        service.settle()
    service.pump.pending += late
    service.settle()
    managed.refused = {}


def transcription_takes_long(service: Service, managed: Managed) -> None:
    """Everything comes twice while it runs, and the sweep looks after it."""
    with losing(service, "on_transcript", "on_transcription_ended"):
        asset = service.upload()
        with losing(service, "on_speech_audio") as twice:
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
    whole = service.services.transcriber
    service.services.transcriber = dataclasses.replace(whole, max_seconds=25.0)  # type: ignore[type-var]
    service.upload()
    service.settle()
    managed.failing_transcriptions = True
    service.upload()
    service.settle()
    managed.failing_transcriptions = False
    with losing(service, "on_speech_audio"):
        service.upload()
        service.settle()
    service.hours_pass(2)
    with losing(service, "on_speech_audio"):
        asset = service.upload()
        service.settle()
    again(service, asset.ref.asset_id)
    service.services.transcriber = whole


HANDLERS = (
    "on_upload",
    "on_intake",
    "on_transcoding_ended",
    "on_speech_audio",
    "on_transcript",
    "on_transcription_ended",
    "on_language",
    "on_report",
)


def events_get_lost(service: Service, managed: Managed) -> None:
    """The sweep finds what is stuck, and so does a message that comes twice."""
    for handler in HANDLERS:
        with losing(service, handler):
            service.upload()
            service.settle()
        service.hours_pass(3)
        with losing(service, handler):
            asset = service.upload()
            service.settle()
        again(service, asset.ref.asset_id)
        service.hours_pass(3)


def again(service: Service, asset_id: str, *, finish: bool = True) -> None:
    """Queue the intake message of an asset once more."""
    settings = service.services.settings
    body = json.dumps({"owner": "owner-1", "asset": asset_id, "version": 1})
    boto3.client("sqs").send_message(QueueUrl=settings.intake_queue_url, MessageBody=body)
    if finish:
        service.settle()
    while service.pump.step():
        pass


def stuck_for_good(service: Service, managed: Managed) -> None:
    with losing(service, "on_transcoding_ended", "on_speech_audio", "on_transcript"):
        service.upload()
        service.settle()
        service.hours_pass(8)
    service.settle()


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


def rest_api(service: Service, managed: Managed) -> None:
    pool = Pool.make(service)
    token = pool.tokens("ada@rapporteur.example")["IdToken"]

    def ask(method: str, path: str, body: object = None, query: Mapping[str, str] | None = None, **named: str) -> None:
        service.pump.invoke(Delivery("app", rest_event(method, path, token, body, query or {}, named)))

    ask("POST", "/assets", {"file_name": "debate.mp4", "size": 9})
    ask("POST", "/assets", {"file_name": "long.mp4", "size": 200 * 1024**2})
    s3, bucket = boto3.client("s3"), service.services.settings.uploads_bucket
    (upload,) = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    ref = keys.parse_upload_key(upload["Key"])
    assert ref is not None
    named, parts = {"asset_id": ref.asset_id}, "/assets/{asset_id}/upload/parts"
    ask("POST", parts, {"upload_id": upload["UploadId"], "parts": [1]}, **named)
    ask("GET", parts, None, {"upload_id": upload["UploadId"]}, **named)
    part = s3.upload_part(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"], PartNumber=1, Body=b"all")
    done = {"upload_id": upload["UploadId"], "parts": [{"number": 1, "etag": part["ETag"]}]}
    ask("POST", "/assets/{asset_id}/upload/complete", done, **named)
    service.settle()
    ask("GET", "/assets")
    ask("GET", "/assets/{asset_id}", **named)
    ask("PATCH", "/assets/{asset_id}", {"title": "A debate"}, **named)
    ask("GET", "/assets/{asset_id}/transcript", **named)
    said = {"edition": 0, "lines": [{"text": "Buses are wonderful."}]}
    ask("PUT", "/assets/{asset_id}/transcript", said, **named)
    assert len(service.asset(ref).edits) == 1
    ask("GET", "/assets/{asset_id}/media/{preset}", preset="web", **named)
    ask("POST", "/assets/{asset_id}/retry", {}, **named)
    assert service.asset(ref).version == 2
    service.settle()
    ask("DELETE", "/assets/{asset_id}", **named)
    assert service.services.store.get(ref) is None


CORNERS: tuple[Corner, ...] = (
    everything_works,
    language_to_be_found,
    no_sound,
    speech_wav,
    rejected,
    jobs_fail,
    transcriptions_fail,
    engines_busy,
    transcription_forbidden,
    transcription_takes_long,
    message_lost_before_jobs_started,
    engines_break,
    in_parts,
    events_get_lost,
    stuck_for_good,
    mail_refused,
    rest_api,
)


def calls_in_all_corners(overrides: Mapping[str, str]) -> tuple[Settings, Used]:
    """The settings, and what each function needed leave for."""
    used: dict[str, set[tuple[str, str]]] = defaultdict(set)
    settings: Settings | None = None
    for corner in CORNERS:
        with managed_service(**overrides) as (service, managed):
            settings = service.services.settings
            if settings.ses_configuration_set == EVERYTHING_ON["SES_CONFIGURATION_SET"]:
                boto3.client("sesv2").create_configuration_set(ConfigurationSetName=settings.ses_configuration_set)
            with recorded(service) as calls:
                corner(service, managed)
            for call in calls:
                # REST requests come to the app itself, which is Chalice's api_handler.
                used[API if call.function == "app" else call.function].update(needs(call))
            for source in importlib.import_module("app").app.event_sources:
                if isinstance(source, SQSEventConfig):  # Lambda itself takes messages with the function's leave
                    for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
                        used[source.handler_string.rpartition(".")[2]].add(
                            (f"sqs:{action}", PLACE.arn("sqs", str(source.queue)))
                        )
    assert settings is not None
    return settings, used


def granted(settings: Settings) -> Mapping[str, set[tuple[str, str]]]:
    """Each action and resource pattern, by function; without those that Lambda needs to run any function."""
    return {
        function: {
            (action, resource)
            for statement in policy["Statement"]
            for action in statement["Action"]
            for resource in statement["Resource"]
            if not action.startswith(("logs:", "xray:"))
        }
        for function, policy in policies("rapporteur", "dev", PLACE, settings).items()
    }


def covers(grant: tuple[str, str], need: tuple[str, str]) -> bool:
    return grant[0] == need[0] and fnmatch.fnmatchcase(need[1], grant[1].replace("[", "[[]"))


@pytest.mark.parametrize("overrides", [{}, EVERYTHING_ON], ids=["as deployed", "everything on"])
def test_nothing_used_is_missing_and_nothing_granted_is_unused(overrides: Mapping[str, str]) -> None:
    settings, used = calls_in_all_corners(overrides)
    grants = granted(settings)
    missing = [
        (function, need)
        for function, found in used.items()
        if function
        for need in sorted(found)
        if not any(covers(grant, need) for grant in grants[function])
    ]
    assert not missing, "\n".join(map(str, missing))
    unused = [
        (function, grant)
        for function, allowed in grants.items()
        for grant in sorted(allowed)
        if not any(covers(grant, need) for need in used[function])
    ]
    assert not unused, "\n".join(map(str, unused))


def test_every_handler_has_a_policy_which_grants_no_whole_service() -> None:
    variables = GOOD | {PREFIX + name: value for name, value in {**ENGINES, **EVERYTHING_ON}.items()}
    found = policies("rapporteur", "dev", PLACE, Settings.from_environment(variables))
    assert list(found) == [API, *handlers()]
    for policy in found.values():
        for statement in policy["Statement"]:
            assert not any("*" in action for action in statement["Action"])
