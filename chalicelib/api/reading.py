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
from chalicelib.api.models.assets import AssetView, MessageView
from chalicelib.api.models.versions import VersionWanted
from chalicelib.api.operation import operation
from chalicelib.api.views import shown
from chalicelib.clients.tokens import Account
from chalicelib.domain import files, keys, presets
from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Folder
from chalicelib.domain.media import ACCEPTED, PDF
from chalicelib.domain.rights import Deed, Role, may
from chalicelib.domain.tracks import Track
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.message import Message
from chalicelib.pipeline import quotas, remaking, sittings, together
from chalicelib.pipeline.text import is_document
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.services import Services
from chalicelib.speech import docx
from chalicelib.speech.captions import with_note
from chalicelib.speech.corrections import Line, Verdict, correction, name_of
from chalicelib.speech.speakers import moods_of_named
from chalicelib.speech.summaries import Summary
from chalicelib.speech.tracks import ANALYSIS, SUMMARY, TRANSCRIPT
from chalicelib.speech.transcribe_json import for_readers, load_transcript
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


@operation("GET", "/assets/{asset_id}/transcript", gives=editions.TYPES.values(), deed=Deed.READ)
def get_transcript(
    asset: Asset, role: Role, query: models.TranscriptWanted, accept: str, services: Services
) -> Response:
    """The transcript: as JSON, text, SRT, WebVTT or Word, by `format` or the Accept header."""
    name = query.format or format_of(accept)
    if query.confirmed and name == "srt":
        raise InvalidRequest("SRT has no place for what is confirmed. WebVTT has.", "no-place", "confirmed")
    is_shared = not may(role, Deed.EDIT)
    return transcript(asset, name, query.edition, services, tells_confirmed=query.confirmed, is_shared=is_shared)


@operation("GET", "/assets/{asset_id}/transcript.json", gives=[FORMATS["json"]], deed=Deed.READ)
def get_transcript_json(asset: Asset, role: Role, query: models.FileWanted, services: Services) -> Response:
    """The transcript as a file ending in .json."""
    is_shared = not may(role, Deed.EDIT)
    return transcript(asset, "json", query.edition, services, tells_confirmed=query.confirmed, is_shared=is_shared)


@operation("GET", "/assets/{asset_id}/transcript.txt", gives=[FORMATS["txt"]], deed=Deed.READ)
def get_transcript_txt(asset: Asset, query: models.FileWanted, services: Services) -> Response:
    """The transcript as a file ending in .txt."""
    return transcript(asset, "txt", query.edition, services, tells_confirmed=query.confirmed)


@operation("GET", "/assets/{asset_id}/transcript.srt", gives=[FORMATS["srt"]], deed=Deed.READ)
def get_transcript_srt(asset: Asset, query: models.EditionWanted, services: Services) -> Response:
    """The transcript as a file ending in .srt."""
    return transcript(asset, "srt", query.edition, services)


@operation("GET", "/assets/{asset_id}/transcript.vtt", gives=[FORMATS["vtt"]], deed=Deed.READ)
def get_transcript_vtt(asset: Asset, query: models.FileWanted, services: Services) -> Response:
    """The transcript as a file ending in .vtt."""
    return transcript(asset, "vtt", query.edition, services, tells_confirmed=query.confirmed)


@operation("GET", "/assets/{asset_id}/transcript.docx", status=HTTPStatus.SEE_OTHER, deed=Deed.READ)
def get_transcript_docx(asset: Asset, query: models.FileWanted, services: Services) -> Response:
    """The transcript as a file ending in .docx."""
    return transcript(asset, "docx", query.edition, services, tells_confirmed=query.confirmed)


def format_of(accepted: str) -> models.TranscriptFormat:
    """The format that an Accept header asks for; JSON if it asks for none of ours."""
    types = [part.partition(";")[0].strip().lower() for part in accepted.split(",")]
    return next((name for kind in types for name, own in FORMATS.items() if kind == own), "json")


CONFIRMED = Message("confirmed-share", "Confirmed: %(share)s of the words.")
"""How much of a transcript somebody stands behind, where a file of it is to say so."""


