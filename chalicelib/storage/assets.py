"""The DynamoDB tables. Every change of state is one conditional write, so that doing it twice does it once.

`assets`: owner (partition), asset_id (sort, by time): the list in a user's profile is one Query. While an asset needs
watching it also has `unfinished` (a shard's number) and `check_after` (seconds since the epoch), the keys of the
sparse index `unfinished`: the sweep reads what is overdue and nothing else. What is held, and its owner told, stands
there too, in a part of its own (`held`, since when): so it is found without reading the table, and no death can lose
it, since the same write that ends its being watched puts it there. What was decided of that is in another part
(`decided`, since when), until the asset goes or begins anew. `expires` (seconds since the epoch) is when the
table may forget what has ended. `shelf` (the folder, a stroke, the id) is the key of the local index `shelf`, which has
what a list is chosen and put in order by: a folder is one Query, and all of an account are read without what else is
known of each. What a run cost stands here for its owner to see; the books are in `ledger.py`.

`metadata`: `JsonFile` (the S3 key of a result); found by asset through the index `asset`.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.clients.aws import serialize
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import (
    CANCELLED,
    ENDED,
    FINISHED,
    Again,
    Asset,
    AssetRef,
    BranchState,
    BranchStatus,
    Edition,
    MadeFrom,
    MediaKind,
    Options,
    Rendition,
    ReportState,
    RunRef,
    Status,
    Translation,
    may_become,
)
from chalicelib.domain.batched import batched
from chalicelib.domain.costs import Cost
from chalicelib.domain.fetching import Fetch
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.moderation import Decision, Moderation, Released
from chalicelib.message import Message
from chalicelib.storage.asset_items import (
    OF_A_RUN,
    TrackRecord,
    asset_name,
    from_item,
    key_of,
    shelf_of,
    to_item,
    track_item,
)
from chalicelib.storage.asset_reading import DECIDED, HELD, AssetReader
from chalicelib.storage.updates import (
    Update,
    apply,
    batch_write,
    is_condition_failed,
    plain_item,
    query,
    shard_of,
    storable,
)

_BATCH = 25
_MINUTE = 60.0
_DAY = 24 * 60 * _MINUTE
_LONGEST_RUN = 7 * _DAY
"""Services know their jobs for about as long: AWS Batch one that has ended, Rekognition and Textract what they found
(https://docs.aws.amazon.com/batch/latest/userguide/job_states.html)."""


class AssetStore(AssetReader):
    """Assets and their tracks."""

    # ---- the life of an asset, in order

    def register(
        self,
        ref: AssetRef,
        file_name: str,
        input_key: str,
        options: Options,
        title: str | None = None,
        folder: str | None = None,
        fetch: Fetch | None = None,
    ) -> Asset:
        """Make the asset that an upload is announced for, or that is fetched."""
        now = time.time()
        asset = Asset(ref, file_name, input_key, Status.AWAITING_UPLOAD, now, options, title=title, folder=folder)
        asset = replace(asset, changed_at=now, fetch=fetch)
        watch = self._watch(ref, self._patience if fetch else self._settings.upload_window_minutes * _MINUTE)
        item = to_item(asset) | {name: serialize(storable(value)) for name, value in watch.items()}
        # The id is new, so the same item already being there means that this very call is being repeated.
        self._client.put_item(TableName=self._assets, Item=item)
        return asset

    def claim_part(self, ref: AssetRef, part: int, seconds: float) -> Asset | None:
        """Have so many seconds to fetch a part, counted from 1; None if it is there, or somebody else is at it."""
        now = time.time()
        update = self._fetching(part - 1).require_member_below("fetch", "busy_until", now)
        return self._try(ref, update.set_in("fetch", "busy_until", now + seconds))

    def note_upload(self, ref: AssetRef, upload_id: str) -> Asset | None:
        """Note the upload that the parts of a file go to which is fetched; None, and nothing noted, if there is one."""
        update = self._fetching(0).require_member("fetch", "upload_id", None)
        return self._try(ref, update.set_in("fetch", "upload_id", upload_id))

    def note_part(self, ref: AssetRef, part: int, seconds: float) -> Asset | None:
        """Note that a part has been fetched, and that it is told within so many seconds that the next one can be.

        None, and nothing noted, if that is known, or the file is no longer wanted.
        """
        update = self._fetching(part - 1).set_in("fetch", "parts", part).set_in("fetch", "busy_until", 0)
        update.set_in("fetch", "told_until", time.time() + seconds)
        return self._try(ref, update.set(sweeps=0, **self._watch(ref, self._patience)))

    def leave_part(self, ref: AssetRef, part: int) -> None:
        """Note that nobody is at work on a part any more, for now."""
        self._try(ref, self._fetching(part - 1).set_in("fetch", "busy_until", 0))

    def reject_fetch(self, ref: AssetRef, rejection: Message) -> Asset | None:
        """End what is fetched as rejected, once; its report is then due. Returns the asset as it then is."""
        update = Update().require_status({Status.AWAITING_UPLOAD})
        return self._apply(ref, self._new_version(update, ref, Status.REJECTED, rejection))

    @staticmethod
    def _fetching(parts: int) -> "Update":
        """Only while a file is being fetched of which so many parts are there."""
        return Update().require_status({Status.AWAITING_UPLOAD}).require_member("fetch", "parts", parts)

    def accept(self, ref: AssetRef, after: int, etag: str, size: int, rejection: Message | None = None) -> Asset | None:
        """Begin the version that follows `after`, with the content that `etag` names, unless that was begun before.

        The version starts QUEUED, or REJECTED for the reason given. A run that goes on is not replaced: it has to come
        to its end first. Returns the asset as it then is, changed or not; None if there is none.
        """
        status = Status.REJECTED if rejection else Status.QUEUED
        update = Update().require_status(may_become(Status.QUEUED)).require("{} = {}", "version", after)
        update.require("{} <> {}", "etag", etag).set(etag=etag, size=size)
        return self._apply(ref, self._new_version(update, ref, status, rejection))

    def retry(self, before: Asset, options: Options, again: Again | None = None) -> Asset | None:
        """Begin a version after the finished run of `before`, with the content that there is, once its owner was told.

        What is held is not begun again, nor what has changed since it was read as `before`: that was put by as it was
        then. Returns the asset as it then is, changed or not; None if there is none.
        """
        update = self._as_put_by(before).set(options=options)
        return self._apply(before.ref, self._new_version(update, before.ref, Status.QUEUED, again=again))

    def use(self, before: Asset, earlier: Asset) -> Asset | None:
        """Make an `earlier` version of the same content the current one, in the place of the finished run of `before`.

        Numbers go on from the newest that there was, so nothing that is still told of any version matches another.
        Returns the asset as it then is, changed or not; None if there is none.
        """
        update = self._as_put_by(before).require("{} = {}", "etag", earlier.etag)
        update.set(**{name: getattr(earlier, name) for name in OF_A_RUN}).set(version=earlier.version)
        update.set(waits={}, sweeps=0, changed_at=time.time(), seconds=earlier.media.duration if earlier.media else 0.0)
        return self._apply(before.ref, update.remove("open_branches", "unfinished", "check_after"))

    @staticmethod
    def _as_put_by(before: Asset) -> "Update":
        """Only while the finished run of `before` is as it was read, of which its owner was told."""
        update = Update().require_version(before.run).require_status({before.status} & (FINISHED - {Status.HELD}))
        update.require("{} <> {}", "report", ReportState.DUE)
        # What is made anew deletes what it replaces: put by as it was before, nothing would be left of it.
        update.require("{} = {}", "translated", before.translated)
        return update.require("{} = {}", "edition", before.edition).require("{} = {}", "remade", before.remade)

    def describe(self, ref: AssetRef, changes: Mapping[str, Any]) -> Asset | None:
        """Change an asset's title or tags. Returns the asset as it then is, None if there is none."""
        return self._apply(ref, Update().set(changed_at=time.time(), **changes))

    def retag(self, asset: Asset, tags: Sequence[str]) -> Asset | None:
        """Give an asset other tags; None, and nothing changed, if it has others than `asset` by now, or is gone."""
        update = Update().require("{} = {}", "tags", asset.tags).set(tags=tags, changed_at=time.time())
        return self._try(asset.ref, update)

    def move(self, ref: AssetRef, folder: str | None) -> Asset | None:
        """Put an asset into a folder, or into none. Returns the asset as it then is, None if there is none."""
        return self._apply(ref, Update().set(shelf=shelf_of(folder, ref.asset_id)))

    def begin_edition(self, run: RunRef, edition: Edition, heard_text: str | None = None) -> Asset | None:
        """Begin an `edition` with its first save; None, and nothing changed, if another save was faster.

        `heard_text` is the fingerprint of what was heard, to be told with the first of all.
        """
        update = Update().require_version(run).require("{} = {}", "edition", edition.first - 1)
        update.set(edition=edition.until, changed_at=time.time()).append("editions", [edition])
        if heard_text is not None:
            update.set(heard_text=heard_text)
        return self._try(run.asset, update)

    def save_edition(self, run: RunRef, at: int, edition: Edition, *, has_ended: bool = False) -> Asset | None:
        """Have the edition at the place `at` (from 0), which is the newest, be as it was last saved: `edition`.

        What it is called stays. None, and nothing changed, if another save was faster, or if its sitting has ended;
        with `has_ended`, that does not matter.
        """
        update = Update().require_version(run).require("{} = {}", "edition", edition.until - 1)
        if not has_ended:
            update.require_item("editions", at, "ended_at", None)
        saved = ("until", "document", "by", "at", "text", "confirmed", "replaced", "brings_back")
        update.set(edition=edition.until, changed_at=time.time())
        update.set_in_item("editions", at, **{name: getattr(edition, name) for name in saved})
        return self._try(run.asset, update)

    def end_sitting(self, run: RunRef, edition: int, at: int) -> Asset | None:
        """Note that the sitting has ended which came to the save `edition`, in the edition at the place `at` (from 0).

        None, and nothing changed, if that is noted, or if there has been another save since.
        """
        update = Update().require_version(run).require("{} = {}", "edition", edition)
        update.require_item("editions", at, "ended_at", None).set_in_item("editions", at, ended_at=time.time())
        return self._try(run.asset, update)

    def name_edition(self, run: RunRef, at: int, first: int, name: str | None) -> Asset | None:
        """Call the edition at the place `at` (from 0), which begins with the save `first`, so, or nothing.

        Returns the asset as it then is; None if there is no such edition.
        """
        update = Update().require_version(run).require_item("editions", at, "first", first)
        return self._try(run.asset, update.set_in_item("editions", at, name=name))

    def note_remade(
        self,
        run: RunRef,
        edition: int,
        analysis: MadeFrom | None,
        summary: MadeFrom | None,
        about: Mapping[str, object],
        failure: Message | None = None,
    ) -> Asset | None:
        """Let what was made anew from an edition stand for what there was, once; and why something of it failed.

        Whatever is None is left as it was. None, and nothing changed, if that was done for this edition or a later one,
        or if the asset is in work again, or gone.
        """
        update = Update().require_version(run).require_status(ENDED).require("{} < {}", "remade", edition)
        update.set(remade=edition, not_remade=failure, **about)
        if analysis is not None:
            update.set(analysis_from=analysis)
        if summary is not None:
            update.set(summary_from=summary)
        return self._try(run.asset, update)

    def note_refused(self, run: RunRef, edition: int, refusal: Message) -> None:
        """Note why nothing is made anew from an edition just now: it may be tried again.

        Nothing changes if it has been made since, or the asset is in work again, or gone.
        """
        update = Update().require_version(run).require_status(ENDED).require("{} < {}", "remade", edition)
        self._try(run.asset, update.set(not_remade=refusal))

    def note_translation(
        self, asset: Asset, language: str, translation: Translation, cost: Cost | None = None
    ) -> Asset | None:
        """Note how the captions in a `language` stand, and what the asset has then cost in all if that has changed.

        None, and nothing changed, if something else was noted since `asset` was read, or another version has begun.
        """
        update = Update().require_version(asset.run).require_status(ENDED)
        update.require("{} = {}", "translated", asset.translated).set(translated=asset.translated + 1)
        update.set_in("translations", language, translation)
        return self._try(asset.ref, update if cost is None else update.set(cost=cost))

    def begin(
        self,
        run: RunRef,
        kind: MediaKind,
        media: MediaInfo,
        branches: Mapping[str, BranchState],
        notes: Iterable[Message],
        done: AiOptions | None = None,
        moderation: Moderation | None = None,
        again: Again | None = None,
    ) -> Asset | None:
        """QUEUED becomes PROCESSING, with its branches; nothing changes if it has begun already.

        `done` are the options that the run goes by, `moderation` what follows of sensitive content: if by it nothing is
        given out that nobody has looked at, that is so from now on. `again` is what it follows, and takes over.
        """
        update = Update().require_version(run).require_status({Status.QUEUED})
        update.set(
            status=Status.PROCESSING,
            kind=kind,
            media=media,
            branches=dict(branches),
            notes=list(notes),
            done=done,
            sweeps=0,
            started_at=time.time(),
            seconds=media.duration,
            moderation=moderation,
            again=again,
        )
        if moderation is not None and moderation.policy.withholds:
            update.add_to("withheld", {str(run.version)})
        if open_branches := {branch for branch, state in branches.items() if state.status is BranchStatus.OPEN}:
            update.set(open_branches=open_branches)
        update.set(**self._watch(run.asset, self._patience + 3 * media.duration))
        return self._apply(run.asset, update)

    def close(
        self,
        run: RunRef,
        states: Mapping[str, BranchState],
        renditions: Iterable[Rendition] = (),
        notes: Iterable[Message] = (),
        about: Mapping[str, str | None] | None = None,
    ) -> Asset | None:
        """Close branches of a run, and note what is known `about` it: `language`, `mood`, `clarity`.

        Nothing changes if one of them is closed already, or the run is an old one.
        """
        update = Update().require_version(run).require_status({Status.PROCESSING})
        for branch, state in states.items():
            update.require("contains({}, {})", "open_branches", branch).set_in("branches", branch, state)
        update.delete_from("open_branches", set(states))
        if made := list(renditions):
            update.set(renditions=made)
        if said := list(notes):
            update.append("notes", said)
        if about:
            update.set(**about)
        return self._apply(run.asset, update)

    def claim_wait(self, run: RunRef, waiter: str, seconds: float) -> bool:
        """Note that `waiter` of a run (its intake, or a branch) comes back in so many seconds.

        False if it is on its way already, or the run is over.

        Whatever waits is not stuck: the sweep starts to count anew.
        """
        now = time.time()
        update = Update().require_version(run).require_status({Status.QUEUED, Status.PROCESSING})
        update.require_member_below("waits", waiter, now).set_in("waits", waiter, now + seconds)
        update.set(sweeps=0, **self._watch(run.asset, self._patience + seconds))
        return self._try(run.asset, update) is not None

    def note_under_way(self, run: RunRef) -> None:
        """Note that an engine still works on a run: it is not stuck, and the sweep starts to count anew.

        But not for ever: an engine that says so after a week will never say anything else.
        """
        update = Update().require_version(run).require_status({Status.PROCESSING})
        update.require("{} > {}", "started_at", time.time() - _LONGEST_RUN)
        self._try(run.asset, update.set(sweeps=0, **self._watch(run.asset, self._patience)))

    def add_note(self, run: RunRef, note: Message) -> Asset | None:
        """Add what the owner should know, once."""
        update = Update().require_version(run).require("NOT contains({}, {})", "notes", note)
        return self._apply(run.asset, update.append("notes", [note]))

    def finish(
        self,
        run: RunRef,
        status: Status,
        failure: Message | None = None,
        moderation: Moderation | None = None,
        notes: Iterable[Message] = (),
        *,
        is_clear: bool = False,
        etag: str | None = None,
    ) -> Asset | None:
        """End the run, once; its report is then due.

        `moderation` is what was seen, `notes` what there is to say of that. What was withheld is given out from now on
        if it `is_clear`. If the end is one by which its content, that of this `etag`, is doubted, no earlier version of
        it is given out from now on; if it is clear, they are again.
        """
        update = Update().require_version(run).require_status(may_become(status) - FINISHED)
        update.set(status=status, failure=failure, report=ReportState.DUE, finished_at=time.time(), sweeps=0)
        update.remove("open_branches").set(expires=self.expiry(), **self._watch(run.asset, self._patience))
        update.set(changed_at=time.time())
        if moderation is not None:
            update.set(moderation=moderation)
        if said := list(notes):
            update.append("notes", said)
        if is_clear:
            update.delete_from("withheld", {str(run.version)})
        if etag is not None and is_clear:
            update.delete_from("doubted", {etag})
        elif etag is not None and moderation is not None and status in {Status.HELD, Status.REJECTED}:
            update.add_to("doubted", {etag})
        return self._apply(run.asset, update)

    def decide(
        self,
        run: RunRef,
        status: Status,
        moderation: Moderation,
        failure: Message | None,
        notes: Iterable[Message],
        released: Released | None = None,
    ) -> Asset | None:
        """End a run that is held as was decided, once; its owner is then told. None if it is held no more.

        What is `released` is remembered for later runs over the same content.
        """
        update = Update().require_version(run).require_status({Status.HELD})
        update.set(status=status, failure=failure, moderation=moderation, report=ReportState.DUE, sweeps=0)
        update.set(finished_at=time.time(), expires=self.expiry(), **self._watch(run.asset, self._patience))
        update.set(changed_at=time.time())
        if said := list(notes):
            update.append("notes", said)
        if moderation.decision is Decision.RELEASE:
            update.delete_from("withheld", {str(run.version)})
        if released is not None:
            update.set(released=released).delete_from("doubted", {released.etag})
        return self._try(run.asset, update)

    def cancel(self, run: RunRef) -> Asset | None:
        """End the run as its owner wishes, who need not be told. Returns the asset as it then is, changed or not.

        It is watched until `settle_untold`. Its branches keep the states that they had: what was under way is paid for.
        """
        update = Update().require_version(run).require_status({Status.QUEUED, Status.PROCESSING})
        update.set(status=Status.FAILED, failure=CANCELLED, finished_at=time.time(), sweeps=0, expires=self.expiry())
        update.set(changed_at=time.time())
        return self._apply(run.asset, update.remove("open_branches").set(**self._watch(run.asset, self._patience)))

    def settle_report(self, asset: Asset, state: ReportState, cost: Cost) -> Asset | None:
        """The due report was delivered, or never will be: nothing about this asset needs watching any more.

        What is held is listed from now on for whoever decides. Nothing changes if that was decided in the meantime:
        another report is due then. Returns the asset as it then is, changed or not; None if there is none.
        """
        update = Update().require_version(asset.run).require("{} = {}", "report", ReportState.DUE)
        update.require_status({asset.status}).set(report=state, cost=cost)
        if asset.status is Status.HELD:
            update.set(unfinished=HELD, check_after=asset.finished_at or time.time())
        elif asset.moderation is not None and asset.moderation.decision is not None:
            update.set(unfinished=DECIDED, check_after=asset.moderation.decided_at or time.time())
        else:
            update.remove("unfinished", "check_after")
        return self._apply(asset.ref, update)

    def note_told(self, run: RunRef, state: ReportState) -> None:
        """A digest has told, or tried to tell, of a report that had no address."""
        update = Update().require_version(run).require("{} = {}", "report", ReportState.UNADDRESSED)
        self._try(run.asset, update.set(report=state))

    def settle_untold(self, asset: Asset, cost: Cost) -> None:
        """An end of which nobody is told is in the books: nothing about this asset needs watching any more."""
        update = Update().require("{} = {}", "version", asset.version).require_status({asset.status})
        update.require("{} = {}", "report", ReportState.NONE)
        self._apply(asset.ref, update.set(cost=cost).remove("unfinished", "check_after"))

    def expire(self, ref: AssetRef) -> Asset | None:
        """Nothing was uploaded in time. The asset is watched until `settle_untold`."""
        update = Update().require_status({Status.AWAITING_UPLOAD}).set(status=Status.EXPIRED, expires=self.expiry())
        update.set(changed_at=time.time())
        return self._apply(ref, update.set(sweeps=0, **self._watch(ref, self._patience)))

    def delete(self, asset: Asset) -> bool:
        """Forget an asset that nothing is being done with; False if something has begun to be, meanwhile."""
        unchanged = Update().require_status({asset.status}).require("{} = {}", "version", asset.version)
        try:
            self._client.delete_item(TableName=self._assets, Key=key_of(asset.ref), **unchanged.conditions())
        except ClientError as exc:
            if is_condition_failed(exc):
                return False
            raise
        return True

    def claim_sweep(self, asset: Asset, now: float) -> bool:
        """Count one more sweep over `asset` and put the next one off; False if another sweep was faster."""
        update = Update().require("{} = {}", "sweeps", asset.sweeps).require("{} <= {}", "check_after", now)
        return self._try(asset.ref, update.set(sweeps=asset.sweeps + 1, check_after=now + self._patience)) is not None

    # ---- tracks

    def put_tracks(self, run: RunRef, tracks: Iterable[TrackRecord]) -> None:
        """Store what is known of some results, in one call; the same key again replaces it.

        Raises StoreError if the table does not take all of them.
        """
        self._write_batch([{"PutRequest": {"Item": track_item(run, track, self.expiry())}} for track in tracks])

    def delete_tracks(self, ref: AssetRef) -> None:
        """Delete the metadata items of all of an asset's tracks. Raises StoreError if some are left."""
        for tracks in batched(self.tracks(ref), _BATCH):
            self._delete_tracks(track["JsonFile"] for track in tracks)

    def drop_tracks(self, tracks: Iterable[TrackRecord]) -> None:
        """Delete the metadata items of tracks that were just put: the index by asset may not know of them yet."""
        self._delete_tracks(track.key for track in tracks)

    def _delete_tracks(self, keys: Iterable[str]) -> None:
        self._write_batch([{"DeleteRequest": {"Key": {"JsonFile": serialize(key)}}} for key in keys])

    def _write_batch(self, requests: list[Any]) -> None:
        batch_write(self._client, self._settings.metadata_table, requests)

    def tracks(self, ref: AssetRef) -> list[dict[str, Any]]:
        """The metadata items of all of an asset's tracks, of every version."""
        table, named = self._settings.metadata_table, {"asset": asset_name(ref)}
        return list(query(self._client, table, "asset = :asset", named, IndexName="asset"))

    def heard_by(self, key: str) -> tuple[str, ...]:
        """What made the track at `key` (its JSON's): the engine, then the models that were used."""
        found = self._client.get_item(TableName=self._settings.metadata_table, Key={"JsonFile": serialize(key)})
        engine = plain_item(found["Item"]).get("engine", "") if "Item" in found else ""
        return tuple(str(engine).split(", "))

    # ---- how

    def _new_version(
        self,
        update: "Update",
        ref: AssetRef,
        status: Status,
        rejection: Message | None = None,
        again: Again | None = None,
    ) -> "Update":
        update.set(
            status=status,
            failure=rejection,
            report=ReportState.DUE if rejection else ReportState.NONE,
            finished_at=time.time() if rejection else None,
            cost=None,
            started_at=None,
            kind=None,
            media=None,
            done=None,
            branches={},
            waits={},
            renditions=[],
            notes=[],
            edition=0,
            editions=[],
            heard_text=None,
            analysis_from=None,
            summary_from=None,
            remade=0,
            not_remade=None,
            translations={},
            translated=0,
            language=None,
            mood=None,
            clarity=None,
            moderation=None,
            sweeps=0,
            again=again,
        )
        update.count_on("newest", "version").remove("open_branches", "seconds").set(changed_at=time.time())
        update.set(**self._watch(ref, self._patience))
        return update.set(expires=self.expiry()) if rejection else update.remove("expires")

    def expiry(self) -> int:
        """When DynamoDB may forget what ends now; S3 forgets its objects at about the same time."""
        return int(time.time() + self._settings.retention_days * _DAY)

    @property
    def sitting_seconds(self) -> float:
        """How long after a save the next one of its author still goes into the same edition."""
        return self._settings.sitting_minutes * _MINUTE

    @property
    def _patience(self) -> float:
        return self._settings.stuck_after_minutes * _MINUTE

    def _watch(self, ref: AssetRef, patience: float) -> dict[str, str | float]:
        return {"unfinished": shard_of(ref.asset_id), "check_after": time.time() + patience}

    def _apply(self, ref: AssetRef, update: "Update") -> Asset | None:
        """Apply `update` if its conditions hold. Returns the asset as it then is, changed or not; None if none is."""
        return self._try(ref, update.require("attribute_exists({})", "asset_id")) or self.get(ref)

    def _try(self, ref: AssetRef, update: "Update") -> Asset | None:
        item = apply(self._client, self._assets, key_of(ref), update)
        return None if item is None else from_item(item)
