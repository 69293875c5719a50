"""What was said to hurt, on this machine: by the meaning of sentences, and by rude words (`understanding/hurt.py`)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from chalicelib.engines.registry import EngineContext
from chalicelib.errors import LanguageNotRead
from chalicelib.message import Message
from chalicelib.speech.toxicity import ToxicKind, ToxicSpan, spans_of
from chalicelib.speech.transcripts import Segment, Transcript, spaced
from local.engines.multilingual import as_read, language_of
from local.understanding import LANGUAGES, hurt

_NOT_READ = Message(
    "toxicity-language-not-read-here",
    "This service marks hurtful words only in %(known_languages)s; this seems to be another language: %(language)s.",
)
_NO_PACK = Message(
    "toxicity-pack-missing",
    "To mark hurtful words in this language (%(language)s) this service needs the pack %(pack)s. Whoever runs it can "
    "bring it (make serve PACKS=%(pack)s); the recording can then be worked on again.",
)
_BY_WORDS = "en"
"""The language that every installation reads: without its pack by rude words alone."""

_PERCENT = 100


def create(context: EngineContext) -> "LocalToxicity":
    """The detector."""
    return LocalToxicity(context.settings.toxicity_confidence / _PERCENT)


def rate(sentences: Sequence[str], language: str) -> list[dict[ToxicKind, float]]:
    """How surely each sentence is which kinds (0 to 1; empty where it is none). `language` is BCP 47.

    Raises LanguageNotRead where nothing here knows the language.
    """
    return [found.ratings() for found in _looked_at(sentences, _bare(language))]


@dataclass(frozen=True, slots=True)
class LocalToxicity:
    """Marks a sentence that is hurtful as a whole, and rude words in others; `least` is how sure it has to be (0 to 1).

    A recording in several languages is looked through in those that are read here.
    """

    least: float

    def detect(self, transcript: Transcript) -> tuple[ToxicSpan, ...]:
        """See the seam."""
        whole, _ = language_of(transcript, [segment.text for segment in transcript.segments])
        by_language: dict[str, list[Segment]] = {}
        for segment in transcript.segments:
            by_language.setdefault(_bare(segment.language or whole), []).append(segment)
        spans: list[ToxicSpan] = []
        unread: list[LanguageNotRead] = []
        for language, segments in by_language.items():
            try:
                found = _looked_at([segment.text for segment in segments], language)
            except LanguageNotRead as exc:
                unread.append(exc)
                continue
            spans += chain.from_iterable(map(self._spans, segments, found))
        if len(unread) == len(by_language):
            raise unread[0]
        return tuple(sorted(spans, key=lambda span: (span.start, span.end)))

    def _spans(self, segment: Segment, found: hurt.Hurt) -> Iterator[ToxicSpan]:
        if found.kind is not None:
            yield from spans_of(segment, {found.kind: found.score}, self.least)
        if self.least <= hurt.BY_A_WORD:
            yield from _marked(segment, found.words)


def _marked(segment: Segment, rude: Iterable[hurt.Rude]) -> Iterator[ToxicSpan]:
    """The words of `segment` that hold what is rude, each once."""
    ends = []
    at = 0
    for space, written in spaced(segment.words):
        at += len(space) + len(written)
        ends.append((at - len(written), at))
    for one in rude:
        words = [
            word for word, (begin, end) in zip(segment.words, ends, strict=True) if begin < one.end and one.begin < end
        ]
        if words:
            text = Segment(tuple(words)).text
            yield ToxicSpan(words[0].start, words[-1].end, text, one.kind, hurt.BY_A_WORD)


def _looked_at(sentences: Sequence[str], language: str) -> list[hurt.Hurt]:
    if language not in LANGUAGES:
        raise LanguageNotRead(_NOT_READ.of(known_languages=tuple(sorted(LANGUAGES)), language=language))
    if hurt.reads_meaning():
        return hurt.by_meaning(sentences, language)
    if language == _BY_WORDS:
        return hurt.by_words(sentences, language)
    raise LanguageNotRead(_NO_PACK.of(language=language, pack=language))


def _bare(code: str) -> str:
    return as_read(code.partition("-")[0].lower())