def transcript(
    asset: Asset,
    name: models.TranscriptFormat,
    edition: int | None,
    services: Services,
    *,
    tells_confirmed: bool = False,
    is_shared: bool = False,
) -> Response:
    """The transcript in the format `name`, or where it can be had; if it `tells_confirmed`, with how much of it is. For
    whoever only reads (`is_shared`), JSON is as `lines` are.

    Raises NotFound while there is none.
    """
    number = asset.edition if edition is None else edition
    called = keys.download_name(asset, f".{name}")
    kind = ("-confirmed" if tells_confirmed else "") + ("-shared" if is_shared else "")
    own = keys.file_key(asset.run, Folder.EDITS, f"transcript-{number}{kind}.{name}") if asset.version else ""
    if name == "docx":
        found = edition_of(asset, number, services)
        note = _confirmed_in(found) if tells_confirmed else None
        services.outputs.write(own, docx.write(asset.title or asset.file_name, found, note), FORMATS[name])
        # API Gateway hands on binary only to who asks for its very type, so it is fetched from S3.
        return downloads.elsewhere(own, services, called)
    if tells_confirmed or (is_shared and name == "json"):
        return _told(asset, name, number, own, services, tells_confirmed=tells_confirmed, is_shared=is_shared)
    key = _key_of(asset, name, number, services)
    info = services.outputs.info(key)
    if info is None:
        raise _missing()
    if info.size > downloads.LARGEST_BODY:
        return downloads.elsewhere(key, services, called)
    return _as_file(asset, name, services.outputs.read_text(key) or "")


def _key_of(asset: Asset, name: str, number: int, services: Services) -> str:
    """Where an edition lies in this format, also if it was saved anew since `asset` was read. Raises NotFound."""
    key = editions.key(asset, name, number)
    if key is not None and services.outputs.info(key) is None:
        now = services.store.get(asset.ref)
        key = editions.key(now, name, number) if now is not None and now.version == asset.version else None
    if key is None:
        raise _missing()
    return key


def _told(
    asset: Asset,
    name: models.TranscriptFormat,
    number: int,
    place: str,
    services: Services,
    *,
    tells_confirmed: bool,
    is_shared: bool,
) -> Response:
    """The same, with how much of it is confirmed at its beginning; of JSON, in `rapporteur_confirmed_percent`."""
    found = edition_of(asset, number, services)
    text = services.outputs.read_text(_key_of(asset, name, number, services)) or ""
    if name == "json":
        document = json.loads(text)
        if is_shared:
            document = for_readers(document)
        if tells_confirmed:
            document["results"]["rapporteur_confirmed_percent"] = found.percent_confirmed
        text = json.dumps(document, ensure_ascii=False)
    else:
        text = with_note(text, name, _confirmed_in(found))
    if len(text.encode()) > downloads.LARGEST_BODY:
        services.outputs.write(place, text, f"{FORMATS[name]}; charset=utf-8")
        return downloads.elsewhere(place, services, keys.download_name(asset, f".{name}"))
    return _as_file(asset, name, text)


def _confirmed_in(found: Transcript) -> str:
    return message_view(CONFIRMED.of(share=f"{found.percent_confirmed} %")).message


def _as_file(asset: Asset, name: models.TranscriptFormat, text: str) -> Response:
    called = keys.download_name(asset, f".{name}")
    headers: dict[str, str | list[str]] = {
        "Content-Type": f"{FORMATS[name]}; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Disposition": downloads.disposition(called, "inline"),
    }
    return Response(text, headers=headers)


def edition_of(asset: Asset, number: int, services: Services) -> Transcript:
    """An edition of the transcript. Raises NotFound if there is none, or not yet."""
    document = editions.read(asset, number, services.outputs)
    if document is None and number:  # it may have been saved anew since the asset was read
        now = services.store.get(asset.ref)
        is_same = now is not None and now.version == asset.version
        document = editions.read(now, number, services.outputs) if now is not None and is_same else None
    if document is None:
        raise _missing()
    return load_transcript(document)


def _missing() -> NotFound:
    return NotFound("There is no such transcript of this asset, or not yet.", "no-transcript")


