"""Names by spaCy's models (https://spacy.io), whatever their language."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from local.understanding import Name

_AT_ONCE = 64

ONTONOTES = {
    "PERSON": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "ORG": "ORGANIZATION",
    "PRODUCT": "COMMERCIAL_ITEM",
    "EVENT": "EVENT",
    "WORK_OF_ART": "TITLE",
    "DATE": "DATE",
    "TIME": "DATE",
    "MONEY": "QUANTITY",
    "PERCENT": "QUANTITY",
    "QUANTITY": "QUANTITY",
    "NORP": "OTHER",
    "LAW": "OTHER",
    "LANGUAGE": "OTHER",
}
"""Kinds of the OntoNotes corpus (https://catalog.ldc.upenn.edu/LDC2013T19) in Comprehend's words. Plain numbers, which
Comprehend takes for quantities, name nothing."""

WIKINER = {"PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION", "MISC": "OTHER"}
"""Those of WikiNER (https://doi.org/10.1016/j.artint.2012.03.006)."""


@cache
def load(package: str) -> Any:  # noqa: ANN401 - a pipeline of spaCy's
    """The model of that package. Raises ImportError if it is not installed."""
    from importlib import import_module

    return import_module(package).load()


@lru_cache(maxsize=1)
def documents(package: str, texts: tuple[str, ...]) -> list[Any]:
    """Each text as the model reads it; the last transcript's are kept, for whoever looks for something else in them."""
    return list(load(package).pipe(texts, batch_size=_AT_ONCE))


def names(package: str, kinds: Mapping[str, str], texts: Sequence[str]) -> list[Name]:
    """The names in `texts` of those of the model's `kinds` that are given, in Comprehend's words."""
    found = (entity for document in documents(package, tuple(texts)) for entity in document.ents)
    return [Name(entity.text, kinds[entity.label_]) for entity in found if entity.label_ in kinds]
