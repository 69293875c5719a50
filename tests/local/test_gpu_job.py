"""The job that does several things for a run, on this machine: the real program, and how each end of it is told."""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from rich.console import Console

from benchmarks.wer import word_error_rate
from chalicelib.domain import keys
from chalicelib.domain.ai_options import FALLBACK, AiOptions
from chalicelib.domain.assets import Asset, AssetRef, BranchStatus, Options, Status
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import EngineFailed
from chalicelib.observability import about, logger
from chalicelib.pipeline.cancel import cancel
from chalicelib.seams.jobs import JobOutcome, UnderWay
from chalicelib.seams.run_job import MadePart, RunJob, SharesJob
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION, HeardLine, TranscriptionJob
from chalicelib.seams.vision import VISION, Looking, VisionJob
from chalicelib.speech.tracks import SUMMARY, TRANSCRIPT
from chalicelib.speech.tracks import TOXICITY as TOXIC
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage.buckets import ObjectStore
from chalicelib.vision.detections import Detection
from chalicelib.vision.tracks import OF_DETECTION
from container.contract import ModelsMissing
from local.aws import storage
from local.cli import _say_what_hears
from local.engines import _job_models
from local.engines.gpu_job import EVENTS, GpuJob
from local.engines.pyav import PyavProber
from local.jobs import JobResult
from local.models import vision
from local.runtime import GPU_JOB, Runtime, engines
from tests.harness import job_models
from tests.harness.media import make_audio, make_video
from tests.harness.places import ROOT
from tests.local.engines_on_a_machine import BUCKET, Bench, bench
from tests.local.test_cli import process

UNSAID = AiOptions()
PRETENDING = "tests.harness.job_models"
ASSET = AssetRef("local", "0197f000000aaaaaaaaaaaaaaaa")
RUN = f"local.{ASSET.asset_id}.v1"
OTHER = RUN.replace("v1", "v2")
PLACE = f"local/{ASSET.asset_id}/v1"
FOLDER = S3Object(BUCKET, f"output/gpu/{PLACE}/")


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """What is logged, as it is written."""
    told: list[dict[str, Any]] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(json.loads(logger.registered_formatter.format(record)))

    keeping = Keeping()
    logger.addHandler(keeping)
    yield told
    logger._logger.removeHandler(keeping)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


def engine(models: str = PRETENDING) -> GpuJob:
    return GpuJob(ObjectStore(boto3.client("s3", region_name="us-east-1"), BUCKET), models)


def place(task: str, ending: str = ".json") -> S3Object:
    return S3Object(BUCKET, f"output/jobs/{task}/{PLACE}/{task}{ending}")


def run_job(here: Bench, path: Path, media: MediaInfo | None = None) -> RunJob:
    source = here.put(path)
    media = media or PyavProber().probe(source)
    return RunJob(
        f"{RUN}.gpu",
        source,
        media,
        FOLDER,
        VisionJob(
            f"{RUN}.moderation", Detection.MODERATION, Looking.FILM, source, media, place("moderation"), FALLBACK
        ),
        None,
        TranscriptionJob(f"{RUN}.transcript", source, place("transcript"), None),
        MadePart(f"{RUN}.toxicity", place("toxicity")),
        MadePart(f"{RUN}.summary", place("summary")),
    )


def names(here: Bench) -> list[str]:
    """What was left so far, in order."""
    return [file.destination.key.removeprefix("output/") for file in here.left]


def codes(outcomes: tuple[JobOutcome, ...]) -> dict[str, str | None]:
    return {one.job_name.rpartition(".")[2]: one.failure.code if one.failure else None for one in outcomes}


def as_received(result: JobResult) -> dict[str, Any]:
    """The event as EventBridge hands it on."""
    assert result.event is not None
    event = result.event
    return {"source": event["Source"], "detail-type": event["DetailType"], "detail": json.loads(event["Detail"])}


def stored(here: Bench) -> None:
    for file in here.left:
        storage.put_file(here.folder / file.path.name, file.destination, file.content_type)


# ---- what it leaves


