"""Questions to what was said: answered by quotes that exist, or by "nobody says so".

No answer has a word of a machine: what is told are stretches of transcripts, read anew each time they are asked for.
"""

import time
from collections.abc import Sequence
from http import HTTPStatus

from chalicelib.api.language import message_view
from chalicelib.api.models import questions as models
from chalicelib.api.noting import note_reading
from chalicelib.api.operation import operation
from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import TOOK_TOO_LONG
from chalicelib.domain.questions import ID_PATTERN, KEPT_SECONDS, Question, QuestionState
from chalicelib.errors import NotFound
from chalicelib.pipeline import answering
from chalicelib.services import Services


@operation("GET", "/questions")
def list_questions(account: Account, services: Services) -> models.Questions:
    """What one has asked in the last day, the last first; and what another question is expected to cost."""
    usd = float(answering.expected(services).usd)
    left = max(0, services.settings.questions_a_day - services.questions.asked_today(account.owner))
    lines = [_line(one) for one in services.questions.of(account.owner)]
    return models.Questions(questions=lines, left=left, usd=usd)


@operation("POST", "/questions", status=HTTPStatus.ACCEPTED)
def ask_question(body: models.QuestionWanted, account: Account, services: Services) -> models.QuestionView:
    """Ask what was said in one's recordings: the answer comes within seconds or minutes, and is asked for by the id."""
    asked = answering.ask(account, body.question, services, accept_cost=body.accept_cost)
    return _view(asked, [])


@operation("GET", "/questions/{question_id}")
def get_question(question_id: str, account: Account, services: Services) -> models.QuestionView:
    """A question, and its answer once there is one: each quote is read from its transcript as that now stands."""
    found = services.questions.get(account.owner, question_id) if ID_PATTERN.fullmatch(question_id) else None
    if found is None:
        raise _missing()
    shown = answering.quoted(found, account, services)
    note_reading(account, [(one.asset, one.role) for one in shown], services)
    return _view(found, shown)


@operation("DELETE", "/questions/{question_id}")
def delete_question(question_id: str, account: Account, services: Services) -> None:
    """Delete a question with its answer. It still counts among those of the day."""
    if not (ID_PATTERN.fullmatch(question_id) and services.questions.delete(account.owner, question_id)):
        raise _missing()


def _missing() -> NotFound:
    return NotFound("There is no such question, or no longer: each is kept for a day.", "no-question")


def _line(question: Question) -> models.QuestionLine:
    is_lost = question.state is QuestionState.ASKED and not question.is_waited_for(time.time())
    return models.QuestionLine(
        id=question.id,
        question=question.text,
        state=QuestionState.FAILED if is_lost else question.state,
        asked_at=question.asked_at,
        count=len(question.found),
    )


def _view(question: Question, shown: Sequence[answering.Shown]) -> models.QuestionView:
    line = _line(question)
    failure = question.failure or (TOOK_TOO_LONG if line.state is QuestionState.FAILED else None)
    quotes = list(map(_quote, shown))
    return models.QuestionView(
        **line.model_dump(exclude={"count"}),
        count=len(quotes),
        quotes=quotes,
        gone=len(question.found) - len(quotes),
        looked=question.looked,
        of=question.of,
        usd=float(question.usd),
        expires_at=question.asked_at + KEPT_SECONDS,
        error=message_view(failure) if failure is not None else None,
    )


def _quote(shown: answering.Shown) -> models.AnswerQuote:
    asset, quote = shown.asset, shown.quote
    return models.AnswerQuote(
        asset=asset.ref.asset_id,
        title=asset.title or asset.file_name,
        text=quote.text,
        start=quote.start,
        end=quote.end,
        speakers=list(quote.speakers),
        is_confirmed=quote.is_confirmed,
        is_corrected=shown.is_corrected,
        language=asset.language,
        renditions=[made.preset for made in asset.as_given_out.renditions],
    )
