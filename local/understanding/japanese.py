"""Japanese (pack `ja`): E5, and GiNZA (https://megagonlabs.github.io/ginza/), a model of spaCy's."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from local.understanding import Found, Name, Reader, moods, phrases, spacy_models

_MODEL = "ja_ginza"
_NOUNS = frozenset({"NOUN", "PROPN"})
_EMPTY = frozenset(
    {"こと", "もの", "ため", "よう", "とき", "ところ", "ほう", "うち", "さん", "とも", "人", "方", "中", "何"}
)
"""Nouns that name nothing."""


def reader() -> Reader:
    """What reads Japanese. Raises ImportError without its pack."""
    spacy_models.load(_MODEL)
    return Reader(moods.by_meaning("ja"), _phrases, _names, is_spaced=False)


def _phrases(texts: Sequence[str], most: int) -> list[Found]:
    found = chain.from_iterable(phrases.runs(map(_noun, text)) for text in spacy_models.documents(_MODEL, tuple(texts)))
    return phrases.by_count((run for run in found if len("".join(run)) > 1), most, "")


def _noun(token: Any) -> str:  # noqa: ANN401 - one of spaCy's
    return str(token) if token.pos_ in _NOUNS and str(token) not in _EMPTY else ""


def _names(texts: Sequence[str]) -> list[Name]:
    """GiNZA knows two hundred kinds of names, and itself which of OntoNotes' they are."""
    import ginza

    found = []
    for document in spacy_models.documents(_MODEL, tuple(texts)):
        for entity in document.ents:
            kind = spacy_models.ONTONOTES.get(ginza.ENE_ONTONOTES_MAPPING.get(entity.label_, ""))
            if kind is not None:
                found.append(Name(entity.text, kind))
    return found
