"""What work will cost, before it begins: as engines will charge for it, and quickly, however long it is."""

import tracemalloc
from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.domain.assets import Options
from chalicelib.engines.costs import PaidWork
from chalicelib.engines.registry import chosen
from chalicelib.pipeline import estimates
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.seams.language import LANGUAGE
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.transcription import TRANSCRIPTION
from docs.make_costs import CHOICES, deployed, recording

EVERYTHING = deployed(
    summarizer="bedrock",
    bedrock_model="amazon.nova-lite-v1:0",
    comprehend_pii="true",
    comprehend_targeted_sentiment="true",
    embedder="bedrock",
    bedrock_embedding_model="cohere.embed-v4:0",
)
HOUR = 3600.0
MIB = 1024**2


def lines(seconds: float) -> dict[str, Decimal]:
    """What each item of the price list is expected to cost."""
    found = estimates.estimate(estimates.media_of(seconds, video=True), Options(), EVERYTHING)
    assert found.unpriced == ()
    return {line.item: line.quantity for line in found.lines}


def test_the_longest_recording_that_may_be_asked_about_takes_no_memory() -> None:
    lines(1.0)  # what is read and kept once, such as the prices
    tracemalloc.start()
    try:
        lines(1_000_000.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MIB


@pytest.mark.parametrize("hours", [3.0, 4.5, 10.0])
def test_a_long_recording_is_estimated_as_if_all_its_words_had_been_made_up(hours: float) -> None:
    expected = lines(hours * HOUR)
    work = recording()
    media = estimates.media_of(hours * HOUR, video=True)
    whole = PaidWork(replace(work.asset, media=media), estimates._transcript(hours * HOUR), EVERYTHING)
    for seam, engine in chosen(EVERYTHING):
        if seam not in {TRANSCRIPTION, LANGUAGE, SUMMARIZING, EMBEDDING}:
            continue
        for item, quantity in engine.charges(whole).items():
            assert 0.99 * float(quantity) <= float(expected[item]) <= 1.12 * float(quantity), item


@pytest.mark.parametrize("choice", sorted(CHOICES))
def test_a_longer_recording_is_never_estimated_to_cost_less(choice: str) -> None:
    def usd(seconds: float) -> Decimal:
        media = estimates.media_of(seconds, video=False)
        return estimates.estimate(media, Options(presets=()), CHOICES[choice]).usd

    lengths = [0.5, 60.0, HOUR - 1, HOUR, HOUR + 1, 4 * HOUR, 4 * HOUR + 1, 100 * HOUR, 1_000_000.0]
    found = [usd(seconds) for seconds in lengths]
    assert found == sorted(found)
