"""The language branch: sentiment, key phrases and entities of a transcript, hurtful words in it, and a summary.

Where the engine that sums up, or that finds hurtful words, shares a job with the transcriber (`together.py`), the
branch waits for that job; what it leaves, or why it left nothing, has the branch go on. All else is done and stored
meanwhile.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeVar

from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.assets import TOOK_TOO_LONG, Asset, BranchState, BranchStatus, MediaKind, Options, turns
from chalicelib.domain.keys import JobName, OutputKey, Task
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.tracks import Track, passages
from chalicelib.errors import EngineFailed, LanguageNotRead
from chalicelib.message import Message
from chalicelib.pipeline import failure_notes, finish, together, tracks, waiting
from chalicelib.pipeline.branch import Job, QueuedBranch
from chalicelib.pipeline.document import Document
from chalicelib.pipeline.plan import kind_of
from chalicelib.pipeline.text import is_document, stored_text, tells_its_language
from chalicelib.pipeline.transcript import SPEECH
from chalicelib.seams.jobs import JobOutcome, UnderWay
from chalicelib.seams.language import LANGUAGE, Reading
from chalicelib.seams.seam import Seam
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.services import Services
from chalicelib.speech.clarity import Clarity, clarity
from chalicelib.speech.summaries import Summary
from chalicelib.speech.summaries import passages as summary_passages
from chalicelib.speech.toxicity import passages_of
from chalicelib.speech.tracks import ANALYSIS, SUMMARY
from chalicelib.speech.tracks import TOXICITY as TOXIC
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage.asset_items import TrackRecord

_DONE = BranchState(BranchStatus.DONE)
_UNHEARD = BranchState(BranchStatus.SKIPPED, Message("no-speech", "No speech was heard."))
_NOT_WANTED = BranchState(BranchStatus.SKIPPED, Message("no-analysis-wanted", "No analysis was asked for."))
_UNWRITTEN = BranchState(BranchStatus.SKIPPED, Message("nothing-written", "There is no text to analyse."))
_TOO_SHORT = BranchState(
    BranchStatus.SKIPPED, Message("too-little-written", "There is too little text to tell in which language it is.")
)
_TOO_UNCLEAR = BranchState(
    BranchStatus.SKIPPED,
    Message(
        "too-unclear",
        "Too many words were heard with doubt for a summary or a mood. Check the language, or try another sound track.",
    ),
)
"""Where what would come of it is more likely wrong than right."""

_SUMMARY_BROKE = Message(
    "summary-broke", "There is no summary: what sums up could not be reached, or broke down, each time it was tried."
)
_NO_SUMMARY = Message("no-summary", "There is no summary: %(reason)s")
_NO_TOXICITY = Message("no-toxicity", "Hurtful words were not looked for: %(reason)s")
_TOXICITY_BROKE = Message("toxicity-broke", "What looks for them broke down each time it was tried.")
_NOTHING_LEFT = Message("nothing-left-of-job", "The job that was to do it has left nothing.")
_NOT_READABLE = Message("job-not-readable", "What the job has left cannot be read.")

_Part = TypeVar("_Part")


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
            awaited = [one.awaited for one in made if one.awaited]
            if not awaited:
                self._close(asset, made, services)
            elif _Awaited.UNDER_WAY in awaited:
                services.store.note_under_way(asset.run)

    def output_written(self, asset: Asset, written: OutputKey, services: Services) -> None:
        """A shared job has left its part, or why it did not: go on, if nothing else is awaited.

        Where it is not this branch's turn yet, or it has just come, whoever works on it finds what was written.
        """
        state = turns(asset.branches).get(self.name)
        if state is None or state.status is not BranchStatus.OPEN or str(written) not in _ends(asset, written.task):
            return
        if all(_has_ended(asset, task, services) for _, task in _parts(asset, services)):
            waiting.enqueue(asset.run, self.name, services)

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        """Only failures are news, and each is noted: the event of that has the branch go on."""
        if outcome.failure is not None and not _has_ended(asset, job.task, services):
            failure_notes.write(asset, job.task, outcome.failure, services)

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        """The shared job, once for each part of it."""
        for seam, task in _parts(asset, services):
            yield together.part(seam, task, asset, services)

    def give_up(self, asset: Asset, services: Services) -> None:
        """It broke down however often it was tried. If only the rest did, the analysis is as good without."""
        if not self._close_with_what_is_there(asset, _SUMMARY_BROKE, _TOXICITY_BROKE, services):
            super().give_up(asset, services)

    def run_out(self, asset: Asset, services: Services) -> None:
        """What a shared job never came to is no reason to lose the analysis."""
        if self.name in turns(asset.branches) and _parts(asset, services):
            self._close_with_what_is_there(asset, _NO_SUMMARY.of(reason=TOOK_TOO_LONG), TOOK_TOO_LONG, services)

    def _close_with_what_is_there(self, asset: Asset, no_summary: Message, untold: Message, services: Services) -> bool:
        """Close the branch if the text was analysed. What is missing beside that is noted: why nothing was `untold`."""
        found = stored_text(asset, services)
        if found is None or services.outputs.info(ANALYSIS.key(asset)) is None:
            return False
        made = [_analyze(asset, found, services)]
        if _is_detecting(asset, services):
            is_there = _is_there(asset, TOXIC, Task.TOXICITY, services)
            missing = _Made(notes=(_NO_TOXICITY.of(reason=untold),))
            made.append(_detect(asset, found, services) if is_there else missing)
        if services.engine(SUMMARIZING) is not None:
            is_there = _is_there(asset, SUMMARY, Task.SUMMARY, services)
            made.append(_summarize(asset, found, services) if is_there else _Made(notes=(no_summary,)))
        self._close(asset, made, services)
        return True

    def _close(self, asset: Asset, made: "list[_Made]", services: Services) -> None:
        """Close the branch, whose state and what is known of the text the first of what was `made` says."""
        written = tuple(track for one in made for track in one.tracks)
        services.store.put_tracks(asset.run, written)
        notes = [note for one in made for note in one.notes]
        closed = {self.name: made[0].state}
        finish.close(asset, closed, services, notes=notes, about=made[0].about, written=written)


def wanted(options: AiOptions) -> frozenset[Reading]:
    """What is to be read out of a text."""
    return frozenset(one for one in Reading if getattr(options, one.value))


class _Awaited(Enum):
    """What is known of a part that a shared job has not left yet."""

    STARTED = "started"
    UNDER_WAY = "under-way"
    """The job is at it: whoever waits for it is not stuck."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of a part of the work."""

    tracks: tuple[TrackRecord, ...] = ()
    notes: tuple[Message, ...] = ()
    state: BranchState = _DONE
    about: Mapping[str, str | None] = field(default_factory=dict)
    awaited: _Awaited | None = None
    """Nothing yet: a shared job is still to leave it."""


