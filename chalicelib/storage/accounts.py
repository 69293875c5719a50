"""The table of accounts: owner (partition), item (sort). Items of one owner lie together: all of them are one Query.

- `profile`: what they set, and what operators set for them
- `usage`: what they use
- `news#{asset}#{version}`: a run that ended, for the digest; kept for a while after it was told, or for nobody to tell;
  with `#held` behind it, that it is held
- `news#{asset}#{mark}#{remark}`: that somebody else has made or resolved a comment there, likewise
- `digest`: while there is news, when it is due (`due_at`), by which the sparse index `due` finds it
- `key#{id}`: an API key, hashed
- `share#{id}`: a link to one asset, with its name and what it shows, it and its password hashed; it goes by itself
  after its end (`expires`)
- `voice#{id}`: a voice that is remembered by name; it goes by itself after its end (`expires`)
- `room#…`: who has a place where there may be so many (`limited.py`)
- `address#…` and `mails#…` belong to `mailstore.py`, `run#…` to `ledger.py`

Under the owner `#service` the item `erased` counts the accounts that were erased; `release#…` belong to `releases.py`.
Under `#gone#{hash of the owner}` an item says that an account is being erased, or has been: its tokens are valid for
longer than it lives. What is still written for an owner by whoever did not know of that is taken back by them
(`take_back_late`).
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from chalicelib.domain.accounts import (
    Allowance,
    Credential,
    Delivery,
    Due,
    Export,
    HandedOut,
    News,
    Profile,
    Token,
    Usage,
)
from chalicelib.domain.batched import batched
from chalicelib.domain.calendar import month_of, today
from chalicelib.domain.links import Part
from chalicelib.speech.voices import Voice
from chalicelib.storage.items import SERVICE, parsed
from chalicelib.storage.limited import LimitedItems, Room
from chalicelib.storage.updates import SHARDS, Update, attributes_of, query, shard_of

_PROFILE = "profile"
_USAGE = "usage"
_CLIP = "clip"
_ERASED = "erased"
_DIGEST = "digest"
_FETCHES = "fetch"
_VOICE = "voice#"
_MOST_REMOVED = 50
"""At once: an expression has 4 KB at most.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""

_REMEMBERED = 30 * 24 * 3600.0
_WAITS = 90 * 24 * 3600.0
"""Seconds that news waits to be told: if nobody confirms an address in that time, nobody is told."""

_MARKED = 30 * 24 * 3600.0
"""Seconds: more than an id token of Cognito lives (a day at most), and than a message waits in a queue (14 days)."""

_USED_EVERY = 3600.0
"""Seconds: how exactly it is known when a key was last used. More would be a write with each request."""


