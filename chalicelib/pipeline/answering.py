"""Questions to the library: asked by a request, answered through the queue of the branches, told from the transcripts.

An engine names lines, by their numbers; where these are is what is stored, and none of their words. Whoever looks at
the answer has them read again from the transcript as it then stands (`quoted`): what is no longer there, or may no
longer be read, is left out, and nothing is ever shown that was not said. A message that comes twice, late or out of
order changes nothing: a question is settled once. What it cost is entered under its name before, so it is there once.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import TOOK_TOO_LONG, Asset
from chalicelib.domain.costs import Cost
from chalicelib.domain.questions import ID_PATTERN, Question, QuestionState, Stretch
from chalicelib.domain.rights import Role
from chalicelib.errors import EngineBusy, EngineFailed, NotFound, OverQuota
from chalicelib.message import Message
from chalicelib.observability import count
from chalicelib.pipeline import estimates, finding, quotas, waiting
from chalicelib.pipeline.branch import BROKE
from chalicelib.pipeline.finding import Found, PlacedLine
from chalicelib.pipeline.shelves import read_by, shelves
from chalicelib.seams.answering import ANSWERING, Answerer
from chalicelib.search.query import Query
from chalicelib.services import Services
from chalicelib.speech.quotes import Quote, Quotes, fingerprint
from chalicelib.storage.search import side_by_side

MOST_QUOTES = 8
"""Of an answer."""

_MOST_LINES = 6
"""Of one quote."""

_AT_ONCE = 4
OVERHEAD = 30
"""Bytes of a line beside its words: its number, and who says it."""

_TOO_DEAR = Message(
    "question-cost-limit",
    "To look for an answer is expected to cost about %(expected_usd)s, which is above your limit of %(limit_usd)s. If "
    "that is all right, ask again and accept the cost.",
)
_NO_ENGINE = Message("question-no-engine", "There is nothing here any more that answers questions.")
_TOO_MANY = Message("questions-a-day", "You have asked %(most)s questions today, and may ask again tomorrow.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A quote as it is shown: words read from the transcript of a recording just now, to which whoever asks is this
    (`role`). It `is_corrected` if they are others than when they were found.
    """

    asset: Asset
    role: Role
    quote: Quote
    is_corrected: bool


def expected(services: Services) -> Cost:
    """What a question costs at most: as much as there is room for is looked into."""
    engine = _engine(services)
    return estimates.cost_of_question(finding.MOST_BYTES + engine.most_lines * OVERHEAD, services.settings)


def ask(account: Account, text: str, services: Services, *, accept_cost: bool = False) -> Question:
    """Ask something.

    Raises NotFound where nothing answers, Conflict if it is expected to cost more than the owner's limit and they do
    not accept that, OverQuota if they have asked as often as they may on one day.
    """
    cost, owner = expected(services), account.owner
    if not accept_cost:
        quotas.require_below_limit(owner, cost.usd, services, _TOO_DEAR)
    most = services.settings.questions_a_day
    if not services.questions.count(owner, most):
        raise OverQuota(_TOO_MANY.of(most=most), "questions-a-day")
    question = Question.new(text, None if account.is_program else account.email)
    services.questions.make(owner, question)
    waiting.enqueue_question(owner, question.id, services)
    return question


def work(owner: str, question_id: str, services: Services) -> None:
    """Answer a question, if that is still wanted."""
    question = _open(owner, question_id, services)
    if question is None:
        return
    if not question.is_waited_for(time.time()):
        services.questions.settle(owner, replace(question, state=QuestionState.FAILED, failure=TOOK_TOO_LONG))
        return
    try:
        answered, cost = _answered(owner, question, services)
    except EngineBusy:
        waiting.enqueue_question(owner, question_id, services, services.settings.busy_delay_seconds)
        return
    except EngineFailed as exc:
        services.questions.settle(owner, replace(question, state=QuestionState.FAILED, failure=exc.failure))
        return
    services.ledger.enter_answered(owner, question_id, cost, is_erased=services.users.is_gone(owner))
    if services.questions.settle(owner, answered):
        count("QuestionsAnswered" if answered.found else "QuestionsNobodyAnswers")


def give_up(owner: str, question_id: str, services: Services) -> None:
    """It broke down however often it was tried."""
    question = _open(owner, question_id, services)
    if question is not None:
        services.questions.settle(owner, replace(question, state=QuestionState.FAILED, failure=BROKE))


