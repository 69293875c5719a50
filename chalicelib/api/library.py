"""The library: lists, folders, saved filters, and what is done with several assets at once."""

import secrets
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from chalicelib.api import assets
from chalicelib.api.language import sentence_of
from chalicelib.api.models import library as models
from chalicelib.api.models.assets import AssetPage, Refusal
from chalicelib.api.noting import note_one_of_many
from chalicelib.api.operation import operation
from chalicelib.api.views import shown
from chalicelib.clients.tokens import Account
from chalicelib.domain import folding, listing
from chalicelib.domain.assets import ASSET_ID_PATTERN, Asset
from chalicelib.domain.folders import Folder, Library, SavedFilter
from chalicelib.domain.listing import ListedAsset, Sort, Wanted
from chalicelib.errors import InvalidRequest
from chalicelib.pipeline.actions import Action, Done, Wish, act
from chalicelib.services import Services

_TAGS_TOLD = 200
"""Those that most recordings have."""


@operation("GET", "/assets")
def list_assets(query: models.Listing, account: Account, services: Services) -> AssetPage:
    """One's assets, a page at a time: the newest first, or in another order; all, or those that are chosen."""
    owner = account.owner
    if query.sort.is_by_time and query.wanted == Wanted() and query.folder != models.NO_FOLDER:
        found, following = _page_by_time(owner, query, services)
    else:
        placed = listing.in_order(_chosen(owner, query, services), query.sort, query.after)
        page = placed[: query.limit]
        found = services.store.some(owner, [one.asset_id for _, one in page])
        following = listing.cursor(page[-1][0]) if len(placed) > len(page) else None
    return AssetPage(assets=[shown(asset, services) for asset in found], next=following)


def _page_by_time(owner: str, query: models.Listing, services: Services) -> tuple[list[Asset], str | None]:
    """A page of all, or of all in a folder, as the table has them: it reads what it tells, and no more."""
    if query.after is not None and not ASSET_ID_PATTERN.fullmatch(query.after):
        raise InvalidRequest("The cursor (after) must be what the page before named as `next`.", field="after")
    oldest_first = query.sort is Sort.OLDEST
    if query.folder is None:
        return services.store.page(owner, query.limit, query.after, oldest_first=oldest_first)
    services.library.of(owner).folder(query.folder)
    return services.store.folder_page(owner, query.folder, query.limit, query.after, oldest_first=oldest_first)


def _chosen(owner: str, choice: models.Choice, services: Services) -> list[ListedAsset]:
    """Short lines of all that are wanted. What is in a folder that is no more is in none."""
    if choice.folder is None:
        found = services.store.listed(owner)
    elif choice.folder == models.NO_FOLDER:
        library = services.library.of(owner)
        found = [one for one in services.store.listed(owner) if not library.has(one.folder)]
    else:
        services.library.of(owner).folder(choice.folder)
        found = services.store.listed(owner, choice.folder)
    return choice.wanted.chosen(found)


@operation("GET", "/assets/ids")
def list_ids(query: models.Choice, account: Account, services: Services) -> models.Matching:
    """The ids of all assets that match, to do something with all of them."""
    placed = listing.in_order(_chosen(account.owner, query, services), Sort.NEWEST)
    return models.Matching(ids=[one.asset_id for _, one in placed])


@operation("POST", "/assets/actions")
def act_on_assets(body: models.Actions, account: Account, services: Services) -> models.ActionResults:
    """Move, tag, untag, retry, cancel or delete several assets; each is answered for itself."""
    if body.folder is not None:
        services.library.of(account.owner).folder(body.folder)
    wish = Wish(body.action, body.folder, tuple(folding.distinct(body.tags)), body.accept_cost)

    def note(asset: Asset) -> None:
        note_one_of_many(asset, _AS_ONE[body.action], services)

    done = act(account.owner, list(dict.fromkeys(body.ids)), wish, services, note)
    return models.ActionResults(results=[_result(one, services) for one in done])


_AS_ONE = {
    Action.MOVE: assets.change_asset.name,
    Action.TAG: assets.change_asset.name,
    Action.UNTAG: assets.change_asset.name,
    Action.RETRY: assets.retry_asset.name,
    Action.CANCEL: assets.cancel_asset.name,
}
"""What each is called where it is done with one: so it stands in the log."""


