"""Short letters: to somebody who is to get reports, to an owner whose webhook is off, to the operators. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.domain.rights import Role
from chalicelib.letters.letter import Letter, Reader
from chalicelib.letters.rendering import as_text, cut, one_line, render, shortened, unlinked
from chalicelib.letters.wording import Wording, mark

_PREHEADER = 140
_MOST_FAILURES = 20
_MOST_QUEUES = 40
_ASKER = 320
"""The longest e-mail address (RFC 5321, 4.5.3.1: 64 for the part before the @, 255 after it)."""

_NAME = 120
_LONGEST_NOTE = 500

_MAY = {
    Role.READER: mark("You may read it."),
    Role.COMMENTER: mark("You may read it and comment on it."),
    Role.EDITOR: mark("You may read it, comment on it and correct it."),
}

_OPEN = mark("Sign in with your address %(address)s. If you have no account yet, sign up with this address.")
_BY_INVITATION = mark(
    "Sign in with your address %(address)s. If you have no account yet, ask whoever runs this service for one with "
    "this address."
)

_OUTCOMES = {
    "completed": mark("Recordings ready"),
    "failed": mark("Recordings failed"),
    "rejected": mark("Recordings not accepted"),
    "held": mark("Recordings held"),
    "cancelled": mark("Recordings cancelled"),
}


@dataclass(frozen=True, slots=True)
class OperatorDay:
    """What the operators should know of a `day`.

    `ended` counts recordings by how they ended (`completed`, `failed`, `rejected`, `held`, `cancelled`), `minutes` is
    how long those were altogether, `usd` and `month_usd` what the work of the day and of its month so far cost.
    `failures` are codes, and how often each. `stuck`, `in_work` and `held` (which wait for a decision) count recordings
    as they are now; `dead_letters` counts messages by queue, `mail` by what became of them (`bounced`, `complained`).
    `models` counts those that were trained by what became of them (`taken`, `refused`, `failed`, `rolled-back`).
    `held_until` is when the first of those is deleted that wait. `link` leads to the administrators' page.
    """

    day: date
    ended: Mapping[str, int]
    minutes: float
    usd: Decimal
    month_usd: Decimal
    failures: Sequence[tuple[str, int]]
    stuck: int
    in_work: int
    dead_letters: Mapping[str, int]
    mail: Mapping[str, int]
    link: str | None
    held: int = 0
    models: Mapping[str, int] = field(default_factory=dict)
    held_until: date | None = None


def confirmation(asker: str, url: str, days: int, reader: Reader) -> Letter:
    """Ask an address whether it wants the reports that `asker` would send it; `url` says yes, for `days` days."""
    words = Wording.of(reader)
    values = {
        "url": url,
        "request": words.gettext(
            "%(asker)s uses Rapporteur, which makes transcripts and reports of recordings, and would like the reports "
            "sent to this address.",
            asker=cut(one_line(asker), _ASKER),
        ),
        "valid": words.ngettext("The link is valid for %(count)s day.", "The link is valid for %(count)s days.", days),
        "why": words.gettext(
            "Sent by Rapporteur, once, because somebody named this address. If you do not know them, ignore this mail."
        ),
    }
    return _letter("confirmation", words.gettext("Would you like to get these reports?"), values, reader, words)


@dataclass(frozen=True, slots=True)
class Shared:
    """That somebody shares a recording: `by` whom (their address), what it is called (`name`), as which `role`, at
    which `address`; `link` leads to it. `note` is what they have to say, which may be nothing. It is deleted after
    `until`, if that is known. Who has no account with this address can make one if they `may_sign_up`.
    """

    by: str
    name: str
    role: Role
    address: str
    link: str
    note: str = ""
    until: date | None = None
    may_sign_up: bool = True


def invitation(shared: Shared, reader: Reader) -> Letter:
    """Tell somebody, perhaps a stranger, that something is shared with them, and how they get to it.

    Of what was said in it there is nothing here. What the other has typed (title, note) is plain text, in which no mail
    program finds an address to make a link of.
    """
    words = Wording.of(reader)
    by = cut(one_line(shared.by), _ASKER)
    name, note = unlinked(cut(one_line(shared.name), _NAME)), cut(shared.note, _LONGEST_NOTE)
    values = {
        "name": name,
        "request": words.gettext("%(by)s shares this with you", by=by),
        "may": words.gettext(_MAY.get(shared.role, _MAY[Role.READER])),
        "until": words.gettext("It is kept until %(day)s.", day=words.date(shared.until)) if shared.until else None,
        "note_lines": [unlinked(line) for part in note.splitlines() if (line := one_line(part))],
        "link": shared.link,
        "how": words.gettext(
            _OPEN if shared.may_sign_up else _BY_INVITATION, address=cut(one_line(shared.address), _ASKER)
        ),
        "why": words.gettext(
            "Sent by Rapporteur, once, because %(by)s wants you to know. If you do not know them, ignore this mail.",
            by=by,
        ),
    }
    subject = words.gettext("Shared with you: %(name)s", name=unlinked(shortened(one_line(shared.name))))
    return _letter("invitation", subject, values, reader, words)


def webhook_switched_off(url: str, failures: int, tries: int, reader: Reader) -> Letter:
    """Tell an owner that the program at `url` is no longer told, after `failures` messages in a row of `tries` each."""
    words = Wording.of(reader)
    values = {
        "url": url,
        "happened": words.ngettext(
            "Your program at this address has not taken %(count)s message, tried %(tries)s times, so it is no longer "
            "told.",
            "Your program at this address has not taken %(count)s messages in a row, each tried %(tries)s times, so it "
            "is no longer told.",
            failures,
            tries=words.number(tries),
        ),
        "why": words.gettext("Sent by Rapporteur, because you set a webhook there."),
    }
    return _letter("webhook", words.gettext("Your webhook was switched off"), values, reader, words)


def operators(day: OperatorDay, reader: Reader) -> Letter:
    """The operators' daily digest; what needs somebody stands on top, and a quiet day says so."""
    words = Wording.of(reader)
    shown = words.date(day.day)
    alarms = list(_alarms(day, words))
    ended = sum(day.ended.get(outcome, 0) for outcome in _OUTCOMES)
    quiet = (
        words.gettext("Nothing needs you.")
        if ended or day.in_work
        else words.gettext("A quiet day: no recording has ended, and nothing needs you.")
    )
    failures = sorted(day.failures, key=lambda failure: -failure[1])
    waiting = [(queue, count) for queue, count in day.dead_letters.items() if count]
    values = {
        "heading": words.gettext("Rapporteur on %(day)s", day=shown),
        "alarms": alarms,
        "quiet": quiet,
        "link": day.link,
        "figures": list(_figures(day, words)),
        "failures": [(code, words.number(count)) for code, count in failures[:_MOST_FAILURES]],
        "more_failures": len(failures[_MOST_FAILURES:]),
        "queues": [(queue, words.number(count)) for queue, count in waiting[:_MOST_QUEUES]],
        "why": words.gettext("Sent by Rapporteur, once a day, because you are its administrator."),
    }
    subject = (
        words.ngettext(
            "Rapporteur on %(day)s: %(count)s thing needs you",
            "Rapporteur on %(day)s: %(count)s things need you",
            len(alarms),
            day=shown,
        )
        if alarms
        else words.gettext("Rapporteur on %(day)s: all is well", day=shown)
    )
    return _letter("operators", subject, values, reader, words)


