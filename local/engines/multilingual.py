"""What was said and in which mood, on this machine: each language by what reads it (`local/understanding/`)."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from chalicelib.domain.analysis import NOT_RATED, Entity, KeyPhrase, LanguageAnalysis, SegmentSentiment, overall
from chalicelib.errors import LanguageNotRead
from chalicelib.message import Message
from chalicelib.seams.language import EVERYTHING, LanguageAnalyzer, Reading
from chalicelib.speech.transcripts import Transcript, Word
from local.understanding import LANGUAGES, Name, Reader, reader
from local.understanding.phrases import plain

_NOT_READ = Message(
    "language-not-analyzed-here",
    "The local language engine reads only %(known_languages)s; this seems to be another language: %(language)s. If it "
    "is one of those after all, upload it again and name its language.",
)
_NO_PACK = Message(
    "language-pack-missing",
    "To read mood, key phrases and names in this language (%(language)s) this service needs the pack %(pack)s. Whoever "
    "runs it can bring it (make serve PACKS=%(pack)s); the recording can then be worked on again.",
)

KEY_PHRASES = 10
"""How many key phrases there are at most."""

_CHINESE = frozenset({"cdo", "cjy", "cmn", "gan", "hak", "hsn", "lzh", "nan", "wuu", "yue"})
"""Codes of Chinese languages, for which what is written in Chinese is easily taken."""

_LANGUAGE_SAMPLE = 20_000  # characters that suffice to tell a language


def create(context: object) -> LanguageAnalyzer:
    """The engine; it needs nothing of `context`."""
    return MultilingualAnalyzer()


class MultilingualAnalyzer:
    """Analyses transcripts in linear time; an English recording of ten hours takes some seconds."""

    def analyze(self, transcript: Transcript, wanted: frozenset[Reading] = EVERYTHING) -> LanguageAnalysis:
        """See the seam. Raises LanguageNotRead if nothing here reads the transcript's language."""
        texts = [segment.text for segment in transcript.segments]
        code, probability = language_of(transcript, texts)
        reads = _reader(code)
        is_rated = Reading.SENTIMENT in wanted
        moods = reads.moods(texts) if is_rated else []
        index = _WordIndex(reads, [word for segment in transcript.segments for word in segment.words])
        phrases = reads.phrases(texts, KEY_PHRASES) if Reading.KEY_PHRASES in wanted else []
        names = reads.names if Reading.ENTITIES in wanted else None
        return LanguageAnalysis(
            engine="multilingual",
            language_code=code,
            language_score=probability,
            sentiment=overall(moods, [len(one.words) for one in transcript.segments]) if is_rated else NOT_RATED,
            segments=tuple(
                SegmentSentiment(segment.start, segment.end, text, mood, segment.speaker)
                for segment, text, mood in zip(transcript.segments, texts, moods, strict=is_rated)
            ),
            key_phrases=tuple(KeyPhrase(found.text, found.score, tuple(index.times(found.text))) for found in phrases),
            entities=None if names is None else tuple(_entities(names(texts), index)),
            notes=reads.notes,
        )


def _reader(code: str) -> Reader:
    if code not in LANGUAGES:
        raise LanguageNotRead(_NOT_READ.of(known_languages=tuple(sorted(LANGUAGES)), language=code))
    try:
        return reader(code)
    except ImportError as exc:
        raise LanguageNotRead(_NO_PACK.of(language=code, pack=code)) from exc


def language_of(transcript: Transcript, texts: Sequence[str]) -> tuple[str, float]:
    """The language code and its probability: 1 where the transcript says it, since a few words tell too little."""
    if transcript.language:
        return as_read(transcript.language.partition("-")[0].lower()), 1.0
    code, probability = _langid().classify(" ".join(texts)[:_LANGUAGE_SAMPLE])
    return as_read(code), float(probability)


def as_read(code: str) -> str:
    """The code by which a language is read here."""
    return "zh" if code in _CHINESE else code


def _entities(names: Iterable[Name], index: "_WordIndex") -> Iterator[Entity]:
    """Each name once, with the times at which it was said. No model here tells how sure it is: they are given as 1."""
    for name in dict.fromkeys(names):
        yield Entity(name.text, name.kind, 1.0, tuple(index.times(name.text)))


class _WordIndex:
    """Finds phrases among words, whatever their case and punctuation, even across the ends of segments."""

    def __init__(self, reads: Reader, words: Sequence[Word]) -> None:
        self._space = " " if reads.is_spaced else ""
        self._end = "" if reads.takes_endings else self._space
        spoken = [(text, word.start) for word in words if (text := self._plain(word.text))]
        self._text = self._space + "".join(f"{text}{self._space}" for text, _ in spoken)
        self._offsets = list(accumulate((len(text) + len(self._space) for text, _ in spoken), initial=0))
        self._starts = [start for _, start in spoken]

    def times(self, phrase: str) -> Iterator[float]:
        """When `phrase` was said: the start of its first word, in seconds."""
        wanted = self._space + self._plain(phrase) + self._end
        found = self._text.find(wanted) if wanted.strip() else -1
        while found >= 0:
            yield self._starts[bisect_right(self._offsets, found) - 1]
            found = self._text.find(wanted, found + 1)

    def _plain(self, text: str) -> str:
        return plain(text) if self._space else plain(text).replace(" ", "")


@lru_cache(maxsize=1)
def _langid() -> Any:  # noqa: ANN401 - the library is untyped
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
