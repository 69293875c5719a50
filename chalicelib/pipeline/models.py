"""Models come into use and go out of it: by hand, by a night, or because of what they were made of."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Literal

from chalicelib.learning.models import InUse, Model, ModelRef, ModelState
from chalicelib.seams.training import TRAININGS, ForgetsModels
from chalicelib.services import Services

_USABLE = {ModelState.PREVIOUS, ModelState.REFUSED, ModelState.CURRENT}
_OURS = "learning/"
"""Where artefacts begin that are files of ours; all others lie with a service."""

_MADE_BY_JOBS = {seam.name for seam in TRAININGS if seam.has_jobs}


def use(model: Model, services: Services) -> Model | None:
    """Put a model into use in place of the one that is. Returns it as it then is; None if it cannot be used."""
    learning, ref = services.learning, model.ref
    if model.state not in _USABLE or model.artefact is None:
        return None
    before = learning.in_use(ref.scope, ref.language, ref.trainer)
    if before is None or before.number != ref.number:
        if not learning.flip(ref, model.artefact, before):
            return None
        step_back(ref, before, services)
    learning.change(replace(model, state=ModelState.CURRENT, reason=None), _USABLE)
    return learning.model(ref)


def step_back(ref: ModelRef, before: InUse | None, services: Services) -> None:
    """What was in use before stays for a way back."""
    if before is None or before.number == ref.number:
        return
    former = services.learning.model(replace(ref, number=before.number))
    if former is not None:
        services.learning.change(replace(former, state=ModelState.PREVIOUS), {ModelState.CURRENT})


def retire(model: Model, services: Services) -> Model | None:
    """Take a model out of use, for good. Returns it as it then is. Safe to call again."""
    ref, learning = model.ref, services.learning
    learning.put_out_of_use(ref.scope, ref.language, ref.trainer, ref.number)
    learning.have_no_way_back(ref)
    _delete(model, services)
    learning.retire(model, set(ModelState) - {ModelState.RETIRED})
    return learning.model(ref)


def note_withdrawn(
    scope: str, language: str, part: Literal["taught", "brought"], gone: AbstractSet[str], services: Services
) -> bool:
    """Note of which models `gone` is a part of what they were made of: recordings that taught, or sets that were
    brought. Returns whether there are any.
    """
    found = False
    for model in services.learning.models(scope, language):
        if model.state is not ModelState.RETIRED and model.material:
            made_of = json.loads(services.outputs.read(model.material) or b"{}")
            if not gone.isdisjoint(made_of.get(part, ())):
                found = True
                services.learning.note_gone(model)
    return found


def _delete(model: Model, services: Services) -> None:
    """Delete what there is of a model, before it is forgotten where that lies."""
    is_ours = model.artefact is not None and model.artefact.startswith(_OURS)
    if model.artefact is not None and is_ours:
        services.outputs.delete_under(model.artefact)
    if model.artefact is not None and (not is_ours or model.ref.trainer in _MADE_BY_JOBS):  # which leave more beside it
        body = json.dumps({"retired": model.ref.trainer, "artefact": model.artefact})
        services.aws.sqs.send_message(QueueUrl=services.settings.queue_url("learning"), MessageBody=body)
    if model.material and not _is_shared(model, services):
        services.outputs.delete_under(model.material)


def _is_shared(model: Model, services: Services) -> bool:
    others = services.learning.models(model.ref.scope, model.ref.language)
    return any(one.material == model.material for one in others if one.ref != model.ref)


def let_go(trainer: str, artefact: str, services: Services) -> None:
    """Have the service with which a model lies delete it."""
    for seam in TRAININGS:
        engine = services.engine(seam) if seam.name == trainer else None
        if isinstance(engine, ForgetsModels):
            engine.retired(artefact)
