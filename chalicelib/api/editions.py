"""The transcript and its editions: edition 0 is what the engine heard, each correction makes the next one.

An edition's files are named after what is in them, so that two that are written at once never mix; which of them is the
next edition is decided by one conditional write on the asset.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TypeVar

from chalice import Response
from pydantic import BaseModel

from chalicelib.api import library, views
from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Folder
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.services import Services
from chalicelib.speech import captions, docx
from chalicelib.speech.corrections import Line, correct
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.speech.transcripts import load_transcript, read_transcript, transcribe_document

LARGEST_BODY = 4 * 1024**2
"""What a function answers itself, in bytes; for what is larger it names a place:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

Answer = TypeVar("Answer", bound=BaseModel)

_DOCX = "docx"
_TRACKS = {form.ending: track for track in (TRANSCRIPT, CAPTIONS) for form in track.forms}
FORMATS: Mapping[str, str] = {
    **{form.ending: form.content_type for track in (TRANSCRIPT, CAPTIONS) for form in track.forms},
    _DOCX: docx.CONTENT_TYPE,
}
"""Content type by the name of a format."""


def format_of(accepted: str) -> str:
    """The format that an Accept header asks for; JSON if it asks for none of ours."""
    types = [part.partition(";")[0].strip().lower() for part in accepted.split(",")]
    return next((name for kind in types for name, own in FORMATS.items() if kind == own), "json")


def read(asset: Asset, name: str, edition: int | None, services: Services) -> Response:
    """The transcript in the format `name`, or where it can be had. Raises NotFound while there is none."""
    number = len(asset.edits) if edition is None else edition
    called = keys.download_name(asset, f".{name}")
    if name == _DOCX:
        found = load_transcript(document(asset, number, services))
        written = docx.write(asset.title or asset.file_name, found)
        key = keys.file_key(asset.run, Folder.EDITS, f"transcript-{number}.docx")
        services.outputs.write(key, written, docx.CONTENT_TYPE)
        # API Gateway hands on binary only to who asks for its very type, so it is fetched from S3.
        return elsewhere(key, services, called)
    key = _key(asset, name, number)
    info = services.outputs.info(key)
    if info is None:
        raise _missing()
    if info.size > LARGEST_BODY:
        return elsewhere(key, services, called)
    return _file(services.outputs.read_text(key) or "", f"{FORMATS[name]}; charset=utf-8", called)


def document(asset: Asset, edition: int, services: Services) -> bytes:
    """An edition of the transcript as it is stored. Raises NotFound while there is none."""
    data = services.outputs.read(_key(asset, "json", edition))
    if data is None:
        raise _missing()
    return data


def elsewhere(key: str, services: Services, download_as: str | None = None) -> Response:
    """The answer that says where to get what is too much, or too binary, for a function."""
    return Response("", headers={"Location": library.address(key, services, download_as)}, status_code=303)


def whole_or_elsewhere(answer: Answer, key: str, services: Services) -> Answer | Response:
    """`answer`, or if it is more than a function may answer: where it can be had, stored at `key`."""
    text = answer.model_dump_json(exclude_none=True)
    if len(text.encode()) < LARGEST_BODY:
        return answer
    services.outputs.write(key, text, "application/json")
    return elsewhere(key, services)


def _file(body: str, content_type: str, called: str) -> Response:
    headers = {"Content-Type": content_type, "Cache-Control": "no-store"}
    return Response(body, headers={**headers, "Content-Disposition": library.disposition(called, "inline")})


def correct_transcript(asset: Asset, wanted: views.Correction, services: Services) -> Asset:
    """Make the next edition of what `wanted` says. The same correction twice is one.

    Raises Conflict if the asset has another edition by now, NotFound while there is no transcript, InvalidRequest for
    an edition that there has never been.
    """
    before = load_transcript(document(asset, min(wanted.edition, len(asset.edits)), services))
    if wanted.edition > len(asset.edits):
        told = f"This transcript has no edition {wanted.edition}. The newest is {len(asset.edits)}."
        raise InvalidRequest(told, "no-edition", "edition")
    if before.is_empty and wanted.edition:  # it was emptied: what is written now takes the times of what was heard
        before = load_transcript(document(asset, 0, services))
    lines = [Line(line.text, line.speaker) for line in wanted.lines]
    job = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    words, lengths = correct(before, lines, asset.media.duration if asset.media else 0.0)
    corrected = transcribe_document(job, words, before.language, lengths)
    edit = hashlib.sha256(json.dumps([wanted.edition, corrected]).encode()).hexdigest()[:32]
    if asset.edits[wanted.edition : wanted.edition + 1] == (edit,):
        return asset
    found = read_transcript(corrected)
    texts = captions.written(found, captions.cues(found))
    for name, text in (*texts.items(), ("json", json.dumps(corrected, ensure_ascii=False))):
        services.outputs.write(_edit_key(asset, edit, name), text, f"{FORMATS[name]}; charset=utf-8")
    edited = services.store.add_edit(asset.run, wanted.edition, edit)
    if edited is None or edited.edits[wanted.edition : wanted.edition + 1] != (edit,):
        raise Conflict(
            "This transcript has been corrected by somebody else in the meantime. Load it again, and correct that.",
            "edited-meanwhile",
        )
    return edited


def _key(asset: Asset, name: str, edition: int) -> str:
    if not asset.version or edition > len(asset.edits):
        raise _missing()
    return _TRACKS[name].key(asset, name, edition)


def _edit_key(asset: Asset, edit: str, name: str) -> str:
    return keys.file_key(asset.run, Folder.EDITS, f"{edit}.{name}")


def _missing() -> NotFound:
    return NotFound("There is no such transcript of this asset, or not yet.", "no-transcript")
