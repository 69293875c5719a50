"""What has to leave: models that hold what was withdrawn; and what nobody needs any more."""

import time
from collections.abc import Iterable

from chalicelib.domain import keys
from chalicelib.learning.models import Model, ModelRef, ModelState, Outcome
from chalicelib.pipeline import candidates, models, training_sets
from chalicelib.pipeline.measuring import heard_of
from chalicelib.pipeline.models import LOOK_AFTER, retire
from chalicelib.pipeline.one_after_the_other import one_after_the_other
from chalicelib.seams.training import ForgetsModels, HearsWith, Trained, Trainer
from chalicelib.services import Services

_DAY = 24 * 3600.0
_WITHIN = 25 * _DAY
"""A model that holds what was withdrawn is out of use by then, whatever is still being made: thirty days are promised,
and whoever looks after it may be late."""

_LEFT_FOR = 60 * _DAY
"""What a job that nobody waits for may still make is asked for so long."""


def clear_up_all(scope: str, language: str, services: Services) -> None:
    """Of all that has made models here, also where it is switched off by now: what has to go never comes back with
    it.
    """
    found = services.learning.models(scope, language)
    named = {model.ref.trainer for model in found}
    one_after_the_other(
        lambda name=name: clear_up(scope, language, name, services)  # type: ignore[misc]
        for name in sorted(named)
    )
    # Whoever died before its model was begun has left what it was to be made of.
    used = {model.material for model in found}
    for place in services.outputs.names(training_sets.place(scope, language)):
        if place not in used and not _is_young(place, services):
            services.outputs.delete_under(place)


def _is_young(place: str, services: Services) -> bool:
    info = services.outputs.info(place)
    return info is not None and info.written_at > time.time() - _DAY


def clear_up(scope: str, language: str, name: str, services: Services) -> None:
    """Retire what was made of something that has been withdrawn since: what is in use too, unless a model without it is
    still being made. And delete what nobody needs any more: services keep but so many models.
    """
    ours = models.of_trainer(scope, language, name, services)
    trainer = models.trainer(name, services)
    is_making = trainer is not None and any(model.state is ModelState.TRAINING for model in ours)
    old = _superseded(ours)
    for model in ours:
        if model.is_left:
            _ask_after(model, trainer, services)
        if model.state in {ModelState.RETIRED, ModelState.TRAINING}:
            continue
        if model.gone_since is not None and (
            model.state is not ModelState.CURRENT or not is_making or time.time() - model.gone_since > _WITHIN
        ):
            is_aside = model.state is not ModelState.CURRENT or _is_told_why(model, services)
            candidates.tell(model, Outcome.RETIRED, candidates.WITHDRAWN, services, is_aside=is_aside)
            retire(model, services)
        elif model.ref in old:
            retire(model, services)
        elif model.state is ModelState.FAILED and (model.artefact or model.material):
            models.let_go_of(model, services)
            services.learning.note_empty(model.ref)
    if isinstance(trainer, HearsWith):
        _forget_heard(scope, language, name, ours, services)


def _is_told_why(model: Model, services: Services) -> bool:
    """Whether it has been said what became of the one that was to take the place of a model that leaves: that says more
    than that it leaves, and would be lost.
    """
    last = services.learning.last_night(model.ref.scope, model.ref.language, model.ref.trainer)
    return (
        last is not None
        and last.outcome in {Outcome.FAILED, Outcome.REFUSED}
        and (last.number or 0) > model.ref.number
        and last.at >= (model.gone_since or 0.0)
    )


def _superseded(ours: Iterable[Model]) -> set[ModelRef]:
    """What nobody goes back to: all that were refused or in use before, but the latest of each."""
    refused = [model for model in ours if model.state is ModelState.REFUSED]
    former = sorted(
        (model for model in ours if model.state is ModelState.PREVIOUS), key=lambda model: model.changed_at or 0.0
    )
    return {model.ref for model in (*refused[:-1], *former[:-1])}


def _ask_after(model: Model, trainer: Trainer | None, services: Services) -> None:
    """Delete what has been made of a model that nobody waits for, once its job has ended."""
    if not isinstance(trainer, ForgetsModels):
        return
    ref = model.ref
    standing = trainer.standing(ref.job_name)
    if standing is None or isinstance(standing, Trained):
        candidates.came_late(ref, standing or Trained(ref.job_name), services)
    elif time.time() - model.made_at < _LEFT_FOR:
        services.learning.look_again(ref.scope, ref.language, time.time() + LOOK_AFTER)


def _forget_heard(scope: str, language: str, name: str, ours: Iterable[Model], services: Services) -> None:
    """Delete what was heard to measure models by, of those that are measured no more."""
    there = services.outputs.names(f"{keys.learning_of(scope, language)}{name}/")
    for model in ours:
        place = heard_of(model.ref)
        if model.state is not ModelState.TRAINING and any(one.startswith(place) for one in there):
            services.outputs.delete_under(place)
