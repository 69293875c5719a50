"""What must hold of a deployment's answers and results. Pure: each check returns what is wrong, in sentences."""

import json
import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.domain import presets
from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.errors import TranscriptError
from chalicelib.speech.summaries import Summary
from chalicelib.speech.transcribe_json import load_transcript
from deployment.smoke import media

Faults = list[str]
_V4 = "AWS4-HMAC-SHA256"
_CLOSE_SECONDS = 1.0
_CLOSE_SHAPE = 0.02
"""Sizes are even, so that the shape of a small picture may differ by so much."""

_QUIET = 0.01
_UNREADABLE = (ValueError, KeyError, TypeError, struct.error, TranscriptError)
_TIMES = re.compile(r"(\d\d):(\d\d):(\d\d)[,.](\d{3}) --> (\d\d):(\d\d):(\d\d)[,.](\d{3})")


@dataclass(frozen=True)
class Answer:
    """What a server answered; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body read as JSON, or None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class File:
    """A result as the API lists it, with what lies behind its address."""

    name: str
    size: int
    body: bytes


# ---- addresses, and what is answered at them


def sign_in_pages(answer: Answer) -> Faults:
    """Whether who is sent to sign in gets to the page for it; else Cognito sends them to one about an error."""
    leads_to = urlsplit(answer.headers.get("location", ""))
    if answer.status in {302, 303} and leads_to.path == "/login":
        return []
    told = parse_qs(leads_to.query)
    reason = (told.get("error_description") or told.get("error") or [f"{answer.status}"])[0]
    return [
        f"Nobody can sign in on the pages: the sign-in pages answer {reason}. The pool needs its domain, and the "
        "client its callback address (the pages' with a slash at its end), its scopes and a style: deploy again."
    ]


def address(url: str, region: str, what: str) -> Faults:
    """Whether `url` leads to S3 in `region` itself and not by way of us-east-1."""
    host = urlsplit(url).hostname or ""
    if re.search(rf"(^|\.)s3[.-]{re.escape(region)}\.amazonaws\.com(\.cn)?$", host):
        return []
    return [
        f"The address {what} leads to {host}, not to S3 in {region}. Buckets are not known there for up to a day after "
        "they were made: S3 answers 307, which browsers may not follow. chalicelib/clients/aws.py has to make the S3 "
        'client with s3={"addressing_style": "virtual"} and signature_version="s3v4".'
    ]


def signature(given: Mapping[str, str], what: str) -> Faults:
    """Whether the fields of a form, or the parameters of an address, carry a signature of version 4."""
    names = {name.lower(): value for name, value in given.items()}
    if names.get("x-amz-algorithm") == _V4:
        return []
    return [
        f"What {what} is signed by is not Signature Version 4: buckets made since June 2020 do not promise to take any "
        'other. chalicelib/clients/aws.py has to make the S3 client with signature_version="s3v4".'
    ]


def signed_address(url: str, region: str, what: str) -> Faults:
    """Both of a whole address."""
    return address(url, region, what) + signature({k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}, what)


def redirected(answer: Answer, what: str) -> Faults:
    """Whether `what` was led elsewhere, which neither a browser's preflight nor a signature outlives."""
    if not 300 <= answer.status < 400:  # noqa: PLR2004 - the redirects
        return []
    return [
        f"S3 answered {what} with {answer.status} to {answer.headers.get('location', 'nowhere')}: the address names "
        "another place than the bucket's own, or the bucket is younger than its name is known. Browsers cannot upload "
        "or play anything until that ends; addresses of the bucket's own region never have it."
    ]


def stored(answer: Answer, what: str, bucket: str) -> Faults:
    """Whether S3 took `what`."""
    if redirect := redirected(answer, what):
        return redirect
    if answer.status in {200, 201, 204}:
        return []
    code = re.search(rb"<Code>(\w+)</Code>", answer.body)
    return [
        f"S3 refused {what} with {answer.status} {code[1].decode() if code else ''}. The address is signed by the "
        f"function behind the API: its policy must have s3:PutObject on {bucket} (deployment/policies.py)."
    ]


