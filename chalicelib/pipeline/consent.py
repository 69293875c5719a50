"""An account agrees that its corrections teach, or takes that back. Both can be done again.

What is learnt for the account is deleted while it waits; what each of its recordings has taught, of which there may be
thousands, through the queue `learning`, some a message.
"""

import time

from chalicelib.domain import keys
from chalicelib.domain.accounts import TRAINING_WORDING, Profile, Training, TrainingScope
from chalicelib.domain.assets import AssetRef
from chalicelib.learning.lexicon import Source
from chalicelib.learning.models import EVERYBODY, ModelState
from chalicelib.pipeline import lessons, messages, models, vocabularies
from chalicelib.services import Services
from chalicelib.storage.learning import term_id

AT_ONCE = 100
"""Recordings that a message sees to."""


def agree(owner: str, scope: TrainingScope, services: Services) -> Profile:
    """The owner agrees, now, to the wording of today; since when they do stays, where nothing changes. What they have
    corrected before is taken in too.
    """
    profile = services.users.profile(owner)
    if profile.teaches is None or profile.teaches.scope is not scope:
        agreed = Training(scope, time.time(), TRAINING_WORDING)
        profile = services.users.change(owner, {"training": agreed})
    gather_later(owner, services)
    return profile


def withdraw(owner: str, services: Services) -> Profile:
    """The owner agrees no longer: what was learnt for their account goes at once, and the next night of everybody's is
    without them.
    """
    profile = services.users.change(owner, {"training": None})
    stop(owner, services)
    _forget_later(owner, time.time(), services)
    return profile


def stop(owner: str, services: Services) -> None:
    """Take out of use and delete what was learnt for an account, and have the next night of everybody's be without it.
    Safe to call again.
    """
    learning = services.learning
    for language in {noted.language for noted in learning.lessons(owner) if noted.everybody}:
        learning.make_due(EVERYBODY, language, lessons.due_next(services))
    for model in learning.models(owner):
        if model.state is not ModelState.RETIRED:
            models.retire(model, services)
    services.outputs.delete_under(keys.learning_of(owner))
    for one in learning.all_dropped(owner):
        learning.take_up(owner, one.language, one.heard)
    learnt = [entry for entry in learning.entries(owner) if entry.source is Source.LEARNT]
    for entry in learnt:
        learning.remove_entry(owner, entry.language, term_id(entry.text))
    vocabularies.changed(owner, {entry.language for entry in learnt}, services)


def forget(owner: str, before: float, services: Services) -> None:
    """Take out of all learning what an account has taught until it withdrew (`before`, seconds since the epoch), some
    recordings a message. If it has agreed again by then, it is gathered anew after the last. Safe to call again.
    """
    learning = services.learning
    taught = [noted for noted in learning.lessons(owner) if noted.at <= before]
    for noted in taught[:AT_ONCE]:
        lessons.forget(AssetRef(owner, noted.asset_id), services)
    if len(taught) > AT_ONCE:
        _forget_later(owner, before, services)
        return
    if services.users.profile(owner).teaches is not None:
        gather_later(owner, services)
    services.users.take_back_late(owner)


def _forget_later(owner: str, before: float, services: Services) -> None:
    messages.to_learning({"forget": owner, "before": before}, services)


def gather(owner: str, services: Services, *, after: str | None = None) -> None:
    """Take in what the owner's recordings teach, as far as it may be: some of them, from the one `after` this id on."""
    found, further = services.store.page(owner, AT_ONCE, after)
    for asset in found:
        if asset.edition:
            lessons.take(asset, services)
    if further is not None:
        gather_later(owner, services, after=further)


def gather_later(owner: str, services: Services, *, after: str | None = None) -> None:
    """Have what an account has corrected before taken in, in a message's time."""
    messages.to_learning({"gather": owner} | ({"after": after} if after else {}), services)
