"""The inverted index: whatever came, changed and went, it has what is there."""

import random

from chalicelib.search.index import Delta, Documents, Entry, Merge, numbers, private, shard_of, shards_for, split


def test_after_any_merges_it_has_each_recording_with_its_terms_and_nothing_of_what_is_gone() -> None:
    pick = random.Random(1)
    there: dict[str, set[str]] = {}
    documents, shards = Documents(), {0: b""}
    for turn in range(40):
        gone = set(pick.sample(sorted(there), min(len(there), pick.randrange(3))))
        new = {f"asset{pick.randrange(60):02}": {f"w{pick.randrange(200)}" for _ in range(20)} for _ in range(5)}
        new = {name: terms for name, terms in new.items() if name not in gone}
        delta = Delta.from_bytes(Delta({name: Entry.of("1", terms) for name, terms in new.items()}).to_bytes())
        merge = Merge.of(documents, delta, gone)
        before = len(shards)
        after = before * 2 if turn in {5, 11} else before
        added = merge.by_shard(after)
        parts = {new: part for at, one in shards.items() for new, part in split(one, at, before, after).items()}
        shards = {at: merge.merged(part, added[at]) for at, part in parts.items()}
        documents = Documents.from_bytes(merge.documents.to_bytes())
        there = {name: terms for name, terms in there.items() if name not in gone} | new
        assert documents.stamps == dict.fromkeys(there, "1")
        for term in {f"w{number}" for number in range(200)}:
            held = numbers(shards[shard_of(term, after)], term)
            assert {documents.lines[number][0] for number in held} == {
                name for name, terms in there.items() if term in terms
            }
    assert len(documents.lines) < 75, "numbers that are free are given anew"


def test_a_term_is_not_taken_for_one_that_begins_or_ends_like_it() -> None:
    merge = Merge.of(Documents(), Delta({"a": Entry.of("1", {"tram", "1"}), "b": Entry.of("1", {"trams"})}), ())
    shard = merge.merged(b"", merge.by_shard(1)[0])
    assert numbers(shard, "tram") == {0}
    assert numbers(shard, "ram") == set()
    assert numbers(shard, "1") == {0}
    assert not Entry.of("1", {"trams"}).has({"tram"})


def test_a_private_term_is_in_the_shard_of_its_term_and_found_only_where_it_counts() -> None:
    entries = {"a": Entry.of("1", {"tram", private("ada")}), "b": Entry.of("1", {"ada"})}
    assert [one.has(["ada"]) for one in entries.values()] == [True, True]
    assert [one.has(["ada"], with_private=False) for one in entries.values()] == [False, True]
    merge = Merge.of(Documents(), Delta(entries), ())
    for shards in (1, 2, 16):
        part = merge.by_shard(shards)[shard_of("ada", shards)]
        for shard in (merge.merged(b"", part), split(merge.merged(b"", merge.by_shard(1)[0]), 0, 1, shards)):
            shard = shard if isinstance(shard, bytes) else shard[shard_of("ada", shards)]
            assert numbers(shard, "ada") == {0, 1}
            assert numbers(shard, "ada", with_private=False) == {1}


def test_shards_double_while_they_are_too_big_and_never_become_fewer() -> None:
    assert shards_for(0, 0) == 1
    assert shards_for(1, 1_000_000) == 4
    assert shards_for(8, 10) == 8
