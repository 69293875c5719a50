"""The tracks of an asset: which there are, and what they say."""

from collections.abc import Iterator, Mapping
from typing import Any

from chalice import Response

from chalicelib.api import editions, reading, reading_views
from chalicelib.api.library import MEDIA_EXPIRES_IN
from chalicelib.domain import files, keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.tracks import Track
from chalicelib.errors import NotFound
from chalicelib.pipeline import tracks as results
from chalicelib.services import Services


def tracks(asset: Asset, services: Services) -> reading_views.Tracks:
    """The tracks of the latest version, who made them, and their files."""
    return reading_views.Tracks(
        tracks=[
            reading_views.TrackView(
                name=track.name,
                title=track.title,
                is_drawn=track.is_drawn,
                engine=record["engine"],
                started_at=record["started_at"],
                ended_at=record["ended_at"],
                files=reading.there(files.files_of(track, asset), asset, services),
            )
            for track, record in _noted(asset, services)
        ],
        expires_in=MEDIA_EXPIRES_IN,
    )


def shared(asset: Asset, services: Services) -> reading_views.SharedTracks:
    """The same for whoever has a link: neither who made them, nor their files."""
    return reading_views.SharedTracks(
        tracks=[
            reading_views.SharedTrackView(name=track.name, title=track.title, is_drawn=track.is_drawn)
            for track, _ in _noted(asset, services)
        ]
    )


def _noted(asset: Asset, services: Services) -> Iterator[tuple[Track, Mapping[str, Any]]]:
    """The tracks that there are, with what is noted of each."""
    records = services.store.tracks(asset.ref)
    noted = {record["track"]: record for record in records if record["version"] == asset.version}
    return ((track, noted[track.name]) for track in services.tracks if track.name in noted)


def passages(asset: Asset, name: str, services: Services) -> Response | reading_views.Passages:
    """What a track says. Raises NotFound while there is none of that name.

    What is more than a function may answer is stored, and the answer says where.
    """
    track = next((track for track in services.tracks if track.name == name), None)
    found = results.read(asset, track, services) if track is not None else None
    if track is None or found is None:
        raise NotFound("There is no such track of this asset, or not yet.", "no-track")
    answer = reading_views.Passages(
        name=track.name,
        title=track.title,
        passages=[reading_views.PassageView.model_validate(passage.to_json()) for passage in found],
    )
    return editions.whole_or_elsewhere(answer, _stored(asset, track), services)


def _stored(asset: Asset, track: Track) -> str:
    return keys.file_key(asset.run, keys.Folder.EDITS, f"passages-{track.name}-{len(asset.edits)}.json")
