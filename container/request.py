"""What the job is asked for: `RunJob.to_json` of `chalicelib/seams/run_job.py`, read and checked.

`container/README.md` has the format. What is not known is passed over, so that a newer service can ask an older image.
"""

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.vision.moderation import ModerationRule
from container import failures
from container.failures import Failed

_LONGEST = 1_000_000.0  # seconds: eleven days
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the job that is wanted: its `name`, and the URI that its result is left at."""

    name: str
    destination: str


@dataclass(frozen=True, slots=True)
class Moderation(Part):
    """What is indecent, from `least_confidence` (percent) on; `rule` says what counts."""

    least_confidence: float
    rule: ModerationRule


@dataclass(frozen=True, slots=True)
class Transcription(Part):
    """What is said: in `language` (BCP 47) by so many `speakers`, None where it is to be found out.

    `terms` are names and phrases that are likely to be said.
    """

    language: str | None
    speakers: int | None
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """All of it. `source` is the URI of the file, `folder` what the URIs begin with of what the job keeps for itself.

    `seconds` is how long the file plays (0: a picture); tracks count from 1 among those of their kind.
    """

    name: str
    source: str
    folder: str
    seconds: float
    video_track: int | None
    audio_track: int | None
    moderation: Moderation | None
    transcription: Transcription | None
    toxicity: Part | None
    summary: Part | None

    @property
    def parts(self) -> dict[str, Part]:
        """The parts that are wanted, in the order in which they are done, by their names in `failure.json`."""
        all_of_them = {
            "moderation": self.moderation,
            "transcript": self.transcription,
            "toxicity": self.toxicity,
            "summary": self.summary,
        }
        return {name: part for name, part in all_of_them.items() if part is not None}


def read(text: str) -> Request:
    """The request in `text`. Raises Failed if it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise _bad("it is not JSON") from exc
    if not isinstance(told, Mapping):
        raise _bad("it is not an object")
    media = _object(told, "media") or {}
    transcription = _transcription(told)
    if transcription is None and (told.get("toxicity") or told.get("summary")):
        raise _bad("toxicity and summary are made of a transcript, which is not asked for")
    return Request(
        name=_text(told, "name"),
        source=_uri(told, "source"),
        folder=_uri(told, "folder"),
        seconds=_number(media, "seconds", 0.0, _LONGEST),
        video_track=_track(media, "video_track"),
        audio_track=_track(media, "audio_track"),
        moderation=_moderation(told),
        transcription=transcription,
        toxicity=_part(told, "toxicity"),
        summary=_part(told, "summary"),
    )


def folder_in(text: str) -> str | None:
    """Where a request that may be broken says that the job keeps what is its own: why it failed is left there."""
    try:
        return _uri(json.loads(text), "folder")
    except (ValueError, RecursionError, AttributeError, TypeError, Failed):
        return None


def _moderation(told: Mapping[str, Any]) -> Moderation | None:
    values, part = _object(told, "moderation"), _part(told, "moderation")
    if values is None or part is None:
        return None
    rule = _object(values, "rule")
    return Moderation(
        part.name,
        part.destination,
        _number(values, "least_confidence", 0.0, _PERCENT),
        _rule(rule) if rule is not None else ModerationRule(_USUAL_CONFIDENCE),
    )


_USUAL_CONFIDENCE = 60.0
"""Where nothing follows from what is found, and so nobody says from where on it counts."""


def _rule(values: Mapping[str, Any]) -> ModerationRule:
    kinds = values.get("kinds")
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise _bad("the rule's kinds are not a list of names")
    if not isinstance(values.get("stops"), bool):
        raise _bad("the rule does not say whether it stops the job")
    return ModerationRule(_number(values, "confidence", 0.0, _PERCENT), tuple(kinds), values["stops"])


def _transcription(told: Mapping[str, Any]) -> Transcription | None:
    values, part = _object(told, "transcription"), _part(told, "transcription")
    if values is None or part is None:
        return None
    language = None if values.get("language") is None else _text(values, "language")
    return Transcription(part.name, part.destination, language, _track(values, "speakers"), _terms(values))


def _terms(values: Mapping[str, Any]) -> tuple[str, ...]:
    found = values.get("terms") or []
    if not isinstance(found, list) or not all(isinstance(term, str) for term in found):
        raise _bad("the terms are not a list of texts")
    return tuple(found)


def _part(told: Mapping[str, Any], name: str) -> Part | None:
    values = _object(told, name)
    return None if values is None else Part(_text(values, "name"), _uri(values, "destination"))


def _object(told: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    found = told.get(name)
    if found is not None and not isinstance(found, Mapping):
        raise _bad(f"{name} is not an object")
    return found


def _text(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    if not isinstance(found, str) or not found or "\0" in found or _has_halves(found):
        raise _bad(f"{name} is not a text")
    return found


def _uri(told: Mapping[str, Any], name: str) -> str:
    found = _text(told, name)
    bucket, _, key = found.removeprefix("s3://").partition("/")
    if not (found.startswith("s3://") and bucket and key) and not found.startswith("file:///"):
        raise _bad(f"{name} is neither s3://bucket/key nor file:///folder/file")
    if found.startswith("file:///") and "\0" in urllib.parse.unquote(found):
        raise _bad(f"{name} is the name of no file")
    return found


def _has_halves(text: str) -> bool:
    """Whether there are halves of characters in it, which JSON lets through and no name can have."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def _number(told: Mapping[str, Any], name: str, least: float, most: float) -> float:
    found = told.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _bad(f"{name} is not a number")
    if not least <= found <= most:  # nor is what JSON calls NaN
        raise _bad(f"{name} is not from {least:g} to {most:g}")
    return float(found)


def _track(told: Mapping[str, Any], name: str) -> int | None:
    found = told.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= _MOST:
        raise _bad(f"{name} is not a whole number from 1 on")
    return found


_MOST = 1000


def _bad(why: str) -> Failed:
    return Failed(failures.BAD_REQUEST, f"The request cannot be understood: {why}.")
