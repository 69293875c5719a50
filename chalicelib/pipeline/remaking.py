"""What was made of a transcript is made anew once that is corrected: the summary, and mood, key phrases and names.

When a sitting has ended, once for the edition that it came to, through the queue of the branches; only if what is said
has changed, or by whom: that words were confirmed changes nothing. What there was stays until the new is there, and if
it cannot be made: each says which edition it is of. Nobody is mailed.

What engines do in the same job as the hearing (`together.py`) is not made anew, since that would start a machine with a
GPU for a few sentences: it stays that of the edition that it is of. So do hurtful words and names of somebody's own.

It is paid for, so it is held against its owner's limits. Where there is no room, what there was stays, says so, and is
made anew when the next sitting has ended, or somebody leaves the page, and there is room again.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.assets import Asset, BranchStatus, Edition, MadeFrom, RunRef
from chalicelib.domain.tracks import Track
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.message import Message
from chalicelib.observability import about, count
from chalicelib.pipeline import estimates, leftovers, quotas, together, tracks, waiting
from chalicelib.pipeline.branch import BROKE
from chalicelib.pipeline.language import Language, analysis_at
from chalicelib.seams.language import LANGUAGE
from chalicelib.seams.seam import Seam
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.services import Services
from chalicelib.speech.summaries import Summary
from chalicelib.speech.tracks import ANALYSIS, SUMMARY
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage import editions
from chalicelib.storage.asset_items import TrackRecord

NOTHING_LEFT = Message("no-text-left", "It could not be made anew, since nothing is left of the text.")
STAYS = Message(
    "summary-stays",
    "The summary is made while a recording is heard. It is not made anew from what is corrected later.",
)


def is_outdated(asset: Asset, track: Track) -> bool:
    """Whether what is said has changed since this track was made, or by whom."""
    made = track.made_from(asset)
    return bool(asset.editions) and asset.editions[-1].text != (made.text if made else asset.heard_text)


def is_remade(seam: Seam[Any], services: Services) -> bool:
    """Whether what the engine behind `seam` makes is made anew from corrections."""
    has_engine = services.engine(seam) is not None
    return services.settings.analysis_of_corrections and has_engine and not together.shares(seam, services)


def is_due(asset: Asset, track: Track, services: Services) -> bool:
    """Whether this track will be made anew by itself: not once that has been tried for the newest edition."""
    return _is_wanted(asset, track, services) and not quotas.is_refused_anew(asset)


def _is_wanted(asset: Asset, track: Track, services: Services) -> bool:
    is_awaited = is_outdated(asset, track) and asset.remade < asset.edition
    return is_awaited and _may_be(asset) and is_remade(_SEAMS[track.name], services)


_SEAMS: dict[str, Seam[Any]] = {ANALYSIS.name: LANGUAGE, SUMMARY.name: SUMMARIZING}


def _may_be(asset: Asset) -> bool:
    state = asset.branches.get(Language.name)
    return not asset.is_withheld and state is not None and state.status is not BranchStatus.OPEN


def enqueue(asset: Asset, services: Services) -> None:
    """Have what is due made anew from the newest edition, whose sitting has ended."""
    if any(_is_wanted(asset, track, services) for track in (ANALYSIS, SUMMARY)):
        waiting.enqueue_corrected(asset.run, asset.edition, services)


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of one of the results: what to note of it, why there is none, what else is known now."""

    record: TrackRecord | None = None
    failure: Message | None = None
    about: dict[str, object] = field(default_factory=dict)


def work(run: RunRef, edition: int, services: Services) -> None:
    """Make anew what is due, from the edition that the save `edition` came to; unless there has been another since."""
    with about(run.asset):
        try:
            _work(run, edition, services)
        except EngineBusy:
            waiting.enqueue_corrected(run, edition, services, services.settings.busy_delay_seconds)


def give_up(run: RunRef, edition: int, services: Services) -> None:
    """It broke down however often it was tried: what has been made by then is taken, and all else stays as it was."""
    with about(run.asset):
        _work(run, edition, services, is_given_up=True)


