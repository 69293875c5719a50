"""Programs are told what has ended: signed, again if need be, and no more once they are gone."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.webhooks import deliver
from tests.api.world import ADA, World

URL = "https://hooks.example.org/in"


@dataclass
class Program:
    """What is told, and how it answers."""

    status: int | Exception = 204
    told: list[tuple[float, str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.told.append((time.time(), url, body, headers))
        if isinstance(self.status, Exception):
            raise self.status
        return self.status


@pytest.fixture
def program(world: World, monkeypatch: pytest.MonkeyPatch) -> Program:
    found = Program()
    world.service.services.post = found.post
    monkeypatch.setattr("chalicelib.clients.outbound.check", lambda url: None)
    return found


def test_a_program_is_told_once_by_a_post_that_it_can_verify(world: World, program: Program) -> None:
    ada = world.api(ADA)
    made = ada.ask("PUT", "/me/webhook", {"url": URL}).json
    assert (made["url"], made["is_active"]) == (URL, True)
    asset = world.upload(ada)
    ((_, url, body, headers),) = program.told
    assert url == URL
    told = json.loads(body)
    assert (told["type"], told["asset"]["id"]) == ("asset.completed", asset["id"])
    fields = dict(part.split("=") for part in headers["X-Rapporteur-Signature"].split(","))
    expected = hmac.new(made["secret"].encode(), f"{fields['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert fields["v1"] == expected
    assert int(fields["t"]) == int(time.time())
    assert "secret" not in ada.get("/me").json["webhook"]
    world.upload(ada, "minutes.docx.mp4")
    assert len(program.told) == 2


def test_who_has_no_webhook_or_had_one_is_told_nothing(world: World, program: Program) -> None:
    ada = world.api(ADA)
    world.upload(ada)
    ada.ask("PUT", "/me/webhook", {"url": URL})
    assert ada.ask("DELETE", "/me/webhook").status == 204
    assert "webhook" not in ada.get("/me").json
    world.upload(ada)
    assert program.told == []


@pytest.mark.parametrize("failing", [500, 302, OSError("unreachable"), InvalidRequest("moved behind a wall")])
def test_what_is_not_taken_is_tried_again_with_growing_pauses(
    world: World, program: Program, failing: int | Exception
) -> None:
    ada = world.api(ADA)
    ada.ask("PUT", "/me/webhook", {"url": URL})
    program.status = failing
    world.upload(ada)
    times = [at for at, *_ in program.told]
    assert len(times) == len(deliver.PAUSES) + 1
    pauses = [after - before for before, after in pairwise(times)]
    assert all(pause >= wanted for pause, wanted in zip(pauses, deliver.PAUSES, strict=True))
    deliveries = {headers["X-Rapporteur-Delivery"] for *_, headers in program.told}
    assert len(deliveries) == 1, "a program can tell that it knows it already"
    assert world.service.dead_letters("webhook") == []
    ada = world.api(ADA)
    assert ada.get("/me").json["webhook"] == {"url": URL, "is_active": True, "failures": 1}
    program.status = 200
    world.upload(ada)
    assert world.api(ADA).get("/me").json["webhook"]["failures"] == 0


def test_a_program_that_is_gone_is_switched_off_and_its_owner_told_by_mail(world: World, program: Program) -> None:
    program.status = 410
    world.api(ADA).ask("PUT", "/me/webhook", {"url": URL})
    for _ in range(deliver.MOST_FAILURES):
        world.upload(world.api(ADA))
    told = len(program.told)
    assert world.api(ADA).get("/me").json["webhook"]["is_active"] is False
    assert world.service.mails_sent() == deliver.MOST_FAILURES + 1
    world.upload(world.api(ADA))
    assert len(program.told) == told
    assert world.service.mails_sent() == deliver.MOST_FAILURES + 2
    assert world.api(ADA).ask("PUT", "/me/webhook", {"url": URL}).json["is_active"] is True


def test_a_webhook_behind_our_walls_is_refused(world: World) -> None:
    answer = world.api(ADA).ask("PUT", "/me/webhook", {"url": "https://127.0.0.1/latest/meta-data"})
    assert answer.status == 400
    assert answer.json["code"] == "target-refused"
    assert answer.json["field"] == "url"
