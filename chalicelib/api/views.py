"""What callers send and get, as models: the API's own documentation is made from them (`openapi.py`)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.api.language import Told, told
from chalicelib.domain import folding, keys, presets
from chalicelib.domain.assets import ASSET_ID_PATTERN, Asset, BranchStatus, ReportState, Status
from chalicelib.domain.checked import FINDABLE, ONE_LINE, VISIBLE, WHOLE
from chalicelib.domain.media import ACCEPTED_ENDINGS
from chalicelib.pipeline.register import MailAddress, PresetName, TrackNumber, UploadRequest
from chalicelib.speech.clarity import Clarity

LONGEST_TITLE = 300
LONGEST_TAG = 60
MOST_TAGS = 30
LONGEST_NAME = 100
LONGEST_TEXT = 100
SHORTEST_SEARCH = 2
_FILE_NAME = 1000
_MOST_BYTES = 50 * 1024**3
_MOST_PARTS = 10_000
_PARTS_AT_ONCE = 100
_ENDINGS = rf"\.({'|'.join(''.join(f'[{c}{c.upper()}]' for c in ending) for ending in sorted(ACCEPTED_ENDINGS))})[ .]*$"
_LONGEST_LINE = 20_000
_MOST_LINES = 50_000
_MOST_AT_ONCE = 50
_LONGEST_SECONDS = 1_000_000


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


FileName = Annotated[
    str, StringConstraints(min_length=1, max_length=_FILE_NAME), Field(json_schema_extra={"pattern": _ENDINGS}), VISIBLE
]
"""A name whose ending says that it may be a recording."""


Title = Annotated[str, StringConstraints(max_length=LONGEST_TITLE), ONE_LINE]
"""What a recording is called; with nothing in it that can be seen it is none, and the file's name stands for it."""


Tag = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TAG), ONE_LINE]


Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), ONE_LINE]
"""What somebody or something is called."""


class NewAsset(UploadRequest):
    """An upload that is announced: what it is called, how large it is, and what is to be made of it."""

    file_name: FileName
    size: Annotated[int, Field(ge=1, le=_MOST_BYTES, description="bytes", strict=True), WHOLE]
    content_type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+$", max_length=100)] = (
        "application/octet-stream"
    )
    title: Title | None = None


class Changes(_Request):
    """What its owner may change of an asset."""

    title: Title | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] | None = None


class NewAssets(_Request):
    """Several uploads announced at once."""

    assets: Annotated[list[NewAsset], Field(min_length=1, max_length=_MOST_AT_ONCE)]


class AgainForAnyone(_Request):
    """How to begin anew: with which track of sound, where it is not to be the one that was heard."""

    track: TrackNumber | None = None


class Again(AgainForAnyone):
    """The same, and whether its owner agrees to what it will cost, above their limit."""

    accept_cost: bool = False


class EstimateWanted(_Request):
    """A recording of so many seconds, with a picture or without, of which these renditions are to be made."""

    duration: Annotated[float, Field(gt=0, le=_LONGEST_SECONDS, allow_inf_nan=False, strict=True)]
    video: bool = True
    presets: tuple[PresetName, ...] = tuple(preset.name for preset in presets.DEFAULT)


class NoQuery(_Request):
    """A route that takes no query parameters."""


class Listing(_Request):
    """Which assets to list: `after` is the cursor of the page before; `text` is looked for in names and tags."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    after: Annotated[str, StringConstraints(pattern=rf"^{ASSET_ID_PATTERN.pattern}$")] | None = None
    status: Status | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), ONE_LINE, FINDABLE] | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether it asks for some assets only."""
        return self.status is not None or self.text is not None

    def takes(self, asset: Asset) -> bool:
        """Whether `asset` is among those asked for."""
        if self.status not in {None, asset.status}:
            return False
        wanted = folding.pattern(self.text or "")
        called = (asset.file_name, asset.title or "", *asset.tags)
        return wanted is None or any(wanted.search(folding.fold(text)) for text in called)


