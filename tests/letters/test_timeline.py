import io
import time
from typing import Any

import pytest
from PIL import Image

from chalicelib.domain.analysis import SegmentSentiment
from chalicelib.letters import timeline
from tests.letters.reports import SCORES

ABOVE, MIDDLE, BELOW = 70, 120, 170


def said(mood: str, start: float, end: float) -> SegmentSentiment:
    return SegmentSentiment(start, end, "said", SCORES[mood])


def picture(*segments: SegmentSentiment, duration: float) -> Image.Image:
    return Image.open(io.BytesIO(timeline.draw(segments, duration))).convert("RGB")


def bar(image: Image.Image, second: float, duration: float) -> list[Any]:
    """The colours above, on and below the line in the middle of the bar at `second`."""
    bucket = int(second / duration * 96)
    x = 24 + bucket * 12 + 6
    return [image.getpixel((x, y)) for y in (ABOVE, MIDDLE, BELOW)]


def test_positive_rises_in_green_and_negative_falls_in_red() -> None:
    image = picture(said("positive", 0, 10), said("negative", 10, 20), duration=20)
    assert bar(image, 5, 20)[::2] == [timeline.POSITIVE, timeline.BACKGROUND]
    assert bar(image, 15, 20)[::2] == [timeline.BACKGROUND, timeline.NEGATIVE]


def test_mixed_has_amber_ends_on_both_sides() -> None:
    image = picture(said("mixed", 0, 10), duration=10)
    column = [image.getpixel((30, y)) for y in range(image.height)]
    solid = [colour for colour in column if colour in {timeline.MIXED, timeline.POSITIVE, timeline.NEGATIVE}]
    assert solid[0] == solid[-1] == timeline.MIXED
    assert timeline.POSITIVE in solid
    assert timeline.NEGATIVE in solid


def test_neutral_is_a_grey_dot_and_silence_only_the_line() -> None:
    image = picture(said("neutral", 0, 10), duration=20)
    assert bar(image, 5, 20) == [timeline.BACKGROUND, timeline.NEUTRAL, timeline.BACKGROUND]
    assert bar(image, 15, 20)[1] not in {timeline.NEUTRAL, timeline.BACKGROUND}


def test_without_segments_there_is_the_bare_line() -> None:
    image = picture(duration=0)
    assert image.size == (timeline.WIDTH, timeline.HEIGHT)
    assert len(image.getcolors() or ()) == 2


def test_a_bucket_shows_the_mean_weighted_by_time() -> None:
    image = picture(said("positive", 0, 75), said("negative", 75, 100), duration=96 * 100)
    column = [image.getpixel((30, y)) for y in range(image.height)]
    assert column.count(timeline.POSITIVE) == pytest.approx(3 * column.count(timeline.NEGATIVE), abs=6)


@pytest.mark.parametrize("duration", [0.0, 3.0, 1e9])
def test_a_segment_past_the_end_or_without_length_is_no_fault(duration: float) -> None:
    assert picture(said("positive", 2, 8), said("negative", 9, 9), duration=duration).size == (1200, 240)


def test_ten_hours_are_drawn_fast_and_small() -> None:
    moods = list(SCORES)
    segments = [said(moods[i * 7 % 4], i * 1.8, i * 1.8 + 1.5) for i in range(20_000)]
    before = time.perf_counter()
    data = timeline.draw(segments, 36_000)
    assert time.perf_counter() - before < 2
    assert len(data) < 15_000
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "P"
        image.load()
