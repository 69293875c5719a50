"""The steps of the job: what each makes of what was fetched, and where it leaves it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.speech.limits import size_of
from chalicelib.speech.summaries import Point, Summary
from chalicelib.speech.summary_prompt import packed, readable, spoken
from chalicelib.speech.toxicity import ToxicKind, ToxicSpan, passages_of, spans_of
from chalicelib.speech.transcribe_json import load_transcript, transcribe_document
from chalicelib.speech.transcripts import Transcript
from chalicelib.vision import rows as vision_rows
from chalicelib.vision.detections import Detection
from container import failures, files, frames, media
from container.contract import Models
from container.failures import Failed
from container.media import Still
from container.request import Moderation, Request, Transcription
from container.settings import Settings
from container.words import words_of

Progress = Callable[[float], None]

_LOOKED = 0.5
"""What of its time moderation has spent when the stills are taken: about half."""


@dataclass
class Work:
    """One run of the job: what it was asked for, and what it has on this machine. `models` brings them when asked."""

    request: Request
    settings: Settings
    scratch: Path
    models: Callable[[], Models]
    _source: Path | None = field(default=None)

    def source(self, progress: Progress) -> Path:
        """The file. Raises Failed if it is not there."""
        if self._source is None:
            try:
                self._source = files.fetch(self.request.source, self.scratch / "source", progress)
            except FileNotFoundError as exc:
                raise Failed(failures.UNREADABLE, "The file is no longer there.") from exc
        return self._source


# ---- moderation


def moderation_note(request: Request) -> str:
    """Where stands what moderation came to."""
    return f"{request.folder}moderation.json"


def is_rejected(request: Request, wanted: Moderation) -> bool | None:
    """Whether moderation has stopped the job, as it has noted; None if it has to be done."""
    if not files.exists(wanted.destination):
        return None
    if not wanted.rule.stops:
        return False
    try:
        return bool(json.loads(files.read(moderation_note(request)))["Verdict"] == "found")
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return None


def moderation(work: Work, wanted: Moderation, progress: Progress) -> bool:
    """Look all over the film, and leave the verdict, then the rows. Whether the rule stops the job."""
    request, rule = work.request, wanted.rule
    is_still = request.video_track is None
    source = work.source(lambda share: None)
    taken = media.stills(
        work.settings.ffmpeg,
        source,
        work.scratch / "stills",
        track=request.video_track,
        seconds=request.seconds,
        most=work.settings.frames,
        progress=lambda share: progress(_LOOKED * share),
    )
    seen = list(_seen(work.models(), taken, lambda share: progress(_LOOKED + (1 - _LOOKED) * share)))
    found = frames.counted(seen, rule, request.seconds, is_still=is_still)
    told = frames.rows(seen, wanted.least_confidence, is_still=is_still)
    metadata = None if is_still else {"DurationMillis": round(1000 * request.seconds)}
    lines = b"".join(vision_rows.written(Detection.MODERATION, told, metadata))
    verdict = {
        "Frames": len(seen),
        "Threshold": rule.confidence,
        "Verdict": "found" if found else "clear",
        "Passages": [passage.to_json() for passage in found],
    }
    # Who hears that there are rows finds the verdict.
    files.write(moderation_note(request), _json(verdict))
    files.write(wanted.destination, lines, vision_rows.CONTENT_TYPE)
    return rule.stops and bool(found)


def _seen(models: Models, taken: Sequence[Still], progress: Progress) -> Iterator[frames.Frame]:
    labels = models.look(still.path for still in taken)
    for number, (still, of_it) in enumerate(zip(taken, labels, strict=True), 1):
        still.path.unlink(missing_ok=True)
        progress(number / len(taken))
        yield frames.Frame(still.time, of_it)


# ---- what is said


def sound(work: Work, progress: Progress) -> Path:
    """The sound that is to be heard. Raises Failed if there is none."""
    request = work.request
    silent = Failed(failures.SILENT, "The file has no such track of sound.")
    if request.audio_track is None:
        raise silent
    try:
        return media.sound(
            work.settings.ffmpeg,
            work.source(lambda share: None),
            work.scratch / "sound.wav",
            track=request.audio_track,
            seconds=request.seconds,
            progress=progress,
        )
    except media.NoTrack as exc:
        raise silent from exc


def transcription(work: Work, wanted: Transcription, wav: Path, progress: Progress) -> tuple[str, ...]:
    """Hear it, and leave the transcript. Returns what was left out of it: "alignment", "speakers"."""
    heard = work.models().hear(wav, wanted.language, wanted.speakers, progress, wanted.terms)
    words = words_of(heard, work.request.seconds)
    language = wanted.language or heard.language
    files.write(wanted.destination, _json(transcribe_document(wanted.name, words, language)))
    return heard.left_out


def transcript(wanted: Transcription) -> Transcript:
    """What was said, as it is stored."""
    return load_transcript(files.read(wanted.destination))


# ---- what is made of it


def toxicity(work: Work, said: Transcript, destination: str) -> None:
    """Rate what was said, sentence by sentence, and leave what hurts."""
    spans: list[ToxicSpan] = []
    if not said.is_empty:
        rated = work.models().rate([segment.text for segment in said.segments], said.language)
        for segment, scores in zip(said.segments, rated, strict=True):
            known = {ToxicKind(kind): score for kind, score in scores.items()}
            spans += spans_of(segment, known, work.settings.toxic_from)
    document = {"passages": [passage.to_json() for passage in passages_of(spans)]}
    files.write(destination, _json(document))


def summary(work: Work, said: Transcript, destination: str, progress: Progress) -> None:
    """Sum up piece by piece and then the sums, until one is left: nothing is ever cut away."""
    text = "" if said.is_empty else _summed_up(work, said, progress)
    files.write(destination, _json(Summary(text, sentences=quoted(text, said)).to_json()))


def quoted(text: str, said: Transcript) -> tuple[Point, ...]:
    """The sentences of a summary with when they are said, where all of it is quoted word for word; else none."""
    starts: dict[str, float] = {}
    for segment in said.segments:
        starts.setdefault(segment.text, segment.start)
    longest_first = sorted(starts, key=len, reverse=True)
    points, rest = [], text.strip()
    while rest:
        sentence = next((one for one in longest_first if rest.startswith(one)), None)
        if sentence is None:
            return ()
        points.append(Point(sentence, (starts[sentence],)))
        rest = rest[len(sentence) :].strip()
    return tuple(points)


def _summed_up(work: Work, said: Transcript, progress: Progress) -> str:
    models, most = work.models(), work.settings.piece_bytes

    def summed(text: str) -> str:
        found = readable(models.sum_up(text, said.language))
        if not found:
            raise Failed(failures.BROKEN, "The model gave no summary.")
        return found

    texts = packed(spoken(said), most)
    done, ahead = 0, len(texts)
    while len(texts) > 1:
        sums = []
        for text in texts:
            sums.append(summed(text))
            done += 1
            progress(done / (ahead + 1))
        if size_of(sums) >= size_of(texts):  # it would go on for ever
            raise Failed(failures.BROKEN, "The model's summaries are no shorter than what they sum up.")
        texts = packed(sums, most)
        ahead += len(texts)
    return summed(texts[0])


def _json(document: object) -> bytes:
    told: Any = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return str(told).encode(errors="replace")
