"""`python -m local process`: what it leaves, how it ends, what it says."""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.wer import word_error_rate
from chalicelib.errors import RapporteurError
from local.cli import _folders
from local.data_folder import DataFolder
from local.options import add_to, usual, wanted
from tests.harness.media import make_audio, make_video
from tests.harness.places import ROOT
from tests.harness.processes import commands
from tests.harness.started import Program

FROM_SOUND = {
    "audio.mp3",
    "transcript.json",
    "transcript.txt",
    "report.html",
    "mail.eml",
}
CAPTIONS = {"captions.srt", "captions.vtt"}
"""Where anything was said."""


QUICK = ("--transcriber", "pocketsphinx", "--diarizer", "none")
"""What hears where nothing is said."""


def start(folder: Path, *arguments: str | Path) -> Program:
    command = ["local", "process", *map(str, arguments), "--out", str(folder / "out")]
    return Program(command, surroundings(folder))


def surroundings(folder: Path) -> dict[str, str]:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return os.environ | {"TMPDIR": str(scratch), "COLUMNS": "200"}


def process(folder: Path, *arguments: str | Path) -> tuple[int, str]:
    running = start(folder, *arguments)
    said, _ = running.communicate(timeout=300)
    assert list((folder / "scratch").iterdir()) == []
    assert "Traceback" not in said
    return running.returncode, said


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_recording_leaves_what_is_promised_and_nothing_else(tmp_path: Path) -> None:
    source = make_video(tmp_path / "talk.mp4", 1.0)
    before = source.read_bytes()
    status, said = process(tmp_path, source, *QUICK)
    assert (status, "completed" in said) == (0, True), said
    assert names(tmp_path / "out" / "talk") == FROM_SOUND | {"web.mp4", "preview.gif", "speech.wav"}
    assert names(tmp_path) == {"talk.mp4", "out", "scratch"}
    assert source.read_bytes() == before


def test_the_demo_hears_and_shows_the_sample(tmp_path: Path) -> None:
    """What `make demo` runs: the whole service over its real engines."""
    assert "$(BIN)/python -m local process samples/debate.mp4 \\\n" in (ROOT / "Makefile").read_text()
    command = [sys.executable, "-m", "local", "process", "samples/debate.mp4", "--out", tmp_path / "out"]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, cwd=ROOT, env=surroundings(tmp_path), text=True, check=False, **told)
    assert (done.returncode, "completed" in done.stdout) == (0, True), done.stdout
    assert "Traceback" not in done.stdout
    assert list((tmp_path / "scratch").iterdir()) == []
    results = tmp_path / "out" / "debate"
    said_of_it = {"analysis.json", "summary.txt", "summary.json"}
    assert names(results) == FROM_SOUND | CAPTIONS | said_of_it | {"web.mp4", "preview.gif", "speech.wav"}
    heard = json.loads((results / "transcript.json").read_text())["results"]["transcripts"][0]["transcript"]
    said_in_it = (ROOT / "samples" / "debate.txt").read_text()
    assert word_error_rate(said_in_it, heard) <= 0.01
    sentences = re.split(r"(?<=[.?]) ", heard)
    assert abs(len(sentences) - len([line for line in said_in_it.splitlines() if line])) <= 1
    assert [sentence[:6] for sentence in sentences if sentence.endswith("?")] == ["Should"]


def test_with_its_pack_the_demo_looks_at_a_film_and_a_picture_too(tmp_path: Path) -> None:
    assert "samples/film.mp4 samples/picture.jpg samples/document.pdf" in (ROOT / "Makefile").read_text()
    assert usual() == "segment,text,moderation"
    looked_for = ("--segments", "--text", "--moderation", "--no-transcribe")
    status, said = process(tmp_path, *(ROOT / "samples" / name for name in ("film.mp4", "picture.jpg")), *looked_for)
    assert (status, "completed" in said) == (0, True), said
    seen = json.loads((tmp_path / "out" / "film" / "vision.json").read_text())["passages"]
    placed = {(one["detection"], one["text"]): (one["start"], one["end"]) for one in seen}
    assert placed[("screentext", "L'été, le bus est gratuit")] == (3.0, 5.0)
    assert placed[("segments", "BlackFrames")] == pytest.approx((6.0, 7.6), abs=0.05)
    picture = json.loads((tmp_path / "out" / "picture" / "vision.json").read_text())["passages"]
    (sign,) = [one for one in picture if one["text"] == "Line 7 to the harbour"]
    assert sign["box"]["left"] == pytest.approx(0.39, abs=0.02)


