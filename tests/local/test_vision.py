"""What looks at films and pictures on this machine: real models, on what we drew and on photographs."""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from chalicelib.domain.ai_options import DYNAMIC, FALLBACK, AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import AudioStream, MediaInfo, Picture
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.seams.options import SettlesOptions
from chalicelib.seams.vision import Looking, TakesFrames, VisionJob
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from local.engines import _frames, _look, _ocr, _segments, vision
from local.engines._faces import describe, distance, similarity
from local.engines._subprocess import Limits, ask
from local.engines.pyav import PyavProber
from local.jobs import JobResult
from local.models import vision as models
from tests.harness.media import ffmpeg, make_video, rotated
from tests.harness.pictures import card, photograph, slides
from tests.harness.places import ROOT
from tests.local.engines_on_a_machine import BUCKET, Bench, bench

FILM = ROOT / "samples" / "film.mp4"
PICTURE = ROOT / "samples" / "picture.jpg"
OF_A_PICTURE = MediaInfo("jpeg", 0.0, picture=Picture(1280, 720))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


def ended(
    here: Bench, path: Path, detection: Detection, options: AiOptions = FALLBACK, looking: Looking | None = None
) -> JobResult:
    source = here.put(path)
    is_picture = path.suffix in {".jpg", ".png", ".gif", ".webp"}
    container = {"jpg": "jpeg"}.get(path.suffix[1:], path.suffix[1:])
    media = replace(OF_A_PICTURE, container=container) if is_picture else PyavProber().probe(source)
    how = looking or (Looking.PICTURE if is_picture else Looking.FILM)
    target = S3Object(BUCKET, "output/jobs/rows.jsonl")
    started = vision.create(None).start(VisionJob("a.b.v1.look", detection, how, source, media, target, options))
    assert started is None
    return here.result()


def found(
    here: Bench, path: Path, detection: Detection, options: AiOptions = FALLBACK, looking: Looking | None = None
) -> list[dict[str, Any]]:
    result = ended(here, path, detection, options, looking)
    assert result.outcome.failure is None, result.outcome.failure
    with (here.folder / "rows.jsonl").open("rb") as file:
        return [dict(row) for row in rows.read(file)]


def texts(lines: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(row["Timestamp"], row["TextDetection"]["DetectedText"]) for row in lines]


# --- shots and black --------------------------------------------------------------------------------------------------


def test_the_shots_of_the_sample_begin_at_its_cuts_and_its_black_is_told(here: Bench) -> None:
    segments = found(here, FILM, Detection.SEGMENTS)
    shots = [(row["StartTimestampMillis"], row["EndTimestampMillis"]) for row in segments if row["Type"] == "SHOT"]
    expected = [(0, 3000), (3000, 6000), (6000, 7600), (7600, 10600)]
    assert shots == [pytest.approx(pair, abs=41) for pair in expected]
    (cue,) = [row for row in segments if row["Type"] == "TECHNICAL_CUE"]
    assert cue["TechnicalCueSegment"] == {"Type": "BlackFrames", "Confidence": 100.0}
    assert (cue["StartTimestampMillis"], cue["EndTimestampMillis"]) == pytest.approx((6000, 7600), abs=41)
    assert [row["ShotSegment"]["Index"] for row in segments if row["Type"] == "SHOT"] == [0, 1, 2, 3]
    assert segments[1]["DurationFrames"] == 75


def test_black_with_sound_is_a_shot_but_no_cue(here: Bench) -> None:
    film = here.folder / "dark.mp4"
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-f", "lavfi", "-i", "color=black:s=320x180:r=25:d=2"]
    inputs += ["-f", "lavfi", "-i", "sine=frequency=330:duration=4"]
    ffmpeg(*inputs, "-filter_complex", "[0:v][1:v]concat[v]", "-map", "[v]", "-map", "2:a", film)
    kinds = [row["Type"] for row in found(here, film, Detection.SEGMENTS)]
    assert kinds == ["SHOT", "SHOT"]


