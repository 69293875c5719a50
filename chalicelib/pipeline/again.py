"""A run that does the work on the same content again: what it takes over of the version before, what it carries over.

Where only hearing is asked for anew, renditions, what was seen and the sound are copied, not made anew, where they
would be the same. Copied, since every version's files go with that version. What is taken over is settled once, when
the run begins, so that it is paid for as it was done; what has gone since then is made anew all the same.

Confirmed words are carried over, whatever was done anew: each that stands in the new transcript too is confirmed there.
So are the names of speakers, where the same voices speak at the same times.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

from chalicelib.domain import keys, presets
from chalicelib.domain.ai_options import FALLBACK, AiOptions
from chalicelib.domain.assets import Again, Asset, BranchStatus, Rendition
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.services import Services
from chalicelib.speech.carrying import CarriedOver, carry_over
from chalicelib.speech.naming import named, names_for
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage import editions, versions
from chalicelib.vision.detections import Detection, wanted

RENDITIONS, VISION, SPEECH = "renditions", "vision", "speech"
"""The branches that this is about."""

SOUND = "sound"
"""What is taken over of the speech branch: the WAV that is heard."""

_MOST_COPIED = 4 * 1024**3
"""Bytes of renditions that are copied, all together: whoever begins a run has minutes for that, not hours."""

_IN_VAIN = Message(
    "heard-again-in-vain",
    "Transcribing it again gave no transcript. Transcript %(version)s is still there, and can be used again on the "
    "page of the recording.",
)
_ALL_STAND = Message("confirmed-words-stand", "All %(count)s confirmed words of transcript %(version)s were kept.")
_SOME_DIFFER = Message(
    "confirmed-words-differ",
    "%(count)s of %(total)s confirmed words of transcript %(version)s were kept. The others were heard differently: "
    "the page of the recording leads to them.",
)


def following(asset: Asset, *, is_hearing: bool = False) -> Again | None:
    """What another run would follow: the current one, if it came to a transcript, or else what that followed."""
    if is_transcribed(asset):
        return Again(asset.version, is_hearing)
    return replace(asset.again, is_hearing=is_hearing, taken=()) if asset.again is not None else None


def is_transcribed(asset: Asset) -> bool:
    """Whether its current run came to a transcript."""
    state = asset.branches.get(SPEECH)
    return state is not None and state.status is BranchStatus.DONE


def settled(asset: Asset, services: Services) -> Asset:
    """The asset, whose run is just planned, with what it takes over of the version that it follows."""
    if asset.again is None or not asset.again.is_hearing:
        return asset
    before = versions.read(asset, asset.again.after, services.outputs)
    return asset if before is None else replace(asset, again=_with_what_stays(asset, before, services))


def expected(asset: Asset, before: Asset, services: Services) -> Again | None:
    """What would be taken over of the run of `before` if one began that is planned as `asset`."""
    return None if asset.again is None else _with_what_stays(asset, before, services)


def _with_what_stays(asset: Asset, before: Asset, services: Services) -> Again:
    assert asset.again is not None, "who calls has looked"
    return replace(asset.again, taken=tuple(_what_stays(asset, before, services)))


def _what_stays(asset: Asset, before: Asset, services: Services) -> Iterator[str]:
    if asset.media is None or before.media is None:
        return
    if _but_for_channels(asset.media) == _but_for_channels(before.media) and _has_renditions(asset, before, services):
        yield RENDITIONS
    if _picture(asset.media) == _picture(before.media) and _has_rows(asset, before, services):
        yield VISION
    sound = keys.output_key(before, keys.Folder.AUDIO, ".wav")
    if asset.media.audio == before.media.audio and services.outputs.info(sound) is not None:
        yield SOUND


def _but_for_channels(media: MediaInfo) -> MediaInfo:
    """The file as renditions are made of it: whether its channels are heard apart makes none of them another."""
    return replace(media, audio=media.audio and replace(media.audio, apart=False))


def _picture(media: MediaInfo) -> MediaInfo:
    return replace(media, audio=None, others=())


def _has_renditions(asset: Asset, before: Asset, services: Services) -> bool:
    state = before.branches.get(RENDITIONS)
    if asset.options.presets != before.options.presets or state is None or state.status is not BranchStatus.DONE:
        return False
    sizes = [services.outputs.info(one.key) for one in before.renditions]
    there = [info.size for info in sizes if info is not None]
    return bool(there) and len(there) == len(sizes) and sum(there) <= _MOST_COPIED


def _has_rows(asset: Asset, before: Asset, services: Services) -> bool:
    """Whether all that is looked for was found before. Where a policy follows of what is seen, it is looked for anew:
    by how sure it was then, nobody can tell what the policy of today makes of it.
    """
    if asset.moderation is not None or before.moderation is not None or before.done is None or asset.done is None:
        return False
    detections = wanted(asset.ai)
    is_same = bool(detections) and _as_seen(asset.done) == _as_seen(before.done)
    return is_same and all(services.outputs.info(one.key(before)) is not None for one in detections)


def _as_seen(options: AiOptions) -> AiOptions:
    """Settled options without those by which things are heard and read."""
    return replace(
        options,
        transcribe=None,
        language_code=None,
        custom_language_model=None,
        custom_vocabulary=None,
        keyphrase=None,
        entity=None,
        sentiment=None,
        toxicity=None,
        customentity=None,
        custom_entity_recognizer=None,
    )


# ---- taking over


def _before(asset: Asset, what: str, services: Services) -> Asset | None:
    """The version of which `what` is taken over; None if it is not, or not any more."""
    if asset.again is None or what not in asset.again.taken:
        return None
    return versions.read(asset, asset.again.after, services.outputs)


def take_renditions(asset: Asset, services: Services) -> list[Rendition] | None:
    """Copy the renditions of the version before; None where they have to be made."""
    before = _before(asset, RENDITIONS, services)
    taken = []
    for one in before.renditions if before is not None else ():
        preset = presets.find(one.preset)
        key = keys.output_key(asset, one.preset, f".{preset.extension}")
        if not _copied(one.key, key, preset.content_type, services):
            return None
        taken.append(replace(one, key=key))
    return taken or None


def take_rows(asset: Asset, detection: Detection, services: Services) -> bool:
    """Copy what was found before; False where it has to be looked for."""
    before = _before(asset, VISION, services)
    source = None if before is None else detection.key(before)
    if source is None or services.outputs.info(source) is None:
        return False
    services.outputs.copy(services.outputs.at(source), detection.key(asset))
    return True


def take_sound(asset: Asset, services: Services) -> bool:
    """Copy the sound that was heard before; False where it has to be made."""
    before = _before(asset, SOUND, services)
    if before is None:
        return False
    source = keys.output_key(before, keys.Folder.AUDIO, ".wav")
    return _copied(source, keys.output_key(asset, keys.Folder.AUDIO, ".wav"), "audio/wav", services)


def _copied(source: str, key: str, content_type: str, services: Services) -> bool:
    info = services.outputs.info(source)
    if info is None:
        return False
    there = services.outputs.info(key)
    if there is None or there.size != info.size:
        services.outputs.compose(key, b"", services.outputs.at(source), 0, info.size, content_type)
    return True


# ---- carrying over


def carried(asset: Asset, transcript: Transcript, services: Services) -> Transcript:
    """The transcript that was just heard, with the words confirmed that were so in the version that it follows, and its
    speakers called as they were there.

    What became of them is kept beside it. Done again, it is the same: in a transcript that has the names already nobody
    is left to give them to, so what was found the first time stays.
    """
    before = versions.read(asset, asset.again.after, services.outputs) if asset.again is not None else None
    stored = None if before is None else editions.read(before, before.edition, services.outputs)
    if stored is None:
        return transcript
    old, known = load_transcript(stored), carried_over(asset, services)
    found, carried = carry_over(old, transcript)
    names = names_for(transcript, old) or (known.names if known is not None else {})
    services.outputs.write_json(versions.carried_key(asset), replace(carried, names=names).to_json())
    return named(found, names)


def carried_over(asset: Asset, services: Services) -> CarriedOver | None:
    """What was carried over of the version that the current run follows; None where it followed none, or not yet."""
    stored = services.outputs.read(versions.carried_key(asset)) if asset.again is not None else None
    return None if stored is None else CarriedOver.from_json(json.loads(stored))


def notes_on_carried(asset: Asset, services: Services) -> list[Message]:
    """What to say of them to whoever has the new version."""
    found = carried_over(asset, services)
    if found is None or asset.again is None or not (found.stand or found.differ):
        return []
    if not found.differ:
        return [_ALL_STAND.of(count=found.stand, version=asset.again.after)]
    total = found.stand + found.differ
    return [_SOME_DIFFER.of(count=found.stand, total=total, version=asset.again.after)]


def notes_at_end(asset: Asset) -> list[Message]:
    """What to say of a run that ends without a transcript, though the version that it follows has one."""
    is_in_vain = asset.again is not None and _misses_transcript(asset)
    return [_IN_VAIN.of(version=asset.again.after)] if is_in_vain and asset.again is not None else []


def _misses_transcript(asset: Asset) -> bool:
    """Whether it has no transcript, though one is wanted."""
    return not is_transcribed(asset) and bool(asset.options.ai.over(FALLBACK).transcribe)


def to_read(asset: Asset, services: Services) -> Asset:
    """The asset as it is to be read: as it was before, while it is heard again, and after that was in vain."""
    stands = asset.again is None or (asset.has_ended and (asset.is_withheld or not _misses_transcript(asset)))
    if stands or asset.again is None:
        return asset
    return versions.read(asset, asset.again.after, services.outputs) or asset