def _alarms(day: OperatorDay, words: Wording) -> Iterator[str]:
    """What needs somebody, a sentence each."""
    if count := day.ended.get("failed", 0):
        yield words.ngettext("%(count)s recording failed.", "%(count)s recordings failed.", count)
    if day.held:
        waiting = words.ngettext(
            "%(count)s file is held and waits for your decision.",
            "%(count)s files are held and wait for your decision.",
            day.held,
        )
        if day.held_until is not None:
            until = words.date(day.held_until)
            waiting += " " + words.gettext("Without one, the first is deleted on %(day)s.", day=until)
        yield waiting
    if day.stuck:
        yield words.ngettext("%(count)s recording is stuck.", "%(count)s recordings are stuck.", day.stuck)
    if count := sum(day.dead_letters.values()):
        yield words.ngettext(
            "%(count)s message could not be worked on and waits with the dead letters.",
            "%(count)s messages could not be worked on and wait with the dead letters.",
            count,
        )
    if count := day.models.get("rolled-back", 0):
        yield words.ngettext(
            "%(count)s model was replaced by the one before it, since readers corrected more.",
            "%(count)s models were replaced by those before them, since readers corrected more.",
            count,
        )
    if count := day.mail.get("bounced", 0):
        yield words.ngettext("%(count)s mail came back.", "%(count)s mails came back.", count)
    if count := day.mail.get("complained", 0):
        yield words.ngettext(
            "%(count)s mail was marked as spam by who got it.",
            "%(count)s mails were marked as spam by who got them.",
            count,
        )


_MODELS = {
    "taken": mark("Models that came into use"),
    "refused": mark("Models that were no better"),
    "failed": mark("Models that could not be made"),
    "rolled-back": mark("Models that readers had undone"),
}


def _figures(day: OperatorDay, words: Wording) -> Iterator[tuple[str, str]]:
    for outcome, label in _OUTCOMES.items():
        yield words.gettext(label), words.number(day.ended.get(outcome, 0))
    yield words.gettext("Length of the recordings"), words.duration(day.minutes * 60)
    yield words.gettext("Cost of the day"), words.money(day.usd)
    yield words.gettext("Cost of the month so far"), words.money(day.month_usd)
    yield words.gettext("In work now"), words.number(day.in_work)
    yield words.gettext("Stuck recordings"), words.number(day.stuck)
    yield words.gettext("Waiting for a decision"), words.number(day.held)
    for outcome, label in _MODELS.items():
        if count := day.models.get(outcome, 0):
            yield words.gettext(label), words.number(count)


def _letter(template: str, subject: str, values: Mapping[str, Any], reader: Reader, words: Wording) -> Letter:
    first = next((str(values[key]) for key in ("request", "happened") if key in values), "")
    about = " ".join(values.get("alarms") or [str(values.get("quiet", ""))])
    common = {
        "words": words,
        "reader": reader,
        "subject": subject,
        "is_page": False,
        "preheader": cut(first or about, _PREHEADER),
    }
    filled = common | dict(values)
    return Letter(
        subject,
        as_text(f"{template}.txt.j2", words.language, filled),
        render(f"{template}.html.j2", words.language, filled),
    )
