"""Models come into use and go out of it: by hand, by a night, or because of what they were made of."""

import json
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Literal

from chalicelib.domain import keys
from chalicelib.learning.models import InUse, Model, ModelRef, ModelState
from chalicelib.observability import logger
from chalicelib.pipeline import messages
from chalicelib.seams.seam import OptionalSeam
from chalicelib.seams.training import TRAININGS, ForgetsModels, Trainer
from chalicelib.services import Services

_USABLE = {ModelState.PREVIOUS, ModelState.REFUSED, ModelState.CURRENT}
LOOK_AFTER = 3_600.0
"""Seconds until what is under way is looked after again."""


def use(model: Model, services: Services) -> Model | None:
    """Put a model into use in place of the one that is. Returns it as it then is; None if it cannot be used.

    One that makes room for an older one is rolled back: no night takes what does the same again.
    """
    learning, ref = services.learning, model.ref
    if model.state not in _USABLE or model.artefact is None:
        return None
    before = learning.in_use(ref.scope, ref.language, ref.trainer)
    if before is None or before.number != ref.number:
        if not learning.flip(ref, model.artefact, before):
            return None
        step_back(ref, before, services, is_rolled_back=before is not None and before.number > ref.number)
    learning.change(replace(model, state=ModelState.CURRENT, reason=None, is_rolled_back=False), _USABLE)
    return learning.model(ref)


def step_back(ref: ModelRef, before: InUse | None, services: Services, *, is_rolled_back: bool = False) -> None:
    """What was in use before stays for a way back."""
    if before is None or before.number == ref.number:
        return
    former = services.learning.model(replace(ref, number=before.number))
    if former is not None:
        gone = replace(former, state=ModelState.PREVIOUS, is_rolled_back=is_rolled_back)
        services.learning.change(gone, {ModelState.CURRENT})


def retire(model: Model, services: Services, *, is_by_hand: bool = False) -> Model | None:
    """Take a model out of use, for good. Returns it as it then is. Safe to call again.

    What is taken out of use by hand no night takes again.
    """
    ref, learning = model.ref, services.learning
    learning.put_out_of_use(ref.scope, ref.language, ref.trainer, ref.number)
    learning.have_no_way_back(ref)
    is_left = let_go_of(model, services)
    is_rolled_back = model.is_rolled_back or (is_by_hand and model.state is ModelState.CURRENT)
    gone = replace(model, is_left=is_left, is_rolled_back=is_rolled_back)
    learning.retire(gone, set(ModelState) - {ModelState.RETIRED})
    return learning.model(ref)


def note_withdrawn(
    scope: str, language: str, part: Literal["taught", "brought"], gone: AbstractSet[str], services: Services
) -> bool:
    """Note of which models `gone` is a part of what they were made of: recordings that taught, or sets that were
    brought. Returns whether there are any.
    """
    found = False
    for model in services.learning.models(scope, language):
        if model.state is not ModelState.RETIRED and not gone.isdisjoint(made_of(model, services).get(part, ())):
            found = True
            services.learning.note_gone(model)
    return found


def made_of(model: Model, services: Services) -> dict[str, Any]:
    """What a model was made of, by parts; nothing where that is not kept any more."""
    found: dict[str, Any] = json.loads(services.outputs.read(model.material) or b"{}") if model.material else {}
    return found


# ---- what there is of a model


def let_go_of(model: Model, services: Services) -> bool:
    """Delete what there is of a model, before it is forgotten where that lies. Returns whether a job may still make
    something of it, which is then looked after. Safe to call again.
    """
    ref = model.ref
    if model.artefact is not None:
        forget(ref.trainer, model.artefact, services)
    if model.material and not _is_shared(model, services):
        services.outputs.delete_under(model.material)
    services.outputs.delete_under(keys.model_of(ref.scope, ref.language, ref.trainer, ref.number))
    is_making = model.state is ModelState.TRAINING or model.is_left
    if model.artefact is not None or not is_making or not isinstance(trainer(ref.trainer, services), ForgetsModels):
        return False
    services.learning.look_again(ref.scope, ref.language, time.time() + LOOK_AFTER)
    return True


def _is_shared(model: Model, services: Services) -> bool:
    others = services.learning.models(model.ref.scope, model.ref.language)
    return any(one.material == model.material for one in others if one.ref != model.ref)


def trainer(name: str, services: Services) -> Trainer | None:
    """The trainer that a model's name tells; None where none is chosen."""
    seam = next((one for one in TRAININGS if one.name == name), None)
    return services.engine(seam) if seam is not None else None


def forget(trainer_name: str, artefact: str, services: Services) -> None:
    """Delete an artefact: a file of ours at once, what lies with a trainer's service in a message's time."""
    engine = trainer(trainer_name, services)
    if artefact.startswith(keys.LEARNING_PREFIX):
        services.outputs.delete_under(artefact)
    elif engine is None:
        logger.error("model stays with its service: its trainer is switched off", extra={"trainer": trainer_name})
    if isinstance(engine, ForgetsModels):
        messages.to_learning({"retired": trainer_name, "artefact": artefact}, services)


def let_go(trainer_name: str, artefact: str, services: Services) -> None:
    """Have the service with which a model lies delete it."""
    engine = trainer(trainer_name, services)
    if isinstance(engine, ForgetsModels):
        engine.retired(artefact)


# ---- trainers, and what they have made


def trainers(services: Services) -> Iterator[tuple[OptionalSeam[Trainer], Trainer]]:
    """Those that are switched on."""
    for seam in TRAININGS:
        trainer = services.engine(seam)
        if trainer is not None:
            yield seam, trainer


def of_trainer(scope: str, language: str, trainer: str, services: Services) -> list[Model]:
    """The models of a scope and a language that one trainer has made, in the order in which they were made."""
    return [one for one in services.learning.models(scope, language) if one.ref.trainer == trainer]
