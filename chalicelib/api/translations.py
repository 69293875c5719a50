"""Captions in other languages, by a machine: asked for, listed, read."""

from http import HTTPStatus

from chalice import Response

from chalicelib.api import downloads
from chalicelib.api.language import message_view
from chalicelib.api.models import translations as models
from chalicelib.api.operation import operation
from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, Translation
from chalicelib.engines.registry import short
from chalicelib.errors import Conflict, NotFound
from chalicelib.pipeline import translating
from chalicelib.services import Services
from chalicelib.speech import captions
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.storage.editions import TYPES

_NOTE = {"vtt": "Translated by machine", "txt": "Translated by machine."}
"""What a file says of itself, where there is a place for it; SubRip has none."""


@operation("GET", "/assets/{asset_id}/translations")
def list_translations(asset: Asset, services: Services) -> models.TranslationsView:
    """The captions in other languages: which there are, of which text, and in which they can be had."""
    offered = list(translating.languages(asset, services)) if asset.has_ended else []
    try:
        usd = float(translating.expected(asset, services).usd) if offered else None
    except Conflict:  # there is nothing to translate
        offered, usd = [], None
    return models.TranslationsView(
        translations=[_view(asset, language, one) for language, one in sorted(asset.translations.items())],
        languages=offered,
        usd=usd,
    )


@operation("POST", "/assets/{asset_id}/translations", status=HTTPStatus.ACCEPTED)
def ask_translation(asset: Asset, body: models.TranslationWanted, services: Services) -> models.TranslationView:
    """Have the captions put into another language by a machine, from the newest text."""
    noted = translating.ask(asset, body.language, services, accept_cost=body.accept_cost)
    return _view(noted, body.language, noted.translations[body.language])


@operation("GET", "/assets/{asset_id}/translations/{language}", gives=[TYPES["vtt"], TYPES["srt"], TYPES["txt"]])
def get_translation(asset: Asset, language: str, query: models.TranslationFile, services: Services) -> Response:
    """The captions in another language, as WebVTT, SRT or text by `format`; above 4 MB a redirect to S3."""
    known = asset.translations.get(language)
    document = services.outputs.read(translating.key(asset, language)) if known is not None else None
    if document is None:
        raise NotFound("There are no captions in this language, or not yet.", "no-translation")
    transcript = load_transcript(document)
    name = query.format
    text = captions.written(transcript, captions.cues(transcript))[name]
    if name in _NOTE:
        text = captions.with_note(text, name, _NOTE[name])
    called = keys.download_name(asset, f" {language}.{name}")
    kind = f"{TYPES[name]}; charset=utf-8"
    if len(text.encode()) > downloads.LARGEST_BODY:
        place = keys.file_key(asset.run, keys.Folder.EDITS, f"translation-{language}.{name}")
        services.outputs.write(place, text, kind)
        return downloads.elsewhere(place, services, called)
    headers: dict[str, str | list[str]] = {
        "Content-Type": kind,
        "Cache-Control": "no-store",
        "Content-Disposition": downloads.disposition(called, "inline"),
    }
    return Response(text, headers=headers)


def _view(asset: Asset, language: str, one: Translation) -> models.TranslationView:
    return models.TranslationView(
        language=language,
        state=one.state,
        asked_at=one.asked_at,
        is_there=one.edition is not None,
        edition=one.edition,
        at=one.at,
        engine=short(one.engine) if one.engine else None,
        is_outdated=translating.is_outdated(asset, one),
        error=message_view(one.failure) if one.failure is not None else None,
    )
