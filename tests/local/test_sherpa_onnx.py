"""The embedded diarizer, on real voices."""

import collections
import io
import pickle
import warnings
import zipfile
from functools import cache
from pathlib import Path

import pytest

from chalicelib.errors import EngineFailed
from chalicelib.speech.speakers import Turn
from local.engines import sherpa_onnx
from local.engines.sherpa_onnx import SherpaDiarizer
from local.jobs import LocalJob
from local.models.speakers import WEIGHTS
from local.models.tensors import read_tensors
from tests.harness.media import ffmpeg, speech, write_wav
from tests.harness.shared_data import shared


@pytest.fixture(scope="module")
def debate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's beginning: the chair speaks for 13 s, then another to 23 s, the chair to 31 s, the other to 43 s."""
    return speech(tmp_path_factory.mktemp("debate") / "debate.wav", 42)


@cache
def diarizer() -> SherpaDiarizer:
    """One for all: as in the service, its networks are loaded once."""
    return SherpaDiarizer(WEIGHTS.place)


def listen(path: Path, running: LocalJob, speakers: int | None = None) -> list[Turn]:
    return diarizer().listen(path, speakers, running)[0]


def speaker_at(turns: list[Turn], second: float) -> str:
    return next(turn.speaker for turn in turns if turn.start <= second <= turn.end)


def test_the_weights_are_what_they_should_be() -> None:
    assert WEIGHTS.faults(WEIGHTS.place) == []


def test_two_voices_are_told_apart_and_known_again_in_another_stretch(
    debate: Path, running: LocalJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sherpa_onnx, "_LONGEST", 21.0)
    turns = listen(debate, running)
    assert len({turn.speaker for turn in turns}) == 2
    chair, speaker, again, other = (speaker_at(turns, second) for second in (8.0, 19.0, 28.5, 38.0))
    assert chair == again != speaker == other
    assert running.fraction > 0.8


@pytest.mark.parametrize("speakers", [1, 2])
def test_no_more_than_are_told_are_found(speakers: int, running: LocalJob) -> None:
    assert 1 <= len({turn.speaker for turn in listen(shared("speech/0870.wav"), running, speakers)}) <= speakers


def test_a_real_telephone_call(tmp_path: Path, running: LocalJob) -> None:
    with warnings.catch_warnings():  # the scorer's own
        warnings.simplefilter("ignore")
        from benchmarks.diarization import annotation, reference, score

        call = tmp_path / "call.wav"
        ffmpeg("-i", shared("meetings/phone.wav"), "-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le", call)
        right = reference(shared("meetings/reference.rttm"), "phone")
        found = listen(call, running)
        assert len({turn.speaker for turn in found}) == 2
        assert score()(annotation(right), annotation(found)) <= 0.08


def test_one_reader_is_one_speaker(running: LocalJob) -> None:
    assert len({turn.speaker for turn in listen(shared("speech/0880.wav"), running)}) == 1


@pytest.mark.parametrize("samples", [0, 1600, 160_000])
def test_in_silence_nobody_speaks(samples: int, tmp_path: Path, running: LocalJob) -> None:
    assert listen(write_wav(tmp_path / "silence.wav", bytes(2 * samples)), running) == []


def test_a_cancelled_job_stops_at_once(debate: Path, running: LocalJob) -> None:
    running.cancelled.set()
    with pytest.raises(EngineFailed, match="cancelled"):
        listen(debate, running)


def test_weights_that_were_changed_are_not_loaded(debate: Path, running: LocalJob, tmp_path: Path) -> None:
    from dataclasses import replace

    from chalicelib.errors import EngineError

    other = replace(WEIGHTS, digests=dict.fromkeys(WEIGHTS.digests, "0" * 64))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(EngineError, match="not what was published"):
        patch.setattr("local.models.speakers.WEIGHTS", other)
        SherpaDiarizer(WEIGHTS.place).listen(debate, None, running)


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return print, ("somebody's code runs",)


@pytest.mark.parametrize("content", [Evil(), collections.Counter("a"), {"weight": Evil()}])
def test_a_file_of_weights_that_holds_more_than_numbers_is_refused(
    content: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "weights.pt"
    buffer = io.BytesIO()
    pickle.dump(content, buffer)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("weights/data.pkl", buffer.getvalue())
    with pytest.raises(pickle.UnpicklingError, match="is no tensor"):
        read_tensors(path)
    assert capsys.readouterr().out == ""
