"""Codes that are mailed to confirm an address or to set a new password: the embedded Cognito would take any."""

import hmac
import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from typing import Any

_TRIES = 5
_HOUR = 3600.0
_MOST_AN_HOUR = 5
"""Codes for one account and purpose: each can be guessed at, and is a mail to somebody who may not have asked for it.
Cognito takes between five and twenty requests an hour:
https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html"""

SECONDS = {"sign-up": 24 * _HOUR, "reset": _HOUR, "address": 24 * _HOUR}
"""How long a code holds, by its purpose, as with Cognito:
https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html"""


class WrongCode(Exception):
    """Not the code that was sent."""


class TooManyCodes(Exception):
    """As many have been sent within an hour as may be."""


class ExpiredCode(Exception):
    """There is no code, or no longer: too old, used, or guessed at too often."""


@dataclass
class _Code:
    code: str
    address: str
    expires: float
    tries: int = 0
    issued: list[float] = field(default_factory=list)
    """When this one and those before it were made, within an hour."""


class Codes:
    """At most one code for each account and purpose; a new one takes the place of the old."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._codes: dict[str, _Code] = {}

    def issue(self, purpose: str, account: str, address: str) -> str:
        """A new code of six digits, to be sent to `address`. Raises TooManyCodes."""
        now, name = self._clock(), f"{purpose} {account}"
        self._codes = {known: kept for known, kept in self._codes.items() if kept.expires > now}
        before = self._codes.get(name)
        lately = [at for at in before.issued if at > now - _HOUR] if before is not None else []
        if len(lately) >= _MOST_AN_HOUR:
            raise TooManyCodes
        code = f"{secrets.randbelow(10**6):06}"
        self._codes[name] = _Code(code, address, now + SECONDS[purpose], issued=[*lately, now])
        return code

    def redeem(self, purpose: str, account: str, code: str) -> str:
        """Use a code up. Returns the address that it was sent to. Raises WrongCode, ExpiredCode."""
        name = f"{purpose} {account}"
        issued = self._codes.get(name)
        if issued is None or issued.expires < self._clock() or issued.tries >= _TRIES:
            raise ExpiredCode
        issued.tries += 1
        if not hmac.compare_digest(issued.code.encode(), code.strip().encode()):
            raise WrongCode
        del self._codes[name]
        return issued.address

    def keep_only(self, accounts: Collection[str]) -> None:
        """Forget the codes of all others than `accounts`, and where they were sent."""
        self._codes = {name: code for name, code in self._codes.items() if name.partition(" ")[2] in accounts}

    def to_json(self) -> dict[str, Any]:
        """What is to be kept over a restart."""
        return {name: asdict(code) for name, code in self._codes.items() if code.expires > self._clock()}

    def restore(self, kept: dict[str, Any]) -> None:
        """Take up again what `to_json` returned."""
        self._codes = {name: _Code(**values) for name, values in kept.items()}
