"""The page of triggers: what listens to what, and AWS's own samples of the events."""

import json
import re
from importlib import import_module
from typing import Any
from urllib.parse import quote_plus

import pytest
from chalice.app import S3EventConfig

from chalicelib.domain.assets import Status
from tests.harness.events import eventbridge_event, s3_event, sns_envelope, sqs_event
from tests.harness.places import ROOT
from tests.harness.service import Service
from tests.harness.shared_data import shared

SOURCES = ["as-documented", "anothers-sample"]
"""Events that we wrote by AWS's documentation, and samples that others ship: see `tests/harness/shared_data.py`."""


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(shared(f"events/{name}").read_text())
    return event


def handler(service: Service, name: str) -> Any:
    del service  # the app can only be imported while the service's settings are set
    import app

    return getattr(app, name)


def test_no_two_prefixes_on_a_bucket_overlap(service: Service) -> None:
    sources = [source for source in handler(service, "app").event_sources if isinstance(source, S3EventConfig)]
    assert len(sources) == 2
    for one in sources:
        for other in sources:
            if one is not other and one.bucket == other.bucket:
                assert not one.prefix.startswith(other.prefix)


@pytest.mark.parametrize("source", SOURCES)
def test_an_s3_event_with_an_encoded_key_reaches_the_asset(service: Service, source: str) -> None:
    asset = service.announce("Happy face+a%.mp4")
    service.put(asset)
    service.pump.pending.clear()
    event = s3_event(service.services.settings.uploads_bucket, asset.input_key)
    if source == "anothers-sample":
        event = sample("lambdago_s3-event.json")
        event["Records"][0]["s3"]["object"]["key"] = quote_plus(asset.input_key)
    handler(service, "on_upload")(event, None)
    assert service.asset(asset.ref).status is Status.QUEUED


@pytest.mark.parametrize("source", SOURCES)
def test_an_sns_message_in_a_queue_is_understood(service: Service, source: str) -> None:
    from chalicelib.pipeline import messages

    asset = service.upload()
    service.pump.app_queues.pop(service.services.settings.report_queue_url)
    service.settle()
    message = messages.encode(service.asset(asset.ref).run)
    topic, queue = "arn:aws:sns:us-east-1:123456789012:finished", "arn:aws:sqs:us-east-1:123456789012:report"
    event = sqs_event(queue, sns_envelope(topic, message))
    if source == "anothers-sample":
        event = sample("powertools_snsSqsEvent.json")
        envelope = json.loads(event["Records"][0]["body"])
        event["Records"][0]["body"] = json.dumps({**envelope, "Message": message})
    assert messages.decode(event["Records"][0]["body"]) == service.asset(asset.ref).run
    from local.aws.pump import LambdaContext

    handler(service, "on_report")(event, LambdaContext("report", 120.0))
    assert len(service.mails(asset)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        "[]",
        '{"Type": "Notification"}',
        '{"Type": "Notification", "Message": null}',
        '{"Type": "Notification", "Message": "nonsense"}',
        '{"owner": "owner-1", "asset": "00000000", "version": 0}',
    ],
)
def test_a_message_that_names_no_run_is_refused_as_one_that_cannot_be_read(body: str) -> None:
    from chalicelib.pipeline import messages

    with pytest.raises(ValueError, match=r"names no run|Expecting value|versions count"):
        messages.decode(body)


@pytest.mark.parametrize("source", SOURCES)
def test_an_engines_event_about_a_job_that_is_not_ours_is_left_alone(service: Service, source: str) -> None:
    detail = {"job_name": "somebody-elses-job"}
    event = eventbridge_event("aws.mediaconvert", "MediaConvert Job State Change", detail)
    if source == "anothers-sample":
        event = {**sample("powertools_eventBridgeEvent.json"), "detail": detail}
    handler(service, "on_job_event")(event, None)


def test_the_app_is_one_page(service: Service) -> None:
    text = (ROOT / "app.py").read_text()
    assert len(text.splitlines()) <= 120
    assert not any(line.strip().startswith(("if ", "else", "for ", "try:")) for line in text.splitlines())


def test_every_stage_that_the_app_names_is_a_function(service: Service) -> None:
    text = (ROOT / "app.py").read_text()
    named = re.findall(r'stage\("([\w.]+):(\w+)"\)', text)
    assert len(named) >= len(handler(service, "app").event_sources)
    for module, function in named:
        assert callable(getattr(import_module(f"chalicelib.{module}"), function))


def test_nothing_in_the_app_knows_of_the_local_mode(service: Service) -> None:
    root = ROOT
    for file in [root / "app.py", *(root / "chalicelib").rglob("*.py")]:
        assert "import local" not in file.read_text()
        assert "from local" not in file.read_text()
