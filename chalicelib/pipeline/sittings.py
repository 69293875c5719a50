"""Somebody sits and corrects a transcript: many saves, a pause of some seconds between each, and one edition.

A sitting ends after a longer pause, or when the page is left; once, through the queue. Then the corrections teach, if
whoever made them has agreed to that, and what was made of the text before is made anew (`remaking.py`).
"""

import json
from collections.abc import Callable
from functools import partial

from chalice.app import SQSEvent

from chalicelib.domain.assets import Asset, AssetRef, RunRef, Status
from chalicelib.message import Message
from chalicelib.observability import about, count
from chalicelib.pipeline import (
    consent,
    indexing,
    lessons,
    material,
    meaning,
    messages,
    models,
    nights,
    passing,
    remaking,
    vocabularies,
)
from chalicelib.seams.training import Trained
from chalicelib.services import Services
from chalicelib.storage import editions, versions

_MINUTE = 60


def corrected(asset: Asset, services: Services) -> None:
    """A transcript has just been corrected: its sitting ends if nothing more is for some minutes."""
    _send(asset, services, services.settings.sitting_minutes * _MINUTE)


def left(asset: Asset, services: Services) -> None:
    """Whoever corrected it has left the page: the sitting ends now."""
    if asset.edition:
        _send(asset, services, 0)


def _send(asset: Asset, services: Services, delay: int) -> None:
    messages.to_learning(messages.naming(asset.run, sitting=asset.edition), services, delay)


def work(event: SQSEvent, services: Services) -> None:
    """Do what the queue hands over: a sitting may have ended, a training is due, a lexicon has changed, material was
    brought, an account's index is to be brought up to date, or a file to go that was made to be fetched at once.
    """
    messages.each(event, services, _read, lambda do: do(services))


def _end(run: RunRef, edition: int, services: Services) -> None:
    """The sitting has ended that came to this save, unless there has been another one since."""
    with about(run.asset):
        asset = services.store.get(run.asset)
        if asset is not None and asset.version != run.version:
            _end_of_earlier(asset, run.version, edition, services)
            return
        if asset is None or asset.edition != edition:
            return
        if asset.editions[-1].ended_at is None:
            asset = services.store.end_sitting(run, edition, len(asset.editions) - 1)
            if asset is None:  # somebody has just gone on, or the same message was faster: it comes again if it dies
                return
            count("SittingsEnded")
        editions.clear(asset, services.outputs)
        indexing.changed(run.asset.owner, services, 0)
        lessons.take(asset, services)
        if asset.status in _IN_WORK:  # what is made of the text is under way: it is looked at again after that
            _send(asset, services, services.settings.sitting_minutes * _MINUTE)
        else:
            remaking.enqueue(asset, services)


def _end_of_earlier(current: Asset, version: int, edition: int, services: Services) -> None:
    """What was corrected just before the recording was heard again teaches too, until the new version is corrected.

    All else waits until somebody goes back to that version.
    """
    asset = versions.read(current, version, services.outputs)
    if asset is not None and asset.edition == edition and not current.edition:
        lessons.take(asset, services)


_IN_WORK = frozenset({Status.QUEUED, Status.PROCESSING})


def training_ended(trained: Trained, services: Services) -> None:
    """A trainer's service tells that a training has ended: it is gone on with in a message's time."""
    failure = trained.failure.to_json() if trained.failure else None
    messages.to_learning({"trained": trained.name, "artefact": trained.artefact, "failure": failure}, services)


def _read(body: str) -> Callable[[Services], None]:
    """What a message asks for. Raises ValueError if it asks for nothing that is known."""
    match values := json.loads(body):
        case {"Type": "Notification"}:  # a run has ended
            return partial(indexing.bring_up_to_date, messages.decode(body).asset.owner)
        case {"index": str(owner), "erased": str(gone)}:
            return partial(indexing.forget, AssetRef(owner, gone))
        case {"index": str(owner)}:
            return partial(indexing.bring_up_to_date, owner)
        case {"passing": str(key)}:
            return partial(passing.forget, key)
        case {"meaning": str(owner)}:
            return partial(meaning.bring_up_to_date, owner, refused=[*map(str, values.get("refused", ()))])
        case {"gather": str(owner)}:
            return partial(consent.gather, owner, after=values.get("after"))
        case {"forget": str(owner), "before": int() | float() as before}:
            return partial(consent.forget, owner, float(before))
        case {"sitting": int(edition)}:
            return partial(_end, messages.decode(body), edition)
        case {"scope": str(scope), "language": str(language), "due_at": int() | float() as due_at}:
            return partial(nights.train, nights.Named(scope, language, float(due_at), values.get("look") is True))
        case {"trained": str(name), "artefact": str() | None as artefact, "failure": dict() | None as failure}:
            try:
                told = Message.from_json(failure) if failure is not None else None
            except (LookupError, TypeError, AttributeError) as exc:
                raise ValueError("the message has a failure that cannot be read") from exc
            return partial(nights.made, Trained(name, artefact, told))
        case {"retired": str(trainer), "artefact": str(artefact)}:
            return partial(models.let_go, trainer, artefact)
        case {"material": str(set_id)}:
            return partial(material.go_on, set_id)
        case {"material_sweep": True}:
            return material.sweep
        case {"vocabulary": str(name)}:
            return partial(vocabularies.look, name)
        case {"vocabulary_of": str(owner), "language": str(language)}:
            touched = values.get("touched")
            return partial(vocabularies.refresh, owner, language, None if touched is None else str(touched))
    raise ValueError("the message names neither a sitting nor a training")
