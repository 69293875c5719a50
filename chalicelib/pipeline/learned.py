"""What was learnt is applied to what has just been heard: an account's own first, then what is for everybody."""

from dataclasses import dataclass

from chalicelib.domain.assets import Asset
from chalicelib.learning.models import EVERYBODY, InUse, ModelRef
from chalicelib.observability import logger
from chalicelib.seams.training import LANGUAGE_MODEL_TRAINING, WORDS_TRAINING, ChangesTranscripts
from chalicelib.seams.transcription import TRANSCRIPTION, HearsWithTaught
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
        use = _in_use(scope, language, WORDS_TRAINING.name, services)
        changed = None if use is None else _changed(use, trainer, found, services)
        if use is not None and changed is not None:
            used.append(ModelRef(scope, language, WORDS_TRAINING.name, use.number).called)
            found = changed
    return Applied(found, tuple(used))


def _heard_with(asset: Asset, language: str, services: Services) -> list[str]:
    """The models in use for what hears it, which are those it was heard with unless that has changed since."""
    engine = services.engine(TRANSCRIPTION)
    if language and isinstance(engine, HearsWithTaught):
        use = services.learning.in_use(EVERYBODY, language, engine.hears_with)
        return [] if use is None else [ModelRef(EVERYBODY, language, engine.hears_with, use.number).called]
    name = LANGUAGE_MODEL_TRAINING.name
    if services.engine(LANGUAGE_MODEL_TRAINING) is None or asset.ai.custom_language_model or not language:
        return []
    for scope in (asset.ref.owner, EVERYBODY):
        use = _in_use(scope, language, name, services)
        if use is not None:
            return [ModelRef(scope, language, name, use.number).called]
    return []


def _in_use(scope: str, language: str, trainer: str, services: Services) -> InUse | None:
    """What is in use: of an account only while its owner agrees."""
    use = services.learning.in_use(scope, language, trainer)
    is_agreed = use is None or scope == EVERYBODY or services.users.profile(scope).teaches is not None
    return use if is_agreed else None


def _changed(use: InUse, trainer: ChangesTranscripts, transcript: Transcript, services: Services) -> Transcript | None:
    try:
        artefact = services.outputs.read(use.artefact)
        return None if artefact is None else trainer.changed(artefact, transcript)
    except (LookupError, TypeError, ValueError) as exc:
        logger.error("model cannot be read", extra={"error": type(exc).__name__})
        return None
