"""What a detection has found becomes cues, whatever an engine has left there, and in whatever order."""

import json
import re
import subprocess
import sys
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain.tracks import Box, Moment, Passage
from chalicelib.vision import metadata
from chalicelib.vision.detections import Detection
from chalicelib.vision.timeline import Cue, Timeline
from tests.harness.places import ROOT


def label(at: int, name: str = "Bus", left: float | None = None, confidence: float = 90.0) -> dict[str, Any]:
    box = {"Left": left, "Top": 0.2, "Width": 0.1, "Height": 0.1}
    instances = [] if left is None else [{"BoundingBox": box, "Confidence": confidence}]
    found = {"Name": name, "Confidence": confidence, "Instances": instances, "Parents": [{"Name": "Vehicle"}]}
    return {"Timestamp": at, "Label": found}


def segment(start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"StartTimestampMillis": start, "EndTimestampMillis": end, **more}


def cues(detection: Detection, *rows: Any, **how: Any) -> list[Passage]:
    return [cue.passage for cue in Timeline(detection, **how).cues(rows)]


def times(found: list[Passage]) -> list[tuple[float, float]]:
    return [(one.place.start, one.place.end) for one in found if isinstance(one.place, Moment)]


def test_what_is_seen_again_soon_goes_on() -> None:
    found = cues(Detection.LABELS, *(label(at) for at in (0, 500, 1000, 5000, 5500)))
    assert times(found) == [(0.0, 1.0), (5.0, 5.5)]
    assert {one.label for one in found} == {"Vehicle"}


def test_what_is_seen_once_lasts_a_blink_but_not_beyond_the_end() -> None:
    assert times(cues(Detection.LABELS, label(1000))) == [(1.0, 1.9)]
    assert times(cues(Detection.LABELS, label(1000), ends=1200)) == [(1.0, 1.2)]


def test_what_has_moved_far_is_another_one() -> None:
    assert times(cues(Detection.LABELS, label(0, left=0.1), label(500, left=0.15))) == [(0.0, 0.5)]
    assert times(cues(Detection.LABELS, label(0, left=0.1), label(500, left=0.6))) == [(0.0, 0.9), (0.5, 1.4)]


def test_two_beside_each_other_are_two() -> None:
    both = [label(at, left=left) for at in (0, 500) for left in (0.1, 0.6)]
    found = cues(Detection.LABELS, *both)
    assert times(found) == [(0.0, 0.5), (0.0, 0.5)]
    assert [one.box and one.box.left for one in found] == [0.1, 0.6]


def test_confidence_is_the_mean_and_what_is_unsure_is_not_told() -> None:
    rows = [label(0, confidence=80), label(500, confidence=90), label(0, "Cat", confidence=40)]
    (found,) = cues(Detection.LABELS, *rows, least=50.0)
    assert found.confidence == 0.85


def test_rows_that_were_put_together_already_stay_so() -> None:
    row = {"StartTimestampMillis": 1000, "EndTimestampMillis": 9000, "DurationMillis": 8000, **label(1000)}
    assert times(cues(Detection.LABELS, row)) == [(1.0, 9.0)]


def test_stills_far_apart_go_on_with_each_other() -> None:
    assert times(cues(Detection.LABELS, label(0), label(30_000), apart=30_000)) == [(0.0, 30.0)]


def test_a_picture_has_no_time() -> None:
    (found,) = cues(Detection.LABELS, label(0, left=0.1), still=True)
    assert (found.place, found.box) == (None, Box(0.1, 0.2, 0.1, 0.1))


