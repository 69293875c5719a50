"""Korean (pack `ko`): E5, and Kiwi (https://github.com/bab2min/Kiwi), which takes words and their endings apart."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from chalicelib.message import Message
from local.understanding import Found, Name, Reader, moods, phrases

_NOUNS = frozenset({"NNG", "NNP", "SL"})
_PROPER = "NNP"
_NOTE = Message(
    "names-without-kinds", "In Korean, names are found, but not whether each is a person's, a place's or another's."
)


def reader() -> Reader:
    """What reads Korean. Raises ImportError without its pack."""
    _kiwi()
    return Reader(moods.by_meaning("ko"), _phrases, _names, takes_endings=True, notes=(_NOTE,))


@cache
def _kiwi() -> Any:  # noqa: ANN401 - the library's types are not complete
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)


def _phrases(texts: Sequence[str], most: int) -> list[Found]:
    return phrases.by_count((run for text in texts for run in _runs(text)), most, " ")


def _runs(text: str) -> Iterator[list[str]]:
    """Nouns that stand together, each as it is written: what is written as one word is one."""
    run: list[str] = []
    end = -1
    for token in _kiwi().tokenize(text):
        if token.tag in _NOUNS and run and token.start == end:
            run[-1] += token.form
        elif token.tag in _NOUNS and (not run or text[end : token.start].isspace()):
            run.append(token.form)
        else:
            yield from [run] if len("".join(run)) > 1 else []
            run = [token.form] if token.tag in _NOUNS else []
        end = token.end
    if len("".join(run)) > 1:
        yield run


def _names(texts: Sequence[str]) -> list[Name]:
    tokens = (token for text in texts for token in _kiwi().tokenize(text))
    return [Name(token.form, "OTHER") for token in tokens if token.tag == _PROPER and len(token.form) > 1]
