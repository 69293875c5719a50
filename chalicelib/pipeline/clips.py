"""Clips: a stretch of a recording cut out by somebody's wish, with captions of exactly the words that are said in it.

Who asks leaves the captions, has the mark say that a clip is waited for, and puts it into the queue of the branches;
there the job is started, once under its name, and its end comes as an event like any other's. What gets lost on the way
the sweep finds by the list of clips under way, and after some tries the clip has failed. Each clip has files of its
own: what is asked for anew is made beside, and then the files before go.
"""

import time
from contextlib import suppress
from dataclasses import replace

from chalicelib.domain import keys, presets
from chalicelib.domain.assets import TOOK_TOO_LONG, Asset, RunRef
from chalicelib.domain.costs import Cost
from chalicelib.domain.keys import Folder, JobName, Task
from chalicelib.domain.marks import LONGEST_SECONDS, Clip, ClipFormat, ClipRef, ClipState, Mark
from chalicelib.errors import Conflict, EngineBusy, InvalidRequest, NotFound, OverQuota
from chalicelib.message import Message
from chalicelib.observability import about, count, logger
from chalicelib.pipeline import estimates, leftovers, quotas, waiting
from chalicelib.pipeline.branch import BROKE
from chalicelib.seams.jobs import CancelsJobs, JobOutcome, attempt
from chalicelib.seams.transcoding import (
    NOT_BURNED,
    NOTHING_TO_MAKE,
    TRANSCODING,
    Cut,
    TranscodingJob,
    TranscodingOutput,
)
from chalicelib.services import Services
from chalicelib.speech.quotes import Quote, captions_of, fingerprint

PRESETS = {ClipFormat.MP4: presets.WEB, ClipFormat.MP3: presets.AUDIO}
"""What each is made with."""

CAPTIONS = {"srt": "application/x-subrip", "vtt": "text/vtt"}
"""Content type of what lies beside a clip, by its ending."""

_WHOLE = "whole.srt"
"""Captions with the times of the recording: for what writes them into the picture."""

_SHORTEST_SECONDS = 0.2
_MARGIN_SECONDS = 3600.0
"""After which the sweep looks after a clip: far more than one takes."""

_MOST_SWEEPS = 6
_HEARD_AGAIN = Message("clip-other-version", "The recording has been worked on anew meanwhile. Ask for the clip again.")
_TOO_DEAR = Message(
    "clip-cost-limit",
    "This clip is expected to cost about %(expected_usd)s, which is above your limit of %(limit_usd)s. If that is all "
    "right, ask for it again and accept the cost.",
)
_NO_MINUTES = Message("clip-quota", "Your minutes for this month are used up. Ask for the clip again next month.")


def files_of(run: RunRef, clip: ClipRef) -> dict[str, str]:
    """Where what belongs to a clip lies, by ending."""
    endings = (clip.name, *CAPTIONS, _WHOLE)
    return {ending: keys.file_key(run, Folder.CLIPS, f"{clip}.{ending}") for ending in endings}


def expected_cost(asset: Asset, name: ClipFormat, seconds: float, services: Services) -> Cost:
    """What a clip of so many seconds will cost."""
    return estimates.cost_of_clip(asset, PRESETS[name], seconds, services.settings)


