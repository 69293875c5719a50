"""What follows of sensitive content in a film or a picture, by the deployment's policy.

What a run comes to is worked out from its track `moderation` and from nothing else, so whoever asks, and however often,
gets the same answer; the write that ends the run then has it. Where a policy holds or rejects and nobody could look, a
person decides: what nobody has looked at is not given out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.domain.assets import Asset, Status, outcome
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.moderation import Decision, Moderation, Policy, Released, Sensitive
from chalicelib.domain.tracks import Moment, Passage
from chalicelib.message import Message
from chalicelib.pipeline import tracks
from chalicelib.services import Services
from chalicelib.settings import Settings
from chalicelib.vision.detections import Detection
from chalicelib.vision.moderation import ModerationRule
from chalicelib.vision.tracks import OF_DETECTION

_KINDS = {
    "Explicit": Message("sensitive-explicit", "perhaps nudity or sex"),
    "Non-Explicit Nudity of Intimate parts and Kissing": Message("sensitive-skin", "perhaps bare skin"),
    "Swimwear or Underwear": Message("sensitive-swimwear", "perhaps swimwear or underwear"),
    "Violence": Message("sensitive-violence", "perhaps violence"),
    "Visually Disturbing": Message("sensitive-disturbing", "perhaps disturbing pictures"),
    "Drugs & Tobacco": Message("sensitive-drugs", "perhaps drugs or tobacco"),
    "Alcohol": Message("sensitive-alcohol", "perhaps alcohol"),
    "Rude Gestures": Message("sensitive-gestures", "perhaps rude gestures"),
    "Gambling": Message("sensitive-gambling", "perhaps gambling"),
    "Hate Symbols": Message("sensitive-hate", "perhaps signs of hatred"),
}
"""Rekognition's labels of the first level, soberly: an engine may be wrong.
https://docs.aws.amazon.com/rekognition/latest/dg/moderation.html"""

_OTHER = Message("sensitive-other", "perhaps something else that is not for everybody")
_SEEN_AT = Message("sensitive-seen", "Sensitive content was seen in it: %(kinds)s (%(times)s).")
_SEEN = Message("sensitive-in-picture", "Sensitive content was seen in it: %(kinds)s.")
_UNSEEN = Message("sensitive-not-looked-for", "Nobody could look whether there is sensitive content in it.")
_REJECTED = Message("sensitive-rejected", "%(seen)s This service does not take such files.")
_HELD = Message("sensitive-held", "%(seen)s It is held until an administrator has decided.")
_RELEASED = Message("sensitive-released", "It was held, and an administrator has looked at it and released it.")
_STILL_RELEASED = Message(
    "sensitive-still-released", "An administrator has released this very file before, and it stays released."
)
_DECIDED = Message("administrator-rejected", "%(seen)s An administrator has looked at it and rejected it.")
_DECIDED_SINCE = Message(
    "administrator-rejected-since", "%(seen)s An administrator has looked at it and rejected it: %(reason)s"
)
_DECIDED_UNSEEN = Message("administrator-rejected-unseen", "An administrator has looked at it and rejected it.")
_DECIDED_UNSEEN_SINCE = Message(
    "administrator-rejected-unseen-since", "An administrator has looked at it and rejected it: %(reason)s"
)

_MOST_KEPT = 100
"""Of what was found: all of it is in the track."""

_MOST_TIMES = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """How a run ends whose branches have closed: its status, why, what was seen, and what to note of it.

    `is_clear` says that what was withheld for the sake of its moderation may be given out.
    """

    status: Status
    failure: Message | None = None
    moderation: Moderation | None = None
    notes: tuple[Message, ...] = ()
    is_clear: bool = False


def at_start(media: MediaInfo, settings: Settings) -> Moderation | None:
    """What a run begins with over such a file; None where nothing follows of what is seen in it."""
    if settings.moderation_policy is None or not is_looked_at(media):
        return None
    return Moderation(Policy(settings.moderation_policy))


def is_looked_at(media: MediaInfo) -> bool:
    """Whether a policy concerns such a file: a film, or a picture, also one that is read as a document."""
    return media.video is not None or media.picture is not None


