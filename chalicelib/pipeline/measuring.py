"""A candidate is measured beside what is in use: on recordings that were held out, and on the general set."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import S3Object
from chalicelib.learning.gate import Heard, Judgement, judge
from chalicelib.learning.lessons import measured
from chalicelib.learning.models import EVERYBODY, Model, ModelRef
from chalicelib.learning.rules import largest_share
from chalicelib.pipeline import general_set
from chalicelib.pipeline.hear_once import hear_once
from chalicelib.pipeline.known import Known, Recording, owner_of, ref_of
from chalicelib.seams.training import ChangesTranscripts, HearsWith, Trainer
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.services import Services
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage import editions

_MOST_MEASURED = 40
"""Held-out recordings that are measured in a night, the latest: more would make it no surer, and read the stock."""

_PARTS = 5


def held_out(scope: str, known: Known) -> list[tuple[str, Recording]]:
    """The recordings to measure by: for everybody, of no account more than a fifth, or than its even share where there
    are fewer than five.
    """
    latest = sorted(((name, one) for name, one in known.items() if one.is_held_out), key=lambda pair: -pair[1].at)
    return fairly(scope, latest, _MOST_MEASURED)


def fairly(scope: str, recordings: list[tuple[str, Recording]], most: int) -> list[tuple[str, Recording]]:
    """The first of these recordings, at most so many: for everybody, of no account more than its share."""
    if scope != EVERYBODY:
        return recordings[:most]
    by_owner: dict[str, list[tuple[str, Recording]]] = defaultdict(list)
    for name, one in recordings:
        by_owner[owner_of(name)].append((name, one))
    parts = min(_PARTS, len(by_owner))
    share = largest_share((min(len(found), most) for found in by_owner.values()), parts) if by_owner else 0
    even = max(1, most // max(1, len(by_owner)))
    kept = {name for found in by_owner.values() for name, _ in found[: min(share, even)]}
    return [(name, one) for name, one in recordings if name in kept][:most]


def to_hear(scope: str, language: str, known: Known, services: Services) -> float:
    """Seconds of sound that are heard to measure a model that hears: held out, and of the general set."""
    general = sum(one.seconds for one in general_set.of(language, services) if one.sound is not None)
    return general + sum(one.seconds for _, one in held_out(scope, known))


def heard_of(ref: ModelRef) -> str:
    """Where begins what was heard to measure a model: it goes once that is done."""
    return f"{keys.model_of(ref.scope, ref.language, ref.trainer, ref.number)}/heard/"


@dataclass
class _Measured:
    """One way of hearing after the other: with what is in use, with the candidate. `is_waiting` says that some
    recordings are still being heard.
    """

    heard: list[Heard] = field(default_factory=list)
    general: list[Heard] = field(default_factory=list)
    is_waiting: bool = False


def measure(
    model: Model, artefact: str, current: str | None, trainer: Trainer, known: Known, services: Services
) -> Judgement | None:
    """How a candidate's `artefact` does beside what is in use; None while recordings are still being heard again."""
    if isinstance(trainer, ChangesTranscripts):
        found = _by_changes(model, artefact, current, trainer, known, services)
    elif isinstance(trainer, HearsWith):
        found = _by_hearing(model, artefact, current, trainer, known, services)
    else:
        found = _Measured()
    return None if found.is_waiting else judge(found.heard, found.general)


def _by_changes(
    model: Model, artefact: str, current: str | None, trainer: ChangesTranscripts, known: Known, services: Services
) -> _Measured:
    dropped = services.learning.dropped(model.ref.scope, model.ref.language)
    documents = [services.outputs.read(place) if place else None for place in (current, artefact)]

    def compared(heard: Transcript, written: Transcript) -> Heard:
        by = [heard if rules is None else trainer.changed(rules, heard, dropped) for rules in documents]
        return Heard(*(measured(written, one, model.ref.language) for one in by))

    found = _Measured()
    for name, one in held_out(model.ref.scope, known):
        asset = _still_there(name, one, services)
        pair = _pair(asset, one, services) if asset else None
        if pair is not None:
            found.heard.append(compared(*pair))
    for general in general_set.of(model.ref.language, services):
        first = general.heard or general_set.first_heard(general, model.ref.language, services)
        if isinstance(first, Transcript):
            found.general.append(compared(first, general.written))
        found.is_waiting |= first is None
    return found


def _by_hearing(
    model: Model, artefact: str, current: str | None, trainer: HearsWith, known: Known, services: Services
) -> _Measured:
    found = _Measured()
    folder = heard_of(model.ref)
    wanted: set[str] = set()

    def compared(called: str, sound: S3Object, written: Transcript, language: str | None) -> Heard | None:
        ways = (current, artefact)
        by = []
        for with_what in ways:
            # By which model, too: another may have come into use since it was last asked for.
            way = "none" if with_what is None else hashlib.sha256(with_what.encode()).hexdigest()[:12]
            place = f"{folder}{called}.{way}.json"
            wanted.add(place)
            job = TranscriptionJob(f"{model.ref.job_name}-{called}-{way}", sound, services.outputs.at(place), language)
            heard = hear_once(job, partial(trainer.hear, job, with_what), services)
            if isinstance(heard, Transcript):
                by.append(measured(written, heard, model.ref.language))
            found.is_waiting |= heard is None
        return Heard(*by) if len(by) == len(ways) else None

    for name, one in held_out(model.ref.scope, known):
        asset = _still_there(name, one, services)
        pair = _pair(asset, one, services) if asset else None
        sound = _sound(asset, services) if asset else None
        if asset is not None and pair is not None and sound is not None:
            both = compared(asset.ref.asset_id, sound, pair[1], asset.language)
            found.heard += [both] if both else []
    for general in general_set.of(model.ref.language, services):
        if general.sound is not None:
            both = compared(f"general-{general.name}", general.sound, general.written, general.written.language)
            found.general += [both] if both else []
    for place in services.outputs.names(folder):
        if place not in wanted:
            services.outputs.delete_under(place)  # its recording is gone, or is measured by no more
    return found


def _still_there(name: str, one: Recording, services: Services) -> Asset | None:
    asset = services.store.get(ref_of(name))
    return asset if asset and asset.version == one.version and asset.edition >= one.edition else None


def _pair(asset: Asset, one: Recording, services: Services) -> tuple[Transcript, Transcript] | None:
    """What was heard of a recording, before any rule, and what is right."""
    first, right = (editions.read(asset, edition, services.outputs) for edition in (0, one.edition))
    return None if first is None or right is None else (load_transcript(first).as_heard(), load_transcript(right))


def _sound(asset: Asset, services: Services) -> S3Object | None:
    """The sound that was heard, where it is still there."""
    if asset.media is not None and asset.media.is_speech_wav:
        place, store = asset.input_key, services.uploads
    else:
        place, store = keys.output_key(asset, keys.Folder.AUDIO, ".wav"), services.outputs
    return store.at(place) if store.info(place) else None
