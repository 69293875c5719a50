"""What an operator is told: where something stands, what to look at, and what to do."""

import importlib
import re
from typing import Any

import pytest

from chalicelib.domain.assets import ReportState
from chalicelib.settings import QUEUES
from deployment.smoke.advice import Names, Standing, mail, stuck, troubles, wiring, worker
from tests.harness.service import Service
from tests.house.test_app import handler

NAMES = Names("rapporteur", "dev")
WELL = Standing(sender="reports@council.example")


def test_every_queue_is_known_by_the_function_that_works_it_off(service: Service) -> None:
    sources = handler(service, "app").event_sources
    found = {
        str(source.queue).removeprefix("rapporteur-dev-"): source.handler_string.rpartition(".")[2]
        for source in sources
        if type(source).__name__ == "SQSEventConfig"
    }
    assert found == {queue: worker(queue) for queue in QUEUES}
    settings = service.services.settings
    assert {queue: NAMES.queue(queue) for queue in QUEUES} == {queue: settings.queue(queue) for queue in QUEUES}
    named = set(
        re.findall(
            r"on_[a-z_]+",
            importlib.import_module("inspect").getsource(importlib.import_module("deployment.smoke.advice")),
        )
    )
    assert all(hasattr(importlib.import_module("app"), name) for name in named - {"on_"}), "functions that there are"


def test_a_queue_without_its_mapping_is_named_with_the_function() -> None:
    assert wiring(WELL, NAMES) == []
    (said,) = wiring(Standing(unread=["urgent"]), NAMES)
    assert "rapporteur-dev-urgent" in said
    assert "rapporteur-dev-on_urgent_intake is missing or switched off" in said


def test_dead_letters_and_alarms_are_told_if_they_are_new() -> None:
    before = Standing(dead={"intake": 2}, alarms=["rapporteur-dev-errors"])
    assert troubles(before, before, NAMES) == []
    now = Standing(dead={"intake": 2, "analysis": 3}, alarms=["rapporteur-dev-errors", "rapporteur-dev-stuck"])
    letters, alarm = troubles(before, now, NAMES)
    assert "dead letters of the queue rapporteur-dev-analysis have become 3 more (3 in all)" in letters
    assert "/aws/lambda/rapporteur-dev-on_analysis" in letters
    assert alarm == "The alarm rapporteur-dev-stuck has gone off since."


def asset(status: str, **branches: str) -> dict[str, Any]:
    return {"file_name": "talk.mp4", "status": status, "branches": {n: {"status": s} for n, s in branches.items()}}


@pytest.mark.parametrize(
    ("stood", "told"),
    [
        (asset("awaiting-upload"), ["must notify the function rapporteur-dev-on_upload", "rapporteur-dev-on_upload."]),
        (asset("queued"), ["waits in the queue rapporteur-dev-intake (4 messages, 1 dead letters)", "on_intake"]),
        (asset("processing", renditions="open", speech="done"), ["branch renditions is open", "MediaConvert's queue"]),
        (
            asset("processing", speech="open", language="open"),
            ["branch speech is open", "Transcribe", "on_job_output"],
        ),
        (asset("processing", language="open"), ["branch language is open", "rapporteur-dev-analysis"]),
        (asset("processing", speech="done"), ["no branch is open", "on_sweep"]),
    ],
)
def test_what_is_stuck_is_told_where_it_stands(stood: dict[str, Any], told: list[str]) -> None:
    now = Standing(messages={"intake": 4}, dead={"intake": 1})
    (said,) = stuck(stood, now, NAMES, 30.0)
    assert said.startswith(f"talk.mp4 is still {stood['status']} after 30 minutes: ")
    assert all(part in said for part in told)


def test_each_reason_for_a_mail_that_did_not_go_has_its_own_words() -> None:
    assert mail("talk.mp4", ReportState.DELIVERED, True, WELL, NAMES) == []
    (nobody,) = mail("talk.mp4", ReportState.DELIVERED, False, WELL, NAMES)
    assert "email_verified" in nobody
    unconfirmed = Standing(sender="reports@council.example", is_confirmed=False)
    (refused,) = mail("talk.mp4", ReportState.UNDELIVERABLE, True, unconfirmed, NAMES)
    assert "does not send as reports@council.example, which nobody has confirmed" in refused
    (final,) = mail("talk.mp4", ReportState.UNDELIVERABLE, True, WELL, NAMES)
    assert "SES refused the mail for good" in final
    assert "/aws/lambda/rapporteur-dev-on_report" in final
    (due,) = mail("talk.mp4", ReportState.DUE, True, Standing(is_sandbox=True, messages={"report": 1}), NAMES)
    assert "rapporteur-dev-report (1 messages, 0 dead letters)" in due
    assert "sandbox" in due