def test_what_each_kind_of_row_tells() -> None:
    box = {"Left": 0.5, "Top": 0.5, "Width": 0.25, "Height": 0.25}
    told = Box(0.5, 0.5, 0.25, 0.25)
    person = {"Person": {"Index": 0, "Face": {"BoundingBox": box}}, "FaceMatches": []}
    known = [{"Similarity": 81.0, "Face": {"ExternalImageId": "p-2"}}, {"Similarity": 99.0, "Face": {"FaceId": "f-1"}}]
    line = {"DetectedText": "오늘  밤", "Type": "LINE", "Confidence": 90.0, "Geometry": {"BoundingBox": box}}
    cases: list[tuple[Detection, dict[str, Any], list[Passage]]] = [
        (
            Detection.FACES,
            {"Face": {"Confidence": 99.0, "BoundingBox": box}},
            [Passage("Face", None, None, 0.99, told)],
        ),
        (Detection.FACE_MATCHES, person, []),
        (Detection.FACE_MATCHES, {**person, "FaceMatches": known[:1]}, []),
        (Detection.FACE_MATCHES, {**person, "FaceMatches": known}, [Passage("Ada", None, None, 0.99, told)]),
        (
            Detection.CELEBRITIES,
            {"Celebrity": {"Name": "Ada", "Confidence": 70.0}},
            [Passage("Ada", None, None, 0.7)],
        ),
        (Detection.TEXT, {"TextDetection": line}, [Passage("오늘 밤", None, None, 0.9, told)]),
        (Detection.TEXT, {"TextDetection": {**line, "Type": "WORD"}}, []),
        (
            Detection.MODERATION,
            {"ModerationLabel": {"Name": "Smoking", "ParentName": "Tobacco", "Confidence": 90.0, "TaxonomyLevel": 2}},
            [Passage("Smoking", None, "Tobacco", 0.9)],
        ),
        (
            Detection.CUSTOM_LABELS,
            {"CustomLabel": {"Name": "Logo", "Confidence": 90.0}},
            [Passage("Logo", None, None, 0.9)],
        ),
    ]
    for detection, row, expected in cases:
        names = {"f-1": "Ada"} if detection is Detection.FACE_MATCHES else None
        found = Timeline(detection, still=True).cues([{"Timestamp": 0, **row}], names)
        assert [cue.passage for cue in found] == expected, detection


def test_segments_are_told_as_they_are_in_the_order_of_time() -> None:
    rows = [
        segment(500, 900, Type="TECHNICAL_CUE", TechnicalCueSegment={"Type": "BlackFrames", "Confidence": 98.0}),
        segment(0, 500, Type="SHOT", ShotSegment={"Index": 0, "Confidence": 99.0}),
        segment(900, 2000, Type="SHOT", ShotSegment={"Index": 1}),
    ]
    found = cues(Detection.SEGMENTS, *rows, least=100.0)
    assert [(one.text, one.label) for one in found] == [
        ("Shot 1", "SHOT"),
        ("BlackFrames", "TECHNICAL_CUE"),
        ("Shot 2", "SHOT"),
    ]
    assert times(found) == [(0.0, 0.5), (0.5, 0.9), (0.9, 2.0)]


def test_of_too_many_those_stay_that_were_seen_longest() -> None:
    rows = [label(0, "Cat"), label(0, "Bus"), label(500, "Bus")]
    assert [one.text for one in cues(Detection.LABELS, *rows, most=1)] == ["Bus"]


_JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    [
        "Timestamp",
        "StartTimestampMillis",
        "EndTimestampMillis",
        "Label",
        "Name",
        "Confidence",
        "Instances",
        "BoundingBox",
        "Left",
        "Top",
        "Width",
        "Height",
        "Parents",
        "Face",
        "FaceMatches",
        "Similarity",
        "ExternalImageId",
        "Person",
        "Celebrity",
        "TextDetection",
        "DetectedText",
        "Type",
        "Geometry",
        "ModerationLabel",
        "ParentName",
        "ShotSegment",
        "TechnicalCueSegment",
        "Index",
        "CustomLabel",
    ]
)
_ROWS = st.recursive(_JUNK, lambda inner: st.dictionaries(_NAMES, inner, max_size=5) | st.lists(inner, max_size=2))


@given(st.sampled_from(Detection), st.lists(st.dictionaries(_NAMES, _ROWS, max_size=5), max_size=8), st.booleans())
def test_nothing_that_an_engine_leaves_breaks_it(detection: Detection, rows: list[Any], still: bool) -> None:
    found = list(Timeline(detection, still=still).cues(rows))
    for cue in found:
        assert Passage.from_json(cue.to_json()) == cue.passage
    assert "".join(metadata.written(detection, found)).count("-->") == len(found)


