"""Reading: what was said in a recording, what was found in it, what was made of it; and correcting it."""

import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from http import HTTPStatus
from itertools import groupby

from chalice import Response

from chalicelib.api import downloads
from chalicelib.api.language import message_view
from chalicelib.api.models import reading as models
from chalicelib.api.models.assets import AssetView
from chalicelib.api.models.versions import VersionWanted
from chalicelib.api.operation import operation
from chalicelib.api.views import shown
from chalicelib.domain import files, keys, presets
from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Folder
from chalicelib.domain.media import ACCEPTED, PDF
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.pipeline import sittings
from chalicelib.services import Services
from chalicelib.speech import docx
from chalicelib.speech.corrections import Line, Verdict, correction
from chalicelib.speech.speakers import moods_of_named
from chalicelib.speech.summaries import Summary
from chalicelib.speech.tracks import ANALYSIS, SUMMARY
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Confirmation, Segment, Transcript, spaced
from chalicelib.storage import editions

_AT_ONCE = 16
FORMATS: Mapping[models.TranscriptFormat, str] = {
    "json": editions.TYPES["json"],
    "txt": editions.TYPES["txt"],
    "srt": editions.TYPES["srt"],
    "vtt": editions.TYPES["vtt"],
    "docx": docx.CONTENT_TYPE,
}
"""Content type by the name of a format."""


@operation("GET", "/assets/{asset_id}/transcript", gives=editions.TYPES.values())
def get_transcript(asset: Asset, query: models.TranscriptWanted, accept: str, services: Services) -> Response:
    """The transcript: as JSON, text, SRT, WebVTT or Word, by `format` or the Accept header."""
    return transcript(asset, query.format or format_of(accept), query.edition, services)


@operation("GET", "/assets/{asset_id}/transcript.json", gives=[FORMATS["json"]])
def get_transcript_json(asset: Asset, query: models.EditionWanted, services: Services) -> Response:
    """The transcript as a file ending in .json."""
    return transcript(asset, "json", query.edition, services)


@operation("GET", "/assets/{asset_id}/transcript.txt", gives=[FORMATS["txt"]])
def get_transcript_txt(asset: Asset, query: models.EditionWanted, services: Services) -> Response:
    """The transcript as a file ending in .txt."""
    return transcript(asset, "txt", query.edition, services)


@operation("GET", "/assets/{asset_id}/transcript.srt", gives=[FORMATS["srt"]])
def get_transcript_srt(asset: Asset, query: models.EditionWanted, services: Services) -> Response:
    """The transcript as a file ending in .srt."""
    return transcript(asset, "srt", query.edition, services)


@operation("GET", "/assets/{asset_id}/transcript.vtt", gives=[FORMATS["vtt"]])
def get_transcript_vtt(asset: Asset, query: models.EditionWanted, services: Services) -> Response:
    """The transcript as a file ending in .vtt."""
    return transcript(asset, "vtt", query.edition, services)


@operation("GET", "/assets/{asset_id}/transcript.docx", status=HTTPStatus.SEE_OTHER)
def get_transcript_docx(asset: Asset, query: models.EditionWanted, services: Services) -> Response:
    """The transcript as a file ending in .docx."""
    return transcript(asset, "docx", query.edition, services)


def format_of(accepted: str) -> models.TranscriptFormat:
    """The format that an Accept header asks for; JSON if it asks for none of ours."""
    types = [part.partition(";")[0].strip().lower() for part in accepted.split(",")]
    return next((name for kind in types for name, own in FORMATS.items() if kind == own), "json")


def transcript(asset: Asset, name: models.TranscriptFormat, edition: int | None, services: Services) -> Response:
    """The transcript in the format `name`, or where it can be had. Raises NotFound while there is none."""
    number = len(asset.edits) if edition is None else edition
    called = keys.download_name(asset, f".{name}")
    if name == "docx":
        written = docx.write(asset.title or asset.file_name, edition_of(asset, number, services))
        key = keys.file_key(asset.run, Folder.EDITS, f"transcript-{number}.docx")
        services.outputs.write(key, written, FORMATS[name])
        # API Gateway hands on binary only to who asks for its very type, so it is fetched from S3.
        return downloads.elsewhere(key, services, called)
    key = editions.key(asset, name, number) or ""
    info = services.outputs.info(key) if key else None
    if info is None:
        raise _missing()
    if info.size > downloads.LARGEST_BODY:
        return downloads.elsewhere(key, services, called)
    headers: dict[str, str | list[str]] = {
        "Content-Type": f"{FORMATS[name]}; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Disposition": downloads.disposition(called, "inline"),
    }
    return Response(services.outputs.read_text(key) or "", headers=headers)