def _work(run: RunRef, edition: int, services: Services, *, is_given_up: bool = False) -> None:
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version or asset.edition != edition or not asset.has_ended:
        return
    if asset.remade == edition:  # whoever did it may have died before all was done
        _settle(asset, services)
        return
    document = editions.read(asset, edition, services.outputs)
    wanted = (track for track in (ANALYSIS, SUMMARY) if _is_wanted(asset, track, services))
    due = [track for track in wanted if _is_there(track, asset, services)]
    if document is None or not due:
        return
    transcript, saved = load_transcript(document), asset.editions[-1]
    if not (is_given_up or transcript.is_empty):
        expected = estimates.cost_of_some(asset, transcript, [_SEAMS[track.name] for track in due], services.settings)
        if (refusal := quotas.refusal_anew(asset, transcript, expected, services)) is not None:
            services.store.note_refused(run, edition, refusal)
            return
    makers = {ANALYSIS.name: _analyze, SUMMARY.name: _summarize}
    made = {
        track.name: _anew(track, makers[track.name], asset, saved, transcript, services, is_given_up) for track in due
    }
    records = [one.record for one in made.values() if one.record is not None]
    paid = [_SEAMS[record.name] for record in records]
    cost = estimates.cost_of_some(asset, transcript, paid, services.settings)
    if records:
        is_erased = asset.options.metered and services.users.is_gone(asset.ref.owner)
        services.ledger.enter_corrected(asset, edition, cost, is_erased=is_erased)
        services.store.put_tracks(asset.run, records)

    def source(track: Track) -> MadeFrom | None:
        if track.name not in made or made[track.name].record is None:
            return None
        before = track.made_from(asset)
        return MadeFrom(saved.until, saved.document, saved.text, saved.at, before.document if before else None)

    about = {name: value for one in made.values() for name, value in one.about.items()}
    if asset.cost is not None:
        about["cost"] = asset.cost.plus(cost)
    noted = services.store.note_remade(
        run,
        edition,
        source(ANALYSIS),
        source(SUMMARY),
        about,
        next((one.failure for one in made.values() if one.failure), None),
    )
    if noted is not None:
        count("AnalysesMadeAnew")
        _settle(noted, services)
    elif services.store.get(run.asset) is None:  # erased meanwhile
        quotas.made_anew(asset, services)
        leftovers.delete_outputs(run.asset, services)
        services.store.drop_tracks(records)


def _is_there(track: Track, asset: Asset, services: Services) -> bool:
    return services.outputs.info(track.key(asset)) is not None


def _anew(
    track: Track,
    make: Callable[[Asset, Transcript, str, Services], dict[str, object]],
    asset: Asset,
    saved: Edition,
    transcript: Transcript,
    services: Services,
    is_given_up: bool,
) -> _Made:
    """One of the results, made from the edition `saved`: what has been paid for once is not asked for again."""
    started_at, key = time.time(), track.key_anew(asset, saved.document)
    if transcript.is_empty:
        return _Made(failure=NOTHING_LEFT)
    if is_given_up and services.outputs.info(key) is None:
        return _Made(failure=BROKE)
    try:
        known = make(asset, transcript, key, services)
    except EngineFailed as exc:
        return _Made(failure=exc.failure)
    text = services.outputs.read_text(track.key_anew(asset, saved.document, "txt")) if track is SUMMARY else None
    engine = services.settings.engines[_SEAMS[track.name]] or ""
    record = tracks.ended_now(asset, track, engine, started_at, text or "", key)
    return _Made(record, about=known)


def _analyze(asset: Asset, transcript: Transcript, key: str, services: Services) -> dict[str, object]:
    analysis = analysis_at(key, asset, transcript, services)
    return {"mood": analysis.mood and analysis.mood.value}


def _summarize(asset: Asset, transcript: Transcript, key: str, services: Services) -> dict[str, object]:
    del asset
    if (stored := services.outputs.read(key)) is not None:
        summary = Summary.from_json(json.loads(stored))
    else:
        engine = services.engine(SUMMARIZING)
        assert engine is not None, "who calls has asked"
        summary = engine.summarize(transcript)
        services.outputs.write_json(key, summary.to_json())
    services.outputs.write(f"{key.removesuffix('json')}txt", summary.text, "text/plain; charset=utf-8")
    return {}


def _settle(asset: Asset, services: Services) -> None:
    """Delete what was made from an edition before. What the run itself has made stays."""
    quotas.made_anew(asset, services)
    for track in (ANALYSIS, SUMMARY):
        made = track.made_from(asset)
        if made is not None and made.replaced is not None:
            services.store.drop_tracks([TrackRecord(track.name, track.key_anew(asset, made.replaced), "", 0.0, 0.0)])
            places = [track.key_anew(asset, made.replaced, form.ending) for form in track.forms]
            services.outputs.delete_each(places)