def test_a_film_of_one_frame_is_one_shot_and_is_looked_at(here: Bench) -> None:
    film = here.folder / "one.mp4"
    picture = card(here.folder / "a.png", "Only once")
    ffmpeg("-i", picture, "-r", "1", "-frames:v", "1", "-pix_fmt", "yuv420p", film)
    assert [row["Type"] for row in found(here, film, Detection.SEGMENTS)] == ["SHOT"]


@pytest.mark.parametrize("text", ["Only once", "Une seule fois"])
def test_a_film_of_one_frame_is_read(here: Bench, text: str) -> None:
    film = here.folder / "one.mp4"
    picture = card(here.folder / "a.png", text)
    ffmpeg("-i", picture, "-r", "1", "-frames:v", "1", "-pix_fmt", "yuv420p", film)
    assert (0, text) in texts(found(here, film, Detection.TEXT))


def test_cuts_that_follow_at_once_are_one_and_the_last_silence_ends_with_the_film() -> None:
    seen = _segments.Seen()
    for line in (
        b"[Parsed_scdet_0 @ 0x1] lavfi.scd.score: 30.000, lavfi.scd.time: 2",
        b"[Parsed_scdet_0 @ 0x1] lavfi.scd.score: 41.000, lavfi.scd.time: 2.04",
        b"[blackdetect @ 0x1] black_start:8 black_end:10 black_duration:2",
        b"[silencedetect @ 0x1] silence_start: 7.9",
        b"frame=  250 fps=0.0",
    ):
        seen.read(line)
    seen.end(10.0)
    made = list(_segments.segments(seen, 10.0, 25.0))
    shots = [(row["StartTimestampMillis"], row["EndTimestampMillis"]) for row in made if row["Type"] == "SHOT"]
    assert shots == [(0, 2000), (2000, 8000), (8000, 10000)]
    assert [row["Type"] for row in made].count("TECHNICAL_CUE") == 1
    assert 50 <= made[2]["ShotSegment"]["Confidence"] <= 100


def test_without_sound_black_is_a_cue() -> None:
    seen = _segments.Seen(black=[(1.0, 2.0)])
    assert next(_segments.segments(seen, 3.0, 0.0, has_sound=False))["Type"] == "TECHNICAL_CUE"
    assert "StartFrameNumber" not in next(_segments.segments(seen, 3.0, 0.0, has_sound=False))


# --- text -------------------------------------------------------------------------------------------------------------


def test_the_titles_of_the_sample_are_read_in_three_languages_at_their_times(here: Bench) -> None:
    read = texts(found(here, FILM, Detection.TEXT))
    times: dict[str, set[int]] = {}
    for at, text in read:
        times.setdefault(text, set()).add(at)
    assert times["Free buses for everyone"] == {0, 1000, 2000}
    assert times["L'été, le bus est gratuit"] == {3000, 4000, 5000}
    assert times["公共汽车免费"] == {8000, 9000, 10000}
    assert not {6000, 7000} & {at for at, _ in read}


def test_a_line_has_its_box_in_fractions_of_the_picture(here: Bench) -> None:
    lines = found(here, PICTURE, Detection.TEXT)
    sign = {row["TextDetection"]["DetectedText"]: row["TextDetection"] for row in lines}
    assert {"Line 7 to the harbour", "下一站港口"} <= {text.replace("站 港", "站港") for text in sign}
    line = sign["Line 7 to the harbour"]
    box = line["Geometry"]["BoundingBox"]
    assert box["Left"] == pytest.approx(500 / 1280, abs=0.02)
    assert box["Top"] == pytest.approx(110 / 720, abs=0.03)
    assert 0.2 < box["Width"] < 0.35
    assert line["Type"] == "LINE"
    assert 80 <= line["Confidence"] <= 100


def test_only_the_regions_that_are_wanted_are_told(here: Bench) -> None:
    picture = Image.open(card(here.folder / "top.png", "At the top", (40, 20)))
    picture.paste(Image.open(card(here.folder / "below.png", "And below", (40, 20))).crop((0, 0, 640, 100)), (0, 250))
    picture.save(here.folder / "both.png")
    top = replace(FALLBACK, text_roi=(True,) * 3 + (False,) * 6)
    assert [text for _, text in texts(found(here, here.folder / "both.png", Detection.TEXT, top))] == ["At the top"]


