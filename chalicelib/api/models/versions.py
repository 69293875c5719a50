"""What callers send and get of the versions of an asset, and of hearing it again, as models."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from chalicelib.api.models.assets import CostView, MessageView
from chalicelib.api.models.fields import LanguageCode, RequestModel, SpeakerCount, TrackNumber, ViewModel
from chalicelib.domain.assets import Channels, Status
from chalicelib.speech.clarity import Clarity

_LONGEST_NAME = 100


class HowToHear(RequestModel):
    """How to hear a recording: as before, but for what is said here.

    `language` and `speakers` that are null are found out, `transcriber` that is null is the usual one. It is heard with
    the words of the account's `lexicon`, or without.
    """

    language: LanguageCode | None = None
    speakers: SpeakerCount | None = None
    channels: Channels | None = None
    track: TrackNumber | None = None
    transcriber: Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_NAME)] | None = None
    lexicon: StrictBool | None = None


class HearAgain(HowToHear):
    """The same, and whether its owner agrees to what it will cost, above their limit."""

    accept_cost: StrictBool = False


class TranscriberView(BaseModel):
    """What may hear a recording: its `name`; whether it is what hears if nobody says; whether it hears each of two
    channels by itself, and with the words of the account's lexicon.
    """

    name: str
    is_usual: bool
    hears_channels: bool
    uses_lexicon: bool


class AsHeardView(BaseModel):
    """How a recording was heard, or is: as it was asked for, where nothing is said it was found out.

    `transcriber` is what has heard it, or is to; of the models that helped, `by` names all.
    """

    language: str | None = None
    speakers: int | None = None
    channels: Channels
    track: int | None = None
    transcriber: str
    lexicon: bool
    by: str | None = None


class HearingView(BaseModel):
    """What can be chosen to hear a recording again, and how it was heard; the account's lexicon has so many `words`."""

    transcribers: list[TranscriberView]
    heard: AsHeardView
    words: int


class DifferenceView(ViewModel):
    """A place, in seconds, where confirmed words of the version before do not stand: what they were, how many, and what
    now stands there.
    """

    start: float
    end: float
    was: str
    now: str
    words: int


class CarriedView(BaseModel):
    """How many confirmed words of the version `after` stand in this one, how many do not, and where those were."""

    after: int
    stand: int
    differ: int
    places: list[DifferenceView]


class VersionView(BaseModel):
    """A version: when the work on it began and ended (seconds since the epoch), how it stands, how it was heard.

    `language` is what is spoken in it, `confirmed` how much of it somebody stands behind (0 to 1 of its words), `after`
    the version whose confirmed words were carried over: so many `stand`, so many `differ`. `kept_until` is when all of
    it is deleted. One of all is the current one; one that `can_be_used` can take its place.
    """

    version: int
    is_current: bool
    status: Status
    started_at: float | None = None
    finished_at: float | None = None
    heard: AsHeardView
    language: str | None = None
    clarity: Clarity | None = None
    editions: int
    confirmed: float | None = None
    after: int | None = None
    stand: int | None = None
    differ: int | None = None
    cost: CostView | None = None
    error: MessageView | None = None
    kept_until: float | None = None
    can_be_used: bool


class Versions(BaseModel):
    """The versions of an asset's content, the newest first."""

    versions: list[VersionView]
    current: int


class VersionWanted(RequestModel):
    """Which version, the current one if none is named."""

    version: Annotated[int, Field(ge=1)] | None = None