def test_all_that_it_makes_of_a_film_is_left_and_each_part_is_told_for_whoever_asks(here: Bench) -> None:
    doing = engine()
    job = run_job(here, make_video(here.folder / "talk.mp4"))
    assert isinstance(doing, SharesJob)
    assert doing.start_run(job, f"{RUN}.transcript") is None
    # However often it is asked, and by whom: it is one job.
    assert engine().start_run(job, f"{RUN}.summary") is UnderWay.UNDER_WAY
    result = here.result()
    assert names(here) == [
        f"gpu/{PLACE}/moderation.json",
        f"jobs/moderation/{PLACE}/moderation.json",
        f"jobs/transcript/{PLACE}/transcript.json",
        f"jobs/toxicity/{PLACE}/toxicity.json",
        f"jobs/summary/{PLACE}/summary.json",
    ]
    left = {file.destination: (here.folder / file.path.name).read_bytes() for file in here.left}
    said = load_transcript(left[place("transcript")])
    assert (said.text, said.speakers, said.language) == (
        "You are a fool.\n\nThe council met on Monday and spoke of the harbour for two hours.",
        ("spk_0", "spk_1"),
        "en-US",
    )
    (insult,) = json.loads(left[place("toxicity")])["passages"]
    assert (insult["text"], insult["label"]) == ("You are a fool.", "insult")
    assert json.loads(left[place("summary")])["Summary"] == job_models.SUMMARY
    assert b'"Name": "Explicit"' in left[place("moderation")].replace(b'":"', b'": "')
    assert codes(result.parts) == dict.fromkeys(("moderation", "transcript", "toxicity", "summary"))
    assert engine().start_run(job, f"{RUN}.summary") == JobOutcome(f"{RUN}.summary")
    stored(here)
    event = as_received(result)
    assert (event["source"], event["detail"]["status"]) == (EVENTS.source, "SUCCEEDED")
    assert event["detail"]["jobName"] == f"local_{ASSET.asset_id}_v1_gpu"
    assert doing.read_event(event) == ()
    assert list((here.folder / "workspace").glob("gpu-*")) == []


def test_what_an_earlier_try_has_left_is_not_done_again(here: Bench) -> None:
    job = run_job(here, make_video(here.folder / "talk.mp4"))
    doing = engine()
    doing.start_run(job, f"{RUN}.summary")
    here.result()
    stored(here)
    here.left.clear()
    here.jobs._entries.clear()  # the process has ended meanwhile, and knows nothing of it
    dying = engine(f"{PRETENDING}.dying")
    assert dying.start_run(job, f"{RUN}.summary") is None
    again = here.result()
    assert (names(here), again.outcome.failure) == ([], None)
    assert codes(again.parts) == dict.fromkeys(("moderation", "transcript", "toxicity", "summary"))


def test_a_part_by_itself_is_started_as_by_its_seam(here: Bench) -> None:
    sound = here.put(make_audio(here.folder / "speech.wav", 2.0, rate=16_000))
    wanted = TranscriptionJob(f"{RUN}.transcript", sound, place("transcript"), "en-US")
    assert engine().start(wanted) is None
    here.result()
    assert names(here) == [f"jobs/transcript/{PLACE}/transcript.json"]
    here.left.clear()
    assert engine().start(wanted) == JobOutcome(wanted.name)
    film = here.put(make_video(here.folder / "film.mp4"))
    media = PyavProber().probe(film)
    look = VisionJob(f"{OTHER}.moderation", Detection.MODERATION, Looking.FILM, film, media, place("a"), FALLBACK)
    assert engine().start(look) is None
    here.result()
    assert names(here) == [f"gpu/{OTHER.replace('.', '/')}/moderation.json", f"jobs/a/{PLACE}/a.json"]
    here.left.clear()
    shots = VisionJob(f"{OTHER}.segments", Detection.SEGMENTS, Looking.FILM, film, media, place("b"), FALLBACK)
    assert engine().start(shots) is None
    assert here.result().event is None  # what else is to be seen is no part of the job


def test_it_says_of_itself_what_it_can() -> None:
    doing = GpuJob(ObjectStore(boto3.client("s3", region_name="us-east-1"), BUCKET), PRETENDING)
    assert doing.can(Detection.MODERATION, Looking.FILM)
    assert doing.can(Detection.MODERATION, Looking.PICTURE)
    assert doing.can(Detection.MODERATION, Looking.FRAMES)  # the job chooses its stills itself, as on AWS
    assert doing.can(Detection.SEGMENTS, Looking.FILM)
    assert not doing.can(Detection.LABELS, Looking.FILM)
    for refuse in (doing.detect, doing.summarize):
        with pytest.raises(EngineFailed, match="documents are not given to it"):
            refuse(Transcript(()))