def fetched(answer: Answer, what: str, bucket: str) -> Faults:
    """Whether S3 gave out `what`."""
    if redirect := redirected(answer, what):
        return redirect
    if answer.status == 200:  # noqa: PLR2004 - OK
        return []
    return [
        f"S3 refused to give out {what} with {answer.status}. The address is signed by the function behind the API: "
        f"its policy must have s3:GetObject on {bucket} (deployment/policies.py)."
    ]


def preflight(answer: Answer, what: str, bucket: str) -> Faults:
    """Whether a page may do `what`: the browser's own question before it."""
    if redirect := redirected(answer, f"the browser's question before {what}"):
        return redirect
    if answer.status == 200 and "access-control-allow-origin" in answer.headers:  # noqa: PLR2004 - OK
        return []
    return [
        f"A page may not do {what}: S3 answered the browser's question before it with {answer.status}. The bucket "
        f"{bucket} needs its CorsConfiguration (cloudformation/), and UploadOrigins must name the pages' address."
    ]


def unknown_route(answer: Answer) -> Faults:
    """Whether pages can read what API Gateway answers by itself."""
    if "access-control-allow-origin" in answer.headers:
        return []
    return [
        "What API Gateway answers by itself, when a function is throttled or takes too long, has no "
        "Access-Control-Allow-Origin: pages can only say that the service cannot be reached. Deploy again: "
        "deployment/after.py sets it."
    ]


def answered(answer: Answer, status: int, what: str, log_group: str) -> Faults:
    """Whether the API answered `what` as it must."""
    if answer.status == status:
        return []
    told = answer.json()
    said = told.get("detail", told.get("message", "")) if isinstance(told, dict) else ""  # ours; API Gateway's
    return [f"The API answered {what} with {answer.status} {said}".rstrip() + f" Look at the log group {log_group}."]


# ---- what became of a recording


def heard_on_the_right(faults: Sequence[str]) -> Faults:
    """What it means if the recording that speaks on its right channel only came to these `faults`."""
    if not any(sign in fault for fault in faults for sign in ("is silent", "no words", "no speech", "language is")):
        return []
    return [
        "A recording that speaks on its right channel only was not heard: the sound that is transcribed is made of the "
        "left channel alone. MediaConvert has to be told how to mix down: RemixSettings in "
        "chalicelib/engines/transcoding/mediaconvert.py."
    ]


def ended_well(asset: Mapping[str, Any]) -> Faults:
    """Whether all of an asset (a view of the API) worked out; what was left out is a fault too, of this recording."""
    name = asset["file_name"]
    ends = [] if asset["status"] == "completed" else [(f"{name} was", asset)]
    branches = asset["branches"].items()
    ends += [(f"{name}: the branch {branch} is", state) for branch, state in branches if state["status"] != "done"]
    return [f"{what} {end['status']}. {(end.get('error') or {}).get('message', '')}".rstrip() for what, end in ends]


_DEFAULT = tuple(preset.name for preset in presets.DEFAULT)
_SMALL = VideoStream(640, 360, 0.0)
"""A picture whose size nobody has told: what is made of a small one is made of any."""


def all_there(
    asset: Mapping[str, Any], names: Iterable[str], has_summarizer: bool, source: media.Film | None = None
) -> Faults:
    """Whether every result that this recording must have is listed; `source` is the recording, if it is an MP4."""
    there = set(names)
    wanted = {"transcript.json", "transcript.txt", "captions.srt", "captions.vtt", "analysis.json", "report.html"}
    wanted |= {"summary.txt"} if has_summarizer else set()
    picture = VideoStream(source.width, source.height, 0.0) if source and source.width else _SMALL
    seen = picture if asset.get("kind") == "video" else None
    plans = presets.chosen(_DEFAULT, MediaInfo("", 1.0, seen, AudioStream("", 0, 0)))
    wanted |= {plan.preset.export_name for plan in plans}
    return [
        f"{asset['file_name']} came to no {name}. If the job that makes it went well, the name that it came back under "
        "was not found again: the log group of on_job_event or on_job_output has the event."
        for name in sorted(wanted - there)
    ]


