"""Search: where something was said, seen or written in one's files.

There is no index, so nothing costs while nobody searches: a page looks into the captions of the newest recordings, and
into what other tracks are to be searched (text on screen, things that were seen, what is written in documents), many at
a time, and says where to go on. So a search costs one small read for
each such track of a recording, and takes as long as there are recordings: right for the thousands that an owner may
have, not for millions.
"""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.api.models.reading import HitView, MatchView, SearchPage, SearchWanted
from chalicelib.api.operation import operation
from chalicelib.api.views import shown
from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import Asset, Status
from chalicelib.pipeline import tracks
from chalicelib.services import Services
from chalicelib.speech.search import matches

LOOKED_INTO = 100
"""Recordings a page: some seconds at most, and some thousandths of a cent."""

_AT_ONCE = 16
_MATCHES = 5


@operation("GET", "/search")
def search_transcripts(query: SearchWanted, account: Account, services: Services) -> SearchPage:
    """Where something was said in one's recordings, seen in them, or written in one's documents."""
    assets, after = services.store.page(account.owner, LOOKED_INTO, query.after)
    heard = [asset for asset in assets if asset.status is Status.COMPLETED and not asset.is_withheld]

    def look(asset: Asset) -> list[MatchView]:
        per_track = [
            [
                MatchView.model_validate({**match.to_json(), "track": track.name})
                for match in matches(
                    tracks.read(asset, track, services) or (), query.q, _MATCHES, apart=track.are_apart
                )
            ]
            for track in services.tracks
            if track.is_searched
        ]
        return _some_of_each(per_track)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(look, heard))
    hits = [
        HitView(asset=shown(asset, services), matches=said) for asset, said in zip(heard, found, strict=True) if said
    ]
    return SearchPage(hits=hits, next=after)


def _some_of_each(per_track: list[list[MatchView]]) -> list[MatchView]:
    """A few matches in the order of their tracks: of each track one before any has two."""
    turns = sorted((turn, track) for track, found in enumerate(per_track) for turn in range(len(found)))
    return [per_track[track][turn] for track, turn in sorted((track, turn) for turn, track in turns[:_MATCHES])]
