"""Language analysis of a transcript: sentiment, key phrases, entities, and a summary."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain import keys
from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.assets import Asset, Branch, BranchState, BranchStatus, RunRef
from chalicelib.domain.keys import Folder
from chalicelib.errors import EngineBusy, EngineFailed, LanguageNotRead
from chalicelib.message import Message
from chalicelib.pipeline import finish, messages, tracks, waiting
from chalicelib.services import Services
from chalicelib.speech.summaries import Summary
from chalicelib.speech.transcripts import Transcript, load_transcript
from chalicelib.storage.assets import Track

_DONE = BranchState(BranchStatus.DONE)
_BROKE = Message("analysis-broke", "The language analysis broke down each time it was tried.")
_SUMMARY_BROKE = Message(
    "summary-broke",
    "There is no summary: what sums up could not be reached, or broke down, each time it was tried.",
)
_NO_SUMMARY = Message("no-summary", "There is no summary: %(reason)s")


def enqueue(run: RunRef, services: Services) -> None:
    """Put a run into the language queue, where back-pressure and retries live."""
    services.aws.sqs.send_message(QueueUrl=services.settings.language_queue_url, MessageBody=messages.encode(run))


def analyze(run: RunRef, services: Services) -> None:
    """Analyse the transcript of a run. A failure costs the analysis, never the transcript."""
    asset = finish.open_branch(run, Branch.LANGUAGE, services)
    if asset is None:
        return
    data = services.outputs.read(keys.output_key(asset, Folder.TRANSCRIBE, ".json"))
    if data is None:
        give_up(run, services)
        return
    found = load_transcript(data)
    try:
        analyzed = _analyze(asset, found, services)
        summarized = _summarize(asset, found, services)
    except EngineBusy:
        waiting.postpone(run, waiting.Queue.LANGUAGE, services)
        return
    _close(run, analyzed, summarized, services)


def _close(run: RunRef, analyzed: "_Made", summarized: "_Made", services: Services) -> None:
    made = (*analyzed.tracks, *summarized.tracks)
    services.store.put_tracks(run, made)
    notes = (*analyzed.notes, *summarized.notes)
    closed = {Branch.LANGUAGE: analyzed.state}
    finish.close(run, closed, services, notes=notes, found=analyzed.found, written=made)


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of a part of the work."""

    tracks: tuple[Track, ...] = ()
    notes: tuple[Message, ...] = ()
    state: BranchState = _DONE
    found: Mapping[str, str | None] = field(default_factory=dict)


def _analyze(asset: Asset, found: Transcript, services: Services) -> _Made:
    started_at = time.time()
    key = keys.output_key(asset, Folder.ANALYSIS, ".json")
    if (stored := services.outputs.read(key)) is not None:
        # This run was here before and then had to wait, or died: what was paid for once is not asked for again.
        analysis = LanguageAnalysis.from_json(json.loads(stored))
    else:
        try:
            analysis = services.language_analyzer.analyze(found)
        except EngineFailed as exc:
            is_foreign = isinstance(exc, LanguageNotRead)  # which nobody did wrong
            status = BranchStatus.SKIPPED if is_foreign else BranchStatus.FAILED
            state = BranchState(status, exc.failure)
            return _Made(notes=(exc.failure,) if is_foreign else (), state=state, found={"language": found.language})
        services.outputs.write_json(key, analysis.to_json(found.talk_time()))
    track = tracks.ended_now(asset, "analysis", key, services.settings.language_analyzer, started_at)
    about = {"language": found.language or analysis.language_code, "mood": analysis.sentiment.label.value}
    return _Made((track,), analysis.notes, found=about)


def _summarize(asset: Asset, found: Transcript, services: Services) -> _Made:
    """Store a summary if there is an engine for it. Without one the rest is no worse: a failure is only a note."""
    engine = services.settings.summarizer
    if engine is None or services.summarizer is None:
        return _Made()
    started_at = time.time()
    key = keys.output_key(asset, Folder.SUMMARY, ".json")
    if (stored := services.outputs.read(key)) is not None:  # this run was here before, as with the analysis
        summary = Summary.from_json(json.loads(stored))
    else:
        try:
            summary = services.summarizer.summarize(found)
        except EngineFailed as exc:
            return _Made(notes=(_NO_SUMMARY.of(reason=exc.failure),))
        services.outputs.write_json(key, summary.to_json())
    text_key = keys.output_key(asset, Folder.SUMMARY, ".txt")
    services.outputs.write(text_key, summary.text, "text/plain; charset=utf-8")
    return _Made((tracks.ended_now(asset, "summary", key, engine, started_at, summary.text),))


def give_up(run: RunRef, services: Services) -> None:
    """The work broke down however often it was tried. If only the summary did, the analysis is as good without."""
    asset = finish.open_branch(run, Branch.LANGUAGE, services)
    if asset is None:
        return
    data = services.outputs.read(keys.output_key(asset, Folder.TRANSCRIBE, ".json"))
    if data is not None and services.outputs.info(keys.output_key(asset, Folder.ANALYSIS, ".json")) is not None:
        _close(run, _analyze(asset, load_transcript(data), services), _Made(notes=(_SUMMARY_BROKE,)), services)
        return
    finish.close(run, {Branch.LANGUAGE: BranchState(BranchStatus.FAILED, _BROKE)}, services)
