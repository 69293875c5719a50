"""The document branch: what is written on its pages, the tables on them, and what is filled into its forms."""

from collections.abc import Iterable

from chalicelib.documents import blocks, pages, pairs, tables
from chalicelib.documents.pairs import Pair
from chalicelib.documents.tables import Table
from chalicelib.documents.tracks import BLOCKS, DOCUMENT, PAIRS, TABLES
from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, Options
from chalicelib.domain.keys import JobName, OutputKey
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.tracks import Track
from chalicelib.message import Message
from chalicelib.pipeline import finish, tracks
from chalicelib.pipeline.branch import Branch, Job, add_notes
from chalicelib.seams.documents import DOCUMENTS, DocumentJob
from chalicelib.seams.jobs import JobOutcome, attempt
from chalicelib.services import Services
from chalicelib.storage.asset_items import TrackRecord

_NO_READER = Message("no-document-reader", "Nothing in this service reads documents.")
_NOT_ASKED = Message("document-not-asked", "It was not asked that this is read.")
_NOTHING = Message("document-empty", "Nothing that could be read is written in this document.")
_LOST = Message("document-lost", "What was read of this document is no longer stored. Process it again.")


class Document(Branch):
    """Has the pages read, and makes its tracks of what was read."""

    name = "document"
    tasks = (BLOCKS,)
    seams = (DOCUMENTS,)

    def wanted(self, media: MediaInfo, options: Options) -> BranchState | None:
        """Open for what has pages; no such branch for anything else."""
        if media.pages is None:
            return None
        if options.ai.textract is False:
            return BranchState(BranchStatus.SKIPPED, _NOT_ASKED)
        return super().wanted(media, options)

    def at_start(self, asset: Asset, state: BranchState, services: Services) -> BranchState:
        """Skipped, before anything is paid for, where nothing reads what it is written in."""
        hindrance = _hindrance(asset, services)
        return state if hindrance is None else BranchState(BranchStatus.SKIPPED, hindrance)

    def start(self, asset: Asset, services: Services) -> None:
        """Have it read, or make of what was read what is to be made."""
        if services.outputs.info(_place(asset)):
            self._make(asset, services)
            return
        engine = services.engine(DOCUMENTS)
        if engine is None or asset.media is None or (reason := _hindrance(asset, services)):
            state = BranchState(BranchStatus.SKIPPED, _NO_READER if engine is None else reason)
            finish.close(asset, {self.name: state}, services)
            return
        name = keys.job_name(asset.run, BLOCKS)
        source, destination = services.uploads.at(asset.input_key), services.outputs.at(_place(asset))
        job = DocumentJob(name, source, asset.media, destination, _language(asset))
        started = attempt(name, lambda: engine.start(job))
        if not isinstance(started, JobOutcome) or started.failure is not None:
            self.look_at(started, asset, services)
        elif services.outputs.info(_place(asset)) is None:
            finish.close(asset, {self.name: BranchState(BranchStatus.FAILED, _LOST)}, services)
        elif ended := keys.parse_job_name(name):
            add_notes(started, ended, services)  # what was read has been fetched: its event takes it from here

    def output_written(self, asset: Asset, written: OutputKey, services: Services) -> None:
        """What was read is there."""
        if str(written) == _place(asset):
            self._make(asset, services)

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        """A service that only tells that it has read it is asked for what it has read."""
        if outcome.failure is not None:
            finish.close(asset, {self.name: BranchState(BranchStatus.FAILED, outcome.failure)}, services)
        elif services.outputs.info(_place(asset)) is None:
            self.start(asset, services)

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        """The one job that reads it."""
        source = services.uploads.at(asset.input_key)
        yield Job(services.engine(DOCUMENTS), keys.job_name(asset.run, BLOCKS), source)

    def _make(self, asset: Asset, services: Services) -> None:
        made = _tracks(asset, services)
        if made is None:
            return
        records, is_empty = made
        services.store.put_tracks(asset.run, records)
        notes = [_NOTHING] if is_empty else []
        finish.close(asset, {self.name: BranchState(BranchStatus.DONE)}, services, notes=notes, written=records)


def _place(asset: Asset) -> str:
    return keys.output_key(asset, f"jobs/{BLOCKS}", ".jsonl")


def _language(asset: Asset) -> str | None:
    return asset.ai.language_code or asset.options.language


def _hindrance(asset: Asset, services: Services) -> Message | None:
    engine = services.engine(DOCUMENTS)
    return _NO_READER if engine is None else engine.hindrance(_language(asset))


def _tracks(asset: Asset, services: Services) -> tuple[list[TrackRecord], bool] | None:
    """Store what is made of the blocks, a page after the other. Returns what to note, and whether nothing was read."""
    lines = services.outputs.lines(_place(asset))
    if lines is None:
        return None
    written: list[bytes] = []
    plain: list[bytes] = []
    found_tables: list[Table] = []
    found_pairs: list[Pair] = []
    for page in blocks.read(lines):
        one = pages.written_on(page)
        written.append(pages.one_page(one))
        plain.append(one.text.encode())
        found_tables += tables.tables_on(page)
        found_pairs += pairs.pairs_on(page)
    engine, began = services.settings.engines[DOCUMENTS], asset.started_at or asset.created_at

    def store(track: Track, parts: dict[str, Iterable[bytes]], text: str = "") -> TrackRecord:
        for form in track.forms:
            content_type = form.content_type + ("; charset=utf-8" if form.content_type.startswith("text/") else "")
            services.outputs.write(track.key(asset, form.ending), b"".join(parts[form.ending]), content_type)
        return tracks.ended_now(asset, track, engine, began, text)

    text = b"\n\f".join(plain)
    records = [store(DOCUMENT, {"json": pages.document(written), "txt": [text, b"\n"]}, text.decode())]
    if found_tables:
        made = {"json": tables.document, "csv": tables.as_csv, "html": tables.as_html}
        records.append(store(TABLES, {ending: write(found_tables) for ending, write in made.items()}))
    if found_pairs:
        records.append(store(PAIRS, {"json": pairs.document(found_pairs)}))
    return records, not text.strip()
