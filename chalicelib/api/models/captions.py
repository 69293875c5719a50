"""What is sent and answered about captions: a file of them that is taken in, as models."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.checked import WHOLE
from chalicelib.api.models.fields import FileName, RequestModel
from chalicelib.speech.cue_files import CueFormat

MOST_BYTES = 2_000_000
"""Of a file of captions in UTF-8: that is a day's talk."""


class CaptionFile(RequestModel):
    """A file of captions: its `text`, SubRip or WebVTT, and what it is called."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MOST_BYTES)]
    file_name: FileName = "captions"


class CaptionsTaken(CaptionFile):
    """The same, to be taken in after the save `edition` of the transcript, the newest; `version` is the asset's version
    whose transcript that is.
    """

    edition: Annotated[int, Field(ge=0, strict=True), WHOLE]
    version: Annotated[int, Field(ge=1, strict=True), WHOLE] | None = None


class CaptionsPreview(BaseModel):
    """What would come of it: of the `words` of the file, `agree` were heard too, and of those of the transcript
    (`heard`) `unsaid` do not stand in the file. By `shift` seconds its cues have to be moved, as a rule.

    Unless it `is_likely`, hardly any word agrees: the file is of another recording, or in another language.
    """

    format: CueFormat
    cues: int
    words: int
    agree: int
    heard: int
    unsaid: int
    shift: float
    is_likely: bool
    speakers: list[str]
