"""Reports to test with, made by hand."""

from dataclasses import replace
from itertools import count
from typing import Any

from chalicelib.analysis import Entity, KeyPhrase, LanguageAnalysis, SegmentSentiment, SentimentScore
from chalicelib.assets import (
    Asset,
    AssetRef,
    Branch,
    BranchState,
    BranchStatus,
    Failure,
    Kind,
    Options,
    Rendition,
    Status,
)
from chalicelib.delivery.report import ReportData
from chalicelib.media import AudioStream, MediaInfo, VideoStream
from chalicelib.transcripts import Segment, Transcript, Word

SCORES = {
    "positive": SentimentScore(0.9, 0.0, 0.1, 0.0),
    "negative": SentimentScore(0.0, 0.9, 0.1, 0.0),
    "mixed": SentimentScore(0.2, 0.2, 0.1, 0.5),
    "neutral": SentimentScore(0.0, 0.0, 1.0, 0.0),
}

SENTENCES = (
    "Good evening and welcome to our debate on the city park.",
    "We have two guests with us tonight.",
    "The new park is a wonderful gift to every child in this town.",
    "It will be green and quiet and open to all.",
    "I am afraid that the cost is terrible and nobody has told the truth about it.",
    "Four million is what the council says.",
    "The last project failed and we paid twice for that disaster.",
    "I love the idea but I hate the plan.",
)


def sentence(text: str, start: float, speaker: str | None = None) -> Segment:
    """A segment that says `text`, three words a second."""
    times = count(start, 1 / 3)
    spoken_words = zip(text.removesuffix(".").split(), times, strict=False)
    *words, last = [Word(time, time + 0.3, word, speaker=speaker) for word, time in spoken_words]
    return Segment((*words, replace(last, punctuation=".")))


def spoken(texts: Any, speakers: tuple[str | None, ...] = ("Chair", "For", "Against")) -> Transcript:
    """A transcript of `texts`, one every five seconds, by `speakers` in turn."""
    segments = (sentence(text, 5.0 * i, speakers[i % len(speakers)]) for i, text in enumerate(texts))
    return Transcript(tuple(segments), "en-US")


def analysed(transcript: Transcript, moods: tuple[str, ...] = tuple(SCORES)) -> LanguageAnalysis:
    """What an engine could find in `transcript`, with `moods` in turn."""
    segments = tuple(
        SegmentSentiment(segment.start, segment.end, segment.text, SCORES[moods[i % len(moods)]], segment.speaker)
        for i, segment in enumerate(transcript.segments)
    )
    return LanguageAnalysis(
        engine="test",
        language_code="en",
        language_score=0.99,
        sentiment=SentimentScore(0.31, 0.24, 0.4, 0.05),
        segments=segments,
        key_phrases=(KeyPhrase("city park", 0.99, (1.0, 10.0)), KeyPhrase("the council", 0.9, (26.0,))),
        entities=(Entity("Ada Lovelace", "PERSON", 0.98, (4.0,)), Entity("Bremen", "LOCATION", 0.9, (8.0, 9.0))),
    )


def asset(**changes: Any) -> Asset:
    """A finished video."""
    finished = Asset(
        ref=AssetRef("owner", "0190a0b0c0d0e0f0"),
        file_name="debate.mp4",
        input_key="input/owner/0190a0b0c0d0e0f0/debate.mp4",
        status=Status.COMPLETED,
        created_at=1_790_000_000.0,
        options=Options(email="ada@example.org"),
        version=1,
        size=24_300_000,
        kind=Kind.VIDEO,
        media=MediaInfo("mp4", 754.2, VideoStream(1920, 1080, 25.0), AudioStream("aac", 48_000, 2)),
        branches={branch: BranchState(BranchStatus.DONE) for branch in Branch},
        renditions=(
            Rendition("web", "output/web/x.mp4", 12_345_678, 754.2, 1280, 720),
            Rendition("audio", "output/audio/x.mp3", 9_876_543, 754.2),
        ),
    )
    return replace(finished, **changes)


def completed(texts: Any = SENTENCES, **changes: Any) -> ReportData:
    """Everything worked."""
    transcript = spoken(texts)
    return ReportData(
        asset=asset(**changes),
        transcript=transcript,
        analysis=analysed(transcript),
        summary="The guests spoke about the new park and what it costs.",
        captions_srt="1\n00:00:00,000 --> 00:00:03,000\nGood evening\n",
        transcript_txt="Good evening\n",
    )


def ended(status: Status, message: str, **changes: Any) -> ReportData:
    """Nothing came of it."""
    unmade: dict[str, Any] = {"kind": None, "media": None, "branches": {}, "renditions": ()}
    failed = asset(status=status, failure=Failure("code", message), **unmade | changes)
    return ReportData(failed, None, None, None, None, None)


def broken(branch: Branch, message: str) -> BranchState:
    """A branch that failed."""
    return BranchState(BranchStatus.FAILED, Failure(f"{branch}-broke", message))
