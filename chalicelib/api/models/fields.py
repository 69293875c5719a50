"""The fields that callers fill in, as types: what may stand in each, and how it is kept.

Where a check has a sentence of its own, `json_schema_extra` tells the API's description what it checks.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.api.checked import FINDABLE, ONE_LINE, VISIBLE, WHOLE
from chalicelib.domain import presets
from chalicelib.domain.assets import ASSET_ID_PATTERN
from chalicelib.domain.folders import ID_PATTERN as FOLDER_ID_PATTERN
from chalicelib.domain.media import ACCEPTED_ENDINGS
from chalicelib.errors import InvalidRequest

LONGEST_TITLE = 300
LONGEST_TAG = 60
LONGEST_NAME = 100
LONGEST_TEXT = 100
SHORTEST_SEARCH = 2
MOST_SPEAKERS = 30
"""As many as Transcribe tells apart."""

_LONGEST_FILE_NAME = 1000
_MOST_TRACKS = 1000
_LONGEST_ADDRESS = 320
_LONGEST_WORD = 100
"""Of a code or a name that we know: a longer one is not repeated to whoever sent it."""

_LONGEST_UPLOAD_ID = 1024
_LAST_SECOND = 1e11
_ENDINGS = rf"\.({'|'.join(''.join(f'[{c}{c.upper()}]' for c in ending) for ending in sorted(ACCEPTED_ENDINGS))})[ .]*$"

_LANGUAGE = re.compile(
    "[A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}"  # the language, and a language that belongs to it
    "(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"  # script, region
    "(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"  # variants
    "(-[A-WYZa-wyz0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?"  # extensions, private use
)
"""A well-formed BCP 47 code of a language that has one in ISO 639 ("en", "en-US", "zh-Hant-TW"):
https://www.rfc-editor.org/rfc/rfc5646#section-2.1"""

_NO_ADDRESS = r"@\s,;<>\"\x00-\x1f\x7f-\x9f"
_ADDRESS = re.compile(f"[^{_NO_ADDRESS}]{{1,64}}@[^{_NO_ADDRESS}]{{1,255}}")


class RequestModel(BaseModel):
    """What callers send: a field that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ViewModel(BaseModel):
    """What callers get of one of our own values: the attributes of it that are called so."""

    model_config = ConfigDict(from_attributes=True)


def _known_preset(name: str) -> str:
    try:
        return presets.find(name).name
    except InvalidRequest as exc:
        raise ValueError(exc.message) from exc


def _language_code(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f"{code!r} is not a language code; one looks like en or en-US.")
    return code


def _address(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is not a mail address; one looks like name@example.org.")
    return address


FileName = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_FILE_NAME), VISIBLE]

RecordingName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_LONGEST_FILE_NAME),
    Field(json_schema_extra={"pattern": _ENDINGS}),
    VISIBLE,
]
"""A file's name whose ending says that it may be a recording."""

Title = Annotated[str, StringConstraints(max_length=LONGEST_TITLE), ONE_LINE]
"""What a recording is called; with nothing in it that can be seen it is none, and the file's name stands for it."""

Tag = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TAG), ONE_LINE]

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), ONE_LINE]
"""What somebody or something is called."""

SearchText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), ONE_LINE, FINDABLE]

Seconds = Annotated[float, Field(ge=0, le=_LAST_SECOND, allow_inf_nan=False)]
"""Since the epoch."""

AssetId = Annotated[str, StringConstraints(pattern=rf"^{ASSET_ID_PATTERN.pattern}$")]

FolderId = Annotated[str, StringConstraints(pattern=f"^{FOLDER_ID_PATTERN.pattern}$")]

UploadId = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_UPLOAD_ID)]

PresetName = Annotated[
    str,
    StringConstraints(max_length=_LONGEST_WORD),
    AfterValidator(_known_preset),
    Field(
        json_schema_extra={"enum": [name for preset in presets.OF_RECORDINGS for name in (preset.name, *preset.ids)]}
    ),
]
"""A preset, by its name or id."""

MailAddress = Annotated[
    str,
    StringConstraints(max_length=_LONGEST_ADDRESS),
    AfterValidator(_address),
    Field(json_schema_extra={"pattern": f"^{_ADDRESS.pattern}$"}),
    ONE_LINE,
]

LanguageCode = Annotated[
    str,
    StringConstraints(max_length=_LONGEST_WORD),
    AfterValidator(_language_code),
    Field(json_schema_extra={"pattern": f"^{_LANGUAGE.pattern}$"}),
]

TrackNumber = Annotated[int, Field(ge=1, le=_MOST_TRACKS, strict=True), WHOLE]
"""A track of sound, counted from 1 among those of its file."""

SpeakerCount = Annotated[int, Field(ge=1, le=MOST_SPEAKERS, strict=True), WHOLE]
