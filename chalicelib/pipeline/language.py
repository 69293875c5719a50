"""The language branch: sentiment, key phrases and entities of a transcript, hurtful words in it, and a summary.

Where the engine that sums up, or that finds hurtful words, shares a job with the transcriber (`together.py`), the
branch waits for that job; what it leaves, or why it left nothing, has the branch go on.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, MediaKind, Options, turns
from chalicelib.domain.keys import JobName, OutputKey, Task
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import EngineFailed, LanguageNotRead
from chalicelib.message import Message
from chalicelib.pipeline import finish, together, tracks, waiting
from chalicelib.pipeline.branch import Job, QueuedBranch
from chalicelib.pipeline.document import Document
from chalicelib.pipeline.plan import kind_of
from chalicelib.pipeline.text import is_document, stored_text, tells_its_language
from chalicelib.pipeline.transcript import SPEECH
from chalicelib.seams.jobs import JobOutcome
from chalicelib.seams.language import LANGUAGE, Reading
from chalicelib.seams.seam import Seam
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.services import Services
from chalicelib.speech.clarity import Clarity, clarity
from chalicelib.speech.summaries import Summary
from chalicelib.speech.toxicity import passages_of
from chalicelib.speech.tracks import ANALYSIS, SUMMARY
from chalicelib.speech.tracks import TOXICITY as TOXIC
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage.assets import TrackRecord

_DONE = BranchState(BranchStatus.DONE)
_UNHEARD = BranchState(BranchStatus.SKIPPED, Message("no-speech", "No speech was heard."))
_NOT_WANTED = BranchState(BranchStatus.SKIPPED, Message("no-analysis-wanted", "No analysis was asked for."))
_UNWRITTEN = BranchState(BranchStatus.SKIPPED, Message("nothing-written", "There is no text to analyse."))
_TOO_SHORT = BranchState(
    BranchStatus.SKIPPED, Message("too-little-written", "There is too little text to tell in which language it is.")
)
_TOO_UNCLEAR = BranchState(
    BranchStatus.SKIPPED, Message("too-unclear", "What was heard is too uncertain to be summed up or rated.")
)
"""Where what would come of it is more likely wrong than right."""

_SUMMARY_BROKE = Message(
    "summary-broke", "There is no summary: what sums up could not be reached, or broke down, each time it was tried."
)
_NO_SUMMARY = Message("no-summary", "There is no summary: %(reason)s")
_NO_TOXICITY = Message("no-toxicity", "Hurtful words were not looked for: %(reason)s")
_TOXICITY_BROKE = Message("toxicity-broke", "What looks for them broke down each time it was tried.")
_NOTHING_LEFT = Message("nothing-left-of-job", "The job that was to do it has left nothing.")

_MARKER = "failed.json"
"""Beside where a part of a shared job would be: why it is not there."""


class Language(QueuedBranch):
    """Reads what was said, or what is written. Its failure costs the analysis, never the transcript."""

    name = "language"
    after = (SPEECH, Document.name)
    tasks = (keys.Task.SUMMARY, keys.Task.TOXICITY)
    seams = (LANGUAGE, TOXICITY, SUMMARIZING)

    def wanted(self, media: MediaInfo, options: Options) -> BranchState | None:
        """None for a picture, of which nobody speaks. It is skipped where nothing is to be heard."""
        if kind_of(media) is MediaKind.IMAGE:
            return None
        return super().wanted(media, options)

    def work(self, asset: Asset, services: Services) -> None:
        """Analyse the text, unless it is not worth it."""
        found = stored_text(asset, services)
        if found is None:
            self.give_up(asset, services)
        elif found.is_empty:
            finish.close(asset, {self.name: _UNWRITTEN if is_document(asset) else _UNHEARD}, services)
        elif is_document(asset) and found.language is None and not tells_its_language(found):
            finish.close(asset, {self.name: _TOO_SHORT}, services)
        elif clarity(found) is Clarity.POOR:
            finish.close(asset, {self.name: _TOO_UNCLEAR}, services)
        else:
            made = [
                _analyze(asset, found, services),
                _detect(asset, found, services),
                _summarize(asset, found, services),
            ]
            if any(one.is_awaited for one in made):
                services.store.note_under_way(asset.run)
            else:
                self._close(asset, made, services)

    def output_written(self, asset: Asset, written: OutputKey, services: Services) -> None:
        """A shared job has left its part, or why it did not: go on, if it is this branch's turn already."""
        if self.name in turns(asset.branches) and written.file_name in {_MARKER, f"{written.task}.json"}:
            waiting.enqueue(asset.run, self.name, services)

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        """Only failures are news, and each is noted: the event of that has the branch go on."""
        if outcome.failure is not None:
            _note_failure(asset, Task(job.task), outcome.failure, services)

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        """The shared job, once for each part of it."""
        upload = services.uploads.at(asset.input_key)
        parts: tuple[tuple[Seam[Any], Task], ...] = ((TOXICITY, Task.TOXICITY), (SUMMARIZING, Task.SUMMARY))
        for seam, task in parts:
            if together.shares(seam, services):
                yield Job(services.engine(seam), keys.job_name(asset.run, task), upload)

    def give_up(self, asset: Asset, services: Services) -> None:
        """It broke down however often it was tried. If only the rest did, the analysis is as good without."""
        found = stored_text(asset, services)
        if found is None or services.outputs.info(ANALYSIS.key(asset)) is None:
            super().give_up(asset, services)
            return
        made = [_analyze(asset, found, services)]
        if services.outputs.info(TOXIC.key(asset)) is not None:
            made.append(_detect(asset, found, services))
        elif asset.ai.toxicity:
            made.append(_Made(notes=(_NO_TOXICITY.of(reason=_TOXICITY_BROKE),)))
        self._close(asset, [*made, _Made(notes=(_SUMMARY_BROKE,))], services)

    def _close(self, asset: Asset, made: "list[_Made]", services: Services) -> None:
        """Close the branch, whose state and what is known of the text the first of what was `made` says."""
        written = tuple(track for one in made for track in one.tracks)
        services.store.put_tracks(asset.run, written)
        notes = [note for one in made for note in one.notes]
        closed = {self.name: made[0].state}
        finish.close(asset, closed, services, notes=notes, about=made[0].about, written=written)


