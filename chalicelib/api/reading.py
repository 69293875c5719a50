"""What readers get of an asset: its lines, what was found in them, its files."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalice import Response

from chalicelib.api import editions, library, reading_views
from chalicelib.api.language import told
from chalicelib.domain import files as results
from chalicelib.domain import keys
from chalicelib.domain.analysis import LanguageAnalysis, SentimentScore
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Folder
from chalicelib.errors import NotFound
from chalicelib.services import Services
from chalicelib.speech.speakers import moods_of_named
from chalicelib.speech.summaries import Point, Summary
from chalicelib.speech.tracks import ANALYSIS, SUMMARY
from chalicelib.speech.transcripts import Segment, load_transcript, spaced

_AT_ONCE = 16


def lines(asset: Asset, edition: int | None, services: Services) -> Response | reading_views.Lines:
    """The lines of an edition, of the last one if none is named. Raises NotFound while there is no transcript.

    A day's talk is more than a function may answer: it is then stored, and the answer says where.
    """
    number = len(asset.edits) if edition is None else edition
    found = load_transcript(editions.document(asset, number, services))
    answer = reading_views.Lines(
        edition=number,
        editions=len(asset.edits),
        language=found.language,
        speakers=list(found.speakers),
        lines=[_line(segment) for segment in found.segments],
    )
    key = keys.file_key(asset.run, Folder.EDITS, f"lines-{number}.json")
    return editions.whole_or_elsewhere(answer, key, services)


def _line(segment: Segment) -> reading_views.LineView:
    words: list[reading_views.SaidWord] = [
        (round(word.start, 3), round(word.end, 3), written, round(word.confidence, 3), space)
        for word, (space, written) in zip(segment.words, spaced(segment.words), strict=True)
    ]
    speaker = segment.words[0].speaker
    return reading_views.LineView(start=segment.start, end=segment.end, speaker=speaker, words=words)


def analysis(asset: Asset, services: Services, *, for_owner: bool = False) -> reading_views.Analysis:
    """What was found in what was said, and its summary; either may be missing. Raises NotFound while there is neither.

    A language whose mood and key phrases no engine knows can still have been summed up.
    """
    stored = services.outputs.read(ANALYSIS.key(asset)) if asset.version else None
    summed_up = services.outputs.read(SUMMARY.key(asset)) if asset.version else None
    if stored is None and summed_up is None:
        raise NotFound("There is no analysis of this asset, or not yet.", "no-analysis")
    summary = Summary.from_json(json.loads(summed_up)) if summed_up is not None else Summary("")
    about = {"language": asset.language} if stored is None else _found(asset, json.loads(stored), services, for_owner)
    return reading_views.Analysis(
        summary=summary.text or None,
        title=summary.title,
        sentences=[_point(point) for point in summary.sentences],
        chapters=[reading_views.ChapterView(title=one.title, time=one.time) for one in summary.chapters],
        actions=[_point(point) for point in summary.actions],
        **about,
    )


def _found(asset: Asset, document: dict[str, Any], services: Services, for_owner: bool) -> dict[str, Any]:
    """What the analysis tells, by the answer's fields."""
    found = LanguageAnalysis.from_json(document)
    return {
        "engine": found.engine,
        "language": found.language_code,
        "mood": found.sentiment.label,
        "score": reading_views.Score(**_score(found.sentiment)),
        "segments": [
            reading_views.MoodAt(
                start=segment.start,
                end=segment.end,
                speaker=segment.speaker,
                mood=segment.score.label,
                **_score(segment.score),
            )
            for segment in found.segments
        ],
        "key_phrases": [
            reading_views.Phrase(text=phrase.text, score=phrase.score, times=list(phrase.times))
            for phrase in found.key_phrases
        ],
        "entities": None
        if found.entities is None
        else [
            reading_views.Named(text=named.text, kind=named.kind, score=named.score, times=list(named.times))
            for named in found.entities
        ],
        "talk_time": document["TalkTime"],
        "speaker_moods": _speaker_moods(asset, found, services)
        if for_owner and services.settings.speaker_moods
        else {},
        "notes": list(map(told, found.notes)),
    }


def _speaker_moods(asset: Asset, found: LanguageAnalysis, services: Services) -> dict[str, reading_views.SpeakerMood]:
    current = load_transcript(editions.document(asset, len(asset.edits), services))
    moods = moods_of_named(current, found.segments)
    return {name: reading_views.SpeakerMood(mood=score.label, **_score(score)) for name, score in moods.items()}


def _point(point: Point) -> reading_views.PointView:
    return reading_views.PointView(text=point.text, times=list(point.times))


def _score(score: SentimentScore) -> dict[str, float]:
    return {name.lower(): value for name, value in score.to_json().items()}


def files(asset: Asset, services: Services) -> reading_views.Files:
    """Everything that was made of a recording."""
    wanted = results.files(asset, services.tracks) if asset.version else []
    return reading_views.Files(files=there(wanted, asset, services), expires_in=library.MEDIA_EXPIRES_IN)


def there(wanted: Iterable[results.ResultFile], asset: Asset, services: Services) -> list[reading_views.FileView]:
    """Those of the files that are there, to download."""

    def look(file: results.ResultFile) -> reading_views.FileView | None:
        info = services.outputs.info(file.key)
        if info is None:
            return None
        called = keys.download_name(asset, f" {file.name}")
        url = library.address(file.key, services, called)
        return reading_views.FileView(name=file.name, content_type=file.content_type, size=info.size, url=url)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [view for view in pool.map(look, wanted) if view is not None]
