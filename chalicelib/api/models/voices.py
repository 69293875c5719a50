"""What is asked and told of voices that are remembered, as models. What a voice sounds like is never told."""

import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from chalicelib.api.checked import ONE_LINE
from chalicelib.api.models.fields import Name, RequestModel, ViewModel

_LONGEST_HOW = 300


def as_written(day: object) -> object:
    """A day is asked for as a text such as 2026-11-20, and not as a number or a moment. Raises ValueError."""
    if not isinstance(day, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise ValueError("A day is written as 2026-11-20.")
    return day


class VoiceWanted(RequestModel):
    """Whose voice is to be remembered: a speaker of this recording, and when and how that person agreed to it."""

    speaker: Name
    name: Name
    agreed_on: Annotated[date, BeforeValidator(as_written)]
    agreed_how: Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_HOW), ONE_LINE]


class VoiceView(ViewModel):
    """A voice that is remembered: times in seconds since the epoch; after `ends_at` it is forgotten."""

    id: str
    name: str
    agreed_on: date
    agreed_how: str
    created_at: float
    ends_at: float


class Voices(BaseModel):
    """All voices that one has remembered."""

    voices: list[VoiceView]


class SuggestionView(BaseModel):
    """Whom a speaker without a name sounds like; `alike` is up to 1 for the same."""

    speaker: str
    voice: str
    name: str
    alike: Annotated[float, Field(ge=-1, le=1)]
    is_very_likely: bool


class HeardVoices(BaseModel):
    """The speakers whose voice can be remembered, as they are called now, and whom those without a name sound like."""

    speakers: list[str]
    suggestions: list[SuggestionView]
