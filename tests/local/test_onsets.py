"""A word begins where it is heard."""

import numpy as np
import pytest

from chalicelib.speech.transcripts import Word
from local.engines._onsets import at_their_onsets


def sound(*stretches: tuple[float, float]) -> np.ndarray:
    """Seconds and loudness of one stretch after the other."""
    parts = [np.sin(np.arange(round(seconds * 16_000)) * 0.2) * loud for seconds, loud in stretches]
    return np.concatenate(parts).astype(np.float32)


def starts(heard: np.ndarray, *words: tuple[float, float]) -> list[float]:
    return [word.start for word in at_their_onsets([Word(start, end, "so", 0.9) for start, end in words], heard)]


def test_silence_before_a_word_is_not_the_word() -> None:
    assert starts(sound((0.5, 0.0), (0.5, 0.3)), (0.1, 1.0)) == pytest.approx([0.5], abs=0.01)


def test_noise_before_a_word_is_not_the_word_either() -> None:
    assert starts(sound((0.5, 0.005), (0.5, 0.3)), (0.1, 1.0)) == pytest.approx([0.5], abs=0.01)


def test_a_word_that_is_heard_from_its_start_stays() -> None:
    assert starts(sound((1.0, 0.3)), (0.2, 0.6), (0.6, 0.9)) == [0.2, 0.6]


def test_a_soft_beginning_is_part_of_the_word() -> None:
    assert starts(sound((0.5, 0.04), (0.5, 0.3)), (0.1, 1.0)) == [0.1]


def test_a_word_is_never_too_short_to_be_heard_nor_moved_past_its_end() -> None:
    assert starts(sound((0.98, 0.0), (0.5, 0.3)), (0.0, 1.0)) == pytest.approx([0.94])
    assert starts(sound((1.0, 0.0)), (0.3, 0.6), (0.6, 0.6), (3.0, 4.0)) == [0.3, 0.6, 3.0]


def test_a_word_begins_after_the_quietest_moment_since_the_one_before() -> None:
    heard = sound((0.3, 0.3), (0.05, 0.02), (0.5, 0.3))
    assert starts(heard, (0.0, 0.22), (0.22, 0.8)) == pytest.approx([0.0, 0.34], abs=0.05)


@pytest.mark.parametrize(("text", "start"), [("and", 0.5), ("길", 0.5), ("transportation", 0.0), ("걸어갔다", 0.0)])
def test_a_pause_within_a_word_is_before_it_unless_too_little_of_it_were_left(text: str, start: float) -> None:
    heard = sound((0.4, 0.2), (0.1, 0.0), (0.25, 0.3))
    (word,) = at_their_onsets([Word(0.0, 0.75, text, 0.9)], heard)
    assert word.start == pytest.approx(start, abs=0.01)