@operation("PUT", "/assets/{asset_id}/transcript", deed=Deed.EDIT)
def correct_transcript(
    asset: Asset, role: Role, body: models.TranscriptCorrection, account: Account, services: Services
) -> AssetView:
    """Correct the transcript: words that stand keep their times, captions are made anew, each sitting is kept."""
    if body.version not in {None, asset.version}:
        # The saves of each version are counted from 1, so their number alone would not tell.
        sentence = "What was corrected is another version of this transcript. Load it again, and correct that."
        raise Conflict(sentence, "another-version")
    newest = asset.edition
    for name, number in (("edition", body.edition), ("brings_back", body.brings_back or 0)):
        if number > newest:
            edition_of(asset, newest, services)  # which says so where there is no transcript at all
            sentence = f"This transcript has no edition {number}. The newest is {newest}."
            raise InvalidRequest(sentence, "no-edition", name)
    lines = [Line(line.text, line.speaker) for line in body.lines]
    job = keys.job_name(asset.run, keys.Task.TRANSCRIPT) if asset.version else ""
    verdict = Verdict(
        Confirmation(account.owner, round(time.time())),
        tuple((one.start, one.end) for one in body.confirmed),
        tuple((one.start, one.end) for one in body.unconfirmed),
    )
    asked = name_of(lines, job, body.edition, verdict, body.brings_back)
    if editions.is_saved(asset, body.edition, asked):  # it is sent again, since its answer was lost
        edited: Asset | None = asset
    elif body.edition < newest:
        edited = None
    else:
        before = edition_of(asset, newest if body.brings_back is None else body.brings_back, services)
        if before.is_empty and newest:  # it was emptied: what is written now takes the times of what was heard
            before = edition_of(asset, 0, services)
        length = asset.media.duration if asset.media else 0.0
        corrected = correction(before, lines, length, job, newest, verdict, body.brings_back)
        edited = editions.add(asset, newest, corrected, services.store, services.outputs, account.owner)
    if edited is None:
        raise Conflict(
            "This transcript has been corrected by somebody else in the meantime. Load it again, and correct that.",
            "edited-meanwhile",
        )
    sittings.corrected(edited, services)
    return shown(edited, services, role)


@operation("POST", "/assets/{asset_id}/transcript/left", status=HTTPStatus.ACCEPTED, deed=Deed.EDIT, is_noted=False)
def leave_transcript(asset: Asset, role: Role, services: Services) -> AssetView:
    """Tell that whoever corrected the transcript is done for now: what follows of that need not wait."""
    sittings.left(asset, services)
    return shown(asset, services, role)


@operation("GET", "/assets/{asset_id}/lines", deed=Deed.READ)
def get_lines(asset: Asset, role: Role, query: models.EditionWanted, services: Services) -> models.Lines | Response:
    """The transcript for reading along: lines of one speaker each, with the times of their words."""
    return lines(asset, query.edition, services, is_shared=not may(role, Deed.EDIT))


def lines(asset: Asset, edition: int | None, services: Services, *, is_shared: bool = False) -> models.Lines | Response:
    """The lines of an edition, of the last one if none is named. Raises NotFound while there is no transcript.

    Whoever only reads (`is_shared`) is not told who confirmed words, and when, nor what else they were heard as.

    A day's talk is more than a function may answer: it is then stored, and the answer says where.
    """
    number = asset.edition if edition is None else edition
    found = edition_of(asset, number, services)
    known = dict.fromkeys(word.confirmed for word in found.words() if word.confirmed and not is_shared)
    places = {one: at for at, one in enumerate(known)}
    answer = models.Lines(
        edition=number,
        editions=len(asset.editions),
        language=found.language,
        speakers=list(found.speakers),
        lines=[_line(segment, places, is_shared=is_shared) for segment in found.segments],
        confirmed=found.confirmed,
        confirmations=[models.ConfirmationView(by=one.by, at=one.at) for one in known] or None,
    )
    name = f"lines-{number}{'-shared' if is_shared else ''}.json"
    return downloads.whole_or_elsewhere(answer, keys.file_key(asset.run, Folder.EDITS, name), services)


def _line(segment: Segment, known: Mapping[Confirmation, int], *, is_shared: bool) -> models.LineView:
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
        heard=None if is_shared else heard,
        alternatives=None if is_shared else others or None,
    )