def ask(
    asset: Asset,
    mark: Mark,
    name: ClipFormat,
    quote: Quote,
    language: str | None,
    services: Services,
    accept_cost: bool,
) -> Mark:
    """Have a clip of what a mark hangs on be made; one that is there, or under way, with these words stays.

    Returns the mark as it then is. Raises InvalidRequest if there is nothing to cut, Conflict if it costs more than the
    owner's limit and nobody has agreed to that, OverQuota if the owner's minutes are used up, NotFound if the mark is
    gone.
    """
    media, start, end, text = asset.media, quote.start, quote.end, fingerprint(quote.text)
    end = min(end, media.duration) if media else end
    if media is None or presets.plan(PRESETS[name], media) is None:
        raise InvalidRequest(f"This recording has nothing of which an {name} can be made.", "no-such-clip", "format")
    if not _SHORTEST_SECONDS <= end - start <= LONGEST_SECONDS:
        sentence = f"A clip has at least {_SHORTEST_SECONDS} seconds, and at most {LONGEST_SECONDS / 60:.0f} minutes."
        raise InvalidRequest(sentence, "clip-length")
    before = mark.clips.get(name)
    if before is not None and _stays(before, asset, mark, name, (start, end, text), services):
        if before.state is ClipState.WAITING:  # whoever asked before may have died
            _await_turn(asset, before, ClipRef(mark.id, name, before.number), services)
        return mark
    if asset.options.metered and not accept_cost:
        limit = quotas.cost_limit(services.users.profile(asset.ref.owner), services.settings)
        expected = expected_cost(asset, name, end - start, services).usd
        if expected > limit:
            raise Conflict(_TOO_DEAR.of(expected_usd=float(expected), limit_usd=float(limit)), "cost-limit")
    number = before.number + 1 if before else 1
    asked, run = ClipRef(mark.id, name, number), asset.run
    texts, whole = captions_of(quote, start, end)
    places = files_of(run, asked)
    for ending, said in texts.items():
        services.outputs.write(places[ending], said, f"{CAPTIONS[ending]}; charset=utf-8")
    is_film = PRESETS[name].video is not None
    if is_film:
        services.outputs.write(places[_WHOLE], whole, f"{CAPTIONS['srt']}; charset=utf-8")
    clip = Clip(number, asset.version, ClipState.WAITING, start, end, text, time.time(), captions=is_film)
    services.marks.await_clip(run, asked, _MARGIN_SECONDS)

    def put(there: Mark) -> Mark:
        return there.with_clip(name, clip) if there.clips.get(name) == before else there

    now = services.marks.change(asset.ref, mark.id, put)
    if now is None:
        _drop(run, asked, services)
        raise NotFound("There is no such mark, or no longer.", "no-mark")
    if now.clips.get(name) != clip:
        return now  # somebody else has asked at the same time
    if before is not None:
        _drop_files(RunRef(asset.ref, before.version), ClipRef(mark.id, name, before.number), services)
    _await_turn(asset, clip, asked, services)
    return now


def _await_turn(asset: Asset, clip: Clip, asked: ClipRef, services: Services) -> None:
    """Have a clip wait for its turn, once its length is counted: whoever has it wait goes through here, so that nothing
    is cut uncounted, whoever died. Raises OverQuota if the owner's minutes are used up; the clip has then failed.
    """
    run = RunRef(asset.ref, clip.version)
    if not quotas.count_clip(asset, str(asked), clip.end - clip.start, services):
        _end(run, asked, None, _NO_MINUTES, services)
        raise OverQuota(_NO_MINUTES, "quota-minutes")
    waiting.enqueue_clip(run, str(asked), services)


def _stays(
    clip: Clip, asset: Asset, mark: Mark, name: str, wanted: tuple[float, float, str], services: Services
) -> bool:
    if clip.is_under_way:
        return True
    if clip.state is not ClipState.READY or (clip.start, clip.end, clip.text) != wanted:
        return False
    place = files_of(RunRef(asset.ref, clip.version), ClipRef(mark.id, name, clip.number))[name]
    return services.outputs.info(place) is not None


def work(run: RunRef, named: str, services: Services) -> None:
    """Start the job of a clip, unless that has been done, or nobody wants it any more."""
    with about(run.asset):
        asked = ClipRef.parse(named)
        mark = services.marks.get(run.asset, asked.mark_id) if asked else None
        clip = asked.of(mark) if asked else None
        if asked is None or mark is None or clip is None or not clip.is_under_way or clip.version != run.version:
            return
        asset = services.store.get(run.asset)
        if asset is None or asset.version != run.version or asset.media is None or asset.is_withheld:
            _end(run, asked, None, _HEARD_AGAIN, services)
            return
        try:
            _start(asset, asked, clip, services)
        except EngineBusy:
            waiting.enqueue_clip(run, named, services, services.settings.busy_delay_seconds)