_SEEN = st.lists(
    st.builds(
        label,
        st.integers(0, 20_000),
        st.sampled_from(["Bus", "Cat", "Dog"]),
        st.none() | st.floats(0, 0.9),
        st.floats(0, 100),
    ),
    max_size=30,
)


@given(_SEEN, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[Any], random: Any) -> None:
    expected = list(Timeline(Detection.LABELS).cues(rows))
    random.shuffle(rows)
    shuffled = list(Timeline(Detection.LABELS).cues(rows))
    assert [cue.to_json() for cue in shuffled] == [cue.to_json() for cue in expected]


@given(_SEEN)
def test_every_sighting_is_in_a_cue_of_its_name_and_cues_are_in_order(rows: list[Any]) -> None:
    found = list(Timeline(Detection.LABELS).cues(rows))
    assert sum(cue.was_seen for cue in found) == len(rows)
    starts = [start for start, _ in times([cue.passage for cue in found])]
    assert starts == sorted(starts)
    for row in rows:
        at = row["Timestamp"] / 1000
        covering = [one for one in found if one.passage.text == row["Label"]["Name"]]
        assert any(one.passage.place.start <= at <= one.passage.place.end for one in covering)  # type: ignore[union-attr]


@given(st.text(max_size=40), st.floats(0, 10**5))
def test_a_metadata_track_holds_what_was_written_whatever_it_says(text: str, start: float) -> None:
    cue = Cue(Passage(text, Moment(start, start), "<b>&--></b>"), 1)
    written = "".join(metadata.written(Detection.TEXT, [cue]))
    head, _, rest = written.partition("\n\n")
    assert head == "WEBVTT"
    number, timing, body = rest.removesuffix("\n").split("\n")
    assert number == "1"
    assert re.fullmatch(r"\d{2,}:\d\d:\d\d\.\d{3} --> \d{2,}:\d\d:\d\d\.\d{3}", timing)
    assert not set("<>&") & set(body)
    assert json.loads(body) == {"detection": "screentext", **cue.to_json()}


_MANY = """
import resource, sys
from chalicelib.vision.detections import Detection
from chalicelib.vision.timeline import Timeline
def rows(count):
    for number in range(count):
        at = number * 7919 % count * 20
        box = {"Left": number % 97 / 100, "Top": number % 89 / 100, "Width": 0.02, "Height": 0.1}
        text = {"DetectedText": f"what is written differs each time {number}", "Confidence": 90.0, "Type": "LINE"}
        yield {"Timestamp": at, "TextDetection": {**text, "Geometry": {"BoundingBox": box}}}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert sum(1 for _ in Timeline(Detection.TEXT).cues(rows(int(sys.argv[1])))) == 20_000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_rows() -> None:
    """The bench does it with a million; here a tenth, in a process of its own, has to do."""
    done = subprocess.run([sys.executable, "-c", _MANY, "100000"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100 * 1024


@pytest.mark.parametrize("detection", list(Detection))
def test_no_rows_are_no_cues(detection: Detection) -> None:
    assert cues(detection) == []
    assert "".join(metadata.written(detection, [])) == "WEBVTT\n"


def test_what_is_written_on_a_picture_comes_as_it_is_read() -> None:
    def text(name: str, left: float, top: float) -> dict[str, Any]:
        box = {"Left": left, "Top": top, "Width": 0.2, "Height": 0.05}
        return {
            "Timestamp": 0,
            "TextDetection": {"DetectedText": name, "Type": "LINE", "Geometry": {"BoundingBox": box}},
        }

    rows = [text("a", 0.1, 0.8), text("b", 0.6, 0.101), text("c", 0.1, 0.1), text("d", 0.1, 0.4)]
    found = Timeline(Detection.TEXT, still=True).cues(rows)
    assert [one.passage.text for one in found] == ["c", "b", "d", "a"]
