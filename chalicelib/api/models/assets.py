"""What callers send and get of their assets, as models."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, JsonValue, StrictBool, StringConstraints

from chalicelib.api.checked import WHOLE
from chalicelib.api.models.fields import (
    FileName,
    FolderId,
    LanguageCode,
    MailAddress,
    PresetName,
    RecordingName,
    RequestModel,
    SpeakerCount,
    Tag,
    Title,
    TrackNumber,
    UploadId,
    ViewModel,
)
from chalicelib.api.models.options import AiOptionsChosen, AiOptionsWanted
from chalicelib.domain import presets
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import MOST_TAGS, BranchStatus, Channels, MediaKind, Options, ReportState, Status
from chalicelib.domain.moderation import Decision, Policy
from chalicelib.domain.rights import Role
from chalicelib.seams.transcription import HeardLine
from chalicelib.speech.clarity import Clarity

_MOST_BYTES = 50 * 1024**3
_MOST_PARTS = 10_000
_PARTS_AT_ONCE = 100
_MOST_AT_ONCE = 50
_MOST_PAGES = 3_000
"""As many as Textract reads: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html"""

_LONGEST_URL = 2_000
_LONGEST_WORDING = 20
_LONGEST_SECONDS = 1_000_000


class Wanted(RequestModel):
    """What is to be made of a file, and whom its report reaches."""

    language: LanguageCode | None = None
    speakers: SpeakerCount | None = None
    track: TrackNumber | None = None
    channels: Channels = Channels.TOGETHER
    email: MailAddress | None = None
    urgent: bool = False
    accept_cost: bool = False
    presets: tuple[PresetName, ...] = presets.DEFAULT_NAMES
    ai_options: AiOptionsWanted | None = None

    def options(
        self, email: str | None, copy_to: str | None = None, *, metered: bool = False, ai: AiOptions | None = None
    ) -> Options:
        """The same for the pipeline: with the report to `email`, and a copy of it to `copy_to`.

        `ai` is what `ai_options` ask for, once its names were looked up.
        """
        return Options(
            language=self.language,
            speakers=self.speakers,
            track=self.track,
            channels=self.channels,
            email=email,
            presets=tuple(dict.fromkeys(self.presets)),
            urgent=self.urgent,
            accept_cost=self.accept_cost,
            metered=metered,
            copy_to=copy_to,
            ai=ai or AiOptions(),
        )


class UploadRequest(Wanted):
    """The same, of an upload that is called so."""

    file_name: FileName


class NewAsset(UploadRequest):
    """An upload that is announced: what it is called, how large it is, and what is to be made of it."""

    file_name: RecordingName
    size: Annotated[int, Field(ge=1, le=_MOST_BYTES, description="bytes", strict=True), WHOLE]
    content_type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+$", max_length=100)] = (
        "application/octet-stream"
    )
    title: Title | None = None
    folder: FolderId | None = None


class NewImport(Wanted):
    """A file that is to be fetched from its address, to the `wording` that affirms one's right to it (`/config` has it
    as `import_wording`).

    It is called as its server calls it, unless `file_name` says otherwise.
    """

    url: Annotated[str, StringConstraints(max_length=_LONGEST_URL, pattern="^[Hh][Tt][Tt][Pp][Ss]?://")]
    wording: Annotated[str, StringConstraints(max_length=_LONGEST_WORDING)]
    file_name: RecordingName | None = None
    title: Title | None = None
    folder: FolderId | None = None


class Changes(RequestModel):
    """What its owner may change of an asset. `no_training`: nothing is to be learnt from it; a `folder` of null: it is
    in none.
    """

    title: Title | None = None
    no_training: StrictBool | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] | None = None
    folder: FolderId | None = None


class NewAssets(RequestModel):
    """Several uploads announced at once."""

    assets: Annotated[list[NewAsset], Field(min_length=1, max_length=_MOST_AT_ONCE)]


class AgainForAnyone(RequestModel):
    """How to begin anew: with which track of sound, where it is not to be the one that was heard."""

    track: TrackNumber | None = None


class Again(AgainForAnyone):
    """The same, and whether its owner agrees to what it will cost, above their limit.

    `ai_options` are asked for in place of those that were asked for before.
    """

    accept_cost: bool = False
    ai_options: AiOptionsWanted | None = None


class EstimateWanted(RequestModel):
    """A file of a `kind`, of which these renditions are to be made: a recording of so many seconds (a minute, where
    nobody says), with a picture or without; a picture that does not move; or a document of so many pages.

    Without a `kind` it is a recording, and `video` says whether it has a picture.
    """

    duration: Annotated[float, Field(gt=0, le=_LONGEST_SECONDS, allow_inf_nan=False, strict=True)] = 60.0
    video: bool = True
    kind: MediaKind | None = None
    pages: Annotated[int, Field(ge=1, le=_MOST_PAGES, strict=True), WHOLE] = 1
    presets: tuple[PresetName, ...] = presets.DEFAULT_NAMES
    ai_options: AiOptionsWanted | None = None


class UploadNamed(RequestModel):
    """Which multipart upload is meant."""

    upload_id: UploadId


PartNumber = Annotated[int, Field(ge=1, le=_MOST_PARTS, strict=True), WHOLE]


class PartsWanted(RequestModel):
    """Which parts of a multipart upload to hand out addresses for."""

    upload_id: UploadId
    parts: Annotated[list[PartNumber], Field(min_length=1, max_length=_PARTS_AT_ONCE)]


class UploadPart(RequestModel):
    """A part that was uploaded: the ETag that S3 answered with."""

    number: PartNumber
    etag: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PartsDone(RequestModel):
    """All parts of a multipart upload, to be put together."""

    upload_id: UploadId
    parts: Annotated[list[UploadPart], Field(min_length=1, max_length=_MOST_PARTS)]


class MessageView(BaseModel):
    """What people are told: a stable code for programs, a sentence in the language asked for, and the values in it."""

    code: str
    message: str
    values: dict[str, JsonValue]


class Refusal(BaseModel):
    """What is wrong with one of several: a stable code, a sentence, the field at fault where it is one."""

    code: str
    message: str
    field: str | None = None


class BranchView(BaseModel):
    """How a branch of the work stands; `progress` is from 0 to 1, while an engine is at work that can tell."""

    status: BranchStatus
    progress: float | None = None
    error: MessageView | None = None


class RenditionView(ViewModel):
    """A rendition: its size in bytes, its length in seconds, its picture in pixels."""

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


class SensitiveView(ViewModel):
    """Something that not everybody should see: of what `kind` and what exactly, by the names of Amazon Rekognition;
    from when to when in seconds, left out in a picture; how surely, from 0 to 1.
    """

    kind: str
    name: str
    start: float | None = None
    end: float | None = None
    confidence: float


class ModerationView(BaseModel):
    """What was seen that not everybody should see, in a sentence and in full, and what follows by the service's policy.

    What is held waits for an administrator's decision; `decision` is what they have decided, at `decided_at` (seconds
    since the epoch).
    """

    policy: Policy
    reason: MessageView | None = None
    seen: list[SensitiveView]
    decision: Decision | None = None
    decided_at: float | None = None


class AgainView(BaseModel):
    """That a run does the work again: it follows the version `after`; `is_hearing` only, or does everything anew."""

    after: int
    is_hearing: bool


class FetchView(BaseModel):
    """How far a file has been fetched: from which server, how many of its bytes, and of how many, as far as that says;
    `progress` is from 0 to 1.
    """

    host: str
    fetched: int
    size: int | None = None
    progress: float | None = None


class AssetView(BaseModel):
    """An asset as its owner sees it. Times are seconds since the epoch, `duration` is in seconds, `size` in bytes.

    `download_name` is what files made of it are called where somebody keeps them, without their ending.
    `version` counts its runs, `edition` the saves of the last run's corrected transcript, which are kept as so many
    `editions`: one a sitting. `language` and `mood` are those
    of what was said; `clarity` is how much of it was likely heard wrong (clear: at most 10 % of the words, fair: 25 %,
    poor: more). `preview` is where a small moving picture can be had, for a quarter of an hour. `report` says what has
    become of the report on the last run, `kept_until` when all of it is deleted. `sound_tracks` are those of
    the file that can be heard; one of them is. `width` and `height` are those of the picture in pixels, as it is seen;
    `pages` are a document's. `ai_options` are what was asked for and what is done of it.

    `folder` is the id of the one that it is in: one that is no more counts as none. `changed_at` is when it was last
    changed: what it is called, its tags, its transcript, or how its run stands.

    `moderation` is there where something was seen that not everybody should see, or nobody could look and the service
    holds what nobody has looked at. While `is_withheld`, nothing that was made is given out.

    `newest` is the highest number that any version has had: the current one may be an earlier one that is used again.
    `again` is there where the current run does the work again. `fetch` is there where the file is not uploaded but
    fetched from an address.

    `role` is what you are to it: its owner, or what its owner has made you. Others are told less: no costs, no folder,
    no tags, no notes.
    """

    id: str
    file_name: str
    title: str
    download_name: str
    tags: list[str]
    status: Status
    version: int
    edition: int
    editions: int = 0
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    kind: MediaKind | None = None
    size: int | None = None
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    ai_options: AiOptionsChosen
    sound_tracks: list[SoundTrackView] = []
    branches: dict[str, BranchView]
    renditions: list[RenditionView]
    notes: list[MessageView]
    error: MessageView | None = None
    cost: CostView | None = None
    language: str | None = None
    mood: str | None = None
    clarity: Clarity | None = None
    preview: str | None = None
    report: ReportState
    kept_until: float | None = None
    moderation: ModerationView | None = None
    is_withheld: bool = False
    no_training: bool = False
    newest: int = 0
    again: AgainView | None = None
    folder: str | None = None
    changed_at: float | None = None
    role: Role = Role.OWNER
    fetch: FetchView | None = None


class WholeAsset(AssetView):
    """An asset with what was heard so far.

    While it is being transcribed by an engine that can tell, `heard` has what was heard so far: it is not final, and
    gives way to the transcript.
    """

    heard: tuple[HeardLine, ...] = ()


class AssetPage(BaseModel):
    """Some assets, in the order that was asked for; `next` is the cursor of the page after, if there is one."""

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


Upload = Annotated[SingleUpload | MultipartUpload, Field(discriminator="method")]


class AnnouncedAsset(BaseModel):
    """A new asset, and how to upload its file."""

    asset: AssetView
    upload: Upload


class Announced(BaseModel):
    """What became of one of several: an asset and how to upload its file, or why not."""

    asset: AssetView | None = None
    upload: Upload | None = None
    error: Refusal | None = None


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


class FormWanted(RequestModel):
    """What clients of the older service say: the address that the report goes to, which must be one's own."""

    mail: MailAddress | None = None
    file_name: RecordingName | None = None


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

    parts: list[UploadPart]
