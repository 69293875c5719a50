"""Where something was said in one's recordings.

There is no index, so nothing costs while nobody searches: a page looks into the captions of the newest recordings,
many at a time, and says where to go on. So a search costs one small read for each recording looked into, and takes as
long as there are recordings: right for the thousands that an owner may have, not for millions.
"""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.api import library, reading_views
from chalicelib.clients.tokens import Account
from chalicelib.domain import files
from chalicelib.domain.assets import Asset, Status
from chalicelib.services import Services
from chalicelib.speech.search import Match, matches

LOOKED_INTO = 100
"""Recordings a page: some seconds at most, and some thousandths of a cent."""

_AT_ONCE = 16
_MATCHES = 5


def search(account: Account, wanted: reading_views.SearchWanted, services: Services) -> reading_views.SearchPage:
    """The recordings in which it was said, among the next hundred."""
    assets, after = services.store.page(account.owner, LOOKED_INTO, wanted.after)
    heard = [asset for asset in assets if asset.status is Status.COMPLETED]

    def look(asset: Asset) -> list[Match]:
        captions = services.outputs.read_text(files.transcript_key(asset, "srt", len(asset.edits)))
        return matches(captions, wanted.q, _MATCHES) if captions else []

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(look, heard))
    hits = [
        reading_views.HitView(
            asset=library.shown(asset, services),
            matches=[reading_views.MatchView(start=match.start, text=match.text) for match in said],
        )
        for asset, said in zip(heard, found, strict=True)
        if said
    ]
    return reading_views.SearchPage(hits=hits, next=after)
