"""What is fetched from the web, or asked of a model elsewhere, holds up nobody who wants a turn."""

import math
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain.assets import AssetRef
from chalicelib.observability import about, logger, observe, seconds_left
from local.aws.outside import Outside
from local.aws.turns import Ended, Turns
from tests.engines.test_openai_compatible import GOOD_ANSWER, Model, model, said
from tests.harness.media import make_video
from tests.local.serving import CANNED, serving

__all__ = ["model"]


def test_who_lets_go_of_a_turn_waits_for_the_rest_of_it() -> None:
    turns, told = Turns(), []
    others = threading.Event()

    def other() -> None:
        with turns.turn():
            told.append("other")
            others.set()

    with turns.turn():
        thread = threading.Thread(target=other)
        thread.start()
        assert not others.wait(0.1)
        with turns.let_go():
            assert others.wait(10)
        told.append("first")
    thread.join()
    assert told == ["other", "first"]
    with turns.turn():
        pass  # nobody is left in the line


def test_a_turn_does_not_go_on_when_there_are_no_more() -> None:
    turns = Turns()
    with pytest.raises(Ended), turns.turn(), turns.let_go():
        turns.end()


def test_what_is_logged_in_between_is_about_nobody_elses_recording() -> None:
    turns = Turns()
    outside = Outside(turns, lambda: None)
    ours, theirs = AssetRef("ours", "1" * 20), AssetRef("theirs", "2" * 20)
    told: list[dict[str, Any]] = []

    def log() -> None:
        keys = logger.get_current_keys()
        told.append({name: keys.get(name) for name in ("owner", "asset")} | {"left": seconds_left()})

    def request() -> None:
        with turns.turn():
            log()
            with about(theirs):
                log()

    def work(_: object) -> None:
        with turns.turn(), about(ours):
            with outside.waiting():
                thread = threading.Thread(target=request)
                thread.start()
                thread.join()
            log()

    observe(SimpleNamespace(context=SimpleNamespace(get_remaining_time_in_millis=lambda: 90_000)), work)
    log()
    nobody = {"owner": None, "asset": None, "left": math.inf}
    assert told[0] == nobody
    assert told[1] == {"owner": "theirs", "asset": theirs.asset_id, "left": math.inf}
    assert told[2] == {"owner": "ours", "asset": ours.asset_id, "left": pytest.approx(90, abs=10)}
    assert told[3] == nobody


def test_while_a_model_takes_its_time_everybody_else_is_served(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def slow(body: dict[str, Any]) -> tuple[int, bytes]:
        asked.set()
        assert may_answer.wait(60)
        return said(GOOD_ANSWER)

    model.answer = slow
    monkeypatch.setenv("RAPPORTEUR_OPENAI_BASE_URL", model.url)
    monkeypatch.setenv("RAPPORTEUR_OPENAI_MODEL", "slow")
    with serving(tmp_path / "data", *CANNED, "--summarizer", "openai_compatible") as server:
        assert server.sign_in().status_code == 200
        film = make_video(tmp_path / "debate.mp4", 8.0)
        first = server.upload(film)
        assert asked.wait(60)
        second = server.upload(film)
        assert {server.asset(one)["status"] for one in (first, second)} & {"processing"}
        assert len(server.api("GET", "/assets").json()["assets"]) == 2
        may_answer.set()
        for asset in (first, second):
            server.completed(asset, 120)
        found = server.api("GET", f"/assets/{first}/analysis").json()["summary"]
        assert found == "They discuss whether buses should be free. One of them loves the plan."
