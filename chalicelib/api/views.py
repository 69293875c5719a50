"""An asset as its owner sees it."""

from collections.abc import Mapping

from chalicelib.api.downloads import address
from chalicelib.api.language import message_view
from chalicelib.api.models.assets import (
    AgainView,
    AssetView,
    BranchView,
    CostView,
    FetchView,
    ModerationView,
    RenditionView,
    SensitiveView,
    SoundTrackView,
)
from chalicelib.api.models.options import AiOptionsChosen, AiOptionsView
from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset, ReportState
from chalicelib.domain.moderation import Moderation
from chalicelib.domain.rights import Role
from chalicelib.pipeline.branches import progress_of
from chalicelib.services import Services
from chalicelib.speech.clarity import Clarity

SMALL = (presets.GIF.name, presets.THUMBNAIL.name)
"""The renditions that stand for an asset in a list."""


def shown(asset: Asset, services: Services, role: Role = Role.OWNER) -> AssetView:
    """An asset with what is not stored in it: its small picture, which moves where it does, and how far the work is;
    for others than its owner without what is its owner's business only.
    """
    asset = asset.as_given_out
    small = next((made for made in asset.renditions if made.preset in SMALL), None)
    progress = progress_of(asset, services)
    view = asset_view(asset, address(small.key, services) if small else None, progress)
    return view if role is Role.OWNER else _for_others(view, role)


def _for_others(view: AssetView, role: Role) -> AssetView:
    view.role = role
    view.cost = view.moderation = view.folder = view.changed_at = view.kept_until = view.again = view.fetch = None
    view.tags, view.notes, view.sound_tracks = [], [], []
    view.file_name = view.title
    view.no_training, view.newest, view.report = False, view.version, ReportState.NONE
    seen = view.ai_options.done.moderation if view.ai_options.done else None
    view.ai_options = AiOptionsChosen(asked=AiOptionsView(), done=AiOptionsView(moderation=seen))
    if role is Role.LINK:
        view.preview = None
    return view


def asset_view(
    asset: Asset, preview: str | None = None, progress: Mapping[str, float | None] | None = None
) -> AssetView:
    """An asset as its owner sees it."""
    asset = asset.as_given_out
    known = progress or {}
    width, height = _size(asset)
    return AssetView(
        id=asset.ref.asset_id,
        file_name=asset.file_name,
        title=asset.title or asset.file_name,
        download_name=keys.download_name(asset, ""),
        tags=list(asset.tags),
        status=asset.status,
        version=asset.version,
        edition=asset.edition,
        editions=len(asset.editions),
        created_at=asset.created_at,
        started_at=asset.started_at,
        finished_at=asset.finished_at,
        kind=asset.kind,
        size=asset.size,
        duration=asset.media.duration if asset.media else None,
        width=width,
        height=height,
        pages=asset.media.pages if asset.media else None,
        ai_options=AiOptionsChosen(
            asked=AiOptionsView.of(asset.options.ai),
            done=AiOptionsView.of(asset.done) if asset.done is not None else None,
        ),
        sound_tracks=_sound_tracks(asset),
        branches={
            branch: BranchView(
                status=state.status,
                progress=known.get(branch),
                error=message_view(state.failure) if state.failure else None,
            )
            for branch, state in asset.ends.items()
        },
        renditions=[RenditionView.model_validate(rendition) for rendition in asset.renditions],
        notes=list(map(message_view, asset.notes)),
        error=message_view(asset.failure) if asset.failure else None,
        cost=CostView(usd=float(asset.cost.usd), as_of=asset.cost.as_of) if asset.cost and asset.cost.usd else None,
        language=asset.language,
        mood=asset.mood,
        clarity=Clarity(asset.clarity) if asset.clarity else None,
        preview=preview,
        report=asset.report,
        kept_until=asset.expires,
        moderation=_moderation(asset.moderation),
        is_withheld=asset.is_withheld,
        no_training=asset.no_training,
        newest=asset.newest,
        again=AgainView(after=asset.again.after, is_hearing=asset.again.is_hearing) if asset.again else None,
        folder=asset.folder,
        changed_at=asset.changed_at,
        fetch=_fetch(asset),
    )


def _fetch(asset: Asset) -> FetchView | None:
    known = asset.fetch
    if known is None:
        return None
    fetched = known.fetched if asset.size is None else asset.size
    progress = fetched / known.size if known.has_ranges and known.size else None
    return FetchView(host=known.host, fetched=fetched, size=known.size, progress=progress)


def _moderation(known: Moderation | None) -> ModerationView | None:
    """What its owner is told of what was seen: who decided is nobody's business but administrators'."""
    if known is None or known.reason is None:
        return None
    return ModerationView(
        policy=known.policy,
        reason=message_view(known.reason),
        seen=sensitive_views(known),
        decision=known.decision,
        decided_at=known.decided_at,
    )


def sensitive_views(known: Moderation) -> list[SensitiveView]:
    """What was seen, in order."""
    return [SensitiveView.model_validate(one) for one in known.found]


def _size(asset: Asset) -> tuple[int | None, int | None]:
    """Of the picture, in pixels, as it is seen."""
    media = asset.media
    if media is None:
        return None, None
    if media.picture is not None:
        return media.picture.width, media.picture.height
    return media.video.display_size if media.video else (None, None)


def _sound_tracks(asset: Asset) -> list[SoundTrackView]:
    media = asset.media
    if media is None:
        return []
    return [
        SoundTrackView(number=track.number, language=track.language, title=track.title, is_heard=track is media.audio)
        for track in media.tracks
    ]