def as_promised(file: File, asset: Mapping[str, Any], source: media.Film | None) -> Faults:
    """Whether what lies behind a listed file is what its name and the API promise; `source` is the recording, if it is
    an MP4.
    """
    where = f"{file.name} of {asset['file_name']}"
    if not file.body:
        return [f"{where} is empty."]
    faults = []
    if len(file.body) != file.size:
        faults.append(f"{where} has {len(file.body)} bytes, not the {file.size} that the API tells.")
    try:
        found = _looks[file.name](file.body) if file.name in _looks else _media(file, asset, source)
    except _UNREADABLE as exc:
        return [*faults, f"{where} cannot be read: {str(exc).rstrip('.')}."]
    return faults + [f"{where} {fault}" for fault in found]


def _media(file: File, asset: Mapping[str, Any], source: media.Film | None) -> Faults:
    preset = next((one for one in presets.ALL if one.export_name == file.name), None)
    made = next((one for one in asset["renditions"] if preset and one["preset"] == preset.name), None)
    promised = (made.get("width"), made.get("height")) if made else (None, None)
    faults: Faults = []
    size: tuple[int, int] | None = None
    match file.name.rpartition(".")[2]:
        case "mp4":
            film = media.film(file.body)
            size = (film.width, film.height)
            if made and abs(film.seconds - made["duration"]) > _CLOSE_SECONDS:
                faults.append(f"lasts {film.seconds:.1f} s, not the {made['duration']:.1f} s that the API tells.")
            if source and abs(film.seconds - source.seconds) > _CLOSE_SECONDS:
                faults.append(f"lasts {film.seconds:.1f} s, its recording {source.seconds:.1f} s.")
            if source and source.has_sound and not film.has_sound:
                faults.append("has no sound, its recording has.")
        case "gif":
            size = media.gif_size(file.body)
        case "mp3":
            media.check_mp3(file.body)
        case "wav":
            heard = media.sound(file.body)
            if heard.loudest < _QUIET:
                faults.append("is silent.")
    if size and None not in promised and size != promised:
        faults.append(f"is {_by(size)}, not the {_by(promised)} that the API tells.")
    if size and source and source.width and not _same_shape(size, (source.width, source.height)):
        faults.append(f"is {_by(size)}: another shape than its recording, which is {source.width}x{source.height}.")
    return faults


def _same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= _CLOSE_SHAPE if all(one) and all(other) else False


def _by(size: Sequence[Any]) -> str:
    return "x".join(map(str, size))


def _captions(body: bytes) -> Faults:
    text = body.decode("utf-8")
    ends = -1
    for match in _TIMES.finditer(text):
        hours, minutes, seconds, thousandths, *end = map(int, match.groups())
        start = ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
        stop = ((end[0] * 60 + end[1]) * 60 + end[2]) * 1000 + end[3]
        if start >= stop or start < ends:
            return [f"has a caption out of order, at {match[0]}."]
        ends = stop
    return [] if ends >= 0 else ["has no captions."]


def _webvtt(body: bytes) -> Faults:
    return _captions(body) if body.startswith(b"WEBVTT") else ["is no WebVTT."]


def _has(what: Callable[[bytes], object], fault: str) -> Callable[[bytes], Faults]:
    return lambda body: [] if what(body) else [fault]


_text = _has(lambda body: body.decode("utf-8").strip(), "has no text.")
_looks: Mapping[str, Callable[[bytes], Faults]] = {
    "transcript.json": _has(lambda body: any(one.words for one in load_transcript(body).segments), "has no words."),
    "transcript.txt": _text,
    "captions.srt": _captions,
    "captions.vtt": _webvtt,
    "analysis.json": _has(
        lambda body: LanguageAnalysis.from_json(json.loads(body)).segments, "has no mood of anything that was said."
    ),
    "summary.txt": _text,
    "summary.json": _has(lambda body: Summary.from_json(json.loads(body)).text, "has no summary."),
    "report.html": _has(lambda body: b"</html>" in body, "is no whole page."),
}
