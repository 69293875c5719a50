"""Tracks: the results of analysis of a recording, and what each says."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from chalice import Response

from chalicelib.api import downloads
from chalicelib.api.models.reading import Passages, PassageView, SharedTracks, SharedTrackView, Tracks, TrackView
from chalicelib.api.models.versions import VersionWanted
from chalicelib.api.operation import operation
from chalicelib.api.reading import readable, there
from chalicelib.domain import files, keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.links import Part
from chalicelib.domain.rights import Deed, Role
from chalicelib.domain.tracks import Track
from chalicelib.errors import NotFound
from chalicelib.pipeline import tracks
from chalicelib.services import Services


@operation("GET", "/assets/{asset_id}/tracks", is_for_withheld=True, deed=Deed.READ)
def list_tracks(asset: Asset, role: Role, query: VersionWanted, services: Services) -> Tracks:
    """The results of analysis of a recording: their titles, their files, and which engine made them when."""
    del query  # the asset is as it was then
    return Tracks(
        tracks=[
            TrackView(
                name=track.name,
                title=track.title,
                is_drawn=track.is_drawn,
                engine=record["engine"],
                started_at=record["started_at"],
                ended_at=record["ended_at"],
                files=there(readable(files.files_of(track, asset), role), asset, services),
            )
            for track, record in _noted(asset, services)
            if role is Role.OWNER or not track.is_private
        ],
        expires_in=downloads.EXPIRES_IN,
    )


@operation("GET", "/assets/{asset_id}/tracks/{track}", deed=Deed.READ)
def get_track(asset: Asset, role: Role, track: str, query: VersionWanted, services: Services) -> Passages | Response:
    """What a track says, passage by passage, each with its place in seconds or on a page."""
    del query  # as above
    return passages(asset, track, services, shown_by=None if role is Role.OWNER else tuple(Part))


def shared(asset: Asset, shown_by: Collection[Part], services: Services) -> SharedTracks:
    """The tracks for whoever has a link that shows these parts: neither who made them, nor any that are private."""
    noted = (track for track, _ in _noted(asset, services))
    return SharedTracks(
        tracks=[SharedTrackView.model_validate(track) for track in noted if track.is_shown_by(shown_by)]
    )


def _noted(asset: Asset, services: Services) -> Iterator[tuple[Track, Mapping[str, Any]]]:
    """The tracks that there are and that are given out, with what is noted of each."""
    if asset.is_withheld:
        return iter(())
    records = services.store.tracks(asset.ref)
    own = [record for record in records if record["version"] == asset.version]
    noted = {record["track"]: record for record in own}
    now = {record["JsonFile"]: record for record in own}  # what was made anew stands beside what the run made
    return ((track, now.get(track.key(asset), noted[track.name])) for track in services.tracks if track.name in noted)


def passages(
    asset: Asset, name: str, services: Services, *, shown_by: Collection[Part] | None = None
) -> Passages | Response:
    """What a track says; to others only if these parts show it (`shown_by`). Raises NotFound while there is none.

    What is more than a function may answer is stored, and the answer says where.
    """
    known = (track for track in services.tracks if shown_by is None or track.is_shown_by(shown_by))
    track = next((track for track in known if track.name == name), None)
    found = tracks.read(asset, track, services) if track is not None else None
    if track is None or found is None:
        raise NotFound("There is no such track of this asset, or not yet.", "no-track")
    answer = Passages(
        name=track.name,
        title=track.title,
        passages=[PassageView.model_validate(passage.to_json()) for passage in found],
    )
    key = keys.file_key(asset.run, keys.Folder.EDITS, f"passages-{track.name}-{asset.edition}.json")
    return downloads.whole_or_elsewhere(answer, key, services)