def edition_of(asset: Asset, number: int, services: Services) -> Transcript:
    """An edition of the transcript. Raises NotFound if there is none, or not yet."""
    document = editions.read(asset, number, services.outputs)
    if document is None:
        raise _missing()
    return load_transcript(document)


def _missing() -> NotFound:
    return NotFound("There is no such transcript of this asset, or not yet.", "no-transcript")


@operation("PUT", "/assets/{asset_id}/transcript")
def correct_transcript(asset: Asset, body: models.TranscriptCorrection, services: Services) -> AssetView:
    """Correct the transcript: words that stand keep their times, captions are made anew, every edition is kept."""
    newest = len(asset.edits)
    before = edition_of(asset, min(body.edition, newest), services)
    if body.edition > newest:
        sentence = f"This transcript has no edition {body.edition}. The newest is {newest}."
        raise InvalidRequest(sentence, "no-edition", "edition")
    if before.is_empty and body.edition:  # it was emptied: what is written now takes the times of what was heard
        before = edition_of(asset, 0, services)
    lines = [Line(line.text, line.speaker) for line in body.lines]
    length = asset.media.duration if asset.media else 0.0
    job = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    verdict = Verdict(
        Confirmation(asset.ref.owner, round(time.time())),
        tuple((one.start, one.end) for one in body.confirmed),
        tuple((one.start, one.end) for one in body.unconfirmed),
    )
    corrected = correction(before, lines, length, job, body.edition, verdict)
    edited = editions.add(asset, body.edition, corrected, services.store, services.outputs)
    if edited is None:
        raise Conflict(
            "This transcript has been corrected by somebody else in the meantime. Load it again, and correct that.",
            "edited-meanwhile",
        )
    sittings.corrected(edited, services)
    return shown(edited, services)


@operation("POST", "/assets/{asset_id}/transcript/left", status=HTTPStatus.ACCEPTED)
def leave_transcript(asset: Asset, services: Services) -> AssetView:
    """Tell that whoever corrected the transcript is done for now: what follows of that need not wait."""
    sittings.left(asset, services)
    return shown(asset, services)


@operation("GET", "/assets/{asset_id}/lines")
def get_lines(asset: Asset, query: models.EditionWanted, services: Services) -> models.Lines | Response:
    """The transcript for reading along: lines of one speaker each, with the times of their words."""
    return lines(asset, query.edition, services)


def lines(asset: Asset, edition: int | None, services: Services, *, is_shared: bool = False) -> models.Lines | Response:
    """The lines of an edition, of the last one if none is named. Raises NotFound while there is no transcript.

    Whoever has a link alone (`is_shared`) is not told who confirmed words, and when.

    A day's talk is more than a function may answer: it is then stored, and the answer says where.
    """
    number = len(asset.edits) if edition is None else edition
    found = edition_of(asset, number, services)
    known = dict.fromkeys(word.confirmed for word in found.words() if word.confirmed and not is_shared)
    places = {one: at for at, one in enumerate(known)}
    answer = models.Lines(
        edition=number,
        editions=len(asset.edits),
        language=found.language,
        speakers=list(found.speakers),
        lines=[_line(segment, places) for segment in found.segments],
        confirmed=round(found.confirmed, 4),
        confirmations=[models.ConfirmationView(by=one.by, at=one.at) for one in known] or None,
    )
    name = f"lines-{number}{'-shared' if is_shared else ''}.json"
    return downloads.whole_or_elsewhere(answer, keys.file_key(asset.run, Folder.EDITS, name), services)


def _line(segment: Segment, known: Mapping[Confirmation, int]) -> models.LineView:
    words: list[models.SaidWord] = [
        (round(word.start, 3), round(word.end, 3), written, round(word.confidence, 3), space)
        for word, (space, written) in zip(segment.words, spaced(segment.words), strict=True)
    ]
    confirmed = [at for at, word in enumerate(segment.words) if word.confirmed] or None
    who = [known[by] for word in segment.words if (by := word.confirmed) and by in known]
    heard = {at: word.heard for at, word in enumerate(segment.words) if word.heard is not None} or None
    others = {at: word.alternatives for at, word in enumerate(segment.words) if word.alternatives and word.is_unsure}
    return models.LineView(
        start=segment.start,
        end=segment.end,
        speaker=segment.words[0].speaker,
        words=words,
        confirmed=confirmed,
        confirmed_by=[(one, len(list(run))) for one, run in groupby(who)] or None,
        heard=heard,
        alternatives=others or None,
    )


