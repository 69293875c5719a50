"""Who asks: the account that a Cognito token names, once the token has been checked here.

API Gateway is not relied on for that: where the app runs on one machine there is none.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jose import JWTError, jwt

from chalicelib.domain.assets import OWNER_PATTERN
from chalicelib.errors import Unauthorized

SCOPES = ("openid", "email", "aws.cognito.signin.user.admin")
"""What pages ask for as somebody signs in: an id token with the address, and leave to change that address at Cognito:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html"""

_ADMINS = "admin"
_REFETCH_SECONDS = 60.0
"""A token signed with a key that is not known yet makes the keys be fetched anew, but no more often than this."""

_FETCH_TIMEOUT = 5.0
_MUST_HAVE = {f"require_{claim}": True for claim in ("aud", "exp", "iat", "iss", "sub")}

KeySet = Mapping[str, Any]
"""A JSON Web Key Set (RFC 7517)."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has signed in, or a program with a key of theirs: `owner` is what their assets are filed under.

    `email` is their address once they have confirmed it, `unconfirmed` until then: Cognito takes an invited person's
    address on trust, and nothing may be mailed to what nobody has confirmed.
    """

    owner: str
    email: str | None
    is_admin: bool
    is_program: bool = False
    unconfirmed: str | None = None


@dataclass(frozen=True, slots=True)
class UserPool:
    """A Cognito user pool, and the client that its tokens must be for."""

    pool_id: str
    client_id: str

    @property
    def endpoint(self) -> str:
        """Where pages sign in: Cognito's own interface."""
        return f"https://cognito-idp.{self.pool_id.partition('_')[0]}.amazonaws.com/"

    @property
    def issuer(self) -> str:
        """What its tokens name as their issuer."""
        return f"{self.endpoint}{self.pool_id}"


def fetch_keys(issuer: str) -> KeySet:
    """The keys that an issuer signs with, from where Cognito publishes them."""
    with urllib.request.urlopen(f"{issuer}/.well-known/jwks.json", timeout=_FETCH_TIMEOUT) as answer:  # noqa: S310 - https
        keys: KeySet = json.load(answer)
    return keys


@dataclass
class TokenReader:
    """Checks tokens of one pool, and keeps its keys."""

    pool: UserPool
    fetch: Callable[[str], KeySet] = fetch_keys
    _keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _fetched_at: float = float("-inf")

    def account(self, authorization: str | None) -> Account:
        """The account that an Authorization header ("Bearer …") stands for. Raises Unauthorized."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("This needs a token: send the header Authorization: Bearer, and an id token of Cognito.")
        try:
            claims = jwt.decode(
                token,
                self._key(jwt.get_unverified_header(token).get("kid")),
                algorithms=["RS256"],
                audience=self.pool.client_id,
                issuer=self.pool.issuer,
                options={**_MUST_HAVE, "verify_at_hash": False},
            )
        except JWTError as exc:
            raise Unauthorized("This token is not valid, or no longer. Sign in again.") from exc
        owner = str(claims["sub"])
        if claims.get("token_use") != "id" or not OWNER_PATTERN.fullmatch(owner):
            raise Unauthorized("This token is not an id token. Send the id token, not the access token.")
        address, is_admin = claims.get("email"), _ADMINS in claims.get("cognito:groups", ())
        if claims.get("email_verified") in {True, "true"}:
            return Account(owner, address, is_admin)
        return Account(owner, None, is_admin, unconfirmed=address)

    def _key(self, key_id: object) -> Mapping[str, Any]:
        """The JSON Web Key of this id (RFC 7517)."""
        if key_id not in self._keys and time.monotonic() - self._fetched_at > _REFETCH_SECONDS:
            self._fetched_at = time.monotonic()
            self._keys = {key["kid"]: key for key in self.fetch(self.pool.issuer)["keys"]}
        if key_id not in self._keys:
            raise Unauthorized("This token was signed by somebody else. Sign in again.")
        return self._keys[str(key_id)]