@pytest.mark.parametrize(
    ("box", "chosen", "is_in"),
    [
        ((0.0, 0.0, 0.3, 0.3), {0}, True),
        ((0.2, 0.0, 0.3, 0.3), {0}, False),
        ((0.2, 0.0, 0.3, 0.3), {0, 1}, True),
        ((0.7, 0.7, 0.2, 0.2), {8}, True),
        ((0.7, 0.7, 0.2, 0.2), set(), True),
        ((0.7, 0.7, 0.2, 0.2), set(range(9)), True),
    ],
)
def test_a_box_is_within_regions_that_hold_half_of_it(
    box: tuple[float, float, float, float], chosen: set[int], is_in: bool
) -> None:
    assert _ocr.is_within(box, [number in chosen for number in range(9)]) is is_in


def test_what_is_read_less_surely_than_is_asked_for_is_left_out(here: Bench) -> None:
    assert found(here, FILM, Detection.TEXT, replace(FALLBACK, min_confidence=100)) == []


def test_korean_is_read_where_tesseract_is_and_told_where_it_is_not(
    here: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = replace(FALLBACK, text=True, language_code="ko-KR", min_confidence=50)
    if not _ocr.reads_korean():
        program = here.folder / "bin" / "tesseract"
        program.parent.mkdir()
        table = "level\\tconf\\ttext\\n5\\t91\\t무료\\n5\\t93\\t버스\\n"
        program.write_text(f'#!/bin/sh\ncase "$*" in *--list-langs*) echo kor;; *) printf "{table}";; esac\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    read = [text for _, text in texts(found(here, card(here.folder / "k.png", "무료 버스"), Detection.TEXT, options))]
    assert read == ["무료 버스"]
    monkeypatch.setattr(_ocr, "reads_korean", lambda: False)
    (note,) = vision.create(None).settle(options, OF_A_PICTURE).notes
    assert note.code == "vision-no-korean"


def test_tesseracts_table_gives_words_only_where_some_are_korean() -> None:
    head = "level\tconf\ttext\n"
    assert _ocr.from_tsv(head + "4\t-1\t\n5\t90\t무료\n5\t80\t버스") == ("무료 버스", pytest.approx(0.85))
    assert _ocr.from_tsv(head + "5\t90\t|\n5\t99\t그") == ("", 0.0)
    assert _ocr.from_tsv("") == ("", 0.0)


def test_marks_are_no_text() -> None:
    assert [text for text in ("■", "ı", "—", "A", "7", "出", "Ab", "그") if _ocr.is_text(text)] == [
        "7",
        "出",
        "Ab",
        "그",
    ]


def test_right_to_left_text_on_screen_harms_nothing(here: Bench) -> None:
    # Letters of no font at hand are boxes; what is read of them is for nobody's eyes but is no failure either.
    found(here, card(here.folder / "rtl.png", "שלום עולם"), Detection.TEXT)
    document = b"".join(rows.written(Detection.TEXT, [{"TextDetection": {"DetectedText": "שלום עולם"}}]))
    (row,) = rows.read(document.splitlines(keepends=True))
    assert row["TextDetection"]["DetectedText"] == "שלום עולם"


# --- people and what is indecent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_harmless_pictures_are_not_moderated(here: Bench, name: str) -> None:
    assert found(here, photograph(name), Detection.MODERATION, replace(FALLBACK, min_confidence=20)) == []


def test_moderation_has_rekognitions_shape(here: Bench) -> None:
    (row,) = found(here, photograph("astronaut"), Detection.MODERATION, replace(FALLBACK, min_confidence=0))
    assert row["ModerationLabel"]["Name"] == "Explicit"
    assert 0 <= row["ModerationLabel"]["Confidence"] < 20
    assert row["Timestamp"] == 0


def test_a_face_is_found_where_it_is_and_an_animals_is_none(here: Bench) -> None:
    (row,) = found(here, photograph("astronaut"), Detection.FACES)
    box = row["Face"]["BoundingBox"]
    assert box["Left"] < 0.44 < box["Left"] + box["Width"]
    assert box["Top"] < 0.24 < box["Top"] + box["Height"]
    assert row["Face"]["Confidence"] > 80
    assert set(row["Face"]) == {"BoundingBox", "Confidence"}, "neither age nor gender nor mood"


def test_cats_cups_and_drawings_have_no_face(here: Bench) -> None:
    for picture in (photograph("chelsea"), photograph("coffee")):
        path = here.folder / picture.name
        path.write_bytes(picture.read_bytes())
        source = here.put(path)
        target = S3Object(BUCKET, "output/x")
        media = replace(OF_A_PICTURE, container="png")
        job = VisionJob(f"a.b.v1.{path.stem}", Detection.FACES, Looking.PICTURE, source, media, target, FALLBACK)
        vision.create(None).start(job)
        assert here.result().outcome.failure is None
        assert len((here.folder / "rows.jsonl").read_bytes().splitlines()) == 1


def test_a_person_is_known_again_in_another_light_and_nobody_else_is_taken_for_them(tmp_path: Path) -> None:
    with Image.open(photograph("astronaut")) as opened:
        picture = opened.convert("RGB")
    ((box, vector),) = describe(photograph("astronaut").read_bytes())
    assert len(vector) == 128
    assert box[2] < 0.4
    for changed in (
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        ImageEnhance.Brightness(picture).enhance(0.5),
        picture.resize((200, 200)),
        picture.rotate(12),
    ):
        changed.save(tmp_path / "other.jpg")
        ((_, other),) = describe((tmp_path / "other.jpg").read_bytes())
        assert similarity(distance(vector, other)) > 80
    ((_, stranger),) = describe(photograph("camera").read_bytes())
    assert similarity(distance(vector, stranger)) < 60
    assert describe(photograph("coffee").read_bytes()) == []


def test_whose_a_face_is_is_told_once_for_each_person_the_likest_first() -> None:
    known = [0.0] * 128
    near, far = [0.3 / 128**0.5] * 128, [0.9 / 128**0.5] * 128
    request = _look.Request(
        "facematch", "", 1, 80.0, people=[("f1", "ann", near), ("f2", "ann", known), ("f3", "bob", far)]
    )
    assert _look._alike(known, request) == [{"Similarity": 100.0, "Face": {"FaceId": "f2", "ExternalImageId": "ann"}}]


def test_faces_are_matched_against_a_collection(here: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ((_, vector),) = describe(photograph("astronaut").read_bytes())
    monkeypatch.setattr(vision, "_people", lambda job: [("face-1", "eileen", vector)])
    film = slides(here.folder / "f.mp4", [(photograph("astronaut"), 2.0), (photograph("camera"), 2.0)])
    options = replace(FALLBACK, face_collection_id="crew")
    people = found(here, film, Detection.FACE_MATCHES, options)
    named = {row["Timestamp"]: row["FaceMatches"][0]["Face"] for row in people if "FaceMatches" in row}
    assert named == {at: {"FaceId": "face-1", "ExternalImageId": "eileen"} for at in (0, 1000)}
    strangers = {row["Person"]["Index"] for row in people if "FaceMatches" not in row}
    assert strangers == {1}


@pytest.mark.parametrize(("apart", "percent"), [(0.0, 100), (0.6, 80), (0.3, 90), (0.8, 40), (1.0, 0), (1.4, 0)])
def test_similarity_is_80_where_dlib_draws_its_line(apart: float, percent: float) -> None:
    assert similarity(apart) == pytest.approx(percent)


# --- stills -----------------------------------------------------------------------------------------------------------


def test_stills_are_what_is_to_be_seen_at_their_time_also_far_on_and_upright(tmp_path: Path) -> None:
    red = Image.new("RGB", (64, 32), "red")
    blue = Image.new("RGB", (64, 32), "blue")
    red.save(tmp_path / "r.png")
    blue.save(tmp_path / "b.png")
    film = slides(tmp_path / "f.mp4", [(tmp_path / "r.png", 3.0), (tmp_path / "b.png", 60.0)])
    stills = list(_frames.of_film(film, 1, 63.0, Fraction(1, 30)))
    assert [still.at for still in stills] == [0.0, 30.0, 60.0]
    assert [int(still.pixels[16, 32].argmax()) for still in stills] == [0, 2, 2]
    turned = rotated(tmp_path / "t.mp4", film, 90)
    assert next(_frames.of_film(turned, 1, 63.0, Fraction(1))).pixels.shape[:2] == (64, 32)
    every = list(_frames.of_film(film, 1, 0.2, Fraction(25)))
    assert [still.number for still in every] == [0, 1, 2, 3, 4]


def test_a_still_after_a_cut_shows_what_comes_after_it(tmp_path: Path) -> None:
    Image.new("RGB", (64, 32), "red").save(tmp_path / "r.png")
    Image.new("RGB", (64, 32), "blue").save(tmp_path / "b.png")
    film = slides(tmp_path / "f.mp4", [(tmp_path / "r.png", 2.0), (tmp_path / "b.png", 2.0)])
    assert [int(one.pixels[16, 32].argmax()) for one in _frames.of_film(film, 1, 4.0, None)] == [0, 0, 2, 2]


@pytest.mark.parametrize(
    ("seconds", "rate", "count"),
    [
        (0.04, None, 1),
        (10.0, None, 10),
        (3600.0, None, 3600),
        (6 * 3600 + 60.0, None, 3600),
        (10.0, Fraction(1, 300), 1),
        (10.0, Fraction(2), 20),
        (0.0, None, 1),
    ],
)
def test_a_long_film_takes_no_more_stills_than_an_hour_does(seconds: float, rate: Fraction | None, count: int) -> None:
    assert len(list(_frames.times(seconds, rate))) == count


def test_six_hours_and_a_minute_of_film_are_looked_at(here: Bench) -> None:
    film = here.folder / "long.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=128x128:r=1/10:d=21660", "-c:v", "libx264", "-qp", "10", film)
    assert {row["Type"] for row in found(here, film, Detection.SEGMENTS)} == {"SHOT"}
    stills = _frames.of_film(film, 1, 21660.0, Fraction(1, 600))
    assert sum(1 for _ in stills) == 37


def test_frame_by_frame_each_row_says_which_still_it_is_of(here: Bench) -> None:
    options = replace(FALLBACK, framebased=True, frame_capture_mode=1002)
    read = found(here, FILM, Detection.TEXT, options, Looking.FRAMES)
    places = {(row["Frame"], row["Timestamp"]) for row in read}
    assert places == {(0, 0), (1, 2000), (2, 4000), (4, 8000), (5, 10000)}


def test_dynamic_stills_are_those_that_differ(here: Bench) -> None:
    options = replace(FALLBACK, framebased=True, frame_capture_mode=DYNAMIC)
    read = found(here, FILM, Detection.TEXT, options, Looking.FRAMES)
    assert [row["Frame"] for row in read if row["TextDetection"]["DetectedText"] == "公共汽车免费"] == [8]


# --- what cannot be done ----------------------------------------------------------------------------------------------


def test_there_is_no_model_for_labels_and_celebrities_and_no_shots_in_a_picture() -> None:
    engine = vision.create(None)
    assert isinstance(engine, SettlesOptions)
    assert isinstance(engine, TakesFrames)
    for detection in (Detection.LABELS, Detection.CELEBRITIES, Detection.CUSTOM_LABELS):
        assert not engine.can(detection, Looking.PICTURE)
        assert engine.why_not(detection) is None
    assert not engine.can(Detection.SEGMENTS, Looking.PICTURE)
    assert engine.can(Detection.SEGMENTS, Looking.FRAMES)


def test_without_its_pack_only_ffmpeg_looks_and_the_rest_is_told_with_the_command(
    here: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    engine = vision.create(None)
    can = [one for one in Detection if engine.can(one, Looking.FILM)]
    assert can == [Detection.SEGMENTS]
    assert "make serve PACKS=vision" in str(engine.why_not(Detection.MODERATION))
    job = VisionJob(
        "a.b.v1.screentext",
        Detection.TEXT,
        Looking.PICTURE,
        S3Object(BUCKET, "x"),
        OF_A_PICTURE,
        S3Object(BUCKET, "y"),
        FALLBACK,
    )
    with pytest.raises(EngineFailed, match="make serve PACKS=vision"):
        engine.start(job)


def test_a_model_that_is_another_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "digest", lambda path: "0" * 64)
    with pytest.raises(ValueError, match="open-nsfw"):
        models.NUDITY.checked()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "work-unreadable"),
        (b"\xff\xd8\xff\xe0 a JPEG that is none", "work-unreadable"),
    ],
)
def test_a_picture_that_is_none_is_refused_with_a_reason(here: Bench, content: bytes, code: str) -> None:
    path = here.folder / "bad.jpg"
    path.write_bytes(content)
    failure = ended(here, path, Detection.MODERATION).outcome.failure
    assert failure is not None
    assert failure.code == code