def test_several_files_of_one_name_get_a_folder_each(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    one = make_audio(tmp_path / "talk.wav", 1.0, rate=16_000)
    other = make_audio(tmp_path / "b" / "talk.flac", 1.0)
    status, said = process(tmp_path, one, other, *QUICK)
    assert status == 0, said
    assert names(tmp_path / "out") == {"talk", "talk-2"}
    assert names(tmp_path / "out" / "talk") == FROM_SOUND
    assert names(tmp_path / "out" / "talk-2") == FROM_SOUND | {"speech.wav"}


def test_results_stay_in_the_folder_whatever_a_file_is_called(tmp_path: Path) -> None:
    out = tmp_path / "out"
    DataFolder(out / "service").close()
    DataFolder(out / "mine").close()
    before = names(out / "service"), names(out / "mine")
    (tmp_path / "audio.mp3").write_text("mine")
    source = make_audio(tmp_path / "talk.mp3", 1.0)
    called = ["...mp3", "..mp3", "service.mp3", "mine.mp3"]
    files = [source.rename(tmp_path / called[0])]
    files += [Path(shutil.copy(files[0], tmp_path / name)) for name in called[1:]]
    status, said = process(tmp_path, *files, "--presets", "speech", *QUICK)
    assert status == 0, said
    made = {"recording", "recording-2", "service-2", "mine-2"}
    assert names(out) == {"service", "mine"} | made
    assert all("report.html" in names(out / name) for name in made)
    assert (names(out / "service"), names(out / "mine")) == before
    assert names(tmp_path) == {*called, "audio.mp3", "out", "scratch"}
    assert (tmp_path / "audio.mp3").read_text() == "mine"


def test_one_service_in_two_spellings_is_one_folder() -> None:
    assert [folder.name for folder in _folders(Path("out"), [Path("Service.mp4"), Path("A.mp4"), Path("a.mp3")])] == [
        "Service-2",
        "A",
        "a-2",
    ]


@pytest.mark.parametrize(
    ("taken", "said"), [("out", "out is no folder"), ("out/talk", "talk is no folder"), ("out/journal.sqlite", "data")]
)
def test_a_folder_that_cannot_be_written_to_is_told_before_the_work(tmp_path: Path, taken: str, said: str) -> None:
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).touch()
    (tmp_path / "talk.mp3").write_text("no recording, which nobody finds out")
    status, printed = process(tmp_path, tmp_path / "talk.mp3")
    assert status == 2
    in_one_line = " ".join(printed.split())  # the terminal breaks it where the folder's name is long
    assert said in in_one_line
    assert "Choose another with --out." in in_one_line
    assert "rejected" not in printed


def test_results_that_cannot_be_written_cost_the_others_nothing(tmp_path: Path) -> None:
    one = make_audio(tmp_path / "one.wav", 1.0, rate=16_000)
    other = make_audio(tmp_path / "other.wav", 1.0, rate=16_000)
    (tmp_path / "out" / "one" / "mail.eml").mkdir(parents=True)
    status, said = process(tmp_path, one, other, "--presets", "speech", *QUICK)
    assert status == 1
    assert "The results of one.wav could not be written" in said
    assert "report.html" in names(tmp_path / "out" / "other")


