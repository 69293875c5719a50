"""Announce an upload: what anything that uploads (the REST API, the command line) does first."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset, AssetRef, Channels, Options, new_asset_id
from chalicelib.domain.checked import ONE_LINE, VISIBLE, WHOLE, checked
from chalicelib.errors import InvalidRequest
from chalicelib.services import Services

_MAX_FILE_NAME = 1000
MOST_SPEAKERS = 30
"""As many as Transcribe tells apart."""

_MOST_TRACKS = 1000
_LONGEST_ADDRESS = 320
_LONGEST_WORD = 100
"""Of a code or a name that we know: a longer one is not repeated to whoever sent it."""

LANGUAGE = re.compile(
    "[A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}"  # the language, and a language that belongs to it
    "(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"  # script, region
    "(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"  # variants
    "(-[A-WYZa-wyz0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?"  # extensions, private use
)
"""A well-formed BCP 47 code of a language that has one in ISO 639 ("en", "en-US", "zh-Hant-TW"):
https://www.rfc-editor.org/rfc/rfc5646#section-2.1"""


_NO_ADDRESS = r"@\s,;<>\"\x00-\x1f\x7f-\x9f"
_ADDRESS = re.compile(f"[^{_NO_ADDRESS}]{{1,64}}@[^{_NO_ADDRESS}]{{1,255}}")


def _known_preset(name: str) -> str:
    try:
        return presets.find(name).name
    except InvalidRequest as exc:
        raise ValueError(exc.message) from exc


def _language_code(code: str) -> str:
    if not LANGUAGE.fullmatch(code):
        raise ValueError(f"{code!r} is not a language code; one looks like en or en-US.")
    return code


def _address(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is not a mail address; one looks like name@example.org.")
    return address


def _described(**schema: Any) -> Any:  # noqa: ANN401 - any JSON schema
    """What the API's description says of a field whose checks have sentences of their own."""
    return Field(json_schema_extra=schema)


_PRESETS = [name for preset in presets.ALL for name in (preset.name, *preset.ids)]


PresetName = Annotated[
    str, StringConstraints(max_length=_LONGEST_WORD), AfterValidator(_known_preset), _described(enum=_PRESETS)
]
"""A preset, by its name or id."""


MailAddress = Annotated[
    str,
    StringConstraints(max_length=_LONGEST_ADDRESS),
    AfterValidator(_address),
    _described(pattern=f"^{_ADDRESS.pattern}$"),
    ONE_LINE,
]


LanguageCode = Annotated[
    str,
    StringConstraints(max_length=_LONGEST_WORD),
    AfterValidator(_language_code),
    _described(pattern=f"^{LANGUAGE.pattern}$"),
]


TrackNumber = Annotated[int, Field(ge=1, le=_MOST_TRACKS, strict=True), WHOLE]
"""A track of sound, counted from 1 among those of its file."""


class UploadRequest(BaseModel):
    """What a caller may ask for, not yet trusted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file_name: Annotated[str, StringConstraints(min_length=1, max_length=_MAX_FILE_NAME), VISIBLE]
    language: LanguageCode | None = None
    speakers: Annotated[int, Field(ge=1, le=MOST_SPEAKERS, strict=True), WHOLE] | None = None
    track: TrackNumber | None = None
    channels: Channels = Channels.TOGETHER
    email: MailAddress | None = None
    urgent: bool = False
    accept_cost: bool = False
    presets: tuple[PresetName, ...] = tuple(preset.name for preset in presets.DEFAULT)


def request(**values: object) -> UploadRequest:
    """A checked request. Raises InvalidRequest with a sentence for each field at fault."""
    return checked(UploadRequest, values)


def register(
    owner: str,
    upload: UploadRequest,
    services: Services,
    title: str | None = None,
    asset_id: str | None = None,
    *,
    metered: bool = False,
    copy_to: str | None = None,
) -> Asset:
    """Make the asset that `upload` announces. Its `input_key` is where the file must be put.

    What is `metered` counts against its owner's quotas: the caller has reserved room for it, under `asset_id`. The
    caller has also seen to it that `copy_to` wants a copy of the report.
    """
    ref = AssetRef(owner, asset_id or new_asset_id())
    options = Options(
        language=upload.language,
        speakers=upload.speakers,
        track=upload.track,
        channels=upload.channels,
        email=upload.email,
        presets=tuple(dict.fromkeys(upload.presets)),
        urgent=upload.urgent,
        accept_cost=upload.accept_cost,
        metered=metered,
        copy_to=copy_to,
    )
    return services.store.register(ref, upload.file_name, keys.upload_key(ref, upload.file_name), options, title)
