"""What an asset has to say, however it says it: what was heard, or what is written on its pages."""

import re
from collections.abc import Iterator
from itertools import chain

from chalicelib.documents.pages import WrittenPage, pages_of
from chalicelib.documents.tracks import DOCUMENT
from chalicelib.domain.assets import Asset
from chalicelib.pipeline.transcript import stored_transcript
from chalicelib.services import Services
from chalicelib.speech.transcripts import Segment, Transcript, Word

_BESIDE = frozenset({"table", "pairs", "header", "footer", "number"})
"""Kinds of paragraphs in which nobody says anything: they are read only where there is nothing else."""

_LISTED = frozenset({"list", "pairs", "table"})
"""Kinds of paragraphs of which each line stands for itself."""

_DOUBTED = 0.5
"""How sure a reader has to be of a line, from 0 to 1, for it to be read on."""

_FEWEST_LETTERS = 20
_SYLLABLES, _WORTH = 0x0E00, 3
"""From this character on, which is the first of Thai, most letters say as much as several Latin ones."""

_LONGEST = 80  # words without the end of a sentence, as in a list
_PIECE = re.compile(r".+?(?:[。！？．｡]+[」』）”]*|$)", re.DOTALL)
_MARKS = re.compile(r"(.*?)([.,;:!?…。！？，、；：।؟]*)", re.DOTALL)


def is_document(asset: Asset) -> bool:
    """Whether its words stand on pages."""
    return asset.media is not None and asset.media.pages is not None


def stored_text(asset: Asset, services: Services) -> Transcript | None:
    """What the current run of `asset` has read or heard; None while there is nothing.

    Of a document it is told as what was said is, with the numbers of its pages in the place of seconds. Its language is
    the one that its owner has named; None where it is to be found out. Raises TranscriptError if it cannot be read:
    never once the branch is done that it comes of.
    """
    if not is_document(asset):
        return stored_transcript(asset, services)
    data = services.outputs.read(DOCUMENT.key(asset))
    if data is None:
        return None
    language = asset.ai.language_code or asset.options.language
    return as_said(list(pages_of(data)), language)


def as_said(pages: list[WrittenPage], language: str | None = None) -> Transcript:
    """Pages as a transcript whose seconds are pages: a segment a sentence."""
    for left_out in (_BESIDE, frozenset[str]()):
        sentences = chain.from_iterable(_sentences(page, left_out) for page in pages)
        if segments := tuple(map(Segment, sentences)):
            return Transcript(segments, language)
    return Transcript((), language)


def tells_its_language(found: Transcript) -> bool:
    """Whether there is enough of it for its language to be told: from a name or a number alone one would be made up."""
    letters = [letter for word in found.words() for letter in word.text if letter.isalpha()]
    return sum(_WORTH if ord(letter) >= _SYLLABLES else 1 for letter in letters) >= _FEWEST_LETTERS


def _sentences(page: WrittenPage, left_out: frozenset[str]) -> Iterator[tuple[Word, ...]]:
    for paragraph in page.paragraphs:
        if paragraph.kind in left_out:
            continue
        lines = [line.text for line in paragraph.lines if line.confidence is None or line.confidence >= _DOUBTED]
        for stretch in lines if paragraph.kind in _LISTED else [" ".join(lines)]:
            yield from _sentences_in(stretch, float(page.number))


def _sentences_in(text: str, page: float) -> Iterator[tuple[Word, ...]]:
    sentence: list[Word] = []
    for piece in chain.from_iterable(map(_PIECE.findall, text.split())):
        match = _MARKS.fullmatch(piece)
        written, marks = (match[1], match[2]) if match and match[1] else (piece, "")
        sentence.append(Word(page, page, written, punctuation=marks))
        if sentence[-1].ends_sentence or len(sentence) >= _LONGEST:
            yield tuple(sentence)
            sentence = []
    if sentence:
        yield tuple(sentence)
