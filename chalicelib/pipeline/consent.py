"""An account agrees that its corrections teach, or takes that back. Both can be done again."""

import time

from chalicelib.domain import keys
from chalicelib.domain.accounts import TRAINING_WORDING, Profile, Training, TrainingScope
from chalicelib.learning.lexicon import Source
from chalicelib.learning.models import ModelState
from chalicelib.pipeline import lessons, models, vocabularies
from chalicelib.services import Services
from chalicelib.storage.learning import term_id


def agree(owner: str, scope: TrainingScope, services: Services) -> Profile:
    """The owner agrees, now, to the wording of today. What they have corrected before is taken in too."""
    agreed = Training(scope, time.time(), TRAINING_WORDING)
    return services.users.change(owner, {"training": agreed})


def withdraw(owner: str, services: Services) -> Profile:
    """The owner agrees no longer: what was learnt for their account goes at once, and the next night of everybody's is
    without them.
    """
    profile = services.users.change(owner, {"training": None})
    forget(owner, services)
    return profile


def gather(owner: str, services: Services) -> None:
    """Take in what all of the owner's recordings teach, as far as it may be."""
    for asset in services.store.of_owner(owner):
        if asset.edits:
            lessons.take(asset, services)


def forget(owner: str, services: Services) -> None:
    """Take out of all learning what an account has taught. Safe to call again."""
    learning = services.learning
    for noted in learning.lessons(owner):
        learning.forget_lesson(owner, noted.asset_id, lessons.due_next(services))
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
