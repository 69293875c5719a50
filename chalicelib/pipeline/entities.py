"""The branch of custom entities: what was said or written is looked through by a recogniser of an operator's."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.ai_options import FALLBACK
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, MediaKind, Options
from chalicelib.domain.keys import JobName, OutputKey
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.tracks import Moment, Page, Passage, Place
from chalicelib.message import Message
from chalicelib.pipeline import finish, prepare, tracks
from chalicelib.pipeline.branch import Branch, Job, add_notes
from chalicelib.pipeline.document import Document
from chalicelib.pipeline.plan import kind_of
from chalicelib.pipeline.text import is_document, stored_text
from chalicelib.pipeline.transcript import SPEECH
from chalicelib.seams.entities import ENTITIES, EntitiesJob
from chalicelib.seams.jobs import JobOutcome, attempt
from chalicelib.services import Services
from chalicelib.speech.tracks import CUSTOM_ENTITIES
from chalicelib.speech.transcripts import Segment, Transcript

TASK = "entities"
_TEXT_NAME = "text.txt"

_NO_TEXT = BranchState(BranchStatus.SKIPPED, Message("nothing-to-look-through", "There is no text to look through."))
_GONE = BranchState(
    BranchStatus.SKIPPED,
    Message("recognizer-gone", "The recogniser of custom entities is not released to you any more."),
)
_LOST = BranchState(
    BranchStatus.FAILED, Message("entities-lost", "What was found of custom entities is no longer there.")
)
_NOT_READABLE = BranchState(
    BranchStatus.FAILED, Message("entities-not-readable", "What was found of custom entities cannot be read.")
)


class CustomEntities(Branch):
    """Finds entities of an operator's own kinds."""

    name = TASK
    after = (SPEECH, Document.name)
    tasks = (TASK,)
    seams = (ENTITIES, ENTITIES)  # asked again when it has left something

    def wanted(self, media: MediaInfo, options: Options) -> BranchState | None:
        """None where nobody asks for it, which is usual."""
        ai = options.ai.over(FALLBACK)
        if kind_of(media) is MediaKind.IMAGE or not (ai.customentity and ai.custom_entity_recognizer):
            return None
        return super().wanted(media, options)

    def start(self, asset: Asset, services: Services) -> None:
        """Have the text looked through, or make of what was found what is to be made."""
        found = services.outputs.at(_place(asset))
        if services.outputs.info(found.key) is not None:
            self._make(asset, services)
            return
        text = stored_text(asset, services)
        engine = services.engine(ENTITIES)
        recognizer = prepare.resolved(asset.ai, asset.ref.owner, services).custom_entity_recognizer
        if text is None or text.is_empty or engine is None or not recognizer:
            state = _NO_TEXT if text is None or text.is_empty else _GONE
            finish.close(asset, {self.name: state}, services)
            return
        lines = services.outputs.at(_text_place(asset))
        if services.outputs.info(lines.key) is None:
            body = "".join(f"{_line(segment)}\n" for segment in text.segments)
            services.outputs.write(lines.key, body, "text/plain; charset=utf-8")
        name = keys.job_name(asset.run, TASK)
        language = text.language or asset.ai.language_code or asset.language or "en"
        job = EntitiesJob(name, lines, language, recognizer, found)
        started = attempt(name, partial(engine.start, job))
        if not isinstance(started, JobOutcome) or started.failure is not None:
            self.look_at(started, asset, services)
        elif services.outputs.info(found.key) is None:
            finish.close(asset, {self.name: _LOST}, services)
        elif ended := keys.parse_job_name(name):
            add_notes(started, ended, services)  # its event takes it from here

    def output_written(self, asset: Asset, written: OutputKey, services: Services) -> None:
        """What was found is there, or something that its engine makes it of."""
        if str(written) == _place(asset):
            self._make(asset, services)
        elif str(written) != _text_place(asset):
            self.start(asset, services)

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        """A service that only tells that it has ended is asked for what it has found."""
        if outcome.failure is not None:
            finish.close(asset, {self.name: BranchState(BranchStatus.FAILED, outcome.failure)}, services)
        elif services.outputs.info(_place(asset)) is None:
            self.start(asset, services)

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        """Its one job."""
        text = services.outputs.at(_text_place(asset))
        yield Job(services.engine(ENTITIES), keys.job_name(asset.run, TASK), text)

    def _make(self, asset: Asset, services: Services) -> None:
        lines, text = services.outputs.lines(_place(asset)), stored_text(asset, services)
        if lines is None or text is None:
            return
        try:
            found = list(_passages(lines, text, on_pages=is_document(asset)))
        except (LookupError, TypeError, ValueError, AttributeError):
            finish.close(asset, {self.name: _NOT_READABLE}, services)
            return
        began = asset.started_at or asset.created_at
        record = tracks.write(asset, CUSTOM_ENTITIES, found, services.settings.engines[ENTITIES], began, services)
        finish.close(asset, {self.name: BranchState(BranchStatus.DONE)}, services, written=[record])


def _place(asset: Asset) -> str:
    return keys.output_key(asset, f"jobs/{TASK}", ".jsonl")


def _text_place(asset: Asset) -> str:
    return keys.file_key(asset.run, f"jobs/{TASK}", _TEXT_NAME)


def _line(segment: Segment) -> str:
    """The text of a segment, each of whose signs stands where it stands there."""
    return "".join(" " if sign.isspace() else sign for sign in segment.text)


def _passages(lines: Iterable[bytes], text: Transcript, *, on_pages: bool) -> Iterator[Passage]:
    """What was found in each line, with its place. Raises ValueError or another of its kind if it cannot be read."""
    for line in lines:
        if not line.strip():
            continue
        values = json.loads(line)
        segment = text.segments[values["Line"]]
        for entity in values["Entities"]:
            yield _passage(entity, segment, on_pages=on_pages)


def _passage(entity: Mapping[str, Any], segment: Segment, *, on_pages: bool) -> Passage:
    start = _said_at(segment, int(entity["BeginOffset"]))
    end = max(start, _said_at(segment, max(int(entity["BeginOffset"]), int(entity["EndOffset"]) - 1)))
    place: Place = Page(round(start)) if on_pages else Moment(start, end)
    return Passage(str(entity["Text"]), place, str(entity["Type"]), min(max(float(entity["Score"]), 0.0), 1.0))


def _said_at(segment: Segment, offset: int) -> float:
    """When the word at the character `offset` of a segment was said."""
    said, position = segment.start, 0
    for word in segment.words:
        position = max(segment.text.find(word.text, position), position)
        if position > offset:
            break
        said = word.start
        position += len(word.text)
    return said
