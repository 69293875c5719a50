"""What readers send and get: transcripts, analysis, files, hits; as models."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.checked import FINDABLE, ONE_LINE, WHOLE
from chalicelib.api.models.assets import AssetView, MessageView
from chalicelib.api.models.fields import (
    LONGEST_NAME,
    LONGEST_TEXT,
    SHORTEST_SEARCH,
    LanguageCode,
    Name,
    RequestModel,
    SearchText,
    Seconds,
    Tag,
    ViewModel,
)
from chalicelib.api.models.versions import VersionWanted
from chalicelib.domain.analysis import Entity, KeyPhrase, Sentiment
from chalicelib.domain.assets import ASSET_ID_PATTERN
from chalicelib.search.passages import Closeness
from chalicelib.speech.summaries import Chapter, Point

_LONGEST_LINE = 20_000
_MOST_LINES = 50_000
_MOST_STRETCHES = 5_000
_MOST_MATCHES = 10**9

SearchCursor = Annotated[str, StringConstraints(pattern=rf"^([0-9a-f]{{16}})?\.({ASSET_ID_PATTERN.pattern})?$")]
"""Where a page of hits ended."""

ShelfCursor = Annotated[str, StringConstraints(pattern=r"^(own|[0-9a-f]{16})$")]
"""Up to where a page has looked: one's own recordings, or those of somebody who shares some."""

TranscriptFormat = Literal["json", "txt", "srt", "vtt", "docx"]


class EditionWanted(VersionWanted):
    """Which edition of the transcript, the last one if none is named."""

    edition: Annotated[int, Field(ge=0)] | None = None


class FileWanted(EditionWanted):
    """The same; and whether it is to say how much of it is `confirmed`."""

    confirmed: bool = False


class TranscriptWanted(FileWanted):
    """The same, and in which format: by the Accept header if none is named. SRT has no place for what is confirmed."""

    format: TranscriptFormat | None = None


class LineWritten(RequestModel):
    """What one speaker says, up to where the next line begins."""

    text: Annotated[str, StringConstraints(max_length=_LONGEST_LINE)]
    speaker: Name | None = None


class Stretch(RequestModel):
    """A stretch of the recording, in seconds: the words are meant whose middle is in it."""

    start: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    end: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class TranscriptCorrection(RequestModel):
    """A transcript as a person wants it, made from the save `edition`: the newest, whose number an asset's view has.
    `version` is the asset's version whose transcript that is: whoever names it corrects no other one.

    To bring back an earlier edition, `brings_back` names it, and the lines are what stands there. What is written anew
    is confirmed by that; what is right as it stands may be `confirmed` too, and what was confirmed may be made
    `unconfirmed` again.
    """

    edition: Annotated[int, Field(ge=0, strict=True), WHOLE]
    lines: Annotated[list[LineWritten], Field(max_length=_MOST_LINES)]
    confirmed: Annotated[tuple[Stretch, ...], Field(max_length=_MOST_STRETCHES)] = ()
    unconfirmed: Annotated[tuple[Stretch, ...], Field(max_length=_MOST_STRETCHES)] = ()
    brings_back: Annotated[int, Field(ge=0, strict=True), WHOLE] | None = None
    version: Annotated[int, Field(ge=1, strict=True), WHOLE] | None = None


class EditionView(BaseModel):
    """An edition of a transcript: all that one author has corrected in a sitting.

    It is named by the `edition` that it came to, its last save; its saves are counted from `first` on. `number` counts
    editions themselves; 0 is what was heard, `by` whom is missing there. It was `begun_at` and last saved `at` these
    times, in seconds since the epoch. `confirmed` is how many percent of its words somebody stands behind, rounded
    down; missing for what was heard. `by_name` is the
    author's address, where you may know it. `is_yours` if it is your own, and `is_open` while your next save goes into
    it.
    """

    number: int
    edition: int
    first: int
    name: str | None = None
    by: str | None = None
    by_name: str | None = None
    is_yours: bool = False
    engine: str | None = None
    begun_at: float | None = None
    at: float | None = None
    confirmed: int | None = None
    brings_back: int | None = None
    is_open: bool = False


class EditionsView(BaseModel):
    """The editions of a transcript, the newest first."""

    editions: list[EditionView]


class EditionNamed(RequestModel):
    """What an edition is to be called; nothing any more if it is empty."""

    name: Annotated[str, StringConstraints(max_length=LONGEST_NAME), ONE_LINE]


