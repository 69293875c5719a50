"""Language analysis of a transcript: sentiment, key phrases, entities, and a summary."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.assets import Asset, Branch, BranchState, BranchStatus, Failure, RunRef
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.pipeline import finish, messages, tracks, waiting
from chalicelib.seams.language import LANGUAGE_NOT_SUPPORTED
from chalicelib.services import Services
from chalicelib.speech.summaries import Summary
from chalicelib.speech.tracks import ANALYSIS, SUMMARY, TRANSCRIPT
from chalicelib.speech.transcripts import Transcript, load_transcript
from chalicelib.storage.assets import TrackRecord

_DONE = BranchState(BranchStatus.DONE)
NO_SUMMARY = "There is no summary: what sums up could not be reached, or broke down, each time it was tried."


def enqueue(run: RunRef, services: Services) -> None:
    """Put a run into the language queue, where back-pressure and retries live."""
    services.aws.sqs.send_message(QueueUrl=services.settings.language_queue_url, MessageBody=messages.encode(run))


def analyze(run: RunRef, services: Services) -> None:
    """Analyse the transcript of a run. A failure costs the analysis, never the transcript."""
    asset = finish.open_branch(run, Branch.LANGUAGE, services)
    if asset is None:
        return
    data = services.outputs.read(TRANSCRIPT.key(asset))
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

    tracks: tuple[TrackRecord, ...] = ()
    notes: tuple[str, ...] = ()
    state: BranchState = _DONE
    found: Mapping[str, str | None] = field(default_factory=dict)


def _analyze(asset: Asset, found: Transcript, services: Services) -> _Made:
    started_at = time.time()
    key = ANALYSIS.key(asset)
    if (stored := services.outputs.read(key)) is not None:
        # This run was here before and then had to wait, or died: what was paid for once is not asked for again.
        analysis = LanguageAnalysis.from_json(json.loads(stored))
    else:
        try:
            analysis = services.language_analyzer.analyze(found)
        except EngineFailed as exc:
            is_foreign = exc.code == LANGUAGE_NOT_SUPPORTED  # which nobody did wrong
            status = BranchStatus.SKIPPED if is_foreign else BranchStatus.FAILED
            state = BranchState(status, Failure(exc.code, exc.message))
            return _Made(notes=(exc.message,) if is_foreign else (), state=state, found={"language": found.language})
        services.outputs.write_json(key, analysis.to_json(found.talk_time()))
    track = tracks.ended_now(asset, ANALYSIS, services.settings.language_analyzer, started_at)
    about = {"language": found.language or analysis.language_code, "mood": analysis.sentiment.label.value}
    return _Made((track,), analysis.notes, found=about)


def _summarize(asset: Asset, found: Transcript, services: Services) -> _Made:
    """Store a summary if there is an engine for it. Without one the rest is no worse: a failure is only a note."""
    engine = services.settings.summarizer
    if engine is None or services.summarizer is None:
        return _Made()
    started_at = time.time()
    key = SUMMARY.key(asset)
    if (stored := services.outputs.read(key)) is not None:  # this run was here before, as with the analysis
        summary = Summary.from_json(json.loads(stored))
    else:
        try:
            summary = services.summarizer.summarize(found)
        except EngineFailed as exc:
            return _Made(notes=(f"There is no summary: {exc.message}",))
        services.outputs.write_json(key, summary.to_json())
    services.outputs.write(SUMMARY.key(asset, "txt"), summary.text, "text/plain; charset=utf-8")
    return _Made((tracks.ended_now(asset, SUMMARY, engine, started_at, summary.text),))


def give_up(run: RunRef, services: Services) -> None:
    """The work broke down however often it was tried. If only the summary did, the analysis is as good without."""
    asset = finish.open_branch(run, Branch.LANGUAGE, services)
    if asset is None:
        return
    data = services.outputs.read(TRANSCRIPT.key(asset))
    if data is not None and services.outputs.info(ANALYSIS.key(asset)) is not None:
        _close(run, _analyze(asset, load_transcript(data), services), _Made(notes=(NO_SUMMARY,)), services)
        return
    failure = Failure("analysis-broke", "The language analysis broke down each time it was tried.")
    finish.close(run, {Branch.LANGUAGE: BranchState(BranchStatus.FAILED, failure)}, services)