def judged(asset: Asset, services: Services) -> Judged:
    """How the current run of `asset` ends if nothing more is done."""
    end, known = outcome(asset.branches), asset.moderation
    if known is None:
        return Judged(end)
    found = _counted(asset, services)
    if found == []:
        return Judged(end, is_clear=True)
    reason = _UNSEEN if found is None else _seen(found)
    moderation = replace(known, found=tuple(found or ())[:_MOST_KEPT], reason=reason)
    if known.policy.withholds and (before := released(asset)) is not None and before.covers(found or ()):
        moderation = replace(
            moderation,
            decision=Decision.RELEASE,
            decided_by=before.by,
            decided_at=before.at,
            comment=before.comment,
        )
        return Judged(end, None, moderation, (_STILL_RELEASED,), is_clear=True)
    match known.policy:
        case Policy.NOTE:
            return Judged(end, None, moderation, (reason,))
        case Policy.REJECT if found:
            return Judged(Status.REJECTED, _REJECTED.of(seen=reason), moderation)
    return Judged(Status.HELD, None, replace(moderation, reason=_HELD.of(seen=reason)))


def decided(asset: Asset, decision: Decision, by: str, now: float, comment: str) -> Judged:
    """How a run ends that is held, as somebody decides at `now` (seconds since the epoch)."""
    held = asset.moderation or Moderation(Policy.HOLD)
    seen = _seen(held.found) if held.found else _UNSEEN
    moderation = replace(held, reason=seen, decision=decision, decided_by=by, decided_at=now, comment=comment)
    if decision is Decision.RELEASE:
        return Judged(outcome(asset.branches), None, moderation, (_RELEASED,), is_clear=True)
    if held.found:
        failure = _DECIDED_SINCE.of(seen=seen, reason=comment) if comment else _DECIDED.of(seen=seen)
    else:  # that nobody could look is true no more
        failure = _DECIDED_UNSEEN_SINCE.of(reason=comment) if comment else _DECIDED_UNSEEN
    return Judged(Status.REJECTED, failure, moderation)


def rule(asset: Asset, settings: Settings) -> ModerationRule | None:
    """What counts against the file of the current run, and whether the run stops at it; None if nothing follows of it.

    By the policy that the run began with, whatever the deployment's is by now: so it is judged, too. What an
    administrator has released is looked through to its end.
    """
    if asset.moderation is None:
        return None
    is_stopped = stops(asset) and released(asset) is None
    return ModerationRule(settings.moderation_confidence, settings.moderation_kinds, is_stopped)


def release_of(asset: Asset, moderation: Moderation) -> Released | None:
    """What to remember of a decision about the content of `asset`: None where it is not a release."""
    if moderation.decision is not Decision.RELEASE or asset.etag is None:
        return None
    return Released(asset.etag, moderation.found, moderation.decided_by, moderation.decided_at, moderation.comment)


def released(asset: Asset) -> Released | None:
    """What an administrator has released of the very bytes that the current run is about; None if they have not."""
    known = asset.released
    return known if known is not None and known.etag == asset.etag else None


def stops(asset: Asset) -> bool:
    """Whether the current run ends as soon as something is found."""
    return asset.moderation is not None and asset.moderation.policy is Policy.REJECT


def _counted(asset: Asset, services: Services) -> list[Sensitive] | None:
    """What counts against the film or picture, in the order of its times; None if nobody has looked."""
    passages = tracks.read(asset, OF_DETECTION[Detection.MODERATION], services)
    if passages is None:
        return None
    settings = services.settings
    rule = ModerationRule(settings.moderation_confidence, settings.moderation_kinds)
    found = [_sensitive(passage, rule.kinds) for passage in rule.counted(passages)]
    return sorted(found, key=lambda one: (one.start or 0.0, one.kind, one.name))


def _sensitive(passage: Passage, kinds: Iterable[str]) -> Sensitive:
    place = passage.place if isinstance(passage.place, Moment) else None
    kind = passage.text if passage.text in kinds else passage.label or passage.text
    start, end = (place.start, place.end) if place is not None else (None, None)
    return Sensitive(kind, passage.text, start, end, float(passage.confidence or 0))


def _seen(found: Iterable[Sensitive]) -> Message:
    """A sentence on what was found, soberly, and when."""
    found = list(found)
    kinds = tuple(dict.fromkeys(_KINDS.get(one.kind, _OTHER) for one in found))
    times = tuple(dict.fromkeys(float(int(one.start)) for one in found if one.start is not None))
    return _SEEN_AT.of(kinds=kinds, times=times[:_MOST_TIMES]) if times else _SEEN.of(kinds=kinds)
