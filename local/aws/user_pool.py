"""What people do with their accounts in the embedded Cognito. moto checks neither codes nor all that Cognito refuses;
both are checked here.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import NoReturn

import boto3
from botocore.exceptions import ClientError, ParamValidationError
from jose import jwt
from moto.cognitoidp.models import CognitoIdpUser, UserStatus

from chalicelib.domain import addresses
from chalicelib.domain.passwords import opaque
from chalicelib.errors import InvalidRequest
from chalicelib.mail.message import POLICY
from local.aws.accounts import Accounts, HashedPassword, address_of
from local.aws.codes import SECONDS, Codes, ExpiredCode, TooManyCodes, WrongCode
from local.aws.sign_in import Locks

_SUBJECTS = {
    "sign-up": "{code} is your code to confirm your Rapporteur account",
    "reset": "{code} is your code for a new Rapporteur password",
    "address": "{code} is your code to confirm your new address",
}
_TEXT = """Hello,

your code is {code}. It holds for {hours} and can be used once.

If you have not asked for it, somebody may have mistyped an address: you need do nothing.

Rapporteur
"""


class Refused(Exception):
    """What Cognito refuses; `code` is its exception's name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


_WRONG_PASSWORD = ("NotAuthorizedException", "Incorrect username or password.")
_LOCKED = ("NotAuthorizedException", "Password attempts exceeded")
_TOO_MANY = ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
_WRONG_TOKEN = ("NotAuthorizedException", "Access Token has expired or been revoked.")
_WRONG_CODE = ("CodeMismatchException", "Invalid verification code provided, please try again.")
_WEAK = ("InvalidPasswordException", "Password did not conform with policy")
_NOBODYS = HashedPassword.of("")
_OLD_CODE = ("ExpiredCodeException", "Invalid code provided, please request a code again.")


