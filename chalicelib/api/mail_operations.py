"""Who gets mail, and what those can do who have one."""

from http import HTTPStatus

from chalice import Response

from chalicelib.api import account, account_views, mail, mail_views
from chalicelib.api.operation import Access, Asking, done, operation


@operation(mail_views.Addresses)
def list_addresses(asking: Asking) -> object:
    """Everybody else who is to get one's reports."""
    return mail.known(asking.account, asking.services)


@operation(mail_views.AddressView, body=mail_views.AddressWanted, status=HTTPStatus.ACCEPTED, access=Access.PERSON)
def ask_address(asking: Asking) -> object:
    """Ask somebody, by mail, whether they want one's reports; none is sent there before they have agreed."""
    return mail.ask(asking.account, asking.body.address, asking.services)


@operation(None, status=HTTPStatus.NO_CONTENT)
def remove_address(asking: Asking, address_id: str) -> object:
    """Have nothing more sent to somebody."""
    mail.remove(asking.account, address_id, asking.services)
    return done()


@operation(account_views.Me, access=Access.PERSON)
def resume_mail(asking: Asking) -> object:
    """Have mail sent to one's own address again, after it had come back."""
    mail.resume(asking.account, asking.services)
    return account.me(asking.account, asking.services)


@operation(mail_views.LinkView, query=mail_views.LinkWanted, access=Access.ANYONE)
def get_mail_link(asking: Asking) -> object:
    """What a link out of a mail is for."""
    return mail.link(asking.query.token, asking.services)


@operation(mail_views.Answered, body=mail_views.LinkWanted, access=Access.ANYONE)
def confirm_address(asking: Asking) -> object:
    """Agree to get somebody's reports, by the link in the mail that asked."""
    return mail.confirm(asking.body.token, asking.services)


@operation(mail_views.Answered, query=mail_views.LinkWanted, access=Access.ANYONE)
def unsubscribe(asking: Asking) -> object:
    """Get no more mails, at one click (RFC 8058): mail programs send the form `List-Unsubscribe=One-Click`."""
    return mail.unsubscribe(asking.query.token, asking.services)


@operation(None, query=mail_views.LinkWanted, status=HTTPStatus.FOUND, access=Access.ANYONE)
def find_unsubscribing(asking: Asking) -> object:
    """Where to unsubscribe, for a person who follows the link: looking at it changes nothing."""
    page = mail.page_of(asking.query.token, asking.services)
    return Response(body="", status_code=HTTPStatus.FOUND, headers={"Location": page, "Cache-Control": "no-store"})