def _start(asset: Asset, asked: ClipRef, clip: Clip, services: Services) -> None:
    assert asset.media is not None, "who calls has looked"
    places, preset = files_of(asset.run, asked), PRESETS[ClipFormat(asked.name)]
    captions = services.outputs.at(places[_WHOLE]) if clip.captions else None
    job = TranscodingJob(
        _job_name(asset.run, asked),
        services.uploads.at(asset.input_key),
        asset.media,
        (TranscodingOutput(preset.name, services.outputs.at(places[asked.name])),),
        Cut(clip.start, clip.end, captions, asset.language),
    )
    started = attempt(job.name, lambda: services.engine(TRANSCODING).start(job))
    if isinstance(started, JobOutcome):
        _settle(asset.run, asked, started, services)
        return

    def making(mark: Mark) -> Mark:
        there = asked.of(mark)
        is_waiting = there is not None and there.state is ClipState.WAITING
        return mark.with_clip(asked.name, replace(there, state=ClipState.MAKING)) if there and is_waiting else mark

    services.marks.change(asset.ref, asked.mark_id, making)  # of a mark that is gone, the job's end takes it back


def give_up(run: RunRef, named: str, services: Services) -> None:
    """It broke down however often it was tried."""
    with about(run.asset):
        if (asked := ClipRef.parse(named)) is not None:
            _end(run, asked, None, BROKE, services)


def ended(outcome: JobOutcome, job: JobName, services: Services) -> None:
    """The job of a clip has ended."""
    with about(job.run.asset):
        if (asked := ClipRef.parse(job.of or "")) is not None:
            _settle(job.run, asked, outcome, services)


def _settle(run: RunRef, asked: ClipRef, outcome: JobOutcome, services: Services) -> None:
    failure = outcome.failure or (None if outcome.outputs else NOTHING_TO_MAKE)
    _end(run, asked, outcome, failure, services)


def _end(run: RunRef, asked: ClipRef, outcome: JobOutcome | None, failure: Message | None, services: Services) -> None:
    """Note how a clip ended. Safe to call again; what nobody wants any more is deleted."""

    def settled(mark: Mark) -> Mark:
        clip = asked.of(mark)
        if clip is None or not clip.is_under_way:
            return mark
        if failure is not None or outcome is None:
            return mark.with_clip(asked.name, replace(clip, state=ClipState.FAILED, failure=failure))
        (made, *_), notes = outcome.outputs, [one for one in outcome.notes if one.code == NOT_BURNED.code]
        done = replace(clip, state=ClipState.READY, seconds=made.duration, size=made.size, note=next(iter(notes), None))
        return mark.with_clip(asked.name, done)

    mark = services.marks.get(run.asset, asked.mark_id)
    if outcome is not None or failure == TOOK_TOO_LONG:
        _enter(run, asked, asked.of(mark), services)
    now = services.marks.change(run.asset, asked.mark_id, settled) if mark is not None else None
    if asked.of(now) is None:
        _drop(run, asked, services)
        return
    _over(run, asked, services)
    count("ClipsFailed" if failure else "ClipsMade")


def _enter(run: RunRef, asked: ClipRef, clip: Clip | None, services: Services) -> None:
    """Enter what a clip cost, once; of one whose mark is gone nobody knows how long it was, and it is not entered."""
    asset = services.store.get(run.asset) if clip is not None else None
    if asset is None or clip is None:
        return
    spent = expected_cost(asset, ClipFormat(asked.name), clip.end - clip.start, services)
    is_erased = asset.options.metered and services.users.is_gone(asset.ref.owner)
    services.ledger.enter_clip(asset, _job_name(run, asked), spent, is_erased=is_erased)


