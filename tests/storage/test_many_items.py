"""Many items are written together: of the same key the last, and what the table leaves undone once more."""

from typing import Any
from unittest.mock import patch

from chalicelib.learning.lexicon import Entry, Source
from chalicelib.storage import updates
from chalicelib.storage.learning import LearningStore


def entry(text: str) -> Entry:
    return Entry(text, "en", Source.IMPORTED, 1.0)


def test_a_whole_lexicon_takes_a_call_for_every_twenty_five_entries(client: Any) -> None:
    calls: list[str] = []
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    LearningStore(client, "users").put_entries("ada", [entry(f"word{number}") for number in range(510)])
    assert calls == ["BatchWriteItem"] * 21, "one by one, a whole lexicon took as long as a request may"
    assert len(LearningStore(client, "users").entries("ada")) == 510


def test_of_the_same_words_the_last_are_kept(client: Any) -> None:
    store = LearningStore(client, "users")
    store.put_entries("ada", [entry("Rapporteur"), entry("RAPPORTEUR")])
    assert [one.text for one in store.entries("ada")] == ["RAPPORTEUR"]
    store.put_entries("ada", [])


def test_what_the_table_leaves_undone_is_written_once_more(client: Any) -> None:
    write = client.batch_write_item
    left: list[int] = []

    def half(RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's
        ((table, requests),) = RequestItems.items()
        left.append(len(requests))
        done, undone = requests[: len(requests) // 2 + 1], requests[len(requests) // 2 + 1 :]
        write(RequestItems={table: done})
        return {"UnprocessedItems": {table: undone} if undone else {}}

    with patch.object(client, "batch_write_item", half), patch.object(updates, "_FIRST_PAUSE", 0.0):
        LearningStore(client, "users").put_entries("ada", [entry(f"word{number}") for number in range(25)])
    assert left == [25, 12, 5, 2]
    assert len(LearningStore(client, "users").entries("ada")) == 25
