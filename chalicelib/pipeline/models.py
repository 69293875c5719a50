"""Models come into use and go out of it, by hand."""

from dataclasses import replace

from chalicelib.learning.models import Model, ModelState
from chalicelib.services import Services

_USABLE = {ModelState.PREVIOUS, ModelState.REFUSED, ModelState.CURRENT}


def use(model: Model, services: Services) -> Model | None:
    """Put a model into use in place of the one that is. Returns it as it then is; None if it cannot be used."""
    learning, ref = services.learning, model.ref
    if model.state not in _USABLE or model.artefact is None:
        return None
    before = learning.in_use(ref.scope, ref.language, ref.trainer)
    if before is None or before.number != ref.number:
        if not learning.flip(ref, model.artefact, before):
            return None
        if before is not None and (former := learning.model(replace(ref, number=before.number))):
            learning.change(replace(former, state=ModelState.PREVIOUS), {ModelState.CURRENT})
    learning.change(replace(model, state=ModelState.CURRENT, reason=None), _USABLE)
    return learning.model(ref)


def retire(model: Model, services: Services) -> Model | None:
    """Take a model out of use, for good. Returns it as it then is."""
    ref = model.ref
    services.learning.put_out_of_use(ref.scope, ref.language, ref.trainer, ref.number)
    services.learning.retire(model, set(ModelState) - {ModelState.RETIRED})
    if model.artefact is not None and model.artefact.startswith("learning/"):
        services.outputs.delete_under(model.artefact)
    return services.learning.model(ref)
