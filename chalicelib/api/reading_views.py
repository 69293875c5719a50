"""What readers get: lines, analysis, files, hits, links; as models."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.language import Told
from chalicelib.api.views import LONGEST_TEXT, SHORTEST_SEARCH, AssetView, _Request
from chalicelib.domain.assets import ASSET_ID_PATTERN
from chalicelib.domain.checked import FINDABLE, ONE_LINE, WHOLE

SaidWord = tuple[float, float, str, float, str]
"""Start and end in seconds, the word with its punctuation, confidence from 0 to 1, the space that stands before it."""


class LineView(BaseModel):
    """What one speaker says, up to where the next line begins; times in seconds."""

    start: float
    end: float
    speaker: str | None = None
    words: list[SaidWord]


class Lines(BaseModel):
    """A transcript for reading along: its `edition`, and how many `editions` there are beside what the engine heard."""

    edition: int
    editions: int
    language: str | None = None
    speakers: list[str]
    lines: list[LineView]


class MoodAt(BaseModel):
    """The mood of a stretch of talk: times in seconds; how sure the engine is of each mood, together 1."""

    start: float
    end: float
    speaker: str | None = None
    mood: str
    positive: float
    negative: float
    neutral: float
    mixed: float


class Score(BaseModel):
    """How sure the engine is of each mood, together 1."""

    positive: float
    negative: float
    neutral: float
    mixed: float


class Phrase(BaseModel):
    """A phrase that matters, how sure the engine is (0 to 1), and when it was said (seconds)."""

    text: str
    score: float
    times: list[float]


class Named(Phrase):
    """A named thing: `kind` is Comprehend's type (PERSON, LOCATION, …)."""

    kind: str


class PointView(BaseModel):
    """A sentence, and when what it rests on is said (seconds)."""

    text: str
    times: list[float]


class ChapterView(BaseModel):
    """What a recording turns to, and when (seconds)."""

    title: str
    time: float


class SpeakerMood(Score):
    """The mood of all that one speaker says."""

    mood: str


class Analysis(BaseModel):
    """What was found in what was said; `talk_time` in seconds by speaker, `entities` missing where no engine tells.

    Where no engine knows the language, there may be a summary alone: `engine`, `mood` and `score` are missing then.

    `speaker_moods` are those of speakers who have been named, for the owner alone and where the deployment tells them.

    `sentences` are those of the `summary` with where each is said; they, `title`, `chapters` and `actions` (what
    somebody is to do) are empty where the engine gives none.
    """

    summary: str | None = None
    title: str | None = None
    sentences: list[PointView] = []
    chapters: list[ChapterView] = []
    actions: list[PointView] = []
    engine: str | None = None
    language: str | None = None
    mood: str | None = None
    score: Score | None = None
    segments: list[MoodAt] = []
    key_phrases: list[Phrase] = []
    entities: list[Named] | None = None
    talk_time: dict[str, float] = {}
    speaker_moods: dict[str, SpeakerMood] = {}
    notes: list[Told] = []


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


class SearchWanted(_Request):
    """What to look for, and the cursor of the page before."""

    q: Annotated[str, StringConstraints(min_length=SHORTEST_SEARCH, max_length=LONGEST_TEXT), ONE_LINE, FINDABLE]
    after: Annotated[str, StringConstraints(pattern=rf"^{ASSET_ID_PATTERN.pattern}$")] | None = None


class PlaceView(BaseModel):
    """A place: from when to when (seconds), or on which page (from 1); none of them for what is said of the whole."""

    start: float | None = None
    end: float | None = None
    page: int | None = None


class PassageView(PlaceView):
    """What a track says at a place: what sort of thing it is, and how sure its engine is of it (0 to 1)."""

    text: str
    label: str | None = None
    confidence: float | None = None


class Passages(BaseModel):
    """All passages of a track, in their order."""

    name: str
    title: str
    passages: list[PassageView]


class SharedTrackView(BaseModel):
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
    """Where something was said, with the words around it; `track` is the name of the track that says so."""

    text: str
    track: str


class HitView(BaseModel):
    """A recording in which it was said; the first few times of it."""

    asset: AssetView
    matches: list[MatchView]


class SearchPage(BaseModel):
    """The recordings with hits among those looked into, newest first; `next` is where to go on looking."""

    hits: list[HitView]
    next: str | None = None


class ShareWanted(_Request):
    """For how long to share."""

    days: Annotated[int, Field(ge=1, le=90, strict=True), WHOLE] = 7


class ShareView(BaseModel):
    """A link: times in seconds since the epoch."""

    id: str
    created_at: float
    expires_at: float


class NewShare(ShareView):
    """A new link, with its token, which is never told again."""

    token: str


class Shares(BaseModel):
    """The links to an asset that have not ended."""

    shares: list[ShareView]


class Shared(BaseModel):
    """What is shared, and until when."""

    asset: AssetView
    expires_at: float