class MediaAddress(BaseModel):
    """Where a rendition can be had, for so many seconds."""

    url: str
    expires_in: int


class OriginalAddress(MediaAddress):
    """Where what was uploaded can be had: what it is called, and its size in bytes."""

    file_name: str
    size: int


SaidWord = tuple[float, float, str, float, str]
"""Start and end in seconds, the word with its punctuation, confidence from 0 to 1, the space that stands before it."""


class LineView(BaseModel):
    """What one speaker says, up to where the next line begins; times in seconds.

    `confirmed` are the numbers of those of its words, counted from 0, that somebody stands behind; missing if none are.
    `confirmed_by` says who: pairs of the number of a confirmation (in `confirmations` of the whole) and of how many of
    the `confirmed` it is, in their order. `heard` is what was heard in the place of words, by their numbers, where a
    rule that was learnt has changed it; missing if none has. `alternatives` are what else the engine took uncertain
    words for, by their numbers.
    """

    start: float
    end: float
    speaker: str | None = None
    words: list[SaidWord]
    confirmed: list[int] | None = None
    confirmed_by: list[tuple[int, int]] | None = None
    heard: dict[int, str] | None = None
    alternatives: dict[int, tuple[str, ...]] | None = None


class ConfirmationView(BaseModel):
    """That somebody stands behind words: who (an account's id), and when (seconds since the epoch)."""

    by: str
    at: float


class Lines(BaseModel):
    """A transcript for reading along: its `edition` (the number of its last save), and how many `editions` there are
    beside what the engine heard.

    `confirmed` is how much of it somebody stands behind, from 0 to 1 of its words, rounded down; `confirmations` are
    who has said so and when, each once, for the owner alone.
    """

    edition: int
    editions: int
    language: str | None = None
    speakers: list[str]
    lines: list[LineView]
    confirmed: float = 0.0
    confirmations: list[ConfirmationView] | None = None


class Score(BaseModel):
    """How sure the engine is of each mood, together 1."""

    positive: float
    negative: float
    neutral: float
    mixed: float


class SpeakerMood(Score):
    """The mood of all that one speaker says."""

    mood: Sentiment


class MoodAt(SpeakerMood):
    """The mood of a stretch of talk: times in seconds."""

    start: float
    end: float
    speaker: str | None = None


class MadeFrom(BaseModel):
    """From which edition of the transcript a result was made (0: what was heard), and when that was last saved, in
    seconds since the epoch.

    `is_outdated` if what is said has been changed since, or by whom; `is_due` if it will then be made anew by itself.
    """

    edition: int
    at: float | None = None
    is_outdated: bool = False
    is_due: bool = False


