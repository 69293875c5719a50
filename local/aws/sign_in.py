"""What the sign-in pages remember while somebody signs in: moto has none of it. All of it is gone with the process.

How long, and how often: https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

CODE_SECONDS = 300.0
VISIT_SECONDS = 3600.0
_MOST_VISITS = 10_000
_FREE_TRIES = 5
_LONGEST_LOCK = 900.0
_FORGIVEN_AFTER = 900.0

Clock = Callable[[], float]


@dataclass(frozen=True)
class Grant:
    """Whom a code stands for, and what it is bound to; `challenge` is that of PKCE, by S256 (RFC 7636)."""

    account: str
    client_id: str
    redirect_uri: str
    challenge: str

    def fits(self, client_id: str, redirect_uri: str, verifier: str) -> bool:
        """Whether whoever redeems the code is the one who asked for it."""
        digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
        computed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            client_id == self.client_id
            and redirect_uri == self.redirect_uri
            and hmac.compare_digest(computed, self.challenge)
        )


class AuthorizationCodes:
    """Codes that are redeemed once, within five minutes."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._grants: dict[str, tuple[Grant, float]] = {}

    def issue(self, grant: Grant) -> str:
        """A new code."""
        now = self._clock()
        self._grants = {code: held for code, held in self._grants.items() if held[1] > now}
        code = secrets.token_urlsafe(32)
        self._grants[code] = grant, now + CODE_SECONDS
        return code

    def redeem(self, code: str) -> Grant | None:
        """What the code was issued for. It is used up by that, whoever asks; None if it was, or is too old."""
        grant, ends = self._grants.pop(code, (None, 0.0))
        return grant if ends > self._clock() else None


class Locks:
    """Wrong passwords: after the fifth, a name is locked for a second, and twice as long after each more.

    Names that nobody has are locked like all others, so that a lock tells nothing.
    """

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[int, float]] = {}

    def is_locked(self, name: str) -> bool:
        """Whether no password is looked at just now. Asking so does not make it longer."""
        count, last = self._tries(name)
        return self._clock() < last + _lock_seconds(count)

    def note_wrong(self, name: str) -> None:
        """Count a wrong password."""
        self._wrong = {known: self._wrong[known] for known in self._wrong if self._tries(known)[0]}
        self._wrong[name] = self._tries(name)[0] + 1, self._clock()

    def note_right(self, name: str) -> None:
        """Forget what was wrong before."""
        self._wrong.pop(name, None)

    def _tries(self, name: str) -> tuple[int, float]:
        """How many wrong passwords count, and when the last one came."""
        count, last = self._wrong.get(name, (0, 0.0))
        return (0, 0.0) if last + _lock_seconds(count) + _FORGIVEN_AFTER < self._clock() else (count, last)


def _lock_seconds(wrong: int) -> float:
    return min(2.0 ** min(wrong - _FREE_TRIES, 20), _LONGEST_LOCK) if wrong >= _FREE_TRIES else 0.0


@dataclass
class Visit:
    """A browser at the sign-in pages: what it has typed so far, and who has signed in with it.

    `csrf` stands in each form, `proven` is the account whose password was right though more is to be done first: a code
    to be entered, or another password to be chosen. `notice` is told once.
    """

    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    ends: float = 0.0
    address: str = ""
    proven: str | None = None
    account: str | None = None
    notice: str | None = None


class Visits:
    """The visits of the last hour, by what their cookies say. Who signed in is signed in at these pages for so long."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._visits: dict[str, Visit] = {}

    def find(self, cookie: str) -> Visit | None:
        """The visit of a cookie."""
        visit = self._visits.get(cookie)
        return visit if visit is not None and visit.ends > self._clock() else None

    def begin(self) -> tuple[str, Visit]:
        """A new visit, and its cookie."""
        now = self._clock()
        # The oldest come first, and end first.
        while self._visits and (len(self._visits) >= _MOST_VISITS or next(iter(self._visits.values())).ends <= now):
            del self._visits[next(iter(self._visits))]
        cookie, visit = secrets.token_urlsafe(32), Visit(ends=now + VISIT_SECONDS)
        self._visits[cookie] = visit
        return cookie, visit

    def sign_in(self, cookie: str, account: str) -> str:
        """Note who has signed in. Returns the visit's new cookie: whoever knew the old one is not signed in by that.

        Forms that are open in other tabs stay good.
        """
        before = self._visits.pop(cookie, None)
        renewed, visit = self.begin()
        visit.account = account
        visit.csrf = before.csrf if before else visit.csrf
        return renewed

    def end(self, cookie: str) -> None:
        """Forget a visit."""
        self._visits.pop(cookie, None)