def delete(asset: Asset, mark_id: str, services: Services) -> bool:
    """Delete a mark, with its clips, the mark after them: so whoever died is followed by who finds it. False if there
    was none.
    """
    mark = services.marks.get(asset.ref, mark_id)
    clips = [(RunRef(asset.ref, one.version), name, one) for name, one in mark.clips.items()] if mark else []
    for run, name, clip in clips:
        asked = ClipRef(mark_id, name, clip.number)
        if clip.is_under_way:
            _stop(run, asked, services, asset)
        _drop(run, asked, services)
    was_there = services.marks.delete(asset.ref, mark_id)
    for run, name, clip in clips:
        if clip.is_under_way:  # it may have come to its end meanwhile
            _drop(run, ClipRef(mark_id, name, clip.number), services)
    return was_there


def erase(asset: Asset, services: Services) -> None:
    """Delete all marks on an asset, and stop the clips that are being cut of it. Their files go with all else."""
    for mark in services.marks.of(asset.ref):
        for name, clip in mark.clips.items():
            run, asked = RunRef(asset.ref, clip.version), ClipRef(mark.id, name, clip.number)
            if clip.is_under_way:
                _stop(run, asked, services, asset)
                _over(run, asked, services)
        services.marks.delete(asset.ref, mark.id)
    services.marks.forget_room(asset.ref)


def sweep(now: float, services: Services) -> None:
    """Look after clips that should have ended before `now` (seconds since the epoch)."""
    for awaited in services.marks.overdue_clips(now):
        try:
            if services.marks.claim_clip_sweep(awaited, now, _MARGIN_SECONDS):
                _look_after(awaited.run, awaited.clip, awaited.sweeps >= _MOST_SWEEPS, services)
        except Exception as exc:  # noqa: BLE001 - whatever breaks one must not cost the others their sweep
            logger.error("sweep failed for a clip", extra={"error": type(exc).__name__})


def _look_after(run: RunRef, named: str, is_last: bool, services: Services) -> None:
    asked = ClipRef.parse(named)
    clip = asked.of(services.marks.get(run.asset, asked.mark_id)) if asked else None
    if asked is None:
        return
    if clip is None:
        _drop(run, asked, services)
    elif not clip.is_under_way:
        _over(run, asked, services)
    elif is_last:
        _stop(run, asked, services)
        _end(run, asked, None, TOOK_TOO_LONG, services)
    elif (asset := services.store.get(run.asset)) is not None:
        with suppress(OverQuota):  # its mark says so
            _await_turn(asset, clip, asked, services)
    else:
        _drop(run, asked, services)


def set_going(services: Services) -> None:
    """Have all that is under way be looked after now: what ran in this process before does so no more."""
    for awaited in services.marks.overdue_clips(float("inf")):
        _look_after(awaited.run, awaited.clip, False, services)


def _stop(run: RunRef, asked: ClipRef, services: Services, asset: Asset | None = None) -> None:
    asset = asset or services.store.get(run.asset)
    engine = services.engine(TRANSCODING)
    if asset is not None and isinstance(engine, CancelsJobs):
        engine.cancel(_job_name(run, asked), services.uploads.at(asset.input_key))


def _drop(run: RunRef, asked: ClipRef, services: Services) -> None:
    """Nobody wants this clip any more."""
    if services.store.get(run.asset) is None:
        leftovers.delete_outputs(run.asset, services)
    else:
        _drop_files(run, asked, services)
    _over(run, asked, services)


def _over(run: RunRef, asked: ClipRef, services: Services) -> None:
    """A clip is under way no more. Safe to call again; who dies on the way is followed by the sweep."""
    quotas.clip_ended(run.asset, str(asked), services)
    services.marks.clip_ended(run, asked)


def _drop_files(run: RunRef, asked: ClipRef, services: Services) -> None:
    services.outputs.delete_each(files_of(run, asked).values())


def _job_name(run: RunRef, asked: ClipRef) -> str:
    return keys.job_name(run, Task.CLIP, str(asked))
