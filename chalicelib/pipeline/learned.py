"""What was learnt is applied to what has just been heard: an account's own first, then what is for everybody; neither
to an account that does not agree to learning.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from chalicelib.domain.assets import Asset
from chalicelib.errors import EngineFailed
from chalicelib.learning.models import EVERYBODY, WORDS, InUse, ModelRef
from chalicelib.learning.rules import Rule
from chalicelib.observability import logger
from chalicelib.pipeline import parts
from chalicelib.seams.training import WORDS_TRAINING, ChangesTranscripts
from chalicelib.seams.transcription import TRANSCRIPTION, TellsItsModels
from chalicelib.services import Services
from chalicelib.speech.transcripts import Transcript

_Given = ParamSpec("_Given")
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Applied:
    """A transcript as models have it, with what each of these is called: "account 3", "everybody 1"."""

    transcript: Transcript
    models: tuple[str, ...] = ()


def apply(asset: Asset, transcript: Transcript, services: Services) -> Applied:
    """What is in use for the owner and for everybody, applied. A model that cannot be read costs nothing but itself."""
    trainer = services.engine(WORDS_TRAINING)
    language = (transcript.language or "").split("-")[0].lower()
    used = _heard_with(asset, language, services)
    if not isinstance(trainer, ChangesTranscripts) or not language or not asset.options.metered:
        return Applied(transcript, tuple(used))
    uses = {scope: services.learning.in_use(scope, language, WORDS) for scope in (asset.ref.owner, EVERYBODY)}
    if not any(uses.values()) or services.users.profile(asset.ref.owner).teaches is None:
        return Applied(transcript, tuple(used))
    found = transcript
    dropped: frozenset[str] = frozenset()  # what an account takes back is not done to it, whoever has taught it
    for scope, use in uses.items():
        dropped |= services.learning.dropped(scope, language)
        changed = None if use is None else _changed(use, trainer, found, dropped, services)
        if use is not None and changed is not None:
            used.append(ModelRef(scope, language, WORDS, use.number).called)
            found = changed
    return Applied(found, tuple(used))


def _heard_with(asset: Asset, language: str, services: Services) -> list[str]:
    """The models that it was heard with, by what its jobs were started with; none of which that is not known."""
    engine = services.engine(TRANSCRIPTION)
    if not language or not isinstance(engine, TellsItsModels):
        return []
    called: dict[str | None, str] = {}
    for scope in (EVERYBODY, asset.ref.owner):
        use = services.learning.in_use(scope, language, engine.hears_with)
        for number, artefact in ((use.previous, use.previous_artefact), (use.number, use.artefact)) if use else ():
            if number is not None:
                called[artefact] = ModelRef(scope, language, engine.hears_with, number).called
    if not called:
        return []
    try:
        heard = [artefact for job in parts.transcribing(asset, services) for artefact in engine.heard_with(job)]
    except EngineFailed as exc:  # a transcript is worth having without
        logger.error("models cannot be told", extra={"code": exc.failure.code})
        return []
    return list(dict.fromkeys(called[artefact] for artefact in heard if artefact in called))


def rules_in_use(scope: str, language: str, services: Services, *, also_dropped: bool = False) -> list[Rule]:
    """What is changed for a scope; with `also_dropped` what of the model in use is not changed any more, too."""
    trainer, use = services.engine(WORDS_TRAINING), services.learning.in_use(scope, language, WORDS)
    artefact = services.outputs.read(use.artefact) if use and isinstance(trainer, ChangesTranscripts) else None
    if artefact is None or not isinstance(trainer, ChangesTranscripts):
        return []
    dropped = frozenset() if also_dropped else services.learning.dropped(scope, language)
    return [rule for rule in _readable(trainer.rules, artefact) or () if rule.key not in dropped]


def shared_rules(owner: str, language: str, services: Services) -> list[Rule]:
    """What is changed for an account of what is for everybody: nothing that it has a rule of its own for, or has taken
    back; nothing at all where it does not agree to learning.
    """
    if services.users.profile(owner).teaches is None:
        return []
    own = {rule.key for rule in rules_in_use(owner, language, services)}
    own |= services.learning.dropped(owner, language)
    return [rule for rule in rules_in_use(EVERYBODY, language, services) if rule.key not in own]


def _changed(
    use: InUse, trainer: ChangesTranscripts, transcript: Transcript, dropped: frozenset[str], services: Services
) -> Transcript | None:
    artefact = services.outputs.read(use.artefact)
    return None if artefact is None else _readable(trainer.changed, artefact, transcript, dropped)


def _readable(do: Callable[_Given, _Done], *args: _Given.args, **kwargs: _Given.kwargs) -> _Done | None:
    try:
        return do(*args, **kwargs)
    except (LookupError, TypeError, ValueError) as exc:
        logger.error("model cannot be read", extra={"error": type(exc).__name__})
        return None
