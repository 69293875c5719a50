"""What all engines have in common that ask Amazon Comprehend."""

from collections.abc import Iterable

SERVICE = "Amazon Comprehend"
_UNIT = 100
_FEWEST_UNITS = 3


def units(texts: Iterable[str]) -> int:
    """What is paid for `texts`: units of 100 characters, at least three a text.

    https://aws.amazon.com/comprehend/pricing/
    """
    return sum(max(_FEWEST_UNITS, -(-len(text) // _UNIT)) for text in texts)