# ---- how it fails


def test_a_program_that_is_killed_costs_what_it_had_not_left(here: Bench) -> None:
    doing = engine(f"{PRETENDING}.dying")
    job = run_job(here, make_video(here.folder / "talk.mp4"))
    doing.start_run(job, f"{RUN}.transcript")
    result = here.result()
    lost = dict.fromkeys(("transcript", "toxicity", "summary"), "job-memory")
    assert codes(result.parts) == {"moderation": None, **lost}
    assert f"jobs/moderation/{PLACE}/moderation.json" in names(here)
    told = engine().start_run(job, f"{RUN}.transcript")
    assert isinstance(told, JobOutcome) and told.failure is not None and told.job_name == f"{RUN}.transcript"
    stored(here)
    event = as_received(result)
    assert (event["detail"]["status"], event["detail"]["container"]["exitCode"]) == ("FAILED", 137)
    assert codes(doing.read_event(event) or ()) == lost
    assert doing.read_event({"detail": {**event["detail"], "jobName": "somebodys"}}) is None
    assert doing.read_event({"detail": {"jobName": "somebodys", "status": "FAILED"}}) is None


def test_a_summary_that_fails_costs_itself(here: Bench) -> None:
    doing = engine(f"{PRETENDING}.speechless")
    doing.start_run(run_job(here, make_video(here.folder / "talk.mp4")), f"{RUN}.summary")
    result = here.result()
    assert codes(result.parts) == {
        "moderation": None,
        "transcript": None,
        "toxicity": None,
        "summary": "job-models-missing",
    }
    stored(here)
    event = as_received(result)
    assert event["detail"]["status"] == "SUCCEEDED"
    assert codes(doing.read_event(event) or ()) == {"summary": "job-models-missing"}


def test_a_file_that_cannot_be_read_and_one_without_sound_are_told_apart(here: Bench) -> None:
    film = make_video(here.folder / "film.mp4", sound=False)
    media = PyavProber().probe(here.put(make_video(here.folder / "talk.mp4")))
    engine().start_run(run_job(here, film, media), f"{RUN}.transcript")
    assert codes(here.result().parts) == {
        "moderation": None,
        **dict.fromkeys(("transcript", "toxicity", "summary"), "job-hears-nothing"),
    }
    here.jobs._entries.clear()
    film.write_bytes(os.urandom(20_000))
    engine().start_run(run_job(here, film, media), f"{RUN}.transcript")
    assert set(codes(here.result().parts).values()) == {"job-cannot-read"}


def test_a_recording_that_is_gone_is_told_at_once(here: Bench) -> None:
    job = run_job(here, make_video(here.folder / "talk.mp4"))
    boto3.client("s3", region_name="us-east-1").delete_object(Bucket=BUCKET, Key=job.source.key)
    with pytest.raises(EngineFailed, match="no longer there"):
        engine().start_run(job, f"{RUN}.transcript")
    assert list((here.folder / "workspace").glob("gpu-*")) == []


