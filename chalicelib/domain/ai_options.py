"""What an upload may ask for of the engines that listen, look and read, by the names that the API has. Pure.

What is not named is None, and is as the deployment has it (`RAPPORTEUR_AI_OPTIONS`), or else as `FALLBACK`. What was
asked and what was done are kept apart: a run that had to leave something out leaves it out for itself alone.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

REGIONS = 9
"""Of the picture, three in a row from the top left to the bottom right, in which text is looked for."""

MOST_MODELS = 2
PERCENT = 100
_DECIMALS = 4
_NTSC = 0.005
"""Frames a second by which a rate is off a whole number where it is 1000/1001 of one: 29.97."""

CAPTURE_RATES: Mapping[int, Fraction] = {
    **{code: Fraction(code) for code in (1, 2, 3, 4, 5, 10, 12, 15)},
    1002: Fraction(1, 2),
    1003: Fraction(1, 5),
    1004: Fraction(1, 10),
    1005: Fraction(1, 30),
    1011: Fraction(1, 60),
    1012: Fraction(1, 120),
    1013: Fraction(1, 300),
}
"""Stills a second, by the code of `frameCaptureMode`. Besides, 0 takes none, 1000 takes every frame, 1001 every other,
and 9999 those of one a second that differ from the still before: the codes of Media2Cloud, which its users know
(https://github.com/aws-solutions-library-samples/guidance-for-media2cloud-on-aws)."""

NO_FRAMES, EVERY_FRAME, HALF_THE_FRAMES, DYNAMIC = 0, 1000, 1001, 9999
CAPTURE_MODES = frozenset({NO_FRAMES, EVERY_FRAME, HALF_THE_FRAMES, DYNAMIC, *CAPTURE_RATES})

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,199}")
"""What a collection, a model, a recogniser or a vocabulary may be called: never an ARN, which has colons."""


class OptionFault(ValueError):
    """An option that there is not, or whose value cannot be: `field` is its name in the API, `expected` what may be."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: expected {expected}")
        self.field = field
        self.expected = expected


@dataclass(frozen=True, slots=True)
class AiOptions:
    """What is asked for. Each field is that of the API which `API_NAMES` gives; None where nothing was said.

    `min_confidence` is in percent, 0 to 100. `text_roi` has `REGIONS` truths. `biometrics` are `celeb`, `face` and
    `facematch`.
    """

    min_confidence: float | None = None
    celeb: bool | None = None
    face: bool | None = None
    facematch: bool | None = None
    face_collection_id: str | None = None
    label: bool | None = None
    moderation: bool | None = None
    person: bool | None = None
    text: bool | None = None
    text_roi: tuple[bool, ...] | None = None
    segment: bool | None = None
    customlabel: bool | None = None
    custom_label_models: tuple[str, ...] | None = None
    transcribe: bool | None = None
    language_code: str | None = None
    custom_language_model: str | None = None
    custom_vocabulary: str | None = None
    keyphrase: bool | None = None
    entity: bool | None = None
    sentiment: bool | None = None
    toxicity: bool | None = None
    customentity: bool | None = None
    custom_entity_recognizer: str | None = None
    textract: bool | None = None
    framebased: bool | None = None
    frame_capture_mode: int | None = None

    def over(self, other: "AiOptions") -> "AiOptions":
        """These, and of the `other` ones what these say nothing about."""
        return replace(other, **_said(self))

    def without(self, *names: str) -> "AiOptions":
        """These with what is named switched off."""
        switched: dict[str, Any] = dict.fromkeys(names, False)
        return replace(self, **switched)

    def to_json(self) -> dict[str, Any]:
        """What is said, by the names of the API."""
        return {
            API_NAMES[name]: list(value) if isinstance(value, tuple) else value for name, value in _said(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The options of these names and values. Raises OptionFault."""
        found: dict[str, Any] = {}
        for name, value in values.items():
            field = _FIELDS.get(name)
            if field is None:
                raise OptionFault(name, f"one of {', '.join(API_NAMES.values())}")
            if value is not None:
                found[field] = _checked(name, field, value)
        return cls(**found)

    @classmethod
    def from_setting(cls, text: str) -> Self:
        """Those that a setting holds: JSON, or the detections that are wanted, by comma. Raises OptionFault."""
        if not text.lstrip().startswith("{"):
            return cls.from_json({name.strip(): True for name in text.split(",") if name.strip()})
        try:
            values = json.loads(text)
        except ValueError as exc:
            raise OptionFault("ai_options", "a JSON object, or names by comma") from exc
        return cls.from_json(values)


