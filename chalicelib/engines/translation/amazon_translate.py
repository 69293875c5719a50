"""Amazon Translate as the translator: https://docs.aws.amazon.com/translate/latest/APIReference/API_TranslateText.html

It takes 10,000 bytes at a time. Sentences go together, a line each, since it reads them in their context, and come back
as lines. An answer of more or fewer lines than were sent tells nothing about which is which: then each half is asked
for by itself, down to a single sentence, so that no sentence ever takes another's time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from chalicelib.clients.aws import Aws
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant
from chalicelib.engines.refusals import of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.seams.translation import closest
from chalicelib.settings import Settings
from chalicelib.speech.limits import cut

SERVICES = ("translate",)
_SERVICE = "Amazon Translate"
_MOST_BYTES = 10_000
"""Of one text: https://docs.aws.amazon.com/translate/latest/dg/what-is-limits.html"""

_LANGUAGES = (
    *("af", "am", "ar", "az", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "es-MX", "et", "fa"),
    *("fa-AF", "fi", "fr", "fr-CA", "ga", "gu", "ha", "he", "hi", "hr", "ht", "hu", "hy", "id", "is", "it", "ja", "ka"),
    *("kk", "kn", "ko", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "mt", "nl", "no", "pa", "pl", "ps", "pt", "pt-PT"),
    *("ro", "ru", "si", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "uz", "vi"),
    *("zh", "zh-TW"),
)
"""https://docs.aws.amazon.com/translate/latest/dg/what-is-languages.html"""

_NO_PAIR = Message("translation-no-pair", "%(service)s does not translate between these two languages.")
_NO_ANSWER = Message("translation-empty", "%(service)s gave no translation of a sentence.")
_REFUSALS: Mapping[str, Callable[[], EngineFailed]] = {
    "UnsupportedLanguagePairException": partial(EngineFailed, _NO_PAIR.of(service=_SERVICE))
}


def create(context: EngineContext) -> "AmazonTranslate":
    """The translator."""
    return AmazonTranslate(context.aws)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`. TranslateText knows no resources but terminologies, and none is used."""
    del place, settings
    return EngineGrants(work=(Grant(("translate:TranslateText",), ANYTHING),))


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Each character of what is sent, for each language."""
    if not work.languages or work.transcript is None:
        return {}
    characters = sum(len(segment.text) + 1 for segment in work.transcript.segments)
    return {"translate.character": Decimal(characters * work.languages)}


@dataclass(frozen=True)
class AmazonTranslate:
    """Translates some sentences at a time."""

    aws: Aws

    def languages(self, source: str) -> Sequence[str]:
        """See the seam."""
        own = closest(source, _LANGUAGES)
        return () if own is None else tuple(code for code in _LANGUAGES if code != own)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """See the seam."""
        codes = closest(source, _LANGUAGES), closest(target, _LANGUAGES)
        if codes[0] is None or codes[1] is None:
            raise EngineFailed(_NO_PAIR.of(service=_SERVICE))
        lines = [" ".join(text.split()) for text in texts]
        return [told for some in _batches(lines) for told in self._lines(some, codes[0], codes[1])]

    def _lines(self, lines: Sequence[str], source: str, target: str) -> list[str]:
        if len(lines) == 1:
            pieces = (self._ask(piece, source, target) for piece in cut(lines[0], _MOST_BYTES))
            whole = " ".join(" ".join(piece.split()) for piece in pieces).strip()
            if not whole:
                raise EngineFailed(_NO_ANSWER.of(service=_SERVICE))
            return [whole]
        told = [line.strip() for line in self._ask("\n".join(lines), source, target).strip().split("\n")]
        if len(told) == len(lines) and all(told):
            return told
        half = len(lines) // 2
        return [*self._lines(lines[:half], source, target), *self._lines(lines[half:], source, target)]

    def _ask(self, text: str, source: str, target: str) -> str:
        with of_service(_SERVICE, _REFUSALS):
            answer = self.aws.translate.translate_text(Text=text, SourceLanguageCode=source, TargetLanguageCode=target)
        return str(answer["TranslatedText"])


def _batches(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines in runs of at most as many bytes as it takes; one that is longer is a run of its own."""
    batch: list[str] = []
    size = 0
    for line in lines:
        more = len(line.encode()) + 1
        if batch and size + more > _MOST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += more
    if batch:
        yield batch
