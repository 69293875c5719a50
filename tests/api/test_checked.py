"""Whoever sends what cannot be taken is told in plain words which field it is, and what belongs there."""

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from chalicelib.api.checked import checked, parsed
from chalicelib.api.models import account, assets, learning, library, reading
from chalicelib.api.operations import OPERATIONS
from chalicelib.errors import InvalidRequest

MODELS = {model for operation in OPERATIONS.values() for model in (operation.body, operation.query) if model}
JARGON = re.compile(r"\b(should|input|string|validation|pattern|items?|integer|boolean|value|match)\b", re.IGNORECASE)
HOSTILE: list[Any] = [
    *(None, True, {}, [], [{}], [None] * 60_000, "", "a", "\u200b", "2026-02-30", "x" * 30_000, "a b"),
    *(-1, 0, 1.5, float("nan"), float("inf"), 10**30, "9" * 5000),
]


def refused(kind: type[BaseModel], values: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as found:
        checked(kind, values)
    return found.value


@pytest.mark.parametrize("kind", sorted(MODELS, key=lambda model: model.__name__))
def test_every_field_is_refused_in_plain_words(kind: type[BaseModel]) -> None:
    bodies: list[object] = [[], None, "x", {"owner": 1}, {}]
    bodies += [{name: value} for name in kind.model_fields for value in HOSTILE]
    told = set()
    for body in bodies:
        try:
            checked(kind, body)
        except InvalidRequest as exc:
            told |= set(re.sub(r"'[^']*'|\([^)]*\)", "", exc.message).split(". "))
            assert exc.field is not None or not isinstance(body, dict)
    for sentence in told:
        assert not JARGON.search(sentence), sentence
        assert "not what is expected" not in sentence
        assert "another form" not in sentence
        assert re.match(r"(The |[A-Z][a-z]+ [1-9]|There )", sentence), sentence


@pytest.mark.parametrize(
    ("kind", "values", "field", "said"),
    [
        (assets.Changes, {"title": "x" * 301}, "title", "The title may have at most 300 characters."),
        (assets.Changes, {"tags": ["a", "\u200b"]}, "tags.1", "Tag 2 must not be empty."),
        (assets.Changes, {"tags": ["a"] * 31}, "tags", "The tags must be a list of at most 30."),
        (account.KeyWanted, {"name": " \u0001\u202e"}, "name", "The name must not be empty."),
        (
            reading.TranscriptCorrection,
            {"edition": 0, "lines": [{"text": ""}, {"text": "x" * 20_001}]},
            "lines.1.text",
            "The text of line 2 may have at most 20,000 characters.",
        ),
        (
            reading.TranscriptCorrection,
            {"edition": True, "lines": []},
            "edition",
            "The edition must be a whole number.",
        ),
        (reading.TranscriptCorrection, {"edition": "1", "lines": []}, "edition", "The edition must be a whole number."),
        (
            assets.NewAssets,
            {"assets": [{"file_name": "a.mp4", "size": 1, "content_type": "x"}]},
            "assets.0.content_type",
            "The content type of asset 1 must be a media type, such as audio/mpeg.",
        ),
        (learning.EntriesWanted, {"entries": []}, "entries", "The entries must not be empty."),
        (learning.EntriesWanted, {"entries": [{"text": 1}]}, "entries.0.text", "The text of entry 1 must be a text."),
        (
            learning.EntriesWanted,
            {"entries": [{"text": "a", "heard_as": [1]}]},
            "entries.0.heard_as.0",
            "Misheard form 1 of entry 1 must be a text.",
        ),
        (assets.Changes, {"co\u202elor": 1}, "co\u202elor", "There is no field of this name: color"),
        (library.Listing, {"text": "\u200b\u00ad"}, "text", "The text must not be empty."),
        (
            reading.SearchWanted,
            {"q": "\u0301\u0302"},
            "q",
            "The text to look for (q): There is nothing in it that can be looked for.",
        ),
        (
            account.WebhookWanted,
            {"url": "https://a\u202eb"},
            "url",
            "The address (url) must be an address that begins with https:// and has no spaces.",
        ),
    ],
)
def test_a_refusal_says_which_field_and_what_belongs_there(
    kind: type[BaseModel], values: object, field: str, said: str
) -> None:
    found = refused(kind, values)
    assert (found.field, found.message) == (field, said)


def test_a_number_without_a_fraction_is_whole() -> None:
    assert checked(reading.TranscriptCorrection, {"edition": 15.0, "lines": []}).edition == 15


def test_ten_thousand_faults_are_no_ten_thousand_sentences() -> None:
    assert len(refused(reading.TranscriptCorrection, {"edition": 0, "lines": [{}] * 10_000}).message) < 200


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"lines": [{"text": "a"}, {"text": "\ud800"}]}, "lines.1.text", "The text of line 2 has half of"),
        ({"title": "\udc00a"}, "title", "The title has half of"),
        ({"lines": [{"\ud800": 1}]}, "lines.0", "Line 1 has half of"),
        ({"\ud800": 1}, None, "The request has half of"),
        ("\ud800", None, "The request has half of"),
    ],
)
def test_half_a_surrogate_pair_is_told_by_its_place(body: object, field: str | None, said: str) -> None:
    with pytest.raises(InvalidRequest) as found:
        parsed(json.dumps(body))
    assert (found.value.code, found.value.field) == ("not-text", field)
    assert found.value.message.startswith(said)


def test_what_is_nested_too_deeply_is_no_json() -> None:
    for depth in (900, 990, 100_000):
        try:
            parsed('["\\u00e9",' + "[" * depth + "]" * depth + "]")
        except InvalidRequest as exc:
            assert exc.code == "not-json"


@pytest.mark.parametrize("title", ["   ", "\u200b", "\u0001", "\r\n", "\u202e\u3164", ""])
def test_a_title_that_nobody_sees_is_none(title: str) -> None:
    assert not checked(assets.Changes, {"title": title}).title


def test_names_are_kept_as_they_can_be_seen() -> None:
    wanted = {"file_name": "Re\u0301\u202eunion\n.mp4", "size": 1, "title": " a\r\nb\u202e\u0001 "}
    asset = checked(assets.NewAsset, wanted)
    assert (asset.file_name, asset.title) == ("Réunion .mp4", "a b")


@pytest.mark.parametrize(
    "code",
    ["en", "en-US", "zh-Hant-TW", "zh-yue-HK", "sl-rozaj-biske", "de-1996", "es-419", "en-u-ca-gregory", "fr-x-a"],
)
def test_a_well_formed_language_code_is_taken(code: str) -> None:
    assert checked(assets.NewAsset, {"file_name": "a.mp4", "size": 1, "language": code}).language == code


@pytest.mark.parametrize(
    "code", ["xx-yy-zz", "en-", "en_US", "english", "en-U", "en-US-GB", "en-u", "en-x", "e", "en\n"]
)
def test_an_ill_formed_language_code_is_refused(code: str) -> None:
    found = refused(assets.NewAsset, {"file_name": "a.mp4", "size": 1, "language": code})
    assert (found.field, "is not a language code" in found.message) == ("language", True)
