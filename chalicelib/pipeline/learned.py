"""What was learnt is applied to what has just been heard: an account's own first, then what is for everybody."""

from dataclasses import dataclass

from chalicelib.domain.assets import Asset
from chalicelib.errors import EngineFailed
from chalicelib.learning.models import EVERYBODY, InUse, ModelRef
from chalicelib.observability import logger
from chalicelib.pipeline import parts
from chalicelib.seams.training import WORDS_TRAINING, ChangesTranscripts
from chalicelib.seams.transcription import TRANSCRIPTION, TellsItsModels
from chalicelib.services import Services
from chalicelib.speech.transcripts import Transcript


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
    found = transcript
    for scope in (asset.ref.owner, EVERYBODY):
        use = services.learning.in_use(scope, language, WORDS_TRAINING.name)
        changed = None if use is None else _changed(use, trainer, found, services)
        if use is not None and changed is not None:
            used.append(ModelRef(scope, language, WORDS_TRAINING.name, use.number).called)
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


def _changed(use: InUse, trainer: ChangesTranscripts, transcript: Transcript, services: Services) -> Transcript | None:
    try:
        artefact = services.outputs.read(use.artefact)
        return None if artefact is None else trainer.changed(artefact, transcript)
    except (LookupError, TypeError, ValueError) as exc:
        logger.error("model cannot be read", extra={"error": type(exc).__name__})
        return None