def test_pictures_of_every_shape_are_looked_at(here: Bench, tmp_path: Path) -> None:
    shapes = {
        "cmyk.jpg": Image.new("CMYK", (300, 200), (10, 20, 30, 40)),
        "one.png": Image.new("RGB", (1, 1), "red"),
        "clear.png": Image.new("RGBA", (300, 200), (0, 0, 0, 0)),
        "bits.png": Image.new("1", (300, 200)),
        "grey.png": Image.new("I;16", (300, 200)),
        "long.png": Image.new("RGB", (4000, 2), "red"),
    }
    for name, picture in shapes.items():
        picture.save(tmp_path / name)
    pages = [Image.new("P", (300, 200), number) for number in range(3)]
    pages[0].save(tmp_path / "many.gif", save_all=True, append_images=pages[1:])
    for name in (*shapes, "many.gif"):
        container = {"jpg": "jpeg"}.get(name[-3:], name[-3:])
        still = _frames.of_picture(container, tmp_path / name)
        assert still.pixels.ndim == 3
        assert still.pixels.shape[2] == 3
        request = {
            "detection": "faces",
            "path": str(tmp_path / name),
            "container": container,
            "threads": 1,
            "min_confidence": 0,
        }
        assert list(ask("local.engines._look", request)) == []


