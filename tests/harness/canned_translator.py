"""A translator that takes no time: what it gives is as long as what was said, and is told from that at once."""

from collections.abc import Sequence


def create(context: object) -> "CannedTranslator":
    return CannedTranslator()


class CannedTranslator:
    """It knows the languages of the pages, and German."""

    def languages(self, source: str) -> Sequence[str]:
        return [code for code in ("de", "en", "fr", "ja", "ko", "zh") if not source.startswith(code)]

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        return [f"{target.upper()}: {text}" for text in texts]