def _analyze(asset: Asset, transcript: Transcript, services: Services) -> _Made:
    started_at = time.time()
    key = ANALYSIS.key(asset)
    if not wanted(asset.ai):
        return _Made(state=_NOT_WANTED, about={"language": transcript.language})
    try:
        analysis = analysis_at(key, asset, transcript, services)
    except EngineFailed as exc:
        is_foreign = isinstance(exc, LanguageNotRead)  # which nobody did wrong
        status = BranchStatus.SKIPPED if is_foreign else BranchStatus.FAILED
        state = BranchState(status, exc.failure)
        return _Made(notes=(exc.failure,) if is_foreign else (), state=state, about={"language": transcript.language})
    track = tracks.ended_now(asset, ANALYSIS, services.settings.engines[LANGUAGE], started_at)
    about = {"language": transcript.language or analysis.language_code, "mood": analysis.mood and analysis.mood.value}
    return _Made((track,), analysis.notes, about=about)


def analysis_at(key: str, asset: Asset, transcript: Transcript, services: Services) -> LanguageAnalysis:
    """The analysis of a text that lies at `key`, where it is put if there is none. Raises EngineFailed.

    Whoever was here before may have had to wait, or died: what was paid for once is not asked for again.
    """
    stored = services.outputs.read(key)
    if stored is not None:
        return LanguageAnalysis.from_json(json.loads(stored))
    found = services.engine(LANGUAGE).analyze(transcript, wanted(asset.ai))
    analysis = replace(found, on_pages=is_document(asset))
    services.outputs.write_json(key, analysis.to_json(transcript.talk_time()))
    return analysis