def quoted(question: Question, account: Account, services: Services) -> list[Shown]:
    """The quotes that answer a question, read from the transcripts as they now stand; without those that are gone, and
    those that whoever asks may no longer read.
    """
    if not question.found:
        return []
    found = read_by(account, [one.asset_id for one in question.found], services)
    allowed = {asset.ref: (asset, role) for asset, role in found.values() if Query(()).takes(asset)}
    read = side_by_side(lambda one: _said(one[0], services), allowed.values(), _AT_ONCE)
    said = dict(zip(allowed, read, strict=True))
    shown = (_shown(one, *allowed[one.ref], said[one.ref]) for one in question.found if one.ref in allowed)
    return [one for one in shown if one is not None]


def _shown(one: Stretch, asset: Asset, role: Role, quotes: Quotes | None) -> Shown | None:
    quote = quotes.between(one.start, one.end, one.speaker) if quotes is not None else None
    if quote is None:
        return None
    is_same = fingerprint(quote.text) == one.text
    # What is corrected is still what answers; what was heard anew may be anything.
    return Shown(asset, role, quote, not is_same) if is_same or asset.version == one.version else None


def _said(asset: Asset, services: Services) -> Quotes | None:
    transcript = finding.transcript_of(asset, services)
    return Quotes(transcript) if transcript is not None else None


def _engine(services: Services) -> Answerer:
    engine = services.engine(ANSWERING)
    if engine is None:
        raise NotFound("This deployment answers no questions.", "no-answerer")
    return engine


def _open(owner: str, question_id: str, services: Services) -> Question | None:
    """A question, while it is still to be answered."""
    if not ID_PATTERN.fullmatch(question_id):
        return None
    question = services.questions.get(owner, question_id)
    return question if question is not None and question.state is QuestionState.ASKED else None


def _answered(owner: str, question: Question, services: Services) -> tuple[Question, Cost]:
    engine = services.engine(ANSWERING)
    if engine is None:  # it was taken away since
        raise EngineFailed(_NO_ENGINE)
    asker = Account(owner, question.email, is_admin=False, is_program=question.email is None)
    found = finding.find(question.text, shelves(asker, services), engine.most_lines, services)
    lines = found.as_data
    numbers = engine.answer(question.text, lines) if lines else ()
    cost = estimates.cost_of_question(sum(len(line.text.encode()) + OVERHEAD for line in lines), services.settings)
    answered = replace(
        question,
        state=QuestionState.ANSWERED,
        found=tuple(_stretches(numbers, found))[:MOST_QUOTES],
        looked=len(found.transcripts),
        of=found.of,
        usd=cost.usd,
    )
    return answered, cost


def _stretches(numbers: Iterable[int], found: Found) -> Iterator[Stretch]:
    """What is quoted of the lines that were found: those that one person says one after the other together, in the
    order in which they were named. Whatever an engine names beyond the lines that it was given is nothing.
    """
    lines = found.lines
    left = dict.fromkeys(number for number in numbers if type(number) is int and 0 <= number < len(lines))
    quotes = {ref: Quotes(transcript) for ref, transcript in found.transcripts.items()}
    for number in list(left):
        if number not in left:
            continue
        together = _together(number, left, lines)
        for at in together:
            del left[at]
        first, last = lines[together[0]], lines[together[-1]]
        ref, speaker = first.asset.ref, first.speaker
        quote = quotes[ref].between(first.start, last.end, speaker)
        if quote is not None:
            text = fingerprint(quote.text)
            yield Stretch(ref.owner, ref.asset_id, first.asset.version, first.start, last.end, text, speaker)


def _together(number: int, named: Collection[int], lines: Sequence[PlacedLine]) -> range:
    """The named lines around this one that follow each other, as many as a quote may have."""

    def goes_on(at: int) -> bool:
        """Whether a line and the one after it are named, and one quote."""
        return {at, at + 1} <= {*named} and finding.follows(lines[at], lines[at + 1])

    first = last = number
    while last + 1 - first < _MOST_LINES and goes_on(last):
        last += 1
    while last + 1 - first < _MOST_LINES and goes_on(first - 1):
        first -= 1
    return range(first, last + 1)
