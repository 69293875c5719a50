"""Marks: each change is one conditional write, so nobody who changes one at the same time undoes what another did."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.assets import AssetRef, RunRef, new_asset_id
from chalicelib.domain.marks import Clip, ClipFormat, ClipRef, ClipState, Colour, Kind, Mark
from chalicelib.errors import Conflict
from chalicelib.message import Message
from chalicelib.storage.marks import MarkStore

REF = AssetRef("ada", new_asset_id())
ID = "0123456789abcdef"


def mark(**more: Any) -> Mark:
    return Mark(ID, REF.asset_id, Kind.COMMENT, 1.25, 2.5, "words", "bob", 1.0, 1.0, body="{\\an8}<b>Ö</b>", **more)


def test_what_is_stored_is_what_is_read(client: Any) -> None:
    store = MarkStore(client, "users")
    failed = Message("code", "It %(what)s.", {"what": ("a", Message("inner", "Inner."))})
    clip = Clip(3, 2, ClipState.FAILED, 1.0, 2.0, "f", 9.5, True, 1.5, 10, failed, failed)
    full = mark(speaker="x", colour=Colour.PINK, resolved_at=3.0, clips={"mp4": clip}, expires=99)
    store.make(REF, full)
    assert store.get(REF, ID) == full
    store.make(REF, replace(full, body="later"))
    assert store.of(REF) == [full], "a call that is repeated changes nothing"
    assert store.of(AssetRef("ada", new_asset_id())) == []


def test_two_changes_at_a_time_are_both_there(client: Any) -> None:
    store = MarkStore(client, "users")
    store.make(REF, mark())
    others = iter([Colour.BLUE])

    def meanwhile(found: Mark) -> Mark:
        if (colour := next(others, None)) is not None:
            store.change(REF, ID, lambda one: replace(one, colour=colour))
        return replace(found, body="mine")

    changed = store.change(REF, ID, meanwhile)
    assert changed is not None
    assert (changed.colour, changed.body, changed.revision) == (Colour.BLUE, "mine", 3)
    with pytest.raises(Conflict):
        store.change(
            REF,
            ID,
            lambda one: [
                store.change(REF, ID, lambda two: replace(two, made_at=two.made_at + 1)),
                replace(one, body="x"),
            ][1],
        )  # type: ignore[arg-type, return-value]
    assert store.delete(REF, ID)
    assert store.change(REF, ID, lambda one: replace(one, body="again")) is None
    assert store.get(REF, ID) is None, "what is deleted does not come back"
    store.keep(REF, mark(), 5)
    assert store.of(REF) == []
    assert list(store.written_by("bob")) == []


def test_one_that_is_changed_is_kept_as_long_as_was_said_meanwhile_and_never_for_less(client: Any) -> None:
    store = MarkStore(client, "users")
    store.make(REF, mark(expires=7))

    def meanwhile(found: Mark) -> Mark:
        store.keep_all(REF, 99)
        return replace(found, body="changed")

    store.change(REF, ID, meanwhile)
    store.keep(REF, mark(expires=7), 50)
    store.keep_all(REF, 50)
    (found,) = store.of(REF)
    assert (found.body, found.expires) == ("changed", 99)
    assert [int(one["expires"]) for one in store._items("bob", "wrote#")] == [99]


def test_what_somebody_wrote_in_others_recordings_is_on_a_list_of_theirs_from_before_it_is_there_until_it_is_gone(
    client: Any,
) -> None:
    store = MarkStore(client, "users")
    mine, theirs = replace(mark(expires=7), id="1" * 16, by="ada"), mark(expires=7)
    put_once = store._put_once

    def dying(item: Any) -> None:
        put_once(item)
        raise RuntimeError

    store._put_once = dying  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        store.make(REF, theirs)
    store._put_once = put_once  # type: ignore[method-assign]
    assert (store.of(REF), list(store.written_by("bob"))) == ([], [(REF, ID)])
    assert store.make(REF, theirs) is None
    assert store.make(REF, mine) is None
    assert list(store.written_by("ada")) == [], "one's own is found in one's own recordings"
    store.keep(REF, theirs, 99)
    assert {int(one["expires"]) for one in store._items("bob", "wrote#")} == {99}
    assert store.delete(REF, ID)
    assert not store.delete(REF, ID)
    assert list(store.written_by("bob")) == []
    assert store.of(REF) == [mine]


def test_clips_under_way_are_found_once_they_are_late_and_by_one_sweep(client: Any) -> None:
    store, run, clip = MarkStore(client, "users"), RunRef(REF, 1), ClipRef(ID, "mp4", 1)
    store.await_clip(run, clip, 100.0)
    assert store.overdue_clips(0.0) == []
    (found,) = store.overdue_clips(1e12)
    assert (found.run, found.clip) == (run, str(clip))
    assert store.claim_clip_sweep(found, 1e12, 100.0)
    assert not store.claim_clip_sweep(found, 1e12, 100.0)
    store.clip_ended(run, clip)
    store.clip_ended(run, clip)
    assert store.overdue_clips(1e13) == []


def test_a_clip_is_named_in_one_way() -> None:
    assert ClipRef.parse(str(ClipRef(ID, ClipFormat.MP3, 12))) == ClipRef(ID, "mp3", 12)
    for wrong in ("", ID, f"{ID}-gif-1", f"{ID}-mp4-0", f"{ID}-mp4-1/../x", f"{ID.upper()}-mp4-1"):
        assert ClipRef.parse(wrong) is None
