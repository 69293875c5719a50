"""Reports to test with, made by hand."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from PIL import Image

from chalicelib.documents.pairs import Pair
from chalicelib.documents.tables import Cell, Table
from chalicelib.domain.analysis import Entity, KeyPhrase, LanguageAnalysis, SegmentSentiment, SentimentScore
from chalicelib.domain.assets import (
    TOOK_TOO_LONG,
    Asset,
    AssetRef,
    BranchState,
    BranchStatus,
    MediaKind,
    Options,
    Rendition,
    Status,
)
from chalicelib.domain.costs import Cost, CostLine
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.domain.media import Picture as Still
from chalicelib.domain.rights import Role
from chalicelib.domain.tracks import Box, Moment, Page, Passage
from chalicelib.letters import notices
from chalicelib.letters.digest import DigestEntry, Remarks, build_digest
from chalicelib.letters.letter import Letter, Reader
from chalicelib.letters.notices import OperatorDay, Shared
from chalicelib.letters.report import ReportData, Written, build
from chalicelib.message import Message
from chalicelib.pipeline.accept import rejection_of
from chalicelib.pipeline.plan import notes_for
from chalicelib.speech.transcripts import Segment, Transcript, Word
from chalicelib.vision.detections import Detection
from chalicelib.vision.tracks import OF_DETECTION

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
        kind=MediaKind.VIDEO,
        media=MediaInfo("mp4", 754.2, VideoStream(1920, 1080, 25.0), AudioStream("aac", 48_000, 2)),
        branches={branch: BranchState(BranchStatus.DONE) for branch in BRANCHES},
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


def ended(status: Status, message: str | Message, **changes: Any) -> ReportData:
    """Nothing came of it."""
    unmade: dict[str, Any] = {"kind": None, "media": None, "branches": {}, "renditions": ()}
    failure = message if isinstance(message, Message) else Message("code", message)
    failed = asset(status=status, failure=failure, **unmade | changes)
    return ReportData(failed, None, None, None, None, None)


def seen(name: str, *times: float, label: str | None = None, seconds: float = 1.0) -> list[Passage]:
    """Something that is seen at each of these times, for so many seconds; without one in a picture."""
    places: list[Moment | None] = [Moment(time, time + seconds) for time in times]
    return [Passage(name, place, label, 0.9, Box(0.1, 0.1, 0.2, 0.3)) for place in places or [None]]


def film(**changes: Any) -> ReportData:
    """A film that was looked at too."""
    found = {
        Detection.LABELS: [*seen("Bus", 5, 65, 300, label="Vehicle"), *seen("Skyline", 7)],
        Detection.TEXT: [*seen("Free buses for everyone", 2, 90, 400), *seen("公共汽车免费", 8)],
        Detection.MODERATION: [
            *seen("Violence", 61),
            *seen("Weapon Violence", 61, 200, label="Violence"),
            *seen("Whatever is new", 300),
        ],
        Detection.FACES: seen("Face", 12, 70, 90),
        Detection.SEGMENTS: [
            *(passage for start in range(41) for passage in seen(f"Shot {start + 1}", 18.0 * start, label="SHOT")),
            *seen("BlackFrames", 0, 752, label="TECHNICAL_CUE"),
            *seen("EndCredits", 700, label="TECHNICAL_CUE", seconds=52),
            *seen("Content", 1, label="TECHNICAL_CUE", seconds=699),
        ],
        Detection.CELEBRITIES: [],
    }
    tracks = {OF_DETECTION[detection]: passages for detection, passages in found.items()}
    return replace(completed(title="Free buses", **changes), tracks=tracks, link=LINK)


LINK = "https://rapporteur.example.org/#/asset/0190a0b0c0d0e0f0"


def picture(**changes: Any) -> ReportData:
    """A picture that was looked at."""
    still = asset(
        file_name="bus stop.jpg",
        size=1_600_000,
        kind=MediaKind.IMAGE,
        media=MediaInfo("jpeg", 0.0, picture=Still(4032, 3024, 1)),
        branches={name: BranchState(BranchStatus.DONE) for name in ("renditions", "vision")},
        renditions=(
            Rendition("thumbnail", "output/thumbnail/x.jpg", 16_000, 0.0, 480, 360),
            Rendition("picture", "output/picture/x.jpg", 310_000, 0.0, 1920, 1440),
        ),
        **changes,
    )
    found = {
        Detection.TEXT: [*seen("Line 7 to the harbour"), *seen("下一站港口")],
        Detection.FACES: [*seen("Face"), *seen("Face")],
        Detection.MODERATION: [],
    }
    tracks = {OF_DETECTION[detection]: passages for detection, passages in found.items()}
    return ReportData(still, None, None, None, None, None, link=LINK, tracks=tracks)


def document(**changes: Any) -> ReportData:
    """A document of two pages that was read."""
    paper = asset(
        file_name="harbour.pdf",
        size=36_000,
        kind=MediaKind.DOCUMENT,
        media=MediaInfo("pdf", 0.0, pages=2),
        branches={name: BranchState(BranchStatus.DONE) for name in ("renditions", "document", "language")},
        renditions=(Rendition("thumbnail", "output/thumbnail/x.jpg", 15_000, 0.0, 339, 480),),
        **changes,
    )
    rows = (("Ship", "Port"), ("Aurora", "Brest"), ("Belle", "Genoa"))
    cells = (Cell(i, j, text) for i, texts in enumerate(rows, 1) for j, text in enumerate(texts, 1))
    written = Written(
        (
            Passage("Report of the harbour office", Page(1), "heading"),
            Passage("The office counts the ships that come and go.", Page(1), "text"),
            Passage("Ship\nPort\nAurora\nBrest\nBelle\nGenoa", Page(1), "table"),
            Passage("1", Page(1), "number"),
            Passage("Notice of arrival", Page(2), "heading"),
            Passage("Name: Ada Lovelace", Page(2), "pairs"),
            Passage("✔ Needs a pilot", Page(2), "pairs"),
            Passage("Please bring this notice to the office before noon.", Page(2), "text"),
        ),
        (Table(1, tuple(cells)),),
        (Pair(2, "Name", "Ada Lovelace"), Pair(2, "Needs a pilot", "☑")),
    )
    said = spoken(["The office counts the ships that come and go."])
    found = replace(analysed(said), on_pages=True, key_phrases=(KeyPhrase("the office", 0.9, (1.0,)),))
    text = "Report of the harbour office\n"
    return ReportData(paper, None, found, "The office counts ships.", None, text, link=LINK, written=written)


BRANCHES = ("renditions", "speech", "language")


def broken(branch: str, message: str) -> BranchState:
    """A branch that failed."""
    return BranchState(BranchStatus.FAILED, Message(f"{branch}-broke", message))


COST = Cost(
    Decimal("0.523"),
    "2026-11-21",
    (
        CostLine("mediaconvert.hd", Decimal(20), Decimal("0.3")),
        CostLine("mediaconvert.audio", Decimal(20), Decimal("0.1")),
        CostLine("transcribe.batch", Decimal(20), Decimal("0.122")),
        CostLine("sqs.request", Decimal(9), Decimal("0.001")),
    ),
)


def preview(colour: str = "#5b8fd6") -> bytes:
    """A small GIF."""
    drawn = io.BytesIO()
    Image.new("RGB", (120, 68), colour).save(drawn, "GIF")
    return drawn.getvalue()


def entry(number: int = 1, **changes: Any) -> DigestEntry:
    """A recording in a digest."""
    one = asset(**{"ref": AssetRef("owner", f"0190a0b0c0d0e{number:03}"), "mood": "MIXED"} | changes)
    summary = "The guests spoke about the new park and what it costs. One of them likes the idea but not the plan."
    return DigestEntry(one, summary, None, f"https://rapporteur.example.org/#/asset/{one.ref.asset_id}")


def digest_entries() -> list[DigestEntry]:
    """Recordings of all ends, with and without a preview."""
    bad = rejection_of("debate.mp4", 6_200_000_000, 5_000_000_000)
    return [
        replace(entry(1, title="Should buses be free?"), preview=preview()),
        replace(entry(2, file_name="시의회 토론회 3월.mp4", language="ko"), preview=preview("#2e9e6b")),
        replace(
            entry(3, status=Status.REJECTED, failure=bad, mood=None, media=None, renditions=(), branches={}),
            summary=None,
        ),
        entry(4, file_name="ワークショップの録音.m4a", kind=MediaKind.AUDIO),
    ]


def operator_day(**changes: Any) -> OperatorDay:
    """A day with some of everything that can go wrong."""
    day = OperatorDay(
        day=date(2026, 11, 20),
        ended={"completed": 128, "failed": 3, "rejected": 5},
        minutes=4321.5,
        usd=Decimal("37.2"),
        month_usd=Decimal("702.55"),
        failures=(
            ("recording-not-accessible", 1),
            ("took-too-long", 2),
        ),
        stuck=2,
        in_work=7,
        dead_letters={"intake": 0, "report": 1, "webhook": 12},
        mail={"bounced": 1, "complained": 0},
        link="https://rapporteur.example.org/#/admin",
    )
    return replace(day, **changes)


SHARED = Shared(
    by="ada@example.org",
    name="Should buses be free?",
    role=Role.COMMENTER,
    address="bob@example.org",
    link=LINK,
    note="Could you look at the part about the tram?\nIt is after twelve minutes.",
    until=date(2027, 2, 18),
)

QUIET = operator_day(
    ended={}, minutes=0.0, usd=Decimal(0), failures=(), stuck=0, in_work=0, dead_letters={"intake": 0}, mail={}
)


def letters(reader: Reader) -> dict[str, Letter]:
    """One of each kind of mail, for `reader`."""
    told = replace(
        completed(title="Should buses be free?", notes=tuple(notes_for(MediaInfo("mp4", 60.0), Options()))),
        cost=COST,
        link=LINK,
    )
    return {
        "report": build(told, reader).letter,
        "film": build(film(), reader).letter,
        "picture": build(picture(), reader).letter,
        "document": build(document(), reader).letter,
        "failed": build(ended(Status.FAILED, TOOK_TOO_LONG), reader).letter,
        "digest": build_digest(digest_entries(), reader, [Remarks("Should buses be free?", 3, 1, LINK)]),
        "confirmation": notices.confirmation(
            "ada@example.org", "https://api.example.org/recipients/confirm?token=0123456789abcdef0123456789", 7, reader
        ),
        "invitation": notices.invitation(SHARED, reader),
        "webhook": notices.webhook_switched_off("https://example.org/hooks/rapporteur", 5, 7, reader),
        "operators": notices.operators(operator_day(), reader),
        "quiet": notices.operators(QUIET, reader),
    }


def reader_of(language: str) -> Reader:
    """A reader with all that a footer can say."""
    return Reader(
        language,
        "Europe/Paris",
        settings_url="https://rapporteur.example.org/#/settings",
        unsubscribe_url="https://api.example.org/unsubscribe?token=0123456789abcdef",
    )