def test_a_second_run_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    source = make_audio(tmp_path / "talk.wav", 1.0)
    process(tmp_path, source, *QUICK)
    (tmp_path / "out" / "talk" / "web.mp4").touch()
    status, _ = process(tmp_path, source, "--presets", "speech", *QUICK)
    assert status == 0
    assert names(tmp_path / "out" / "talk") == (FROM_SOUND - {"audio.mp3"}) | {"speech.wav"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.mp4"], "There is no file nothing.mp4."),
        (["README.md", "--presets", "hologram"], "The known ones are: web (1351620000001-100070), phone"),
        (["README.md", "--transcriber", "nothing"], "There is no transcription engine called nothing"),
        (["README.md", "--email", "nobody"], "'nobody' is not a mail address"),
        (["README.md", "--language", "english please"], "'english please' is not a language code"),
        (["README.md", "--track", "0"], "track"),
        (["README.md", "--options", "nothing.json"], "The options in nothing.json cannot be read: No such file"),
        (["README.md", "--options", "README.md"], "The options in README.md cannot be read: it is no JSON."),
        (["README.md", "--frames", "7"], "'7' is no way to take stills"),
        (["README.md", "--channels", "left"], "invalid choice: 'left' (choose from 'together', 'separate')"),
    ],
)
def test_a_request_that_cannot_be_carried_out_says_why(tmp_path: Path, arguments: list[str], said: str) -> None:
    status, printed = process(tmp_path, *arguments)
    assert status == 2
    assert said in " ".join(printed.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "must be a JSON object"),
        ('{"minConfidence": 101}', "cannot be used: minConfidence must be a number from 0 to 100."),
        ('{"lables": true}', "cannot be used: lables must be one of minConfidence, celeb"),
    ],
)
def test_a_fault_in_a_file_of_options_is_told_with_the_file_and_the_field(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "look.json"
    file.write_text(text)
    with pytest.raises(RapporteurError) as caught:
        wanted(_arguments("--options", str(file)))
    assert str(file) in caught.value.message
    assert said in caught.value.message


def test_a_flag_wins_over_a_file_of_options(tmp_path: Path) -> None:
    file = tmp_path / "look.json"
    file.write_text('\ufeff{"label": true, "text": true, "minConfidence": 60}')
    asked = wanted(_arguments("--options", str(file), "--no-text", "--segments", "--frames", "1002", "--no-transcribe"))
    assert asked == {
        "label": True,
        "text": False,
        "minConfidence": 60,
        "segment": True,
        "transcribe": False,
        "framebased": True,
        "frameCaptureMode": 1002,
    }
    assert wanted(_arguments()) == {}


def _arguments(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_to(parser)
    return parser.parse_args(arguments)


def test_a_rejected_file_ends_with_a_sentence_and_a_mail(tmp_path: Path) -> None:
    (tmp_path / "letter.mp4").write_text("Dear all\n" * 100)
    status, said = process(tmp_path, tmp_path / "letter.mp4")
    assert status == 1
    assert "letter.mp4 was rejected: The file cannot be read as a recording" in " ".join(said.split())
    assert names(tmp_path / "out" / "letter") == {"report.html", "mail.eml"}


def test_what_is_held_leaves_its_report_and_nothing_of_an_earlier_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORTEUR_MODERATION_POLICY", "hold")
    results = tmp_path / "out" / "film"
    results.mkdir(parents=True)
    (results / "web.mp4").write_text("of an earlier run")
    film = make_video(tmp_path / "film.mp4", 1.0)
    status, said = process(tmp_path, film, "--vision-analyzer", "none", "--no-transcribe")
    assert status == 1
    told = " ".join(said.split())
    assert "Nobody can release them here" in told.partition("Rapporteur")[0], "before the work"
    assert "film.mp4 is held: Nobody could look" in told
    assert "No administrator decides here: what was made of it is not kept." in told
    assert str(results) in said
    assert names(results) == {"report.html", "mail.eml"}
    assert b"report.held" in (results / "mail.eml").read_bytes()


def test_a_name_that_is_no_text_or_deceives_is_made_readable_and_stops_no_other(tmp_path: Path) -> None:
    odd = os.fsdecode(b"bad\xff\xfe\n[b]" + "\u202e4.mp4".encode())
    for name in (odd, "letter.mp4"):
        (tmp_path / name).write_text("Dear all")
    status, said = process(tmp_path, tmp_path / odd, tmp_path / "letter.mp4")
    assert status == 1
    assert "bad\ufffd\ufffd [b]4.mp4: The file cannot be read as a recording" in " ".join(said.split())
    assert names(tmp_path / "out") == {"bad\ufffd\ufffd [b]4", "letter"}
    status, said = process(tmp_path, tmp_path / "no" / odd)
    assert (status, "There is no file" in said) == (2, True)


def test_a_language_that_the_engine_does_not_know_costs_the_transcript_only(tmp_path: Path) -> None:
    status, said = process(tmp_path, make_audio(tmp_path / "talk.wav", 1.0), "--language", "ko-KR", *QUICK)
    assert status == 1
    assert "faster-whisper" in said
    assert "audio.mp3" in names(tmp_path / "out" / "talk")


def test_ctrl_c_stops_it_cleanly(tmp_path: Path) -> None:
    running = start(tmp_path, ROOT / "samples" / "debate.mp4")
    scratch = tmp_path / "scratch"
    end = time.monotonic() + 60
    while not any(scratch.glob("*/job-*")):
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=20)
    assert running.returncode == 130, said
    assert "stopped" in said
    assert "Traceback" not in said
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "out").exists()
    assert not [command for command in commands() if str(scratch) in command]
