"""Who asks: somebody who has signed in, or a program with an API key of theirs."""

from chalicelib.clients.tokens import Account
from chalicelib.domain.accounts import Credential, Token
from chalicelib.errors import Unauthorized
from chalicelib.services import Services


def account(authorization: str | None, services: Services) -> Account:
    """The account that an Authorization header stands for: "Bearer" and an id token or an API key.

    Raises Unauthorized, also if the account is being erased or has been: a token stays valid for an hour.
    """
    key = Token.parse((authorization or "").partition(" ")[2])
    if key is None:
        somebody = services.tokens.account(authorization)
        if services.users.is_gone(somebody.owner):
            raise Unauthorized("This account has been erased, or is being erased just now.", "account-erased")
        return somebody
    known = services.users.check(key) if key.kind is Credential.KEY else None
    if known is None:
        raise Unauthorized("There is no such API key, or no longer.")
    services.users.note_use(key, known)
    return Account(key.owner, services.users.profile(key.owner).email, is_admin=False, is_program=True)
