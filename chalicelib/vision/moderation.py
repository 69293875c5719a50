"""When what is seen counts against a film or a picture, and which frames of a film are believed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.domain.tracks import Passage

KINDS = ("Explicit", "Violence", "Visually Disturbing", "Hate Symbols")
"""What counts where a deployment says nothing, of Rekognition's labels of the first level: not drinks or swimwear.

https://docs.aws.amazon.com/rekognition/latest/dg/moderation.html
"""


@dataclass(frozen=True, slots=True)
class ModerationRule:
    """What counts: what was seen with at least this `confidence` (percent, 0 to 100) and is of one of these `kinds`.

    `stops`: whoever finds it need do nothing else.
    """

    confidence: float
    kinds: tuple[str, ...] = KINDS
    stops: bool = False

    def counted(self, passages: Iterable[Passage]) -> list[Passage]:
        """Those of the track `moderation` that count against what they were seen in."""
        return [one for one in passages if self._is_of_a_kind(one) and 100 * (one.confidence or 0) >= self.confidence]

    def _is_of_a_kind(self, passage: Passage) -> bool:
        # A label of the first level has no parent, and is the kind itself.
        return {passage.label or passage.text, passage.text} & {*self.kinds} != set()


def agreed(scores: Sequence[float], least: float) -> list[bool]:
    """Which frames are believed, of frames in order with these `scores`: those that reach `least` as a neighbour does.

    One frame by itself is as often a mistake as not. Where there is but one, it is believed.
    """
    high = [score >= least for score in scores]
    if len(high) == 1:
        return high
    return [one and any(high[max(at - 1, 0) : at] + high[at + 1 : at + 2]) for at, one in enumerate(high)]