class UserStore(LimitedItems):
    """Profiles, usage, keys and shares."""

    # ---- profiles

    def profile(self, owner: str) -> Profile:
        """The owner's profile; one with nothing set if they never set anything."""
        item = self._get(owner, _PROFILE)
        return parsed(Profile, {**item, "owner": owner}) if item else Profile(owner)

    def profiles(self, owners: Sequence[str]) -> dict[str, Profile]:
        """The profiles of owners, of a hundred in one call; without those that have none."""
        return {item["owner"]: parsed(Profile, item) for item in self._batch([(owner, _PROFILE) for owner in owners])}

    def change(self, owner: str, changes: Mapping[str, Any]) -> Profile:
        """Change parts of a profile. Returns it as it then is."""
        return parsed(Profile, self._update(owner, _PROFILE, Update().set(**changes)) or {"owner": owner})

    def note_export(self, owner: str, export: Export) -> bool:
        """Note how the copy of an account's data stands; False, and nothing noted, if there is no account any more."""
        there = Update().require("attribute_exists({})", "item")
        return self._update(owner, _PROFILE, there.set(export=export)) is not None

    def know(self, owner: str, email: str | None, changes: Mapping[str, Any] | None = None) -> Profile:
        """Note the confirmed address of an owner, if they have one, with other `changes`. Returns the profile.

        What ended before there was an address waits for a digest, which is due now.
        """
        if email is not None and self.profile(owner).email is None:
            self.hasten(owner, time.time())
        return self.change(owner, {**(changes or {}), "email": email})

    def unsubscribe(self, owner: str) -> None:
        """Mail an owner no more, if they still have an account."""
        there = Update().require("attribute_exists({})", "item")
        self._update(owner, _PROFILE, there.set(delivery=Delivery.NONE))

    def count_webhook_failure(self, owner: str, url: str, most: int) -> Profile | None:
        """Note that a delivery to `url` was given up; the webhook is switched off once there are `most` in a row.

        Returns the profile if that has just been done.
        """
        profile = self.profile(owner)
        hook = profile.webhook
        if hook is None or hook.url != url or not hook.is_active:
            return None
        update = Update().require("{} = {}", "webhook", hook)
        is_active = hook.failures + 1 < most
        update.set(webhook={**attributes_of(hook), "failures": hook.failures + 1, "is_active": is_active})
        changed = self._update(owner, _PROFILE, update)
        return parsed(Profile, changed) if changed and not is_active else None

    def webhook_worked(self, owner: str) -> None:
        """A delivery was taken: what failed before no longer counts."""
        profile = self.profile(owner)
        if profile.webhook is not None and profile.webhook.failures:
            update = Update().require("{} = {}", "webhook", profile.webhook)
            self._update(owner, _PROFILE, update.set(webhook={**attributes_of(profile.webhook), "failures": 0}))

    # ---- usage

    def usage(self, owner: str) -> Usage:
        """What the owner uses this month."""
        item = self._get(owner, _USAGE)
        return _this_month(parsed(Usage, item)) if item else Usage(month_of(today()))

    def reserve(self, owner: str, asset_id: str, size: int, allowed: Allowance) -> bool:
        """Count a file of `size` bytes that is about to be uploaded; False, and nothing counted, if it is one too many.

        Atomic under any number of callers: the limits are conditions of the one write.
        """
        return self._count(
            owner,
            lambda update: (
                update.require("size({}) < {}", "in_flight", allowed.in_flight)
                .require("{} <= {}", "bytes", allowed.bytes - size)
                .require("{} < {}", "minutes", allowed.minutes)
                .set_in("in_flight", asset_id, 0)
                .add("bytes", size)
            ),
        )

    def fly_again(self, owner: str, asset_id: str, allowed: Allowance) -> bool:
        """Count an asset as in work once more; False if it is one too many."""
        return self._count(
            owner,
            lambda update: (
                update.require("size({}) < {}", "in_flight", allowed.in_flight)
                .require("{} < {}", "minutes", allowed.minutes)
                .set_in("in_flight", asset_id, 0)
            ),
        )

    def count_minutes(self, owner: str, asset_id: str, version: int, minutes: Decimal, allowed: Allowance) -> bool:
        """Count the length of a run, once; False, and nothing counted, if it is more than is left."""
        counted = self._count(
            owner,
            lambda update: (
                update.require("{} <= {}", "minutes", allowed.minutes - minutes)
                .require_member_below("in_flight", asset_id, version)
                .set_in("in_flight", asset_id, version)
                .add("minutes", minutes)
            ),
        )
        return counted or self.usage(owner).in_flight.get(asset_id, 0) >= version

    def count_clip(self, owner: str, clip: str, minutes: Decimal, allowed: Allowance) -> bool:
        """Count the length of a clip, once while it is under way; False, and nothing counted, if it is more than is
        left.
        """
        counted = self._count(
            owner,
            lambda update: (
                update.require("{} <= {}", "minutes", allowed.minutes - minutes)
                .require_other_member("anew", clip, _CLIP)
                .set_in("anew", clip, _CLIP)
                .add("minutes", minutes)
            ),
        )
        return counted or clip in self.usage(owner).anew

    def clip_ended(self, owner: str, clip: str) -> None:
        """Forget that this was counted: nothing more is to be cut for it."""
        self.made_anew(owner, clip, _CLIP)

    def count_anew(self, owner: str, asset_id: str, what: str, minutes: Decimal, allowed: Allowance) -> bool:
        """Count minutes that are made anew of an asset, once for `what` is made; False, and nothing counted, if it is
        more than is left.
        """
        counted = self._count(
            owner,
            lambda update: (
                update.require("{} <= {}", "anew_minutes", allowed.minutes - minutes)
                .require_other_member("anew", asset_id, what)
                .set_in("anew", asset_id, what)
                .add("anew_minutes", minutes)
            ),
        )
        return counted or self.usage(owner).anew.get(asset_id) == what

    def made_anew(self, owner: str, asset_id: str, what: str) -> None:
        """Forget that this was counted: it is done."""
        self._update(owner, _USAGE, Update().require_member("anew", asset_id, what).remove_in("anew", asset_id))

    def landed(self, owner: str, asset_ids: Sequence[str]) -> None:
        """Forget assets that are no longer in work."""
        for some in batched(asset_ids, _MOST_REMOVED):
            self._update(owner, _USAGE, Update().remove_in("in_flight", *some))

    def begin_fetch(
        self,
        owner: str,
        asset_id: str,
        most: int,
        under_way: Callable[[], Iterable[str]],
        ended: Callable[[Collection[str]], Iterable[str]],
    ) -> bool:
        """Count a file that is about to be fetched; False if it is one too many. `under_way` names those that are
        fetched, `ended` those of some that are no more.
        """
        return self._take_place(Room(owner, _FETCHES, most, under_way, ended), asset_id)

    def no_fetch(self, owner: str, asset_id: str) -> None:
        """It is not fetched after all."""
        self._give_up_place(owner, _FETCHES, asset_id)

    def _count(self, owner: str, counting: Callable[[Update], Update]) -> bool:
        """Do `counting` on this month's usage; False if its conditions do not hold."""
        month = month_of(today())
        for _ in range(2):
            update = counting(Update().require("{} = {}", "month", month))
            if self._update(owner, _USAGE, update) is not None:
                return True
            if not self._begin_month(owner, month):
                return False
        return False

    def _begin_month(self, owner: str, month: str) -> bool:
        """Count anew if what is counted is of an earlier month, or nothing is; what is in work stays so."""
        item = self._get(owner, _USAGE)
        if item is not None and item["month"] >= month:
            return False
        update = Update().require("(attribute_not_exists({0}) OR {0} < {1})", "month", month)
        flying = item["in_flight"] if item else {}
        anew = item["anew"] if item else {}
        update.set(month=month, minutes=0, bytes=0, in_flight=flying, anew_minutes=0, anew=anew)
        self._update(owner, _USAGE, update)
        return True

    # ---- news for the digest

    def note_news(self, owner: str, news: News, due_at: float) -> None:
        """Note what an owner is to be told in the digest that is due at `due_at`, or in one that is due before.

        Noted twice it is told once: what was told stays noted for a while.
        """
        item: dict[str, Any] = {"owner": owner, "item": news.name}
        item |= {"asset_id": news.asset_id, "version": news.version}
        if news.is_held:
            item["is_held"] = True
        if news.remark is not None:
            item |= {"remark": news.remark, "mark": news.mark, "of": news.of}
        item["expires"] = int(time.time() + _WAITS)
        self._put_once(item)
        self._make_due(owner, due_at)

    def _make_due(self, owner: str, due_at: float) -> None:
        update = Update().set_once("due_at", due_at).set_once("due_shard", shard_of(owner))
        update.set(touched=secrets.token_hex(8), expires=int(time.time() + _WAITS))
        self._update(owner, _DIGEST, update)

    def hasten(self, owner: str, due_at: float) -> None:
        """Let the digest be due at `due_at` if there is any news for one."""
        there = Update().require("attribute_exists({})", "due_at")
        self._update(owner, _DIGEST, there.set(due_at=due_at))

    def due(self, now: float, since: float = 0.0) -> Iterator[Due]:
        """The owners whose digest has become due after `since`. Costs what it finds, however many owners there are."""
        for shard in range(SHARDS):
            condition = "due_shard = :shard AND due_at BETWEEN :since AND :now"
            values = {"shard": str(shard), "since": since, "now": now}
            for item in query(self._client, self._table, condition, values, IndexName="due"):
                yield Due(item["owner"], float(item["due_at"]))

    def digest(self, owner: str) -> Due | None:
        """When the owner's digest is due; None if there is no news."""
        item = self._get(owner, _DIGEST)
        return Due(owner, float(item["due_at"]), item["touched"]) if item and "due_at" in item else None

    def open_news(self, owner: str) -> list[News]:
        """What the owner has not been told, oldest first."""
        return sorted((news for news in self._news(owner) if news.told_at is None), key=lambda news: news.asset_id)

    def mark_told(self, owner: str, names: Iterable[str], reference: str | None = None) -> None:
        """The owner has been told the news of these names, in the mail of this reference."""
        now = time.time()
        for name in names:
            update = Update().require("attribute_exists({})", "item")
            self._update(owner, name, update.set(told_at=now, told_in=reference, expires=int(now + _REMEMBERED)))

    def tell_again(self, owner: str, reference: str, due_at: float) -> None:
        """What was in the mail of this reference has not arrived: it is due again at `due_at`."""
        lost = [news for news in self._news(owner) if news.told_in == reference]
        for news in lost:
            update = Update().require("{} = {}", "told_in", reference).remove("told_at", "told_in")
            self._update(owner, news.name, update.set(expires=int(time.time() + _WAITS)))
        if lost:
            self._make_due(owner, due_at)

    def _news(self, owner: str) -> list[News]:
        now = time.time()  # DynamoDB itself may take days to delete what has expired
        return [parsed(News, item) for item in self._items(owner, "news#") if item["expires"] > now]

    def settle_digest(self, due: Due, next_at: float | None) -> bool:
        """The digest `due` is done with; the next one is due at `next_at`, if there is more to tell.

        False, and nothing changed, if there is newer news than `due` knows of.
        """
        update = Update().require("{} = {}", "due_at", due.due_at).require("{} = {}", "touched", due.touched)
        if next_at is None:
            update.remove("due_at", "due_shard")
        else:
            update.set(due_at=next_at)
        return self._update(due.owner, _DIGEST, update) is not None

    # ---- keys and shares

    def hand_out(
        self,
        token: Token,
        name: str | None = None,
        asset_id: str | None = None,
        expires_at: float | None = None,
        *,
        is_mailed: bool = False,
        shows: tuple[Part, ...] = (),
        tells_title: bool = False,
        password: str | None = None,
        most: int | None = None,
    ) -> HandedOut | None:
        """Store a new token: an API key by its `name`, a share by its `asset_id`, its end (`expires_at`), what it
        `shows` and what is kept of its `password`. None if there are so many of its kind already as may be at `most`;
        those that stand in mails go by themselves, and are not counted.
        """
        if most is not None and not self._take_place(self._room(token.owner, token.kind, most), token.id):
            return None
        known = HandedOut(
            token.id,
            token.hash,
            time.time(),
            name,
            asset_id,
            expires_at,
            is_mailed=is_mailed,
            shows=shows,
            tells_title=tells_title,
            password=password,
        )
        item = {**attributes_of(known), "owner": token.owner, "item": f"{token.kind}#{token.id}"}
        if known.expires_at is not None:
            item["expires"] = int(known.expires_at)
        self._put({name: value for name, value in item.items() if value is not None})
        return known

    def _room(self, owner: str, kind: Credential, most: int) -> Room:
        def there() -> Iterator[str]:
            return (known.id for known in self.handed_out(owner, kind) if not known.is_mailed)

        return Room(owner, kind, most, there)

    def verified(self, token: Token) -> HandedOut | None:
        """What is known of a token that was handed out and has not ended; None otherwise. Two reads in one call."""
        named = (token.owner, f"{token.kind}#{token.id}")
        found = {(item["owner"], item["item"]): item for item in self._batch([named, _gone(token.owner)])}
        known = parsed(HandedOut, found[named]) if named in found else None
        if known is None or _gone(token.owner) in found or not token.matches(known.hash):
            return None
        return None if known.expires_at is not None and known.expires_at <= time.time() else known

    def note_use(self, token: Token, known: HandedOut) -> None:
        """Note that a key was used, now and then."""
        now = time.time()
        if known.last_used_at is None or known.last_used_at < now - _USED_EVERY:
            there = Update().require("{} = {}", "hash", known.hash)
            self._update(token.owner, f"{token.kind}#{token.id}", there.set(last_used_at=now))

    def handed_out(self, owner: str, kind: Credential) -> list[HandedOut]:
        """All of a kind, oldest first, without those that have ended."""
        found = [parsed(HandedOut, item) for item in self._items(owner, f"{kind}#")]
        now = time.time()
        return sorted(
            (known for known in found if known.expires_at is None or known.expires_at > now),
            key=lambda known: known.created_at,
        )

    def change_share(self, owner: str, share_id: str, changes: Mapping[str, Any]) -> HandedOut | None:
        """Change a link: its `name` or `password` (None: it has none), its end (`expires_at`), what it `shows`, whether
        it `tells_title`. None if there is no such link.
        """
        update = Update().require("attribute_exists({})", "item")
        kept = {name: value for name, value in changes.items() if value is not None}
        if "expires_at" in kept:
            kept["expires"] = int(kept["expires_at"])
        if kept:
            update.set(**kept)
        if gone := [name for name in changes if name not in kept]:
            update.remove(*gone)
        changed = self._update(owner, f"{Credential.SHARE}#{share_id}", update)
        return parsed(HandedOut, changed) if changed is not None else None

    def begin_try(self, owner: str, known: HandedOut, now: float, pause: float) -> bool:
        """Count a try at a link's password before it is looked at, and close the link for this `pause` in seconds.

        False, and nothing counted, if it is closed, or its tries or its password have changed since `known` was read.
        """
        update = Update().require("{} = {}", "tries", known.tries).require("{} = {}", "password", known.password)
        update.require_later("closed_until", now)
        update.set(tries=known.tries + 1, **({"closed_until": now + pause} if pause else {}))
        return self._update(owner, f"{Credential.SHARE}#{known.id}", update) is not None

    def forget_tries(self, owner: str, known: HandedOut) -> None:
        """The try that followed on `known` was right: unless somebody tries just now, none is counted any more."""
        update = Update().require("{} = {}", "tries", known.tries + 1).set(tries=0).remove("closed_until")
        self._update(owner, f"{Credential.SHARE}#{known.id}", update)

    def take_back(self, owner: str, kind: Credential, token_id: str) -> bool:
        """Revoke one; False if there was none."""
        was_there = self._delete(owner, f"{kind}#{token_id}")
        if was_there:
            self._give_up_place(owner, kind, token_id)
        return was_there

    # ---- voices

    def remember_voice(self, owner: str, voice: Voice) -> None:
        """Keep a voice until its end."""
        ends = {"expires": int(voice.ends_at)}
        self._put({**attributes_of(voice), **ends, "owner": owner, "item": f"{_VOICE}{voice.id}"})

    def voices(self, owner: str) -> list[Voice]:
        """The voices that the owner has remembered, oldest first, without those that have ended."""
        found = [parsed(Voice, item) for item in self._items(owner, _VOICE)]
        return sorted((one for one in found if one.ends_at > time.time()), key=lambda one: one.created_at)

    def forget_voice(self, owner: str, voice_id: str) -> bool:
        """Forget one; False if there was none."""
        return self._delete(owner, f"{_VOICE}{voice_id}")

    # ---- the end

    def forget(self, owner: str) -> bool:
        """Delete all that is kept of an owner, the profile last: a death halfway can be made good.

        Returns whether there was anything.
        """
        items = sorted((item["item"] for item in self._items(owner, "")), key=lambda name: name == _PROFILE)
        for name in items:
            self._delete(owner, name)
        return bool(items)

    def mark_gone(self, owner: str) -> bool:
        """From now on the owner is refused. Returns whether that was not so before."""
        where = _gone(owner)
        update = Update().require("attribute_not_exists({})", "item").set(since=time.time())
        return self._update(*where, update) is not None

    def is_gone(self, owner: str) -> bool:
        """Whether the owner's account is being erased, or has been."""
        return self._get(*_gone(owner)) is not None

    def take_back_late(self, owner: str) -> None:
        """Delete what was written for an owner whose account had been erased by then.

        To be called after writing: what is written before an erasure lets its mark expire, that erasure deletes.
        """
        if "expires" in (self._get(*_gone(owner)) or {}):
            self.forget(owner)

    def let_mark_expire(self, owner: str) -> None:
        """The account has been erased but for its items: the mark may go once nothing can name the owner any more."""
        self._update(*_gone(owner), Update().set(expires=int(time.time() + _MARKED)))

    def count_erased(self) -> None:
        """Count an account that is gone, without saying whose it was."""
        self._update(SERVICE, _ERASED, Update().add("accounts", 1))


def _gone(owner: str) -> tuple[str, str]:
    """Where it is noted that an owner is gone, without saying who they were."""
    return f"#gone#{hashlib.sha256(owner.encode()).hexdigest()[:32]}", "gone"


def _this_month(usage: Usage) -> Usage:
    """What was used in an earlier month no longer counts."""
    now = month_of(today())
    return usage if usage.month == now else Usage(now, in_flight=usage.in_flight, anew=usage.anew)