def _wanted(options: AiOptions) -> frozenset[Reading]:
    return frozenset(one for one in Reading if getattr(options, one.value))


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of a part of the work."""

    tracks: tuple[TrackRecord, ...] = ()
    notes: tuple[Message, ...] = ()
    state: BranchState = _DONE
    about: Mapping[str, str | None] = field(default_factory=dict)
    is_awaited: bool = False
    """Whether a job is still at it."""


def _analyze(asset: Asset, transcript: Transcript, services: Services) -> _Made:
    started_at = time.time()
    key = ANALYSIS.key(asset)
    wanted = _wanted(asset.ai)
    if not wanted:
        return _Made(state=_NOT_WANTED, about={"language": transcript.language})
    if (stored := services.outputs.read(key)) is not None:
        # This run was here before and then had to wait, or died: what was paid for once is not asked for again.
        analysis = LanguageAnalysis.from_json(json.loads(stored))
    else:
        try:
            found = services.engine(LANGUAGE).analyze(transcript, wanted)
        except EngineFailed as exc:
            is_foreign = isinstance(exc, LanguageNotRead)  # which nobody did wrong
            status = BranchStatus.SKIPPED if is_foreign else BranchStatus.FAILED
            state = BranchState(status, exc.failure)
            return _Made(
                notes=(exc.failure,) if is_foreign else (), state=state, about={"language": transcript.language}
            )
        analysis = replace(found, on_pages=is_document(asset))
        services.outputs.write_json(key, analysis.to_json(transcript.talk_time()))
    track = tracks.ended_now(asset, ANALYSIS, services.settings.engines[LANGUAGE], started_at)
    about = {"language": transcript.language or analysis.language_code, "mood": analysis.mood and analysis.mood.value}
    return _Made((track,), analysis.notes, about=about)


def _detect(asset: Asset, transcript: Transcript, services: Services) -> _Made:
    """Store what was said to hurt, where somebody wants it marked. Its failure is only a note."""
    detector = services.engine(TOXICITY)
    if not asset.ai.toxicity or detector is None:
        return _Made()
    started_at = time.time()
    key = TOXIC.key(asset)
    if services.outputs.info(key) is None:  # else this run was here before, as with the analysis
        if together.shares(TOXICITY, services) and not is_document(asset):
            part = _part(asset, TOXICITY, Task.TOXICITY, services)
            if not isinstance(part, bytes):
                return _without(_NO_TOXICITY, part)
            services.outputs.write(key, part, "application/json")
        else:
            try:
                spans = detector.detect(transcript)
            except EngineFailed as exc:
                return _without(_NO_TOXICITY, exc.failure)
            said = passages_of(spans, on_pages=is_document(asset))
            services.outputs.write_json(key, {"passages": [passage.to_json() for passage in said]})
    return _Made((tracks.ended_now(asset, TOXIC, services.settings.engines[TOXICITY], started_at),))


def _summarize(asset: Asset, transcript: Transcript, services: Services) -> _Made:
    """Store a summary if there is an engine for it. Without one the rest is no worse: a failure is only a note."""
    summarizer = services.engine(SUMMARIZING)
    if summarizer is None:
        return _Made()
    started_at = time.time()
    key = SUMMARY.key(asset)
    if (stored := services.outputs.read(key)) is not None:  # this run was here before, as with the analysis
        summary = Summary.from_json(json.loads(stored))
    else:
        if together.shares(SUMMARIZING, services) and not is_document(asset):
            part = _part(asset, SUMMARIZING, Task.SUMMARY, services)
            if not isinstance(part, bytes):
                return _without(_NO_SUMMARY, part)
            found = Summary.from_json(json.loads(part))
        else:
            try:
                found = summarizer.summarize(transcript)
            except EngineFailed as exc:
                return _without(_NO_SUMMARY, exc.failure)
        summary = replace(found, on_pages=is_document(asset))
        services.outputs.write_json(key, summary.to_json())
    services.outputs.write(SUMMARY.key(asset, "txt"), summary.text, "text/plain; charset=utf-8")
    engine = services.settings.engines[SUMMARIZING]
    return _Made((tracks.ended_now(asset, SUMMARY, engine, started_at, summary.text),))


def _without(note: Message, reason: Message | None) -> _Made:
    """Nothing came of it, for that reason; or nothing has yet."""
    return _Made(is_awaited=True) if reason is None else _Made(notes=(note.of(reason=reason),))


def _part(asset: Asset, seam: Seam[Any], task: Task, services: Services) -> bytes | Message | None:
    """What a shared job has left of a task, or why it has left nothing; None while it is at it."""
    key = keys.output_key(asset, f"jobs/{task}", ".json")
    if (found := services.outputs.read(key)) is not None:
        return found
    if (marked := services.outputs.read(_marker(asset, task))) is not None:
        return Message.from_json(json.loads(marked)["failed"])
    started = together.start(seam, keys.job_name(asset.run, task), asset, services)
    if not isinstance(started, JobOutcome):
        return None
    # It may have ended since it was looked for.
    return started.failure or services.outputs.read(key) or _NOTHING_LEFT


def _note_failure(asset: Asset, task: Task, failure: Message, services: Services) -> None:
    services.outputs.write_json(_marker(asset, task), {"failed": failure.to_json()})


def _marker(asset: Asset, task: Task) -> str:
    return keys.file_key(asset.run, f"jobs/{task}", _MARKER)
