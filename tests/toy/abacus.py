"""An engine of its own, for a seam of its own: it has all that an engine may have."""

from dataclasses import dataclass
from decimal import Decimal

from chalicelib.engines.costs import PriceList, Usage, Work
from chalicelib.engines.grants import EngineGrants, Grant, Place
from chalicelib.engines.registry import EngineContext
from chalicelib.settings import Settings, count
from chalicelib.speech.transcripts import Transcript

PRICES = PriceList("2026-01-31", {"abacus.word": Decimal("0.001")})
SERVICES = ("rekognition",)


@dataclass(frozen=True, kw_only=True)
class Options:
    abacus_beads: int = count("beads on the abacus", 100)


@dataclass(frozen=True)
class Abacus:
    beads: int

    def count(self, transcript: Transcript) -> int:
        return min(self.beads, len(transcript.text.split()))


def create(context: EngineContext) -> Abacus:
    return Abacus(context.settings.options(Options).abacus_beads)


def grants(place: Place, settings: Settings) -> EngineGrants:
    def of(action: str) -> tuple[Grant, ...]:
        beads = settings.options(Options).abacus_beads
        return (Grant((f"abacus:{action}",), (place.arn("abacus", f"beads/{beads}"),)),)

    return EngineGrants(work=of("Count"), events=of("Read"), cancelling=of("Clear"))


def charges(work: Work) -> Usage:
    return {"abacus.word": Decimal(len(work.transcript.text.split()) if work.transcript else 0)}
