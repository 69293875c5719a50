"""A debate is heard by Whisper, and again by PocketSphinx, on this machine: what both heard stays confirmed."""

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.domain.assets import Asset, Options, Status
from chalicelib.engines.registry import short, transcribers
from chalicelib.pipeline import again, retry
from chalicelib.speech.corrections import Line, Verdict, correction
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Confirmation, Transcript
from chalicelib.storage import editions, versions
from local import runtime
from local.models import whisper
from tests.harness.places import ROOT

OWNER = "owner-1"


def read(asset: Asset, running: runtime.Runtime) -> Transcript:
    stored = editions.read(asset, asset.edition, running.services.outputs)
    assert stored is not None
    return load_transcript(stored)


def now(asset: Asset, running: runtime.Runtime) -> Asset:
    running.run()
    found = running.services.store.get(asset.ref)
    assert found is not None
    assert (found.status, found.failures) == (Status.COMPLETED, {})
    return found


@pytest.mark.skipif(not whisper.is_there(), reason="there is no Whisper here")
def test_a_debate_heard_by_another_engine_keeps_confirmed_what_both_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRANSCRIBER", "TRANSCRIBERS", "WHISPER_MODEL"):
        monkeypatch.delenv(f"RAPPORTEUR_{name}", raising=False)
    with runtime.Runtime({"DIARIZER": ""}) as running:
        services = running.services
        assert [short(name) for name in transcribers(services.settings)] == ["faster_whisper", "pocketsphinx"]
        first = now(running.upload(Path(ROOT, "samples", "debate.mp4"), OWNER, Options()), running)
        heard = read(first, running)
        lines = [Line(segment.text) for segment in heard.segments]
        verdict = Verdict(Confirmation(OWNER, 1.0), ((0.0, 1000.0),))
        made = correction(heard, lines, 1000.0, "job", 0, verdict)
        edited = editions.add(first, 0, made, services.store, services.outputs)
        assert edited is not None

        other = replace(edited.options, transcriber="pocketsphinx", language="en")
        second = now(retry.hear(edited, other, services), running)
        assert services.store.heard_by(f"output/jobs/transcript/{OWNER}/{second.ref.asset_id}/v2/transcript.json") == (
            "pocketsphinx",
        )
        assert second.again is not None
        assert set(second.again.taken) >= {again.RENDITIONS, again.SOUND}
        carried = again.carried_over(second, services)
        assert carried is not None
        confirmed = sum(word.confirmed is not None for word in read(edited, running).words())
        assert carried.stand + carried.differ == confirmed > 50
        assert 0.5 < carried.stand / confirmed < 1, "two engines agree on much, and not on all"
        standing = sum(word.confirmed is not None for word in read(second, running).words())
        assert standing == pytest.approx(carried.stand, abs=0.1 * confirmed)
        for place in carried.places[:20]:
            assert place.was
            assert 0 <= place.start <= place.end

        third = now(retry.hear(second, replace(second.options, transcriber=None), services), running)
        told = again.carried_over(third, services)
        assert told is not None
        assert told.differ <= 0.05 * standing, "what both have heard, the first hears again"
        used = retry.use(third, 1, services)
        assert (used.version, used.newest, used.edition) == (1, 3, 1)
        assert read(used, running) == read(edited, running)
        assert versions.numbers(used, services.outputs) == [3, 2, 1]