class UploadNamed(_Request):
    """Which multipart upload is meant."""

    upload_id: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class TranscriptWanted(_Request):
    """In which format, by the Accept header if none is named; and which edition, the last one if none is."""

    format: Literal["json", "txt", "srt", "vtt", "docx"] | None = None
    edition: Annotated[int, Field(ge=0)] | None = None


class EditionWanted(_Request):
    """Which edition of the transcript, the last one if none is named."""

    edition: Annotated[int, Field(ge=0)] | None = None


class LineWritten(_Request):
    """What one speaker says, up to where the next line begins."""

    text: Annotated[str, StringConstraints(max_length=_LONGEST_LINE)]
    speaker: Name | None = None


class Correction(_Request):
    """A transcript as a person wants it, made from the edition `edition` (an asset's view has the number)."""

    edition: Annotated[int, Field(ge=0, strict=True), WHOLE]
    lines: Annotated[list[LineWritten], Field(max_length=_MOST_LINES)]


PartNumber = Annotated[int, Field(ge=1, le=_MOST_PARTS, strict=True), WHOLE]


class PartsWanted(_Request):
    """Which parts of a multipart upload to hand out addresses for."""

    upload_id: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    parts: Annotated[list[PartNumber], Field(min_length=1, max_length=_PARTS_AT_ONCE)]


class Part(_Request):
    """A part that was uploaded: the ETag that S3 answered with."""

    number: PartNumber
    etag: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PartsDone(_Request):
    """All parts of a multipart upload, to be put together."""

    upload_id: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    parts: Annotated[list[Part], Field(min_length=1, max_length=_MOST_PARTS)]


class Problem(BaseModel):
    """What is wrong with a request: a stable code, a sentence in English, the field at fault where it is one."""

    code: str
    message: str
    field: str | None = None


class ErrorAnswer(BaseModel):
    """The body of every answer that is an error."""

    error: Problem


class BranchView(BaseModel):
    """How a branch of the work stands; `progress` is from 0 to 1, while an engine is at work that can tell."""

    status: BranchStatus
    progress: float | None = None
    error: Told | None = None


class RenditionView(BaseModel):
    """A rendition: its size in bytes, its length in seconds, its picture in pixels."""

    model_config = ConfigDict(from_attributes=True)

    preset: str
    size: int
    duration: float
    width: int | None = None
    height: int | None = None


class SoundTrackView(BaseModel):
    """A track of sound: its `number` in the file, what that says of it (`language` is BCP 47), whether it is heard."""

    number: int
    language: str | None = None
    title: str = ""
    is_heard: bool


class CostView(BaseModel):
    """What the work cost in US dollars, by the list prices of a day."""

    usd: float
    as_of: str


class AssetView(BaseModel):
    """An asset as its owner sees it. Times are seconds since the epoch, `duration` is in seconds, `size` in bytes.

    `download_name` is what files made of it are called where somebody keeps them, without their ending.
    `version` counts its runs, `edition` the corrections of the last run's transcript. `language` and `mood` are those
    of what was said; `clarity` is how much of it was likely heard wrong (clear: at most 10 % of the words, fair: 25 %,
    poor: more). `preview` is where a small moving picture can be had, for a quarter of an hour. `report` says what has
    become of the report on the last run, `kept_until` when all of it is deleted. `sound_tracks` are those of
    the file that can be heard; one of them is.
    """

    id: str
    file_name: str
    title: str
    download_name: str
    tags: list[str]
    status: str
    version: int
    edition: int
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    kind: str | None = None
    size: int | None = None
    duration: float | None = None
    sound_tracks: list[SoundTrackView] = []
    branches: dict[str, BranchView]
    renditions: list[RenditionView]
    notes: list[Told]
    error: Told | None = None
    cost: CostView | None = None
    language: str | None = None
    mood: str | None = None
    clarity: Clarity | None = None
    preview: str | None = None
    report: ReportState
    kept_until: float | None = None


class HeardLineView(BaseModel):
    """What has been heard from `start` on (seconds)."""

    start: float
    text: str


class WholeAsset(AssetView):
    """An asset, and what was heard so far.

    While it is being transcribed by an engine that can tell, `heard` has what was heard so far: it is not final, and
    gives way to the transcript.
    """

    heard: list[HeardLineView] = []