class People:
    """The people in the pool of `accounts`; codes are mailed from `sender`. Everything here raises Refused."""

    def __init__(self, accounts: Accounts, sender: str, locks: Locks) -> None:
        self._accounts = accounts
        self._sender = sender
        self._locks = locks
        self._unsent = Codes()
        self._cognito = boto3.client("cognito-idp")
        self._ses = boto3.client("sesv2")

    # ---- signing in

    def with_password(self, address: str, password: str) -> CognitoIdpUser:
        """The account of this address, if that is its password, whatever is still to be done with it."""
        user = self.find(address)
        # An account has two names: its address, and its id, which stands in every link that it shares.
        name = _name(address) if user is None else str(user.id)
        if self._locks.is_locked(name):
            raise Refused(*_LOCKED)
        # Looked at in any case, or the time that it takes would tell who has an account.
        is_right = opaque(password) == (_NOBODYS if user is None or user.password is None else user.password)
        if user is None or not user.enabled or not is_right:
            self._locks.note_wrong(name)
            raise Refused(*_WRONG_PASSWORD)
        self._locks.note_right(name)
        return user

    def find(self, name: str) -> CognitoIdpUser | None:
        """The account of this address or id."""
        return self._accounts.find(_name(name)) if name.strip() else None

    # ---- a new account

    def sign_up(self, address: str, password: str) -> None:
        """Make an account that is not confirmed yet, and send it a code."""
        address = _checked(address)
        with _cognitos_words():
            made = self._cognito.sign_up(
                ClientId=self._accounts.client_id,
                Username=address,
                Password=opaque(password),
                UserAttributes=[{"Name": "email", "Value": address}],
            )
        self._send("sign-up", made["UserSub"], address)

    def confirm_sign_up(self, address: str, code: str) -> None:
        """Use the code up: the account is confirmed, and its address too."""
        user = self.find(address)
        if user is None or user.status != UserStatus.UNCONFIRMED:
            self._refuse("sign-up", address, code)
        self._redeem("sign-up", user, code)
        self._cognito.admin_confirm_sign_up(UserPoolId=self._accounts.pool_id, Username=user.id)
        self._set(user, email_verified="true")

    def send_sign_up_code(self, address: str) -> None:
        """Another code, if there is such an account; nothing tells whether there is."""
        user = self.find(address)
        if user is not None and user.status == UserStatus.UNCONFIRMED:
            self._send("sign-up", user.id, address_of(user))
        else:
            self._issue(self._unsent, "sign-up", _name(address), "")

    # ---- passwords

    def set_password(self, user: CognitoIdpUser, password: str) -> None:
        """Another password, in place of one that somebody else has chosen."""
        with _cognitos_words():
            self._cognito.admin_set_user_password(
                UserPoolId=self._accounts.pool_id, Username=user.id, Password=opaque(password), Permanent=True
            )

    def send_reset_code(self, address: str) -> None:
        """A code for a new password, if the account has an address that somebody has confirmed. Nothing tells whether
        it has: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
        """
        user = self.find(address)
        if user is not None and self._may_reset(user):
            self._send("reset", user.id, address_of(user))
        else:
            self._issue(self._unsent, "reset", _name(address), "")

    def reset_password(self, address: str, code: str, password: str) -> None:
        """Set a new password with that code."""
        if not self._accounts.takes_password(opaque(password)):  # the code then stays
            raise Refused(*_WEAK)
        user = self.find(address)
        if user is None or not self._may_reset(user):
            self._refuse("reset", address, code)
        self._redeem("reset", user, code)
        self.set_password(user, password)
        self._locks.note_right(str(user.id))

    def _may_reset(self, user: CognitoIdpUser) -> bool:
        return bool(user.enabled) and user.attribute_lookup.get("email_verified") == "true"

    # ---- the address

    def of_token(self, token: str) -> CognitoIdpUser:
        """Who has signed in with this access token."""
        user = self._accounts.of_token(token)
        # That it is known proves that it is genuine; moto never asks how old it is.
        if user is None or not user.enabled or jwt.get_unverified_claims(token)["exp"] < time.time():
            raise Refused(*_WRONG_TOKEN)
        return user

    def ask_for_address(self, user: CognitoIdpUser, address: str) -> str | None:
        """Send a code to a new address, which counts only once it is confirmed, as in the template of the real pool.

        Returns where it was sent; None if that is the account's address already.
        """
        address = _checked(address)
        if address == address_of(user):
            return None
        if self.find(address) is not None:
            raise Refused("AliasExistsException", "An account with the given email already exists.")
        self._send("address", user.id, address)
        return address

    def send_address_code(self, user: CognitoIdpUser) -> str:
        """Send a code to the address that an invited person has not confirmed yet. Returns that address."""
        self._send("address", user.id, address_of(user))
        return address_of(user)

    def confirm_address(self, user: CognitoIdpUser, code: str) -> None:
        """Use the code up: the address that it was sent to is the account's, and confirmed."""
        address = self._redeem("address", user, code)
        if self.find(address) not in (None, user):  # somebody else was faster
            raise Refused("AliasExistsException", "An account with the given email already exists.")
        # To moto an address is taken also where it is the account's own.
        self._set(user, **({} if address == address_of(user) else {"email": address}), email_verified="true")

    # ---- how

    def _set(self, user: CognitoIdpUser, **attributes: str) -> None:
        self._cognito.admin_update_user_attributes(
            UserPoolId=self._accounts.pool_id,
            Username=user.id,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )

    def _refuse(self, purpose: str, address: str, code: str) -> NoReturn:
        """Refuse a code of an address that was sent none, in the words in which another one's wrong code is refused."""
        try:
            self._unsent.redeem(purpose, _name(address), code)
        except WrongCode as exc:
            raise Refused(*_WRONG_CODE) from exc
        except ExpiredCode as exc:
            raise Refused(*_OLD_CODE) from exc
        raise Refused(*_OLD_CODE)

    def _redeem(self, purpose: str, user: CognitoIdpUser, code: str) -> str:
        try:
            return self._accounts.codes.redeem(purpose, user.id, code)
        except WrongCode as exc:
            raise Refused(*_WRONG_CODE) from exc
        except ExpiredCode as exc:
            raise Refused(*_OLD_CODE) from exc

    @staticmethod
    def _issue(codes: Codes, purpose: str, account: str, address: str) -> str:
        try:
            return codes.issue(purpose, account, address)
        except TooManyCodes as exc:
            raise Refused(*_TOO_MANY) from exc

    def _send(self, purpose: str, account: str, address: str) -> None:
        code = self._issue(self._accounts.codes, purpose, account, address)
        message = EmailMessage(POLICY)
        message["Subject"] = _SUBJECTS[purpose].format(code=code)
        message["From"] = self._sender
        message["To"] = address
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_TEXT.format(code=code, hours=_hours(SECONDS[purpose])))
        self._ses.send_email(
            FromEmailAddress=self._sender,
            Destination={"ToAddresses": [address]},
            Content={"Raw": {"Data": message.as_bytes()}},
        )


@contextmanager
def _cognitos_words() -> Iterator[None]:
    """Makes Refused of what moto or botocore refuse."""
    try:
        yield
    except ClientError as exc:
        raise Refused(exc.response["Error"]["Code"], exc.response["Error"]["Message"]) from exc
    except (ParamValidationError, UnicodeError) as exc:
        raise Refused("InvalidParameterException", str(exc).splitlines()[-1]) from exc


def _hours(seconds: float) -> str:
    hours = round(seconds / 3600)
    return "an hour" if hours == 1 else f"{hours} hours"


def _name(address: str) -> str:
    return address.strip().lower()


def _checked(address: str) -> str:
    """An address as it is kept; before a mail is made to it, which no text can be but an address."""
    address = _name(address)
    try:
        addresses.normal(address)
    except InvalidRequest as exc:
        raise Refused("InvalidParameterException", "Invalid email address format.") from exc
    return address
