"""Every seam there is, in the order of an asset's life. Settings, policies, costs and documentation go by it."""

from typing import Any

from chalicelib.seams.language import LANGUAGE
from chalicelib.seams.probing import PROBING
from chalicelib.seams.seam import Seam
from chalicelib.seams.speakers import SPEAKERS
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.transcoding import TRANSCODING
from chalicelib.seams.transcription import TRANSCRIPTION

SEAMS: tuple[Seam[Any], ...] = (PROBING, TRANSCODING, TRANSCRIPTION, SPEAKERS, LANGUAGE, SUMMARIZING)
"""Behind them come those that the modules in `RAPPORTEUR_EXTENSIONS` bring: `Settings.engines` has all of them."""
