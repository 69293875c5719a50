"""Whether anything hears with what a trainer makes: what nothing hears with is not made, since it costs."""

from typing import Any

from chalicelib.engines.registry import module_of
from chalicelib.message import Message
from chalicelib.seams.seam import Seam
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.settings import Settings

UNHEARD = Message(
    "trained-not-heard",
    "No model is made: what transcribes here would not hear with it. Its operator can choose another transcriber.",
)


def is_heard(trainer: Seam[Any], settings: Settings) -> bool:
    """Whether the transcriber of a deployment hears with the models that the trainer behind this seam makes."""
    return trainer.name == module_of(TRANSCRIPTION, settings.engines[TRANSCRIPTION]).HEARS_WITH