def until(there: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_is_stopped_under_the_name_of_any_part_and_tells_how_far_it_is_until_then(
    here: Bench, lines: list[dict[str, Any]]
) -> None:
    doing = engine(f"{PRETENDING}.patient")
    job = run_job(here, make_video(here.folder / "talk.mp4"))
    doing.start_run(job, f"{RUN}.transcript")
    collected: list[str] = []

    def has_left_both() -> bool:
        here.jobs.collect(lambda result: None, lambda file: collected.append(file.destination.key))
        return len(collected) > 1

    until(lambda: doing.heard(f"{RUN}.transcript"))
    until(has_left_both)  # what was made is left a moment after a line is heard
    assert collected == [f"{FOLDER.key}moderation.json", place("moderation").key]  # as soon as they are there
    assert doing.heard(f"{RUN}.transcript") == (HeardLine(0.2, "You are a fool."),)
    assert doing.progress(f"{RUN}.summary") == doing.progress(f"{RUN}.gpu") != None  # noqa: E711 - a number
    assert doing.progress(f"{OTHER}.summary") is None
    began = time.monotonic()
    with about(AssetRef("another", "0197f000000bbbbbbbbbbbbbbbb")):  # as the main thread is, when the job ends
        doing.cancel(f"{RUN}.moderation", job.source)
        result = here.result()
    assert [(line["level"], line["asset"], line["owner"]) for line in lines] == [("INFO", ASSET.asset_id, ASSET.owner)]
    assert time.monotonic() - began < 30
    assert codes(result.parts)["transcript"] == "job-stopped"
    assert codes(result.parts)["moderation"] is None
    assert as_received(result)["detail"]["statusReason"].startswith("Rapporteur: ")
    doing.cancel(f"{RUN}.moderation", job.source)  # which changes nothing any more


# ---- the whole service


def served(runtime: Runtime, path: Path, asked: AiOptions = UNSAID) -> Asset:
    options = Options(email="a@example.com", presets=("audio",), ai=asked)
    uploaded = runtime.upload(path, "local", options)
    runtime.run()
    assert runtime.pump.dropped == []
    found = runtime.services.store.get(uploaded.ref)
    assert found is not None
    return found


def test_the_branches_of_a_run_go_on_from_one_job(tmp_path: Path) -> None:
    with Runtime({"TRANSCRIBER": GPU_JOB, "JOB_MODELS": PRETENDING}) as runtime:
        asset = served(runtime, make_video(tmp_path / "talk.mp4"), AiOptions(toxicity=True))
        assert {name: state.status for name, state in asset.branches.items()} == dict.fromkeys(
            ("renditions", "speech", "vision", "language"), BranchStatus.DONE
        )
        read = runtime.services.outputs.read
        for track in (TRANSCRIPT, SUMMARY, TOXIC, OF_DETECTION[Detection.MODERATION]):
            assert read(track.key(asset)), track.name
        seen = json.loads(read(OF_DETECTION[Detection.MODERATION].key(asset)) or b"")["passages"]
        assert [passage["text"] for passage in seen] == ["Explicit"]
        jobs = [name for name in runtime.jobs._entries if name.endswith(".gpu")]
        assert jobs == [keys.job_name(asset.run, "gpu")]
        assert not [name for name in runtime.jobs._entries if name.endswith((".audio", ".speakers"))]


def test_what_fails_in_the_job_is_told_to_its_branch(tmp_path: Path) -> None:
    with Runtime({"TRANSCRIBER": GPU_JOB, "JOB_MODELS": f"{PRETENDING}.dying"}) as runtime:
        asset = served(runtime, make_video(tmp_path / "talk.mp4"))
        assert asset.branches["vision"].status is BranchStatus.DONE
        speech = asset.branches["speech"]
        assert speech.status is BranchStatus.FAILED
        assert speech.failure is not None and speech.failure.code == "job-memory"
        assert asset.branches["language"].status is BranchStatus.SKIPPED


def test_a_run_that_is_cancelled_ends_the_job(tmp_path: Path) -> None:
    with Runtime({"TRANSCRIBER": GPU_JOB, "JOB_MODELS": f"{PRETENDING}.patient"}) as runtime:
        uploaded = runtime.upload(make_video(tmp_path / "talk.mp4"), "local", Options(presets=("audio",)))

        def stop_once_heard() -> None:
            asset = runtime.services.store.get(uploaded.ref)
            if asset is None or not asset.version or asset.is_cancelled:
                return
            if runtime.jobs.heard(keys.job_name(asset.run, "transcript")):
                cancel(asset, runtime.services)

        runtime.run(stop_once_heard)
        asset = runtime.services.store.get(uploaded.ref)
        assert asset is not None and asset.is_cancelled
        assert runtime.jobs.running == []


def test_what_moderation_rejects_is_not_even_heard_and_is_no_error(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    settings = {"TRANSCRIBER": GPU_JOB, "JOB_MODELS": f"{PRETENDING}.dying", "MODERATION_POLICY": "reject"}
    with Runtime(settings) as runtime:
        asset = served(runtime, make_video(tmp_path / "talk.mp4"))
        assert asset.status is Status.REJECTED
        assert asset.failure is not None
        assert runtime.services.outputs.info(TRANSCRIPT.key(asset)) is None
        assert runtime.jobs.running == []
    (ended,) = (line for line in lines if "exit_code" in line)
    assert (ended["level"], ended["exit_code"], ended["asset"]) == ("INFO", 12, asset.ref.asset_id)
    assert "ERROR" not in {line["level"] for line in lines}


# ---- choosing it


def test_whoever_chooses_it_to_hear_has_it_do_the_rest_but_what_others_are_named_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = [seam.setting.upper() for seam in (TRANSCRIPTION, VISION, TOXICITY, SUMMARIZING)]
    assert {name: engines({"TRANSCRIBER": GPU_JOB})[name] for name in shared} == dict.fromkeys(shared, GPU_JOB)
    assert GPU_JOB not in engines({}).values()
    named = engines({"TRANSCRIBER": GPU_JOB, "SUMMARIZER": "", "VISION_ANALYZER": "mine"})
    assert [named[name] for name in shared] == [GPU_JOB, "mine", GPU_JOB, ""]
    monkeypatch.setenv("RAPPORTEUR_TRANSCRIBER", GPU_JOB)
    monkeypatch.setenv("RAPPORTEUR_TOXICITY_DETECTOR", "mine")
    assert [engines({})[name] for name in shared] == [GPU_JOB, GPU_JOB, "mine", GPU_JOB]
    assert engines({"TRANSCRIBER": "other"})["VISION_ANALYZER"] != GPU_JOB


def test_the_sample_is_heard_seen_and_summed_up_by_the_real_models(tmp_path: Path) -> None:
    status, said = process(tmp_path, ROOT / "samples" / "debate.mp4", "--transcriber", "gpu_job", "--presets", "audio")
    assert (status, "completed" in said) == (0, True), said
    results = tmp_path / "out" / "debate"
    data = (results / "transcript.json").read_bytes()
    heard = load_transcript(data)
    text = json.loads(data)["results"]["transcripts"][0]["transcript"]
    assert word_error_rate((ROOT / "samples" / "debate.txt").read_text(), text) <= 0.01
    assert heard.speakers == ("spk_0", "spk_1")
    summary = (results / "summary.txt").read_text()
    assert summary and all(sentence.strip(". ") in text for sentence in summary.split(". "))
    assert json.loads((results / "moderation.json").read_text())["passages"] == []


def test_what_is_missing_for_it_is_said_loudly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> str:
        written = StringIO()
        _say_what_hears({"TRANSCRIBER": GPU_JOB}, Console(file=written, width=500))
        return written.getvalue()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(vision, "has", lambda *packages: False)
    lines = said().splitlines()
    assert [line[:3] for line in lines] == ["!!!"] * 3
    assert "make serve PACKS=vision" in lines[2]


# ---- the models of this machine


def test_what_no_model_here_can_do_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(vision, "has", lambda *packages: False)
    models = _job_models.create()
    sound = make_audio(tmp_path / "speech.wav", 1.0, rate=16_000)
    with pytest.raises(ModelsMissing, match="Whisper"):
        models.hear(sound, "fr-FR", None, lambda done: None)
    told: list[float] = []
    heard = models.hear(sound, None, None, told.append)  # by PocketSphinx, of a tone
    assert (heard.language, heard.left_out, told[-1]) == (None, ("speakers",), 1.0)
    assert models.hear(sound, "en-GB", 1, told.append).left_out == ()
    monkeypatch.setenv(_job_models.SPEAKERS, "none")
    assert models.hear(sound, "en-GB", None, told.append).left_out == ()
    with pytest.raises(ModelsMissing, match="PACKS=vision"):
        next(models.look([]))
    with pytest.raises(ModelsMissing):
        models.rate(["Ik heb het gezien."], "nl-NL")


def test_a_summary_quotes_the_text_without_who_says_it_also_where_no_spaces_are_written() -> None:
    models = _job_models.create()
    english = (
        "spk_0: Hello. spk_1: We met at the old harbour on a Monday (in May). The harbour is what we spoke of there."
    )
    assert models.sum_up(english, "en") == (
        "We met at the old harbour on a Monday (in May). The harbour is what we spoke of there."
    )
    japanese = "今日は港の話をしました。天気は寒かったです。港は大きいです。"
    assert models.sum_up(f"spk_0: {japanese}", "ja") == japanese
    assert models.sum_up("", None) == ""
