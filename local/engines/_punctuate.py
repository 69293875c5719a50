"""Makes sentences of bare words by their pauses, since the embedded recogniser hears neither full stops nor capitals.

What this cannot do: a speaker who pauses in the middle of a sentence gets two, one who never pauses gets long ones;
there are no commas; names stay in lower case, but for a short list; and only questions that turn the verb round
("is it", "how can we") get their mark.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from chalicelib.speech.transcripts import Word

SURE_PAUSE = 0.7
"""A pause of so many seconds ends a sentence, whatever the words."""

LIKELY_PAUSE = 0.4
"""A pause of so many seconds ends a sentence that could end there by its words."""

LONG_SENTENCE = 40
"""A sentence of more words than this is cut at its longest pause of at least `CUT_PAUSE` seconds."""

CUT_PAUSE = 0.2

_FEWEST = 3  # words in a sentence, but after a sure pause


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NEVER_LAST = _set(
    "a an the my your his her its our their this these every each some any no of to in on at by for from with into "
    "about and or but nor so because if when while although than as that which who whose is are was were be been am "
    "has have had will would can could should may might must do does did very too more most not i we they he she "
    "mister mrs miss doctor"
)
"""Words that end hardly any sentence: a pause after one is a pause for thought."""

_PERSONS = _set("i you he she it we they anybody anyone somebody someone everybody everyone people")
_THINGS = _set("this that these those there the a an my your his her its our their")
_TURNS_BEFORE_PERSONS = _set("do have don't haven't")  # "do the work" and "have a seat" ask nothing
_TURNS = _set(
    "am are can could did does has is shall should was were will would "
    "isn't aren't wasn't weren't doesn't didn't can't couldn't won't wouldn't shouldn't hasn't"
)
_ASKING = _set("how what when where who whom whose why")
_CONJUNCTIONS = _set("and but or so then")

_CAPITALS = {
    word.lower(): word
    for word in _set(
        "I I'm I've I'll I'd Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February April June July "
        "September October November December English French German Spanish Italian Chinese Japanese Russian American "
        "British European African Asian America Europe Africa Asia Australia Britain England France Germany Spain "
        "Italy India Japan Russia Canada Mexico Christmas Easter"
    )
}
"""Always written with a capital. March, May, August, Polish and the like are not here: they are words too."""


def punctuate(words: Sequence[Word]) -> list[Word]:
    """The same words at the same times, as sentences that begin with a capital and end with a full stop or a `?`."""
    return [word for sentence in _sentences(words) for piece in _shorter(sentence) for word in _written(piece)]


def _sentences(words: Sequence[Word]) -> list[Sequence[Word]]:
    starts = [0]
    for index, (word, following) in enumerate(pairwise(words), 1):
        pause = following.start - word.end
        could_end = index - starts[-1] >= _FEWEST and word.text.lower() not in _NEVER_LAST
        if pause >= SURE_PAUSE or (pause >= LIKELY_PAUSE and could_end):
            starts.append(index)
    return [words[start:end] for start, end in pairwise([*starts, len(words)])]


def _shorter(sentence: Sequence[Word]) -> list[Sequence[Word]]:
    """Cut a sentence that is too long, again and again."""
    if len(sentence) <= LONG_SENTENCE:
        return [sentence] if sentence else []
    cuts = range(_FEWEST, len(sentence) - _FEWEST)
    best = max(cuts, key=lambda cut: sentence[cut].start - sentence[cut - 1].end)
    if sentence[best].start - sentence[best - 1].end < CUT_PAUSE:
        return [sentence]
    return [*_shorter(sentence[:best]), *_shorter(sentence[best:])]


def _written(sentence: Sequence[Word]) -> list[Word]:
    texts = [_CAPITALS.get(word.text.lower(), word.text) for word in sentence]
    texts[0] = texts[0][:1].upper() + texts[0][1:]
    mark = "?" if is_question([word.text.lower() for word in sentence]) else "."
    marks = [""] * (len(texts) - 1) + [mark]
    return [replace(word, text=text, punctuation=mark) for word, text, mark in zip(sentence, texts, marks, strict=True)]


def is_question(words: Sequence[str]) -> bool:
    """Whether the lower-case words of a sentence turn subject and verb round, as most English questions do."""
    start = 0
    while start < len(words) and words[start] in _CONJUNCTIONS | _ASKING:
        start += 1
    match words[start : start + 2]:
        case [verb, subject]:
            return (verb in _TURNS and subject in _PERSONS | _THINGS) or (
                verb in _TURNS_BEFORE_PERSONS and subject in _PERSONS
            )
    return False
