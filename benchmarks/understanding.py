"""Moods, names and hurtful sentences in five languages, against what people said of each sentence.

The sentences in `labelled/` are ours. As many that are not, with their labels, are read from the folder that
`RAPPORTEUR_LABELLED` names, in files of the same names and form; docs/engines.md says where those that we measured with
are from. The one threshold was set before; that leanings are told from sentences without a mood in the same language
was decided after a first look at these figures. What is hurtful was tuned on every other line of `toxicity.xx.tsv`; the
figures are of the others, and of the lines of the moods, of which none is hurtful.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measure import Figure
from chalicelib.domain.analysis import Sentiment
from local.engines.toxicity import rate
from local.understanding import LANGUAGES, Reader, reader

_OWN = Path(__file__).parent / "labelled"
_OTHERS = "RAPPORTEUR_LABELLED"
_NAMED = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "OTHER"})
"""The kinds of names that are labelled; OTHER is how those come of which the kind is not known."""

_HARMLESS = "none"


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    folders = {"ours": _OWN, **({"others'": Path(os.environ[_OTHERS])} if _OTHERS in os.environ else {})}
    for code in list(LANGUAGES)[: 1 if quick else None]:
        reads = reader(code)
        for whose, folder in folders.items():
            if (file := folder / f"mood.{code}.tsv").is_file():
                yield from _moods(f"{code}, {whose}", reads, _lines(file))
            if reads.names is not None and (file := folder / f"names.{code}.tsv").is_file():
                yield from _names(f"{code}, {whose}", reads, _lines(file))
            if (file := folder / f"toxicity.{code}.tsv").is_file():
                yield from _hurtful(f"{code}, {whose}", code, _lines(file)[1::2], _lines(folder / f"mood.{code}.tsv"))


def _lines(file: Path) -> list[tuple[str, str]]:
    lines = (line.partition("\t") for line in file.read_text().splitlines() if line.strip())
    return [(left, right) for left, _, right in lines]


def _moods(title: str, reads: Reader, items: Sequence[tuple[str, str]]) -> Iterator[Figure]:
    found = [score.label for score in reads.moods([text for _, text in items])]
    labelled = [Sentiment(label) for label, _ in items]
    right = sum(one is other for one, other in zip(found, labelled, strict=True))
    opposite = {Sentiment.POSITIVE, Sentiment.NEGATIVE}
    wrong = sum({one, other} == opposite for one, other in zip(found, labelled, strict=True))
    yield Figure(
        f"moods ({title}) not as labelled", 1 - right / len(items), "%", None, f"{right} of {len(items)} right"
    )
    yield Figure(f"moods ({title}) opposite to the label", wrong / len(items), "%", None, f"{wrong} of {len(items)}")


def _hurtful(
    title: str, code: str, items: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]
) -> Iterator[Figure]:
    rated = rate([text for _, text in items], code)
    hurtful = [(label, found) for (label, _), found in zip(items, rated, strict=True) if label != _HARMLESS]
    met = sum(bool(found) for _, found in hurtful)
    named = sum(label in found for label, found in hurtful)
    false = sum(bool(found) for (label, _), found in zip(items, rated, strict=True) if label == _HARMLESS)
    harmless = len(items) - len(hurtful)
    yield Figure(
        f"hurtful sentences ({title}) that were not found",
        1 - met / len(hurtful),
        "%",
        None,
        f"{met} of {len(hurtful)}, {named} of them by the right kind",
    )
    precision = f"; {met} of the {met + false} that were found are hurtful" if met + false else ""
    yield Figure(
        f"traps ({title}) that were taken for hurtful", false / harmless, "%", None, f"{false} of {harmless}{precision}"
    )
    mistaken = sum(map(bool, rate([text for _, text in others], code)))
    yield Figure(
        f"other sentences ({title}) that were taken for hurtful",
        mistaken / len(others),
        "%",
        None,
        f"{mistaken} of {len(others)}",
    )


def _names(title: str, reads: Reader, items: Sequence[tuple[str, str]]) -> Iterator[Figure]:
    assert reads.names is not None
    wanted = right = extra = typed = 0
    for text, labels in items:
        labelled = dict(label.split("=") for label in labels.split(";") if label)
        found = {name.text: name.kind for name in reads.names([text]) if name.kind in _NAMED}
        met = labelled.keys() & found.keys()
        wanted, right, extra = wanted + len(labelled), right + len(met), extra + len(found.keys() - met)
        typed += sum(found[name] == labelled[name] for name in met)
    note = f"{right} of {wanted}, {typed} of them of the right kind; {extra} found that are not labelled"
    yield Figure(f"names ({title}) that were not found as they are written", 1 - right / wanted, "%", None, note)
