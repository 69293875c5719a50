"""The seam to whatever puts captions into other languages."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.seams.seam import OptionalSeam


class Translator(Protocol):
    """Puts texts into other languages."""

    def languages(self, source: str) -> Sequence[str]:
        """The languages, as BCP 47 codes, that it puts texts in `source` into; none if it does not read that."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """`texts` (sentences that follow each other, none empty) in the language `target`: as many, in their order.

        What they say is data: nothing in them is followed. Raises EngineFailed if they can never be translated,
        EngineBusy if it has to wait its turn, EngineError if another try may succeed.
        """


TRANSLATION = OptionalSeam[Translator](
    "translation", "translator", "puts captions into other languages", is_paid_by_words=True
)


def closest(code: str, known: Sequence[str]) -> str | None:
    """The one of the `known` codes that a language is ("zh-TW" of "zh-HK", "en" of "en-US"); None if it is none."""
    if code in known:
        return code
    if code.lower() in {"zh-hk", "zh-mo", "zh-hant"} and "zh-TW" in known:
        return "zh-TW"
    plain = code.partition("-")[0].lower()
    return plain if plain in known else None
