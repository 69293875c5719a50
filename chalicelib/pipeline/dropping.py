"""Rules that readers take back are used no more, at once: what does no harm needs no proof that it does good.

A rule is dropped for a scope by what is heard. Models that hold it stay as they are; it is passed over wherever they
are applied or measured, and no model is made with it again.
"""

import time

from chalicelib.learning.models import EVERYBODY, Dropped, DroppedBy, LastNight, ModelState, Night, Outcome
from chalicelib.learning.rules import taken_back
from chalicelib.message import Message
from chalicelib.observability import count
from chalicelib.pipeline import models
from chalicelib.pipeline.known import Known
from chalicelib.pipeline.learned import rules_in_use
from chalicelib.seams.training import WORDS_TRAINING
from chalicelib.services import Services

_NOTHING_LEFT = Message("all-taken-back", "All that it changed has been taken back, by readers or by hand.")


def look(night: Night, known: Known, services: Services) -> None:
    """Drop what readers have taken back too often; and take up again that of which nobody tells so any more, since the
    recordings that told it are gone.
    """
    learning = services.learning
    is_shared = night.scope == EVERYBODY
    approved = {one.heard: one.written for one in learning.approved(night.language)} if is_shared else {}
    taught_by = {name: one.taught for name, one in known.items()}
    wanted = taken_back(taught_by, for_everybody=is_shared, approved=approved)
    before = learning.all_dropped(night.scope, night.language)
    for heard in sorted(wanted - {one.heard for one in before}):
        learning.drop(night.scope, Dropped(night.language, heard, DroppedBy.READERS, time.time()))
        count("RulesDropped")
    for one in before:
        if one.by is DroppedBy.READERS and one.heard not in wanted:
            learning.take_up(night.scope, night.language, one.heard)


def clear(night: Night, services: Services) -> None:
    """Retire the model in use if nothing is left that it changes, and say so. Safe to call again: who died over it has
    said so before.
    """
    learning, trainer = services.learning, WORDS_TRAINING.name
    use = learning.in_use(night.scope, night.language, trainer)
    last = learning.last_night(night.scope, night.language, trainer)
    for model in learning.models(night.scope, night.language):
        if model.ref.trainer != trainer or model.state is not ModelState.CURRENT:
            continue
        number = model.ref.number
        is_said = last is not None and (last.outcome, last.number) == (Outcome.RETIRED, number)
        if is_said or (use is not None and use.number == number and _is_empty(night, services)):
            told = LastNight(night.language, trainer, time.time(), Outcome.RETIRED, _NOTHING_LEFT, number)
            learning.note_night(night.scope, told)
            models.retire(model, services)


def _is_empty(night: Night, services: Services) -> bool:
    rules = rules_in_use(night.scope, night.language, services, also_dropped=True)
    dropped = services.learning.dropped(night.scope, night.language)
    return bool(rules) and all(rule.key in dropped for rule in rules)