@operation("GET", "/assets/{asset_id}/analysis")
def get_analysis(asset: Asset, query: VersionWanted, services: Services) -> models.Analysis:
    """What was found in what was said: mood over time, key phrases, names, talk time, a summary with its parts."""
    del query  # the asset is as it was then
    answer, found = analysis(asset, services)
    if found is not None and services.settings.speaker_moods:
        moods = moods_of_named(edition_of(asset, len(asset.edits), services), found.segments)
        answer.speaker_moods = {
            name: models.SpeakerMood(mood=score.label, **asdict(score)) for name, score in moods.items()
        }
    return answer


def analysis(asset: Asset, services: Services) -> tuple[models.Analysis, LanguageAnalysis | None]:
    """What anybody may read of the analysis and the summary, and the analysis itself; either may be missing.

    A language whose mood and key phrases no engine knows can still have been summed up. Raises NotFound while there is
    neither.
    """
    stored = services.outputs.read(ANALYSIS.key(asset)) if asset.version else None
    summed_up = services.outputs.read(SUMMARY.key(asset)) if asset.version else None
    if stored is None and summed_up is None:
        raise NotFound("There is no analysis of this asset, or not yet.", "no-analysis")
    summary = Summary.from_json(json.loads(summed_up)) if summed_up is not None else Summary("")
    answer = models.Analysis(
        summary=summary.text or None,
        title=summary.title,
        sentences=summary.sentences,
        chapters=summary.chapters,
        actions=summary.actions,
        language=asset.language,
        on_pages=summary.on_pages,
    )
    if stored is None:
        return answer, None
    document = json.loads(stored)
    found = LanguageAnalysis.from_json(document)
    answer.engine = found.engine
    answer.on_pages = found.on_pages
    answer.language = found.language_code
    answer.mood = found.mood
    answer.score = models.Score(**asdict(found.sentiment)) if found.mood else None
    answer.segments = [
        models.MoodAt(start=one.start, end=one.end, speaker=one.speaker, mood=one.score.label, **asdict(one.score))
        for one in found.segments
    ]
    answer.key_phrases = found.key_phrases
    answer.entities = found.entities
    answer.talk_time = document["TalkTime"]
    answer.notes = list(map(message_view, found.notes))
    return answer, found


_UPLOAD = "upload"
_SHOWN = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    PDF: "application/pdf",
}
"""What of pictures and documents a browser shows, by what the file was found to hold: never by what somebody said."""


@operation("GET", "/assets/{asset_id}/media/{preset}")
def get_media(asset: Asset, preset: str, query: VersionWanted, services: Services) -> models.MediaAddress:
    """Where a rendition can be had, for a short while; as "upload" a picture or a document itself."""
    del query  # as above
    return media(asset, preset, services)


def media(asset: Asset, preset: str, services: Services, *, with_upload: bool = True) -> models.MediaAddress:
    """Where a rendition can be had, to play it, or to keep it under its title; of a picture or a document, as "upload",
    what was uploaded. Raises NotFound if there is none.
    """
    container = asset.media.container if asset.media else ""
    if with_upload and preset == _UPLOAD and (content_type := _SHOWN.get(container)):
        name = keys.download_name(
            asset, f".{ACCEPTED[container][0]}"
        )  # as its owner calls it: who follows a link reads it
        url = downloads.upload_address(asset, content_type, name, services)
        return models.MediaAddress(url=url, expires_in=downloads.EXPIRES_IN)
    for rendition in asset.renditions:
        if rendition.preset == preset:
            name = keys.download_name(asset, f".{presets.find(preset).extension}")
            url = downloads.address(rendition.key, services, name, "inline")
            return models.MediaAddress(url=url, expires_in=downloads.EXPIRES_IN)
    made = ", ".join(rendition.preset for rendition in asset.renditions) or "none"
    raise NotFound(f"This asset has no such rendition. It has: {made}.", "no-rendition")


@operation("GET", "/assets/{asset_id}/files", is_for_withheld=True)
def list_files(asset: Asset, services: Services) -> models.Files:
    """Everything that was made of a recording, to download."""
    wanted = files.files(asset, services.tracks) if asset.version and not asset.is_withheld else []
    return models.Files(files=there(wanted, asset, services), expires_in=downloads.EXPIRES_IN)


def there(wanted: Iterable[files.ResultFile], asset: Asset, services: Services) -> list[models.FileView]:
    """Those of the files that are there, to download."""

    def look(file: files.ResultFile) -> models.FileView | None:
        info = services.outputs.info(file.key)
        if info is None or files.says_nothing(file.name, info.size):
            return None
        url = downloads.address(file.key, services, keys.download_name(asset, f" {file.name}"))
        return models.FileView(name=file.name, content_type=file.content_type, size=info.size, url=url)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [view for view in pool.map(look, wanted) if view is not None]
