"""Accounts of the embedded Cognito: its pool, which moto's CloudFormation does not make, and who is in it."""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import boto3
from jose import jwt
from joserfc.jwk import RSAKey
from moto.cognitoidp import cognitoidp_backends
from moto.cognitoidp.exceptions import InvalidPasswordException
from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, UserStatus
from moto.core import DEFAULT_ACCOUNT_ID

from chalicelib.clients.tokens import SCOPES, TokenReader, UserPool
from chalicelib.domain.passwords import opaque
from local.aws.codes import Codes
from local.data_folder import DataFolder

ADMINS = "admin"
SIGN_IN_PATH = "/cognito/"
SAME_IDS = {
    "MOTO_COGNITO_IDP_USER_POOL_ID_STRATEGY": "HASH",
    "MOTO_COGNITO_IDP_USER_POOL_CLIENT_ID_STRATEGY": "HASH",
}
"""With these in the environment moto gives a pool and its client the same ids at every start."""

_KEY_ID = "dummy"
"""The only key id that moto writes into its tokens."""

_FACT = "accounts"

_REFRESH_SECONDS = 30 * 24 * 3600.0
"""How long a refresh token holds, as in the template of the real client."""


class HashedPassword:
    """Stands where moto keeps a password: equal to the right one, and telling nobody which that is."""

    def __init__(self, salt: bytes, digest: bytes) -> None:
        self._salt = salt
        self._digest = digest

    @classmethod
    def of(cls, password: str) -> "HashedPassword":
        """`password`, with a new salt."""
        salt = os.urandom(16)
        return cls(salt, _scrypt(password, salt))

    @classmethod
    def from_text(cls, text: str) -> "HashedPassword":
        """What `str` returned."""
        salt, digest = map(bytes.fromhex, text.split(":"))
        return cls(salt, digest)

    def __str__(self) -> str:
        return f"{self._salt.hex()}:{self._digest.hex()}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and hmac.compare_digest(self._digest, _scrypt(other, self._salt))

    def __hash__(self) -> int:
        raise TypeError("what it is equal to has a hash that it cannot know")


def _scrypt(password: str, salt: bytes) -> bytes:
    # Whatever text a password is, it must not keep everything else from being written down.
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=2**14, r=8, p=1)


