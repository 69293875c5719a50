"""What somebody can do with their own account; and what pages must know before anybody has signed in."""

from http import HTTPStatus

from chalicelib.api import account, account_views
from chalicelib.api.operation import Access, Asking, done, operation


@operation(account_views.Config, access=Access.ANYONE)
def get_config(asking: Asking) -> object:
    """Where to sign in, and what can be uploaded."""
    return account.config(asking.services)


@operation(account_views.Me)
def get_me(asking: Asking) -> object:
    """Who one is here, what one has set, and what one has used."""
    return account.me(asking.account, asking.services)


@operation(account_views.Me, body=account_views.MeChanges)
def change_me(asking: Asking) -> object:
    """Change what one has set."""
    return account.change(asking.account, asking.body, asking.services)


@operation(account_views.Accepted, status=HTTPStatus.ACCEPTED, access=Access.PERSON)
def erase_me(asking: Asking) -> object:
    """Erase the account and everything in it. Nothing brings it back."""
    return account.erase(asking.account, asking.services)


@operation(account_views.ExportView)
def get_export(asking: Asking) -> object:
    """Where a copy of all of one's data can be had, once it was asked for and is ready."""
    return account.export(asking.account, asking.services)


@operation(account_views.ExportView, status=HTTPStatus.ACCEPTED)
def ask_export(asking: Asking) -> object:
    """Have a copy made of all of one's data, as a zip."""
    return account.ask_export(asking.account, asking.services)


@operation(account_views.NewWebhook, body=account_views.WebhookWanted)
def set_webhook(asking: Asking) -> object:
    """Have a program told, by a signed POST, whenever a recording has come to its end."""
    return account.set_webhook(asking.account, asking.body.url, asking.services)


@operation(None, status=HTTPStatus.NO_CONTENT)
def remove_webhook(asking: Asking) -> object:
    """Have no program told any more."""
    asking.services.users.change(asking.account.owner, {"webhook": None})
    return done()


@operation(account_views.Keys, access=Access.PERSON)
def list_keys(asking: Asking) -> object:
    """One's API keys."""
    return account.keys(asking.account, asking.services)


@operation(account_views.NewKey, body=account_views.KeyWanted, status=HTTPStatus.CREATED, access=Access.PERSON)
def create_key(asking: Asking) -> object:
    """Make an API key for a program."""
    return account.create_key(asking.account, asking.body.name, asking.services)


@operation(None, status=HTTPStatus.NO_CONTENT, access=Access.PERSON)
def revoke_key(asking: Asking, key_id: str) -> object:
    """Take an API key back; it is refused from now on."""
    account.revoke_key(asking.account, key_id, asking.services)
    return done()