def _result(done: Done, services: Services) -> models.ActionResult:
    if done.refusal is not None:
        field = getattr(done.refusal, "field", None)
        error = Refusal(code=done.refusal.code, message=sentence_of(done.refusal), field=field)
        return models.ActionResult(id=done.asset_id, is_done=False, error=error)
    before = done.before
    return models.ActionResult(
        id=done.asset_id,
        is_done=True,
        asset=None if done.now is None else shown(done.now, services),
        before=None if before is None else models.Before(folder=before.folder, tags=list(before.tags)),
    )


@operation("GET", "/library")
def get_library(account: Account, services: Services) -> models.LibraryView:
    """One's folders and saved filters, and the tags and languages that there are."""
    library = services.library.of(account.owner)
    listed = services.store.listed(account.owner)
    inside = Counter(one.folder for one in listed if library.has(one.folder))
    spelt: dict[str, str] = {}
    tags: Counter[str] = Counter()
    for one in listed:
        for tag in one.tags:
            tags[spelt.setdefault(folding.same(tag), tag)] += 1
    languages = Counter(one.language.partition("-")[0] for one in listed if one.language)
    return models.LibraryView(
        count=len(listed),
        without_folder=len(listed) - inside.total(),
        folders=[_folder_view(one, inside[one.id]) for one in library.folders],
        tags=[models.Counted(name=name, count=count) for name, count in tags.most_common(_TAGS_TOLD)],
        languages=[models.Counted(name=name, count=count) for name, count in languages.most_common()],
        filters=[_filter_view(one, library) for one in library.filters],
    )


def _folder_view(folder: Folder, count: int = 0) -> models.FolderView:
    return models.FolderView(id=folder.id, name=folder.name, parent=folder.parent, count=count)


def _filter_view(saved: SavedFilter, library: Library) -> models.FilterView:
    view = models.FilterView.model_validate(saved)
    view.folder_is_gone = saved.folder not in {None, models.NO_FOLDER} and not library.has(saved.folder)
    return view


@operation("POST", "/folders", status=HTTPStatus.CREATED)
def create_folder(body: models.NewFolder, account: Account, services: Services) -> models.FolderView:
    """Make a folder, at the top or in another."""
    folder = Folder(secrets.token_hex(8), body.name, body.parent)
    services.library.change(account.owner, lambda library: library.with_folder(folder))
    return _folder_view(folder)


@operation("PATCH", "/folders/{folder_id}")
def change_folder(
    folder_id: str, body: models.FolderChanges, account: Account, services: Services
) -> models.FolderView:
    """Rename a folder, or put it into another, or at the top."""

    def change(library: Library) -> Library:
        before = library.folder(folder_id)
        name = before.name if body.name is None else body.name
        parent = body.parent if "parent" in body.model_fields_set else before.parent
        return library.with_changed(Folder(folder_id, name, parent))

    library = services.library.change(account.owner, change)
    return _folder_view(library.folder(folder_id), len(services.store.listed(account.owner, folder_id)))


@operation("DELETE", "/folders/{folder_id}")
def delete_folder(folder_id: str, account: Account, services: Services) -> None:
    """Delete a folder and those in it. Their recordings stay, and are then in no folder."""
    services.library.change(account.owner, lambda library: library.without_folder(folder_id))


@operation("POST", "/filters", status=HTTPStatus.CREATED)
def save_filter(body: models.FilterWanted, account: Account, services: Services) -> models.FilterView:
    """Save a filter under a name."""
    return _save(secrets.token_hex(8), body, account, services, lambda library: None)


@operation("PUT", "/filters/{filter_id}")
def change_filter(filter_id: str, body: models.FilterWanted, account: Account, services: Services) -> models.FilterView:
    """Have a saved filter look for something else, or be called something else."""
    return _save(filter_id, body, account, services, lambda library: library.saved(filter_id))


def _save(
    filter_id: str,
    wanted: models.FilterWanted,
    account: Account,
    services: Services,
    check: Callable[[Library], object],
) -> models.FilterView:
    saved = SavedFilter(
        filter_id,
        wanted.name,
        wanted.sort,
        wanted.folder,
        wanted.status,
        wanted.kind,
        wanted.tag,
        wanted.language,
        wanted.text,
        wanted.first_day.isoformat() if wanted.first_day else None,
        wanted.last_day.isoformat() if wanted.last_day else None,
    )

    def change(library: Library) -> Library:
        check(library)
        return library.with_filter(saved)

    return _filter_view(saved, services.library.change(account.owner, change))


@operation("DELETE", "/filters/{filter_id}")
def delete_filter(filter_id: str, account: Account, services: Services) -> None:
    """Delete a saved filter; what it finds stays."""
    services.library.change(account.owner, lambda library: library.without_filter(filter_id))
