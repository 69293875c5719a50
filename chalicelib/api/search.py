"""Search: where something was said, seen or written in one's files.

All words are looked for, in any order, and in any form: capitals, accents, and plurals as English and French have them
do not count. What stands in quotation marks is looked for as it stands. A page reads at most twenty objects, however
many recordings there are (`pipeline/searching.py`). What others share is searched too; in whose recordings something
was found is in their logs, as if they had been opened.
"""

from collections.abc import Sequence

from chalicelib.api.models.reading import (
    HitView,
    Matches,
    MatchesWanted,
    MatchView,
    MeaningWanted,
    NearHitView,
    NearPage,
    NearView,
    PlaceView,
    SearchPage,
    SearchWanted,
)
from chalicelib.api.noting import note_reading
from chalicelib.api.operation import operation
from chalicelib.api.views import shown
from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import Asset
from chalicelib.domain.rights import Deed, Role
from chalicelib.domain.tracks import Moment, Page, Place
from chalicelib.pipeline import meaning, searching
from chalicelib.pipeline.searching import Cursor
from chalicelib.pipeline.shelves import shelves
from chalicelib.search.concordance import Spot
from chalicelib.search.passages import Passage, closeness
from chalicelib.search.query import Query
from chalicelib.search.terms import Phrase, phrases, units
from chalicelib.services import Services

_FIRST = 5
_A_PAGE = 100
_OWN = "own"


@operation("GET", "/search")
def search_transcripts(query: SearchWanted, account: Account, services: Services) -> SearchPage:
    """Where words stand: said, seen or written in one's own recordings and in those that others share with one."""
    wanted = _query(phrases(query.q), query)
    after = Cursor.parse(query.after) if query.after is not None else None
    mine = shelves(account, services)
    page = searching.search(mine, wanted, after, services)
    note_reading(account, [(hit.asset, hit.role) for hit in page.found], services)
    by = {shelf.owner: shelf.by for shelf in mine}
    hits = [
        HitView(
            asset=shown(hit.asset, services, hit.role),
            by=by[hit.asset.ref.owner],
            matches=list(map(_match, _some_of_each(hit.spots))),
            count=len(hit.spots),
        )
        for hit in page.found
    ]
    following = str(page.after) if page.after is not None else None
    return SearchPage(hits=hits, next=following, left=page.left, is_being_made=page.is_behind)


@operation("GET", "/search/meaning")
def search_by_meaning(query: MeaningWanted, account: Account, services: Services) -> NearPage:
    """Where something is said that means about the same, in whatever words and language. 404 where nothing tells."""
    after = "" if query.after == _OWN else query.after
    mine = shelves(account, services)
    page = meaning.page(mine, query.q, _query((), query), after, services)
    note_reading(account, [(one.asset, one.role) for one in page.found], services)
    by = {shelf.owner: shelf.by for shelf in mine}
    hits = [
        NearHitView(
            asset=shown(one.asset, services, one.role),
            by=by[one.asset.ref.owner],
            passages=[_near(cosine, passage, page.near) for cosine, passage in one.passages],
        )
        for one in page.found
    ]
    following = None if page.after is None else page.after or _OWN
    return NearPage(hits=hits, next=following, is_being_made=page.is_behind)


def _near(cosine: float, passage: Passage, near: tuple[float, float] | None) -> NearView:
    return NearView(
        text=passage.text,
        track=passage.track,
        speaker=passage.speaker,
        nearness=round(cosine, 3),
        closeness=closeness(cosine, near),
        **_place(passage.place).model_dump(),
    )


def _query(wanted: tuple[Phrase, ...], asked: SearchWanted | MeaningWanted) -> Query:
    return Query(
        wanted,
        units(asked.speaker or ""),
        units(asked.title or ""),
        asked.tag,
        asked.language,
        asked.since,
        asked.before,
    )


@operation("GET", "/assets/{asset_id}/matches", deed=Deed.READ)
def find_in_asset(asset: Asset, role: Role, query: MatchesWanted, services: Services) -> Matches:
    """All places where words stand in one recording, a page at a time."""
    wanted = Query(phrases(query.q), units(query.speaker or ""))
    spots = searching.spots(asset, wanted, services, role)
    end = query.offset + _A_PAGE
    found = list(map(_match, spots[query.offset : end]))
    return Matches(matches=found, count=len(spots), next=end if len(spots) > end else None)


def _match(spot: Spot) -> MatchView:
    hit = spot.hit
    place = _place(hit.place).model_dump()
    return MatchView(text=hit.text, track=hit.track, marks=list(hit.marks), speaker=hit.speaker, **place)


def _place(place: Place | None) -> PlaceView:
    match place:
        case Moment(start, end):
            return PlaceView(start=start, end=end)
        case Page(page):
            return PlaceView(page=page)
    return PlaceView()


def _some_of_each(spots: Sequence[Spot]) -> list[Spot]:
    """The first few in the order of their tracks: of each track one before any has two."""
    turns: dict[str, int] = {}
    order = []
    for at, spot in enumerate(spots):
        turn = turns[spot.track.name] = turns.get(spot.track.name, -1) + 1
        order.append((turn, at))
    return [spots[at] for at in sorted(at for _, at in sorted(order)[:_FIRST])]
