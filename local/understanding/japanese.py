"""Japanese (pack `ja`): E5, and GiNZA (https://megagonlabs.github.io/ginza/), a model of spaCy's."""

from collections.abc import Iterator, Sequence

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
    runs = (run for document in spacy_models.documents(_MODEL, tuple(texts)) for run in _runs(document))
    return phrases.by_count(runs, most, "")


def _runs(document: Sequence[object]) -> Iterator[list[str]]:
    """Nouns that stand together."""
    run: list[str] = []
    for token in [*document, None]:
        if token is not None and getattr(token, "pos_") in _NOUNS and str(token) not in _EMPTY:  # noqa: B009 - untyped
            run.append(str(token))
            continue
        if len("".join(run)) > 1:
            yield run
        run = []


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
