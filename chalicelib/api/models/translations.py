"""What is asked and answered about captions in other languages, as models."""

from typing import Literal

from pydantic import BaseModel, StrictBool

from chalicelib.api.models.assets import MessageView
from chalicelib.api.models.fields import LanguageCode, RequestModel
from chalicelib.domain.assets import TranslationState

TranslationFormat = Literal["vtt", "srt", "txt"]


class TranslationWanted(RequestModel):
    """Captions in a `language`; and whether their owner agrees to what that costs, above their limit."""

    language: LanguageCode
    accept_cost: StrictBool = False


class TranslationFile(RequestModel):
    """In which format."""

    format: TranslationFormat = "vtt"


class TranslationView(BaseModel):
    """Captions in another language, made by a machine (`engine`): whether they are there (`is_there`), of which
    `edition` of the text, when they were made; whether what is said has changed since (`is_outdated`). `error` says why
    they could not be made when that was last tried.
    """

    language: str
    state: TranslationState
    asked_at: float
    is_there: bool
    edition: int | None = None
    at: float | None = None
    engine: str | None = None
    is_outdated: bool = False
    error: MessageView | None = None


class TranslationsView(BaseModel):
    """The captions in other languages, in which `languages` they can be had, and what one is expected to cost."""

    translations: list[TranslationView]
    languages: list[str]
    usd: float | None = None