class AssetPage(BaseModel):
    """Some assets, newest first; `next` is the cursor of the page after, if there is one."""

    assets: list[AssetView]
    next: str | None = None


class SingleUpload(BaseModel):
    """One POST of multipart/form-data to `url`: all `fields` first, then the file as `file`."""

    method: Literal["post"] = "post"
    url: str
    fields: dict[str, str]
    expires_in: int


class MultipartUpload(BaseModel):
    """A large file goes in parts of `part_size` bytes, each PUT to an address of its own (`…/upload/parts`)."""

    method: Literal["multipart"] = "multipart"
    upload_id: str
    part_size: int
    parts: int


class AnnouncedAsset(BaseModel):
    """A new asset, and how to upload its file."""

    asset: AssetView
    upload: SingleUpload | MultipartUpload


class Announced(BaseModel):
    """What became of one of several: an asset and how to upload its file, or why not."""

    asset: AssetView | None = None
    upload: SingleUpload | MultipartUpload | None = None
    error: Problem | None = None


class AnnouncedAssets(BaseModel):
    """What became of each of several, in the order in which they were sent."""

    results: list[Announced]


class EstimateLine(BaseModel):
    """What one item of the price list is expected to cost."""

    item: str
    usd: float


class EstimateView(BaseModel):
    """What the work is expected to cost in US dollars, by the list prices of a day; and from what on it asks."""

    usd: float
    as_of: str
    lines: list[EstimateLine]
    limit_usd: float
    is_over_limit: bool


class FormWanted(_Request):
    """What clients of the older service say: the address that the report goes to, which must be one's own."""

    mail: MailAddress | None = None
    file_name: FileName | None = None


class FormUpload(BaseModel):
    """A form to send one file with: all `fields` first, then the file as `file`; `id` is the asset's."""

    id: str
    url: str
    fields: dict[str, str]


class PartAddress(BaseModel):
    """Where to PUT a part."""

    number: int
    url: str


class PartAddresses(BaseModel):
    """Where to PUT parts, for so many seconds."""

    parts: list[PartAddress]
    expires_in: int


class PartsThere(BaseModel):
    """The parts that S3 has, for a client that goes on after a lost connection."""

    parts: list[Part]


class MediaAddress(BaseModel):
    """Where a rendition can be had, for so many seconds."""

    url: str
    expires_in: int


def asset_view(
    asset: Asset, preview: str | None = None, progress: Mapping[str, float | None] | None = None
) -> AssetView:
    """An asset as its owner sees it."""
    known = progress or {}
    return AssetView(
        id=asset.ref.asset_id,
        file_name=asset.file_name,
        title=asset.title or asset.file_name,
        download_name=keys.download_name(asset, ""),
        tags=list(asset.tags),
        status=asset.status.value,
        version=asset.version,
        edition=len(asset.edits),
        created_at=asset.created_at,
        started_at=asset.started_at,
        finished_at=asset.finished_at,
        kind=asset.kind.value if asset.kind else None,
        size=asset.size,
        duration=asset.media.duration if asset.media else None,
        sound_tracks=_sound_tracks(asset),
        branches={
            branch: BranchView(
                status=state.status, progress=known.get(branch), error=told(state.failure) if state.failure else None
            )
            for branch, state in asset.branches.items()
        },
        renditions=[RenditionView.model_validate(rendition) for rendition in asset.renditions],
        notes=list(map(told, asset.notes)),
        error=told(asset.failure) if asset.failure else None,
        cost=CostView(usd=float(asset.cost.usd), as_of=asset.cost.as_of) if asset.cost and asset.cost.usd else None,
        language=asset.language,
        mood=asset.mood,
        clarity=Clarity(asset.clarity) if asset.clarity else None,
        preview=preview,
        report=asset.report,
        kept_until=asset.expires,
    )


def _sound_tracks(asset: Asset) -> list[SoundTrackView]:
    media = asset.media
    if media is None:
        return []
    return [
        SoundTrackView(number=track.number, language=track.language, title=track.title, is_heard=track is media.audio)
        for track in media.tracks
    ]