def _detect(asset: Asset, transcript: Transcript, services: Services) -> _Made:
    """Store what was said to hurt, where somebody wants it marked. Its failure is only a note."""
    detector = services.engine(TOXICITY)
    if detector is None or not _is_detecting(asset, services):
        return _Made()
    started_at = time.time()
    key = TOXIC.key(asset)
    if services.outputs.info(key) is None:  # else this run was here before, as with the analysis
        try:
            if together.makes(TOXICITY, asset, services):
                part = _part(asset, TOXICITY, Task.TOXICITY, lambda found: list(passages(found)), services)
                if isinstance(part, _Awaited):
                    return _Made(awaited=part)
                said = part
            else:
                said = passages_of(detector.detect(transcript), on_pages=is_document(asset))
        except EngineFailed as exc:
            return _Made(notes=(_NO_TOXICITY.of(reason=exc.failure),))
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
        try:
            if together.makes(SUMMARIZING, asset, services):
                part = _part(asset, SUMMARIZING, Task.SUMMARY, _summary_in, services)
                if isinstance(part, _Awaited):
                    return _Made(awaited=part)
                found = part
            else:
                found = summarizer.summarize(transcript)
        except EngineFailed as exc:
            return _Made(notes=(_NO_SUMMARY.of(reason=exc.failure),))
        summary = replace(found, on_pages=is_document(asset))
        services.outputs.write_json(key, summary.to_json())
    services.outputs.write(SUMMARY.key(asset, "txt"), summary.text, "text/plain; charset=utf-8")
    engine = services.settings.engines[SUMMARIZING]
    return _Made((tracks.ended_now(asset, SUMMARY, engine, started_at, summary.text),))


def _is_detecting(asset: Asset, services: Services) -> bool:
    return bool(asset.ai.toxicity) and services.engine(TOXICITY) is not None


# ---- what a shared job leaves


def _parts(asset: Asset, services: Services) -> list[tuple[Seam[Any], Task]]:
    """What the branch has of a shared job in the current run."""
    wanted: list[tuple[Seam[Any], Task]] = [(TOXICITY, Task.TOXICITY)] if _is_detecting(asset, services) else []
    wanted.append((SUMMARIZING, Task.SUMMARY))
    return [(seam, task) for seam, task in wanted if together.makes(seam, asset, services)]


def _part(
    asset: Asset, seam: Seam[Any], task: Task, read: Callable[[bytes], _Part], services: Services
) -> "_Part | _Awaited":
    """What a shared job has left of a task, as it is `read`. Raises EngineFailed if nothing comes of it."""
    key = _left_at(asset, task)
    found = services.outputs.read(key)
    if found is None:
        if (note := failure_notes.read(asset, task, services)) is not None:
            raise EngineFailed(note.failure)
        started = together.start(seam, keys.job_name(asset.run, task), asset, services)
        if not isinstance(started, JobOutcome):
            return _Awaited.UNDER_WAY if started is UnderWay.UNDER_WAY else _Awaited.STARTED
        found = services.outputs.read(key)  # it may have been left since it was looked for
        if found is None:
            raise EngineFailed(started.failure or _NOTHING_LEFT)
    try:
        return read(found)
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise EngineFailed(_NOT_READABLE) from exc


def _summary_in(document: bytes) -> Summary:
    found = Summary.from_json(json.loads(document))
    list(summary_passages(document))  # which reads all of it
    return found


def _is_there(asset: Asset, track: Track, task: Task, services: Services) -> bool:
    """Whether a part is there, or is known never to come: then nobody need be asked for it."""
    return services.outputs.info(track.key(asset)) is not None or _has_ended(asset, task, services)


def _has_ended(asset: Asset, task: str, services: Services) -> bool:
    return any(services.outputs.info(key) is not None for key in _ends(asset, task))


def _ends(asset: Asset, task: str) -> tuple[str, str]:
    """Where a shared job leaves its part, and where it stands why it left none."""
    return _left_at(asset, task), failure_notes.key(asset, task)


def _left_at(asset: Asset, task: str) -> str:
    return keys.output_key(asset, f"jobs/{task}", ".json")
