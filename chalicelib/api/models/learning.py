"""What callers send and get of what is learnt, as models."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from chalicelib.api.checked import ONE_LINE
from chalicelib.api.models.assets import MessageView
from chalicelib.api.models.fields import RequestModel
from chalicelib.domain.accounts import TrainingScope
from chalicelib.learning.gate import Verdict
from chalicelib.learning.lexicon import LARGEST_IMPORT, LONGEST, MOST_SPELLINGS, Source
from chalicelib.learning.models import ModelState, Outcome
from chalicelib.storage.vocabularies import Stage

_MOST_ENTRIES = 500

Language = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]
"""A bare code of a language, such as "en"."""

EntryText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), ONE_LINE]


class ConsentWanted(RequestModel):
    """Whether one's corrections teach: for one's own account, or for everybody in this deployment. `wording` is the one
    that was agreed to, as `GET /me/learning` names it.
    """

    agreed: StrictBool
    scope: TrainingScope = TrainingScope.ACCOUNT
    wording: str | None = None


class LessonView(BaseModel):
    """What one recording has taught: of so many words so many are confirmed, and so many places were corrected."""

    asset_id: str
    language: str
    words: int
    confirmed: int
    changes: int
    at: float


class JudgementView(BaseModel):
    """How a candidate was measured: errors of what was in use and of itself, from 0, on recordings held out; `sureness`
    from 0 to 1.
    """

    verdict: Verdict
    recordings: int
    words: int
    current: float
    candidate: float
    sureness: float
    general_current: float | None = None
    general_candidate: float | None = None


class ModelView(BaseModel):
    """A model that was made of corrections: times are seconds since the epoch."""

    scope: str
    language: str
    trainer: str
    number: int
    state: ModelState
    made_at: float
    changed_at: float | None = None
    recordings: int
    words: int
    judged: JudgementView | None = None
    reason: MessageView | None = None


class NightView(BaseModel):
    """What the last night has come to, in a language and for a trainer: `reason` says why nothing was made, or why a
    model was taken out of use; `number` is the model that it is about. `at` is in seconds since the epoch.
    """

    language: str
    trainer: str
    at: float
    outcome: Outcome
    reason: MessageView | None = None
    number: int | None = None


class LearntView(BaseModel):
    """What was learnt and is done now in one's account: where something is heard, something else is written. So many
    recordings have taught it, one's own; or, where its scope is `everybody`, those of several accounts. By its language
    and its id it is taken back.
    """

    id: str
    language: str
    heard: str
    written: str
    recordings: int
    scope: TrainingScope


class LearningView(BaseModel):
    """What one has agreed to (`wording` is the one that would be agreed to now), what one's recordings have taught, and
    what has come of it: `learnt` is what is changed in new transcripts.
    """

    agreed: bool
    scope: TrainingScope
    since: float | None = None
    agreed_wording: str | None = None
    wording: str
    next_at: float
    lessons: list[LessonView]
    models: list[ModelView]
    nights: list[NightView]
    learnt: list[LearntView]


class EntryWanted(RequestModel):
    """A word or a phrase as it is written, and what it is misheard as."""

    text: EntryText
    heard_as: Annotated[tuple[EntryText, ...], Field(max_length=MOST_SPELLINGS)] = ()


class EntriesWanted(RequestModel):
    """Entries to put into the lexicon: those with the same words take the place of what was there."""

    entries: Annotated[tuple[EntryWanted, ...], Field(min_length=1, max_length=_MOST_ENTRIES)]


class ImportWanted(RequestModel):
    """A list to import: an entry a line, or CSV of an entry and of what it is misheard as."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=LARGEST_IMPORT)]


class EntryView(BaseModel):
    """An entry of the lexicon: where it comes from, and the recordings that taught it."""

    id: str
    text: str
    language: str
    source: Source
    added_at: float
    heard_as: list[str]
    recordings: list[str]


class LexiconWanted(RequestModel):
    """Of which language; of all, if none is named."""

    language: Language | None = None


class VocabularyView(BaseModel):
    """How the vocabulary stands that is made of the entries of a language for the service that hears: while one is
    waiting or building, the one before is in use. `left_out` are entries that cannot be in any.
    """

    language: str
    state: Stage
    left_out: list[str]
    reason: MessageView | None = None


class Lexicon(BaseModel):
    """The entries of an account; `vocabularies` where what hears wants one made of them before."""

    entries: list[EntryView]
    vocabularies: list[VocabularyView] = []


class ModelsWanted(RequestModel):
    """Whose models: those for everybody, or an account's by its owner's id."""

    owner: Annotated[str, StringConstraints(max_length=64)] | None = None


class Models(BaseModel):
    """Models, those of each language and trainer in the order in which they were made; and the last nights."""

    models: list[ModelView]
    nights: list[NightView]


class ModelDecision(RequestModel):
    """What an administrator wants of a model: put it into use, or take it out."""

    action: Literal["use", "retire"]


class RuleView(BaseModel):
    """What accounts teach that agreed to teach everybody: where something is heard, something else is meant.

    `state` is what an administrator has decided, `open` while none has. What `may_be_name` is never for everybody,
    unless an administrator has said that it is nobody's name; nor is what is heard as one word, unless one has let it
    through.
    """

    heard: str
    written: str
    accounts: int
    recordings: int
    state: Literal["open", "approved", "never"]
    may_be_name: bool


class Rules(BaseModel):
    """The rules that are taught, those of most accounts first."""

    rules: list[RuleView]


class RuleDecision(RequestModel):
    """That a rule is to be for everybody; or, where nothing is `written`, that there is never to be one for what is
    heard. `no_name` says that whoever decides has seen that it is nobody's name.
    """

    heard: EntryText
    written: Annotated[str, StringConstraints(max_length=LONGEST)] = ""
    no_name: StrictBool = False
