"""What may be asked for in a deployment: which engines can what, why not, and what each thing costs by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Literal

from chalicelib.domain.ai_options import BIOMETRIC, FALLBACK, AiOptions
from chalicelib.domain.assets import Options
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.releases import FIELDS, Release, ReleaseKind
from chalicelib.engines.costs import cost, prices
from chalicelib.engines.registry import chosen
from chalicelib.message import Message
from chalicelib.pipeline import estimates
from chalicelib.seams.documents import DOCUMENTS
from chalicelib.seams.entities import ENTITIES
from chalicelib.seams.faces import FACES
from chalicelib.seams.seam import Seam
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.vision import VISION, Looking, SaysWhyNot
from chalicelib.services import Services
from chalicelib.settings import Settings
from chalicelib.vision.detections import Detection

Per = Literal["minute", "picture", "page", "frame"]

SWITCHES = tuple(one.name for one in fields(AiOptions) if isinstance(getattr(FALLBACK, one.name), bool))
"""The options that are true or false."""

_NOT_ALLOWED = Message("biometrics-off", "This service does not look for faces, celebrities or people.")
_NOT_OFFERED = Message("not-offered", "This service has nothing that could do this.")
_NOTHING_RELEASED = Message("nothing-released", "Nothing that this needs is released to your account.")
_ENDED = Message("person-ended", "This is no longer offered by Amazon Rekognition since 2025-10-31.")

_DETECTIONS = {one.option: one for one in Detection}
_NEEDS = {
    "facematch": ReleaseKind.COLLECTION,
    "customlabel": ReleaseKind.LABELS,
}
_READS = ("keyphrase", "entity", "sentiment", "toxicity", "customentity")
"""What is looked for in words: what it costs comes on top of the words."""

_NOTHING = AiOptions().without(*SWITCHES).over(FALLBACK)
_MINUTE = 60.0
_ONE_A_SECOND = 1
_MICRO_DOLLAR = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Price:
    """So many US dollars for each minute, picture, page or still."""

    per: Per
    usd: Decimal


def hindrances(services: Services, released: list[Release]) -> dict[str, Message]:
    """Why nothing comes of asking for what cannot be had here, by option; the others can."""
    found = {"person": _ENDED}
    kinds = {release.kind for release in released}
    vision = services.engine(VISION)
    for option, detection in _DETECTIONS.items():
        if option in BIOMETRIC and not services.settings.biometrics:
            found[option] = _NOT_ALLOWED
        elif not _is_offered(option, detection, services):
            found[option] = (vision.why_not(detection) if isinstance(vision, SaysWhyNot) else None) or _NOT_OFFERED
        elif option in _NEEDS and _NEEDS[option] not in kinds:
            found[option] = _NOTHING_RELEASED
    if vision is None or not any(vision.can(detection, Looking.FRAMES) for detection in Detection):
        found["framebased"] = _NOT_OFFERED
    if services.engine(DOCUMENTS) is None:
        found["textract"] = _NOT_OFFERED
    if services.engine(TOXICITY) is None:
        found["toxicity"] = _NOT_OFFERED
    if services.engine(ENTITIES) is None:
        found["customentity"] = _NOT_OFFERED
    elif ReleaseKind.RECOGNISER not in kinds:
        found["customentity"] = _NOTHING_RELEASED
    return found


def _is_offered(option: str, detection: Detection, services: Services) -> bool:
    vision = services.engine(VISION)
    if vision is None or not any(vision.can(detection, how) for how in Looking):
        return False
    return option != "facematch" or services.engine(FACES) is not None


def names(released: list[Release]) -> dict[str, list[str]]:
    """What is released, by the field of `AiOptions` that takes the names."""
    return {field: sorted(one.name for one in released if one.kind is kind) for kind, field in FIELDS.items()}


def costs(option: str, settings: Settings) -> list[Price]:
    """What an option costs by itself, as far as it costs anything."""
    return [price for price in _prices(option, settings) if price.usd > 0]


def _prices(option: str, settings: Settings) -> Iterator[Price]:
    film, page = estimates.A_FILM, estimates.document_of(1)
    if option == "textract":
        yield Price("page", _usd(page, _with(_NOTHING, option), settings, DOCUMENTS))
        return
    words = replace(_NOTHING, frame_capture_mode=_ONE_A_SECOND, transcribe=option in _READS, textract=option in _READS)
    wanted = _with(words, option)
    if option != "framebased":
        yield Price("minute", _usd(film, wanted, settings) - _usd(film, words, settings))
    if option in _READS:
        yield Price("page", _usd(page, wanted, settings) - _usd(page, words, settings))
    if option in _DETECTIONS:
        picture = estimates.A_PICTURE
        yield Price("picture", _usd(picture, wanted, settings) - _usd(picture, words, settings))
        if _DETECTIONS[option] is not Detection.SEGMENTS:  # which stills do not tell
            yield Price("frame", _by_the_still(option, settings))
    if option == "framebased":
        # The stills themselves: what is left of a detection in them, once what it costs itself is taken off.
        stills = replace(wanted, label=True)
        both = _usd(film, _with(stills, "moderation"), settings)
        yield Price("minute", 2 * _usd(film, stills, settings) - both)


def _by_the_still(option: str, settings: Settings) -> Decimal:
    """What a detection adds for each still, where there are stills."""
    other = "moderation" if option == "label" else "label"
    stills = _with(replace(_NOTHING, framebased=True, frame_capture_mode=_ONE_A_SECOND), other)
    # Of two lengths, for there is one still more than seconds.
    added = [
        _usd(media, _with(stills, option), settings) - _usd(media, stills, settings)
        for media in (estimates.media_of(minutes * _MINUTE, video=True) for minutes in (1, 2))
    ]
    return ((added[1] - added[0]) / Decimal(_MINUTE)).quantize(_MICRO_DOLLAR)


def _with(options: AiOptions, option: str) -> AiOptions:
    switched: dict[str, Any] = {option: True}
    return replace(options, **switched)


def _usd(media: MediaInfo, ai: AiOptions, settings: Settings, only: Seam[Any] | None = None) -> Decimal:
    work = estimates.work_on(media, Options(presets=(), ai=ai), settings)
    engines = [engine for seam, engine in chosen(settings) if only in {None, seam}]
    own = (engine.PRICES for engine in engines if engine.PRICES)
    return cost((engine.charges(work) for engine in engines), prices(*own)).usd