def _said(options: AiOptions) -> dict[str, Any]:
    values = {one.name: getattr(options, one.name) for one in fields(options)}
    return {name: value for name, value in values.items() if value is not None}


def _api_name(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join("ROI" if word == "roi" else word.capitalize() for word in others)


API_NAMES: Mapping[str, str] = {one.name: _api_name(one.name) for one in fields(AiOptions)}
"""The names of the API, by field."""

_FIELDS = {name: field for field, name in API_NAMES.items()}

BIOMETRIC = ("celeb", "face", "facematch")
"""What is found by what a face looks like: only where a deployment allows it (`RAPPORTEUR_BIOMETRICS`)."""

FALLBACK = AiOptions(
    min_confidence=80,
    text_roi=(False,) * REGIONS,
    custom_label_models=(),
    transcribe=True,
    keyphrase=True,
    entity=True,
    sentiment=True,
    textract=False,
    frame_capture_mode=NO_FRAMES,
    celeb=False,
    face=False,
    facematch=False,
    label=False,
    moderation=False,
    person=False,
    text=False,
    segment=False,
    customlabel=False,
    toxicity=False,
    customentity=False,
    framebased=False,
)
"""What is done where nobody says anything: a recording is heard and its words are read, and nobody looks at it."""

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def _is_truths(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == REGIONS and all(isinstance(one, bool) for one in value)


def _is_names(value: object) -> bool:
    if not isinstance(value, list | tuple) or len(value) > MOST_MODELS:
        return False
    return all(_is_name(one) for one in value) and len(set(value)) == len(value)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _is_confidence(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and 0 <= value <= PERCENT


def _is_mode(value: object) -> bool:
    # To JSON 5.0 is as whole as 5.
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value in CAPTURE_MODES


def _is_language(value: object) -> bool:
    return isinstance(value, str) and LANGUAGE.fullmatch(value) is not None


_NAMED = "a name, of up to 200 letters, digits, dots, hyphens and underscores: no ARN"
_CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "min_confidence": (_is_confidence, "a number from 0 to 100"),
    "text_roi": (_is_truths, "a list of nine times true or false"),
    "custom_label_models": (_is_names, f"a list of at most {MOST_MODELS} different names: no ARNs"),
    "language_code": (_is_language, "a code of a language, such as en-US"),
    "face_collection_id": (_is_name, _NAMED),
    "custom_language_model": (_is_name, _NAMED),
    "custom_vocabulary": (_is_name, _NAMED),
    "custom_entity_recognizer": (_is_name, _NAMED),
    "frame_capture_mode": (_is_mode, f"one of {', '.join(map(str, sorted(CAPTURE_MODES)))}"),
}


def _checked(name: str, field: str, value: object) -> object:
    is_right, expected = _CHECKS.get(field, (lambda one: isinstance(one, bool), "true or false"))
    if not is_right(value):
        raise OptionFault(name, expected)
    match value:
        case bool() | str():
            return value
        case list() | tuple():
            return tuple(value)
        case int() | float() | Decimal():
            # No engine tells more than this, and no table keeps a millionth of a billionth.
            return round(float(value), _DECIMALS) if field == "min_confidence" else int(value)
    return value


def capture_rate(mode: int, frame_rate: float) -> Fraction | None:
    """Stills a second of a film with so many frames a second; None where none are taken.

    Of `DYNAMIC` those are told among which it chooses.
    """
    whole = Fraction(round(frame_rate) or 25)
    exact = whole * Fraction(1000, 1001) if abs(frame_rate - round(frame_rate)) > _NTSC else whole
    special = {EVERY_FRAME: exact, HALF_THE_FRAMES: exact / 2, DYNAMIC: Fraction(1)}
    return special.get(mode) or CAPTURE_RATES.get(mode)