def test_a_worker_has_limits_of_memory_and_time(tmp_path: Path) -> None:
    request = {"detection": "screentext", "path": str(PICTURE), "container": "jpeg", "threads": 1, "min_confidence": 0}
    with pytest.raises(EngineFailed, match="memory") as caught:
        list(ask("local.engines._look", request, Limits(memory=640 * 1024**2)))
    assert caught.value.code == "work-memory"
    with pytest.raises(EngineFailed, match="longer than"):
        list(ask("local.engines._look", request, Limits(seconds=0.2)))


def test_a_cancelled_job_lets_go() -> None:
    cancelled = threading.Event()
    cancelled.set()
    request = {"detection": "screentext", "path": str(PICTURE), "container": "jpeg", "threads": 1, "min_confidence": 0}
    with pytest.raises(EngineError, match="cancelled"):
        list(ask("local.engines._look", request, cancelled=cancelled))


def test_a_worker_knows_nothing_of_the_services_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORTEUR_SECRET", "s")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    (environment,) = ask("tests.local.telling_its_environment", {})
    assert not [name for name in environment if name.startswith(("RAPPORTEUR_", "AWS_"))]


def test_a_worker_that_breaks_says_so_and_by_what_only_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(EngineError, match="broke down") as caught:
        list(ask("local.engines._look", {"what": "is this"}))
    assert "TypeError" not in caught.value.message
    assert [getattr(record, "error", "") for record in caplog.records] == ["TypeError"]


def test_the_film_itself_says_what_the_rows_are_of(here: Bench) -> None:
    make_video(here.folder / "v.mp4", 1.0)
    found(here, here.folder / "v.mp4", Detection.SEGMENTS)
    first = json.loads((here.folder / "rows.jsonl").read_bytes().splitlines()[0])
    assert first["Detection"] == "segments"
    assert first["VideoMetadata"]["FrameWidth"] == 160
    assert first["VideoMetadata"]["DurationMillis"] == pytest.approx(1000, abs=100)


def test_silence_is_looked_for_in_the_track_that_is_heard() -> None:
    media = MediaInfo("mp4", 1.0, audio=AudioStream("aac", 48000, 2, number=2))
    assert "[0:a:1]silencedetect" in " ".join(_segments._arguments(Path("f.mp4"), media))