class Analysis(BaseModel):
    """What was found in what was said; `talk_time` in seconds by speaker, `entities` missing where no engine tells.

    Where no engine knows the language, there may be a summary alone: `engine`, `mood` and `score` are missing then.

    `speaker_moods` are those of speakers who have been named, for the owner alone and where the deployment tells them.

    `sentences` are those of the `summary` with where each is said; they, `title`, `chapters` and `actions` (what
    somebody is to do) are empty where the engine gives none.

    Of a document, what is found stands `on_pages`: all times, starts and ends are the numbers of pages then.

    `made_from` says which edition of the transcript mood, phrases and names are of, `summary_made_from` the same of the
    summary; `not_remade`, why they could not be made anew from the newest.
    """

    summary: str | None = None
    title: str | None = None
    sentences: tuple[Point, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    actions: tuple[Point, ...] = ()
    engine: str | None = None
    language: str | None = None
    mood: Sentiment | None = None
    score: Score | None = None
    segments: list[MoodAt] = []
    key_phrases: tuple[KeyPhrase, ...] = ()
    entities: tuple[Entity, ...] | None = None
    talk_time: dict[str, float] = {}
    speaker_moods: dict[str, SpeakerMood] = {}
    notes: list[MessageView] = []
    on_pages: bool = False
    made_from: MadeFrom | None = None
    summary_made_from: MadeFrom | None = None
    not_remade: MessageView | None = None


class FileView(BaseModel):
    """A file to download: its size in bytes."""

    name: str
    content_type: str
    size: int
    url: str


class Files(BaseModel):
    """All files of an asset; the addresses hold for so many seconds."""

    files: list[FileView]
    expires_in: int


class WordsWanted(RequestModel):
    """Which words to look for: all of them, what stands in quotation marks as it stands; said by whom."""

    q: Annotated[str, StringConstraints(min_length=SHORTEST_SEARCH, max_length=LONGEST_TEXT), ONE_LINE, FINDABLE]
    speaker: SearchText | None = None


class SearchWanted(WordsWanted):
    """The same, in which recordings: `since` and `before` are seconds since the epoch, of the upload; and the cursor of
    the page before.
    """

    title: SearchText | None = None
    tag: Tag | None = None
    language: LanguageCode | None = None
    since: Seconds | None = None
    before: Seconds | None = None
    after: SearchCursor | None = None


class MeaningWanted(RequestModel):
    """What is meant, in one's own words; the filters of a search for words; and the cursor of the page before."""

    q: SearchText
    speaker: SearchText | None = None
    title: SearchText | None = None
    tag: Tag | None = None
    language: LanguageCode | None = None
    since: Seconds | None = None
    before: Seconds | None = None
    after: ShelfCursor | None = None


class MatchesWanted(WordsWanted):
    """The same in one recording, and how many matches to leave out: those of the pages before."""

    offset: Annotated[int, Field(ge=0, le=_MOST_MATCHES)] = 0


class PlaceView(BaseModel):
    """A place: from when to when (seconds), or on which page (from 1); none of them for what is said of the whole."""

    start: float | None = None
    end: float | None = None
    page: int | None = None


class BoxView(BaseModel):
    """Where in a picture, or on a page, something is: in fractions of its width and height, from the top left."""

    left: float
    top: float
    width: float
    height: float


class PassageView(PlaceView):
    """What a track says at a place: what sort of thing it is, how sure its engine is of it (0 to 1), and where in the
    picture, or on the page, it is.
    """

    text: str
    label: str | None = None
    confidence: float | None = None
    box: BoxView | None = None


class Passages(BaseModel):
    """All passages of a track, in their order."""

    name: str
    title: str
    passages: list[PassageView]


class SharedTrackView(ViewModel):
    """One result of analysis: its name, its English title, whether the page has a way of its own to draw it."""

    name: str
    title: str
    is_drawn: bool


class SharedTracks(BaseModel):
    """The tracks of what is shared."""

    tracks: list[SharedTrackView]


class TrackView(SharedTrackView):
    """The same with the engine that made it, and its files. Times are in seconds since the epoch."""

    engine: str
    started_at: float
    ended_at: float
    files: list[FileView]


class Tracks(BaseModel):
    """The tracks of an asset's latest version; the addresses of their files hold for so many seconds."""

    tracks: list[TrackView]
    expires_in: int


class MatchView(PlaceView):
    """Where it stands, from its first word on, with the words around it; `track` is the name of the track that says so.
    `marks` are the characters of `text` that are meant, from and to, in code points.
    """

    text: str
    track: str
    marks: list[tuple[int, int]]
    speaker: str | None = None


class HitView(BaseModel):
    """A recording in which it stands; the first few places, and how many there are: `count`. If it is another's, its
    `role` says what one may do with it, and `by` who shares it: their address, as it was when they began to.
    """

    asset: AssetView
    by: str | None = None
    matches: list[MatchView]
    count: int


class NearView(PlaceView):
    """A passage that may be near in meaning, from its first word on, and how near: a cosine, to be compared with that
    of others; and what that comes to: `close` is hardly ever by chance, `near` mostly is not, and `far` may not be
    about it; None where nobody has measured it. `track` is the name of the track that says so.
    """

    text: str
    track: str
    speaker: str | None = None
    nearness: float
    closeness: Closeness | None = None


class NearHitView(BaseModel):
    """A recording and its passages that are nearest, the nearest first. If it is another's, its `role` says what one
    may do with it, and `by` who shares it, as in `HitView`.
    """

    asset: AssetView
    by: str | None = None
    passages: list[NearView]


class NearPage(BaseModel):
    """The recordings with the nearest passages, the nearest first. `next` is where to go on, in what others share;
    `is_being_made`: some recordings are not searched yet; ask again a little later.
    """

    hits: list[NearHitView]
    next: str | None = None
    is_being_made: bool


class Matches(BaseModel):
    """The places in one recording, track by track, and how many there are; `next` is the offset of the next page."""

    matches: list[MatchView]
    count: int
    next: int | None = None


class SearchPage(BaseModel):
    """The recordings with hits among those looked into: one's own first, and then those that others share, person by
    person; of each the newest first. `next` is where to go on looking, and `left` into how many recordings, at most.
    `is_being_made`: the index is not there yet; ask again a little later.
    """

    hits: list[HitView]
    next: str | None = None
    left: int = 0
    is_being_made: bool = False