class Accounts:
    """The pool in `region`, written through to `folder`."""

    def __init__(self, folder: DataFolder, region: str) -> None:
        self._folder = folder
        self._region = region
        self._written = ""
        self._signed_in_at: dict[str, float] = {}
        self.codes = Codes()
        self.pool_id = self.client_id = ""

    def make(self, name: str) -> Mapping[str, str]:
        """Make the pool, its client and its group, and put everybody back who was there.

        Returns the settings that name them.
        """
        cognito = boto3.client("cognito-idp")
        policy: Any = {"MinimumLength": 12, "RequireSymbols": False}
        email: Any = ["email"]
        recovery: Any = {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}
        self.pool_id = cognito.create_user_pool(
            PoolName=name,
            UsernameAttributes=email,
            AutoVerifiedAttributes=email,
            Policies={"PasswordPolicy": policy},
            AccountRecoverySetting=recovery,
        )["UserPool"]["Id"]
        flows: Any = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]
        client = cognito.create_user_pool_client(
            UserPoolId=self.pool_id,
            ClientName="web",
            ExplicitAuthFlows=flows,
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=list(SCOPES),
            SupportedIdentityProviders=["COGNITO"],
            ReadAttributes=["email", "email_verified"],  # or moto's tokens would not name them
        )
        self.client_id = client["UserPoolClient"]["ClientId"]
        cognito.create_group(UserPoolId=self.pool_id, GroupName=ADMINS)
        # moto signs with a key that everybody can read in its package.
        self._pool.json_web_key = RSAKey.import_key(json.loads(self._folder.fact("signing key", _new_key)))
        self._restore()
        return {
            "USER_POOL": self.pool_id,
            "USER_POOL_CLIENT": self.client_id,
            "SIGN_IN_URL": SIGN_IN_PATH,
            "SIGN_IN_PAGES": SIGN_IN_PATH.rstrip("/"),
            "SIGN_UP": "open",
        }

    @property
    def _pool(self) -> CognitoIdpUserPool:
        return cognitoidp_backends[DEFAULT_ACCOUNT_ID][self._region].user_pools[self.pool_id]

    def token_reader(self) -> TokenReader:
        """What checks the pool's tokens; its key is had here, not from the network."""
        public = {**self._pool.json_web_key.as_dict(private=False), "kid": _KEY_ID, "alg": "RS256", "use": "sig"}
        return TokenReader(UserPool(self.pool_id, self.client_id), lambda issuer: {"keys": [public]})

    def add(self, email: str, password: str, group: str | None = None, *, is_confirmed: bool) -> str:
        """Make an account as an administrator does. Returns its id, the owner of its assets.

        Its address only counts as confirmed if the administrator says so: Cognito itself leaves that open.
        """
        cognito = boto3.client("cognito-idp")
        who: Any = {"UserPoolId": self.pool_id, "Username": email}
        attributes: Any = [{"Name": "email", "Value": email}]
        attributes += [{"Name": "email_verified", "Value": "true"}] if is_confirmed else []
        cognito.admin_create_user(**who, UserAttributes=attributes, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**who, Password=opaque(password), Permanent=True)
        if group is not None:
            cognito.admin_add_user_to_group(**who, GroupName=group)
        user = self.find(email)
        assert user is not None
        return str(user.id)

    def find(self, name: str) -> CognitoIdpUser | None:
        """The account of this address or id."""
        return self._pool._get_user(name)

    def takes_password(self, password: str) -> bool:
        """Whether the pool's policy lets anybody have this password."""
        try:
            cognitoidp_backends[DEFAULT_ACCOUNT_ID][self._region]._validate_password(self.pool_id, password)
        except InvalidPasswordException:
            return False
        return True

    def of_token(self, access_token: str) -> CognitoIdpUser | None:
        """The account that has signed in with this access token, and not out since."""
        _, name = self._pool.access_tokens.get(access_token, ("", ""))
        return self.find(name) if name else None

    def sign_in(self, user: CognitoIdpUser) -> dict[str, str | int]:
        """New tokens for an account, a refresh token among them, as the token endpoint tells them."""
        # By its id, so that who is signed in now stays so when the address changes.
        refresh, _ = self._pool.create_refresh_token(self.client_id, user.id)
        self._signed_in_at[refresh] = time.time()
        return {**self._tokens(refresh), "refresh_token": refresh}

    def renew(self, refresh: str) -> dict[str, str | int] | None:
        """Tokens for whoever signed in and got this refresh token; None if they signed out since, or it is too old, or
        the account is locked or erased: moto asks none of that.
        """
        held = self._pool.refresh_tokens.get(refresh)
        user = self.find(held[1]) if held else None
        if user is None or not user.enabled or self._signed_in_at.get(refresh, 0) + _REFRESH_SECONDS < time.time():
            return None
        return self._tokens(refresh)

    def revoke(self, refresh: str) -> None:
        """End what began with this refresh token: it, and all access tokens that were had by it."""
        held = self._pool.refresh_tokens.pop(refresh, None)
        self._signed_in_at.pop(refresh, None)
        if held is None:
            return
        tokens = self._pool.access_tokens
        ours = [token for token in tokens if jwt.get_unverified_claims(token).get("origin_jti") == held[2]]
        for token in ours:
            del tokens[token]

    def _tokens(self, refresh: str) -> dict[str, str | int]:
        access, identity, seconds = self._pool.create_tokens_from_refresh_token(refresh)
        return {"id_token": identity, "access_token": access, "expires_in": seconds, "token_type": "Bearer"}

    # ---- keeping

    def flush(self) -> None:
        """Write down what has changed. Passwords that moto was given since the last time are hashed."""
        for user in self._pool.users.values():
            if isinstance(user.password, str):
                user.password = HashedPassword.of(user.password)  # type: ignore[assignment]
        self._forget_the_erased()
        kept = {
            "users": [_to_json(user) for user in self._pool.users.values()],
            "refresh_tokens": self._pool.refresh_tokens,
            "signed_in_at": self._signed_in_at,
            "codes": self.codes.to_json(),
        }
        text = json.dumps(kept)
        if text != self._written:
            self._folder.note(_FACT, text)
            self._written = text

    def _forget_the_erased(self) -> None:
        """Let go of what moto and the codes keep of accounts that are no more."""
        pool = self._pool
        # Tokens name an account by what it has signed in with: pages do so by its id.
        known = {name for user in pool.users.values() for name in (user.id, user.username, address_of(user))}
        pool.refresh_tokens = {token: held for token, held in pool.refresh_tokens.items() if held and held[1] in known}
        self._signed_in_at = {token: at for token, at in self._signed_in_at.items() if token in pool.refresh_tokens}
        pool.access_tokens = {token: held for token, held in pool.access_tokens.items() if held[1] in known}
        self.codes.keep_only({user.id for user in pool.users.values()})

    def _restore(self) -> None:
        self._written = self._folder.fact(_FACT, lambda: "{}")
        kept = json.loads(self._written)
        for values in kept.get("users", ()):
            self._put_back(values)
        self._pool.refresh_tokens = {token: tuple(held) for token, held in kept.get("refresh_tokens", {}).items()}
        self._signed_in_at = kept.get("signed_in_at", {})
        self.codes.restore(kept.get("codes", {}))

    def _put_back(self, values: dict[str, Any]) -> None:
        password = HashedPassword.from_text(values["password"]) if values["password"] else None
        status = UserStatus(values["status"])
        user = CognitoIdpUser(self.pool_id, values["username"], password, status, values["attributes"])  # type: ignore[arg-type]
        user.id = values["id"]
        user.enabled = values["enabled"]
        user.update_attributes([{"Name": "sub", "Value": user.id}])
        user.create_date = datetime.fromisoformat(values["created"])
        user.last_modified_date = datetime.fromisoformat(values["modified"])
        self._pool.users[user.username] = user
        for name in values["groups"]:
            if group := self._pool.groups.get(name):
                group.users.add(user)
                user.groups.add(group)


def address_of(user: CognitoIdpUser) -> str:
    """The address of an account, whether it is confirmed or not."""
    return str(user.attribute_lookup.get("email", ""))


def _to_json(user: CognitoIdpUser) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "password": str(user.password) if user.password is not None else None,
        "status": user.status,
        "enabled": user.enabled,
        "attributes": user.attributes,
        "groups": sorted(group.group_name for group in user.groups),
        "created": user.create_date.isoformat(),
        "modified": user.last_modified_date.isoformat(),
    }


def _new_key() -> str:
    return json.dumps(RSAKey.generate_key(2048).as_dict(private=True))