@operation("GET", "/assets/{asset_id}/analysis", deed=Deed.READ)
def get_analysis(asset: Asset, role: Role, query: VersionWanted, services: Services) -> models.Analysis:
    """What was found in what was said: mood over time, key phrases, names, talk time, a summary with its parts."""
    answer, found = analysis(asset, services)
    if role is not Role.OWNER and quotas.is_refused_anew(asset):  # what may be spent is its owner's business
        answer.not_remade = None
    origins = [one for one in (answer.made_from, answer.summary_made_from) if one is not None and one.is_due]
    if origins and query.version is not None and not _is_current(asset, services):
        for origin in origins:  # of an earlier version nothing is made anew before it is used again
            origin.is_due = False
    if role is Role.OWNER and found is not None and services.settings.speaker_moods:
        moods = moods_of_named(edition_of(asset, asset.edition, services), found.segments)
        answer.speaker_moods = {
            name: models.SpeakerMood(mood=score.label, **asdict(score)) for name, score in moods.items()
        }
    return answer


def _is_current(asset: Asset, services: Services) -> bool:
    now = services.store.get(asset.ref)
    return now is not None and now.version == asset.version


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
    if not is_document(asset):
        answer.made_from = _made_from(asset, ANALYSIS, services) if stored is not None else None
        answer.summary_made_from = _made_from(asset, SUMMARY, services) if summed_up is not None else None
        answer.not_remade = _not_remade(asset, answer, services)
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


def _made_from(asset: Asset, track: Track, services: Services) -> models.MadeFrom:
    known, is_outdated = track.made_from(asset), remaking.is_outdated(asset, track)
    return models.MadeFrom(
        edition=known.edition if known else 0,
        at=known.at if known else None,
        is_outdated=is_outdated,
        is_due=is_outdated and remaking.is_due(asset, track, services),
    )


def _not_remade(asset: Asset, answer: models.Analysis, services: Services) -> MessageView | None:
    """Why what is outdated stays as it is, if that is known."""
    outdated = [
        one for one in (answer.made_from, answer.summary_made_from) if one and one.is_outdated and not one.is_due
    ]
    if not outdated:
        return None
    if asset.not_remade is not None and (asset.remade == asset.edition or quotas.is_refused_anew(asset)):
        return message_view(asset.not_remade)
    stays = answer.summary_made_from in outdated and together.shares(SUMMARIZING, services)
    return message_view(remaking.STAYS) if stays else None


_UPLOAD = "upload"
_SHOWN = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    PDF: "application/pdf",
}
"""What of pictures and documents a browser shows, by what the file was found to hold: never by what somebody said."""


@operation("GET", "/assets/{asset_id}/media/{preset}", deed=Deed.READ)
def get_media(asset: Asset, role: Role, preset: str, query: VersionWanted, services: Services) -> models.MediaAddress:
    """Where a rendition can be had, for a short while; as "upload" a picture or a document itself."""
    del query  # the asset is as it was then
    return media(asset, preset, services, with_upload=role is Role.OWNER or not has_picture(asset))


def has_picture(asset: Asset) -> bool:
    """Whether others need not be given a picture as it was uploaded: that may say where it was taken, and by whose
    camera.
    """
    return any(rendition.preset == presets.PICTURE.name for rendition in asset.renditions)


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


@operation("GET", "/assets/{asset_id}/files", is_for_withheld=True, deed=Deed.READ)
def list_files(asset: Asset, role: Role, services: Services) -> models.Files:
    """Everything that was made of a recording, to download."""
    is_owner = role is Role.OWNER
    shown_tracks = [track for track in services.tracks if is_owner or not track.is_private]
    wanted = files.files(asset, shown_tracks) if asset.version and not asset.is_withheld else []
    if not is_owner:  # a report is a letter to its owner
        wanted = [file for file in wanted if file.name != files.REPORT]
    wanted = readable(wanted, role)
    return models.Files(files=there(wanted, asset, services), expires_in=downloads.EXPIRES_IN)


def readable(wanted: Iterable[files.ResultFile], role: Role) -> list[files.ResultFile]:
    """Those of the files that somebody may have as they are stored: who only reads gets the transcript's JSON by its
    own route.
    """
    whole = {form.file_name for form in TRANSCRIPT.forms}
    return [file for file in wanted if may(role, Deed.EDIT) or file.name not in whole]


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
