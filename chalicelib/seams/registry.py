"""Every seam there is, in the order of an asset's life. Settings, policies, costs and documentation go by it."""

from typing import Any

from chalicelib.seams.answering import ANSWERING
from chalicelib.seams.documents import DOCUMENTS
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.seams.entities import ENTITIES
from chalicelib.seams.faces import FACES
from chalicelib.seams.language import LANGUAGE
from chalicelib.seams.probing import PROBING
from chalicelib.seams.seam import Seam
from chalicelib.seams.speakers import SPEAKERS
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.training import HEARING_TRAINING, LANGUAGE_MODEL_TRAINING, WORDS_TRAINING
from chalicelib.seams.transcoding import TRANSCODING
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.seams.translation import TRANSLATION
from chalicelib.seams.vision import VISION

SEAMS: tuple[Seam[Any], ...] = (
    PROBING,
    TRANSCODING,
    TRANSCRIPTION,
    SPEAKERS,
    VISION,
    FACES,
    DOCUMENTS,
    LANGUAGE,
    ENTITIES,
    TOXICITY,
    SUMMARIZING,
    TRANSLATION,
    EMBEDDING,
    ANSWERING,
    WORDS_TRAINING,
    LANGUAGE_MODEL_TRAINING,
    HEARING_TRAINING,
)
"""Behind them come those that the modules in `RAPPORTEUR_EXTENSIONS` bring: `Settings.engines` has all of them."""
