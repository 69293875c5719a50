"""What administrators can see and do."""

from chalicelib.api import admin, admin_views, views
from chalicelib.api.operation import Access, Asking, operation


@operation(admin_views.Users, query=admin_views.UsersWanted, access=Access.ADMIN)
def list_users(asking: Asking) -> object:
    """The accounts, and what they use."""
    return admin.users(asking.query.after, asking.services)


@operation(admin_views.AllowanceView, body=admin_views.UserChanges, access=Access.ADMIN)
def change_user(asking: Asking, owner: str) -> object:
    """Change what an account may use."""
    return admin.change_user(owner, asking.body, asking.services)


@operation(admin_views.OwnedAssets, query=admin_views.AssetsWanted, access=Access.ADMIN)
def list_troubled_assets(asking: Asking) -> object:
    """The recordings of all accounts that failed, or that have not moved for too long."""
    return admin.troubled(asking.query.status, asking.services)


@operation(views.AssetView, body=views.AgainForAnyone, access=Access.ADMIN)
def retry_anyones_asset(asking: Asking, owner: str, asset_id: str) -> object:
    """Do all the work on somebody's finished recording again."""
    return admin.retry(owner, asset_id, asking.body.track, asking.services)


@operation(admin_views.DeadLetters, access=Access.ADMIN)
def list_dead_letters(asking: Asking) -> object:
    """The messages that were given up, by queue."""
    return admin.dead_letters(asking.services)


@operation(admin_views.Moved, access=Access.ADMIN)
def redrive_dead_letters(asking: Asking, queue: str) -> object:
    """Have a queue's given-up messages worked on once more."""
    return admin.redrive(queue, asking.services)


@operation(admin_views.MailState, access=Access.ADMIN)
def get_mail_state(asking: Asking) -> object:
    """Who reports are from, and whether they reach everybody."""
    return admin.mail_state(asking.services)


@operation(admin_views.Costs, access=Access.ADMIN)
def get_costs(asking: Asking) -> object:
    """What recordings cost, by month, owner and service."""
    return admin.costs(asking.services)
