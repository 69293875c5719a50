"""What is asked and answered about questions to one's library, as models."""

from typing import Annotated

from pydantic import BaseModel, StrictBool, StringConstraints

from chalicelib.api.checked import FINDABLE, ONE_LINE
from chalicelib.api.models.assets import MessageView
from chalicelib.api.models.boards import QuotedWords
from chalicelib.api.models.fields import SHORTEST_SEARCH, RequestModel
from chalicelib.domain.questions import LONGEST, QuestionState

QuestionText = Annotated[str, StringConstraints(min_length=SHORTEST_SEARCH, max_length=LONGEST), ONE_LINE, FINDABLE]


class QuestionWanted(RequestModel):
    """What to ask; and whether one agrees to what that costs, above one's limit."""

    question: QuestionText
    accept_cost: StrictBool = False


class AnswerQuote(QuotedWords):
    """Words that answer, read just now from the transcript of a recording (`asset`)."""

    asset: str


class QuestionLine(BaseModel):
    """A question in a list. `asked_at` is in seconds since the epoch; `count` is how many quotes were found."""

    id: str
    question: str
    state: QuestionState
    asked_at: float
    count: int = 0


class QuestionView(QuestionLine):
    """A question with its answer, which is quotes and nothing else: where there are none, nobody says so in what was
    looked at. That were the likeliest `looked` of the `of` recordings that were searched. So many quotes that answered
    are `gone`: their recordings were deleted or heard anew, or whoever asked may no longer read them. `error` says why
    it could not be answered; `usd` is what it cost; it goes by itself at `expires_at`.
    """

    quotes: list[AnswerQuote]
    gone: int = 0
    looked: int
    of: int
    usd: float
    expires_at: float
    error: MessageView | None = None


class Questions(BaseModel):
    """What one has asked in the last day, the last first; how many more one may ask today (`left`), and what one is
    expected to cost at most, in US dollars.
    """

    questions: list[QuestionLine]
    left: int
    usd: float
