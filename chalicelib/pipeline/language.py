"""The language branch: sentiment, key phrases and entities of a transcript, and a summary."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, MediaKind, Options
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import EngineFailed, LanguageNotRead
from chalicelib.message import Message
from chalicelib.pipeline import finish, tracks
from chalicelib.pipeline.branch import QueuedBranch
from chalicelib.pipeline.document import Document
from chalicelib.pipeline.plan import kind_of
from chalicelib.pipeline.text import is_document, stored_text, tells_its_language
from chalicelib.pipeline.transcript import SPEECH
from chalicelib.seams.language import LANGUAGE, Reading
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.services import Services
from chalicelib.speech.clarity import Clarity, clarity
from chalicelib.speech.summaries import Summary
from chalicelib.speech.tracks import ANALYSIS, SUMMARY
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


class Language(QueuedBranch):
    """Reads what was said, or what is written. Its failure costs the analysis, never the transcript."""

    name = "language"
    after = (SPEECH, Document.name)
    seams = (LANGUAGE, SUMMARIZING)

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
            self._close(asset, _analyze(asset, found, services), _summarize(asset, found, services), services)

    def give_up(self, asset: Asset, services: Services) -> None:
        """It broke down however often it was tried. If only the summary did, the analysis is as good without."""
        found = stored_text(asset, services)
        if found is None or services.outputs.info(ANALYSIS.key(asset)) is None:
            super().give_up(asset, services)
        else:
            self._close(asset, _analyze(asset, found, services), _Made(notes=(_SUMMARY_BROKE,)), services)

    def _close(self, asset: Asset, analyzed: "_Made", summarized: "_Made", services: Services) -> None:
        made = (*analyzed.tracks, *summarized.tracks)
        services.store.put_tracks(asset.run, made)
        notes = (*analyzed.notes, *summarized.notes)
        closed = {self.name: analyzed.state}
        finish.close(asset, closed, services, notes=notes, about=analyzed.about, written=made)


def _wanted(options: AiOptions) -> frozenset[Reading]:
    return frozenset(one for one in Reading if getattr(options, one.value))


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of a part of the work."""

    tracks: tuple[TrackRecord, ...] = ()
    notes: tuple[Message, ...] = ()
    state: BranchState = _DONE
    about: Mapping[str, str | None] = field(default_factory=dict)


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
            found = summarizer.summarize(transcript)
        except EngineFailed as exc:
            return _Made(notes=(_NO_SUMMARY.of(reason=exc.failure),))
        summary = replace(found, on_pages=is_document(asset))
        services.outputs.write_json(key, summary.to_json())
    services.outputs.write(SUMMARY.key(asset, "txt"), summary.text, "text/plain; charset=utf-8")
    engine = services.settings.engines[SUMMARIZING]
    return _Made((tracks.ended_now(asset, SUMMARY, engine, started_at, summary.text),))
