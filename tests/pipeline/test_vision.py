"""Films and pictures are looked at: each detection by a job of its own, over the embedded AWS, from SNS to tracks."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, MediaKind, Status
from chalicelib.domain.media import MediaInfo, Picture
from chalicelib.domain.releases import ReleaseKind
from chalicelib.message import Message
from chalicelib.pipeline import choices, prepare, vision
from chalicelib.pipeline.cancel import cancel
from chalicelib.pipeline.retry import retry
from chalicelib.seams.options import Settled
from chalicelib.seams.vision import Looking
from chalicelib.vision.detections import Detection
from chalicelib.vision.tracks import ALL_SEEN, OF_DETECTION
from tests.harness.fakes import VIDEO, client
from tests.harness.service import OWNER, VISION, Service, running_service

FILM = replace(VIDEO, video=replace(VIDEO.video, codec="h264")) if VIDEO.video else VIDEO
OTHER_FILM = replace(FILM, container="matroska")
PICTURE = MediaInfo("jpeg", 0.0, picture=Picture(800, 600))
TWO = AiOptions(label=True, text=True)


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**VISION) as running:
        running.cloud.media = FILM
        yield running


def looked_at(service: Service, ai: AiOptions, **options: Any) -> Asset:
    asset = service.upload(ai=ai, **options)
    service.settle()
    return service.asset(asset.ref)


def document(service: Service, asset: Asset, detection: Detection) -> Any:
    stored = service.services.outputs.read(OF_DETECTION[detection].key(asset))
    return None if stored is None else json.loads(stored)


def codes(asset: Asset) -> list[str]:
    return [note.code for note in asset.notes]


def test_who_asks_for_nothing_is_not_looked_at(service: Service) -> None:
    asset = looked_at(service, AiOptions())
    assert asset.status is Status.COMPLETED
    assert "vision" not in asset.branches
    assert not any(call.startswith(("look", "settle")) for call in service.cloud.calls)


def test_each_detection_leaves_a_track_of_its_own_and_all_of_them_one_together(service: Service) -> None:
    asset = looked_at(service, replace(TWO, segment=True))
    assert asset.branches["vision"] == BranchState(BranchStatus.DONE)
    found = document(service, asset, Detection.LABELS)["passages"]
    assert found == [
        {
            "text": "Bus",
            "start": 0.0,
            "end": 0.9,
            "label": "Vehicle",
            "confidence": 0.92,
            "box": {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4},
            "seen": 1,
        },
        {"text": "Street", "start": 0.5, "end": 1.4, "confidence": 0.88, "seen": 1},
    ]
    vtt = service.services.outputs.read_text(OF_DETECTION[Detection.TEXT].key(asset, "vtt")) or ""
    assert vtt.count("-->") == 1
    assert "Late --\\u003e \\u003cnews\\u003e" in vtt
    together = json.loads(service.services.outputs.read(ALL_SEEN.key(asset)) or b"")["passages"]
    assert {one["detection"] for one in together} == {"labels", "screentext", "segments"}
    noted = {track["track"]: track for track in service.services.store.tracks(asset.ref)}
    assert noted["labels"]["job"].endswith(".v1.labels")
    assert noted["labels"]["JsonFile"] == OF_DETECTION[Detection.LABELS].key(asset)
    assert noted["labels"]["started_at"] <= noted["labels"]["ended_at"]
    assert {"labels", "screentext", "segments", "vision"} <= set(noted)


def test_one_that_fails_costs_itself_and_is_named(service: Service) -> None:
    service.cloud.failing["labels"] = Message("blind", "Nothing was to be seen.")
    asset = looked_at(service, TWO)
    assert asset.branches["vision"].status is BranchStatus.DONE
    (note,) = [note for note in asset.notes if note.code == "not-seen"]
    assert str(note) == "Could not be looked for: Things and scenes. Nothing was to be seen."
    assert document(service, asset, Detection.LABELS) is None
    assert document(service, asset, Detection.TEXT) is not None


def test_where_all_fail_the_branch_has_failed(service: Service) -> None:
    failure = Message("blind", "Nothing was to be seen.")
    service.cloud.failing.update(labels=failure, screentext=failure)
    asset = looked_at(service, TWO)
    assert asset.branches["vision"] == BranchState(BranchStatus.FAILED, failure)
    assert asset.status is Status.COMPLETED


def test_where_nothing_is_seen_the_track_is_empty(service: Service) -> None:
    service.cloud.seen["labels"] = [{"Timestamp": 0, "Label": {}}]
    service.cloud.seen["screentext"] = []
    asset = looked_at(service, TWO)
    assert document(service, asset, Detection.LABELS) == {"passages": []}
    assert document(service, asset, Detection.TEXT) == {"passages": []}


def test_rows_that_nobody_can_read_fail(service: Service) -> None:
    asset = service.upload(ai=AiOptions(label=True))
    while service.pump.step():
        pass
    current = service.asset(asset.ref)
    key = Detection.LABELS.key(current)
    client("s3").put_object(Bucket=service.services.settings.output_bucket, Key=key, Body=b"<html>")
    service.settle()
    state = service.asset(asset.ref).branches["vision"]
    assert (state.status, state.failure and state.failure.code) == (BranchStatus.FAILED, "rows-not-readable")


def test_a_busy_engine_is_asked_again(service: Service) -> None:
    service.cloud.capacity = 1
    asset = looked_at(service, replace(TWO, segment=True))
    assert service.cloud.refusals
    assert asset.branches["vision"].status is BranchStatus.DONE
    assert "not-seen" not in codes(asset)


def test_the_upload_is_looked_at_where_it_can_be_and_else_a_rendition(service: Service) -> None:
    looked_at(service, AiOptions(label=True))
    (job,) = service.cloud.looked_at
    assert (job.looking, job.source.bucket) == (Looking.FILM, service.services.settings.uploads_bucket)
    service.cloud.media = OTHER_FILM
    asset = looked_at(service, AiOptions(label=True))
    job = service.cloud.looked_at[-1]
    assert job.source.bucket == service.services.settings.output_bucket
    assert "/web/" in job.source.key
    assert asset.branches["vision"].status is BranchStatus.DONE


def test_without_a_rendition_to_look_at_it_is_skipped(service: Service) -> None:
    service.cloud.media = OTHER_FILM
    asset = looked_at(service, AiOptions(label=True), presets=("audio",))
    state = asset.branches["vision"]
    assert (state.status, state.failure and state.failure.code) == (BranchStatus.SKIPPED, "film-not-readable")
    service.cloud.failing["renditions"] = Message("codec", "No picture.")
    asset = looked_at(service, AiOptions(label=True))
    assert asset.branches["vision"].status is BranchStatus.SKIPPED


def test_stills_are_taken_first_where_the_engine_takes_none(service: Service) -> None:
    ai = AiOptions(label=True, segment=True, framebased=True, frame_capture_mode=1003)
    asset = looked_at(service, ai)
    assert asset.branches["vision"].status is BranchStatus.DONE
    jobs = {job.detection: job for job in service.cloud.looked_at}
    assert jobs[Detection.SEGMENTS].looking is Looking.FILM
    stills = jobs[Detection.LABELS]
    assert stills.looking is Looking.FRAMES
    assert stills.frames is not None
    found = service.services.outputs.names(stills.frames.key)
    assert [key.removeprefix(stills.frames.key) for key in found] == [f"{n:07}.jpg" for n in range(3)]


def test_an_engine_that_takes_stills_itself_is_given_the_film(service: Service) -> None:
    service.cloud.takes_frames = True
    looked_at(service, AiOptions(label=True, framebased=True, frame_capture_mode=1))
    (job,) = service.cloud.looked_at
    assert (job.looking, job.frames) == (Looking.FRAMES, None)
    assert not any(name.endswith(".frames") for name in service.cloud.jobs)


@pytest.mark.parametrize("reason", ["none", "failed"])
def test_without_stills_there_is_nothing_to_look_at(service: Service, reason: str) -> None:
    service.cloud.stills = 0
    if reason == "failed":
        service.cloud.failing["frames"] = Message("codec", "No picture.")
    asset = looked_at(service, AiOptions(label=True, framebased=True, frame_capture_mode=1))
    status = BranchStatus.FAILED if reason == "failed" else BranchStatus.SKIPPED
    assert asset.branches["vision"].status is status
    assert asset.status is Status.COMPLETED


def test_a_picture_is_looked_at_and_nobody_talks_of_sound(service: Service) -> None:
    service.cloud.media = PICTURE
    asset = looked_at(service, TWO, presets=())
    assert asset.kind is MediaKind.IMAGE
    assert asset.branches["vision"].status is BranchStatus.DONE
    assert not {"speech", "language"} & set(asset.branches)
    assert asset.notes == ()
    (first, _) = document(service, asset, Detection.LABELS)["passages"]
    assert "start" not in first
    assert first["box"]


def test_a_run_that_was_called_off_stops_its_jobs(service: Service) -> None:
    asset = service.upload(ai=TWO)
    while service.pump.step():
        pass
    assert vision.Vision().progress(service.asset(asset.ref), service.services) == 0.25
    cancel(service.asset(asset.ref), service.services)
    assert {"cancel.labels", "cancel.screentext"} <= set(service.cloud.calls)


# ---- what is settled


def settled(service: Service, ai: AiOptions, media: MediaInfo = FILM, **options: Any) -> prepare.Prepared:
    return prepare.settle(service.announce(ai=ai, **options), media, service.services)


@pytest.mark.parametrize(
    ("ai", "media", "off", "code"),
    [
        (AiOptions(celeb=True, face=True), FILM, ("celeb", "face"), "not-allowed-here"),
        (AiOptions(person=True), FILM, ("person",), "ended"),
        (AiOptions(customlabel=True), FILM, ("customlabel",), "no-models"),
        (AiOptions(customlabel=True, custom_label_models=("a",)), FILM, ("customlabel",), "not-released"),
        (AiOptions(customlabel=True, custom_label_models=("ours",)), FILM, ("customlabel",), "only-in-stills"),
        (AiOptions(label=True, framebased=True), FILM, ("framebased",), "no-capture-mode"),
        (AiOptions(segment=True), PICTURE, ("segment",), "does-not-fit"),
        (AiOptions(label=True), replace(FILM, video=None), ("label",), "does-not-fit"),
        (AiOptions(text=True), MediaInfo("pdf", 0.0, pages=2), ("text",), "does-not-fit"),
        (AiOptions(textract=True), FILM, ("textract",), "does-not-fit"),
        (AiOptions(custom_vocabulary="v"), FILM, (), "not-released"),
    ],
)
def test_what_cannot_be_done_is_left_out_with_a_note(
    service: Service, ai: AiOptions, media: MediaInfo, off: tuple[str, ...], code: str
) -> None:
    service.services.releases.put(ReleaseKind.LABELS, "ours", "arn:aws:project", (), everybody=True)
    found = settled(service, ai, media)
    assert [getattr(found.done, name) for name in off] == [False] * len(off)
    assert code in [note.code for note in found.notes]
    assert found.done.custom_vocabulary is None


def test_names_are_the_owners_own_and_engines_are_given_what_they_mean(service: Service) -> None:
    release = service.services.releases.put
    release(ReleaseKind.LABELS, "theirs", "arn:aws:theirs", ["owner-2"], everybody=False)
    release(ReleaseKind.LABELS, "stopped", "arn:aws:stopped", [OWNER], everybody=False)
    release(ReleaseKind.LABELS, "ours", "arn:aws:ours", [OWNER], everybody=False)
    given = []

    def settle(options: AiOptions, media: MediaInfo) -> Settled:
        given.append(options.custom_label_models)
        return Settled(replace(options, custom_label_models=("arn:aws:ours",)))

    service.cloud.settle = settle
    models = ("theirs", "ours")
    found = settled(service, AiOptions(customlabel=True, custom_label_models=models, frame_capture_mode=1))
    assert given == [("arn:aws:ours",)]
    assert found.done.custom_label_models == ("ours",)
    assert [note.values["name"] for note in found.notes] == ["theirs"]
    asset = looked_at(
        service, AiOptions(customlabel=True, custom_label_models=("stopped", "ours"), frame_capture_mode=1)
    )
    (job,) = service.cloud.looked_at
    assert given[-1] == ("arn:aws:stopped", "arn:aws:ours")
    assert asset.ai.custom_label_models == ("ours",)
    assert (job.options.custom_label_models, job.looking) == (("arn:aws:ours",), Looking.FRAMES)


def test_what_the_deployment_wants_is_left_out_silently_where_it_does_not_fit(service: Service) -> None:
    found = settled(service, AiOptions(), MediaInfo("pdf", 0.0, pages=2))
    assert not found.done.transcribe
    assert found.notes == ()


def test_an_engine_says_what_it_cannot_do_once_and_the_next_run_asks_anew(service: Service) -> None:
    note = Message("not-now", "Not now.")
    service.cloud.settle = lambda options, media: Settled(options.without("label"), (note,))
    asset = looked_at(service, TWO)
    assert service.cloud.calls.count("settle.vision") == 1
    assert (asset.options.ai.label, asset.ai.label, asset.ai.text) == (True, False, True)
    assert note in asset.notes
    service.cloud.settle = lambda options, media: Settled(options)
    retry(asset, service.services)
    service.settle()
    again = service.asset(asset.ref)
    assert again.version == 2
    assert again.ai.label
    assert document(service, again, Detection.LABELS) is not None


def test_a_film_that_is_too_long_is_not_looked_at_as_one(service: Service) -> None:
    service.cloud.reads = lambda media, size: media.duration <= 6 * 3600
    too_long = replace(FILM, duration=6 * 3600 + 60)
    found = settled(service, TWO, too_long)
    assert (found.done.label, found.done.text) == (False, False)
    assert [note.code for note in found.notes] == ["too-long-to-see"]
    assert settled(service, replace(TWO, framebased=True, frame_capture_mode=1003), too_long).done.label


def test_what_an_engine_is_blind_to_is_left_out(service: Service) -> None:
    service.cloud.is_blind_to = {"labels"}
    found = settled(service, TWO)
    assert (found.done.label, found.done.text) == (False, True)
    assert [str(note) for note in found.notes] == ["Left out: Things and scenes. Nothing in this service can do that."]


def test_what_an_engine_lacks_for_something_is_told_once_for_all_that_lack_it(service: Service) -> None:
    service.cloud.is_blind_to = {"labels", "screentext", "moderation"}
    lack = Message("lack", "A pack would do it.")
    service.cloud.why_not = {"screentext": lack, "moderation": lack}
    found = settled(service, replace(TWO, moderation=True))
    assert [note.code for note in found.notes] == ["left-out", "nothing-can"]
    assert str(found.notes[0]).endswith("A pack would do it.")
    assert found.notes[0].values["what"] == tuple(prepare.NAMES[name] for name in ("moderation", "text"))
    told = choices.hindrances(service.services, [])
    assert (told["text"], told["label"].code) == (lack, "not-offered")


@pytest.mark.parametrize(
    ("container", "textract", "pages"),
    [
        ("pdf", None, 3),
        ("pdf", False, 3),
        ("tiff", None, 3),
        ("tiff", False, None),
        ("jpeg", None, None),
        ("jpeg", True, 3),
        ("webp", True, None),
    ],
)
def test_what_is_a_document(container: str, textract: bool | None, pages: int | None) -> None:
    media = MediaInfo(container, 0.0, picture=Picture(800, 600), pages=3)
    assert prepare.as_kind(media, AiOptions(textract=textract)).pages == pages


def test_no_transcript_is_made_where_none_is_wanted(service: Service) -> None:
    asset = looked_at(service, AiOptions(transcribe=False))
    assert {name: asset.branches[name].status for name in ("speech", "language")} == {
        "speech": BranchStatus.SKIPPED,
        "language": BranchStatus.SKIPPED,
    }
    assert "transcribe" not in service.cloud.calls


def test_no_analysis_is_made_where_none_is_wanted(service: Service) -> None:
    asset = looked_at(service, AiOptions(keyphrase=False, entity=False, sentiment=False))
    assert asset.branches["language"].failure is not None
    assert asset.branches["language"].failure.code == "no-analysis-wanted"
    assert "analyze" not in service.cloud.calls
    assert "summarize" in service.cloud.calls
