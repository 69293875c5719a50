"""Hand-written engines that behave as a managed service does: started by name, once; ended by an object and an event.

They stand where ffmpeg and PocketSphinx would, for tests of what happens between the engines. `CLOUD` is the outside
world: it holds the jobs, and `finish` ends them.
"""

import hashlib
import json
import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NoReturn

import boto3

from chalicelib.documents.blocks import header, written
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.analysis import KeyPhrase, LanguageAnalysis, SegmentSentiment, SentimentScore
from chalicelib.domain.assets import Rendition
from chalicelib.domain.keys import S3Object, Task
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.errors import EngineBusy, EngineFailed, LanguageNotRead, MediaRejected
from chalicelib.message import Message
from chalicelib.seams.answering import Line
from chalicelib.seams.documents import DocumentJob
from chalicelib.seams.entities import EntitiesJob
from chalicelib.seams.faces import NO_FACE, SEVERAL_FACES, AddedFace
from chalicelib.seams.jobs import JobOutcome, UnderWay
from chalicelib.seams.language import EVERYTHING, Reading
from chalicelib.seams.options import Settled
from chalicelib.seams.run_job import RunJob
from chalicelib.seams.speakers import DiarizationJob
from chalicelib.seams.transcoding import TranscodingJob
from chalicelib.seams.transcription import HeardLine, TranscriptionJob
from chalicelib.seams.vision import Looking, VisionJob
from chalicelib.speech.speakers import Turn, turns_document
from chalicelib.speech.summaries import Summary
from chalicelib.speech.toxicity import ToxicKind, ToxicSpan, passages_of
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Transcript, Word
from chalicelib.speech.voices import Heard
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from chalicelib.vision.rows import Row

VIDEO = MediaInfo("mp4", 60.0, VideoStream(1920, 1080, 25.0), AudioStream("aac", 44_100, 2))
FOREIGN = Message("language-not-read", "Only English is read here.")
"""Why the language engine reads nothing, where that is nobody's fault."""

UNREAD_LANGUAGE = Message("language-not-written-here", "No Korean is read here.")

WORDS = [
    Word(0.5, 0.9, "Buses", 0.99),
    Word(0.9, 1.2, "are", 0.98),
    Word(1.2, 1.8, "wonderful", 0.97, "."),
    Word(3.0, 3.4, "Nobody", 0.9),
    Word(3.4, 3.9, "hates", 0.9),
    Word(3.9, 4.4, "them", 0.9, "."),
]


SEEN: dict[str, list[Row]] = {
    "labels": [
        {
            "Timestamp": 0,
            "Label": {
                "Name": "Bus",
                "Confidence": 93.0,
                "Instances": [
                    {"BoundingBox": {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}, "Confidence": 92.0}
                ],
                "Parents": [{"Name": "Vehicle"}],
            },
        },
        {"Timestamp": 500, "Label": {"Name": "Street", "Confidence": 88.0}},
    ],
    "screentext": [
        {"Timestamp": 1000, "TextDetection": {"DetectedText": "Late --> <news>", "Type": "LINE", "Confidence": 99.0}}
    ],
    "segments": [
        {
            "Type": "SHOT",
            "StartTimestampMillis": 0,
            "EndTimestampMillis": 2000,
            "ShotSegment": {"Index": 0, "Confidence": 99.0},
        }
    ],
}
"""What there is to see, by detection; of all others, nothing."""


@dataclass
class Job:
    """A job that an engine was asked for."""

    name: str
    end: Callable[[], None]
    outcome: JobOutcome | None = None


@dataclass
class Cloud:
    """Everything that the fake engines share; a test sets what they find and which of them fail."""

    media: MediaInfo | MediaRejected = VIDEO
    words: list[Word] = field(default_factory=lambda: list(WORDS))
    other_words: list[Word] = field(default_factory=list)
    heard_by_other: list[TranscriptionJob] = field(default_factory=list)
    failing: dict[str, Message] = field(default_factory=dict)
    breaking: set[str] = field(default_factory=set)
    document: Any = None
    stills: int = 3
    seen: dict[str, list[Row]] = field(default_factory=lambda: dict(SEEN))
    looked_at: list[VisionJob] = field(default_factory=list)
    is_blind_to: set[str] = field(default_factory=set)
    why_not: dict[str, Message] = field(default_factory=dict)
    takes_frames: bool = False
    entities: bytes = (
        b'{"Line": 0, "Entities": [{"BeginOffset": 10, "EndOffset": 19, "Score": 0.9, '
        b'"Text": "wonderful", "Type": "PRAISE"}]}\n'
    )
    asked: list[tuple[str, list[Line]]] = field(default_factory=list)
    hurtful: frozenset[str] = frozenset({"wonderful", "wonderful."})
    reads: Callable[[MediaInfo, int], bool] = lambda media, size: media.container == "mp4"
    settle: Callable[[AiOptions, MediaInfo], Settled] = lambda options, media: Settled(options)
    capacity: float = math.inf
    max_seconds: float = math.inf
    hears_channels: bool = False
    cautions: dict[str, Message] = field(default_factory=dict)
    refusals: int = 0
    blocks: list[dict[str, Any]] = field(default_factory=list)
    only_tells: bool = False
    reading_notes: tuple[Message, ...] = ()
    jobs: dict[str, Job] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    clients: dict[str, Any] = field(default_factory=dict)
    faces: dict[str, dict[str, str]] = field(default_factory=dict)
    """Whose each face is, by its id, in each collection."""

    shared: dict[str, "SharedJob"] = field(default_factory=dict)
    order: tuple[str, ...] = ("moderation", "transcript", "toxicity", "summary")
    """The jobs that several branches share, by name, and in which order these leave their parts."""

    unreadable: set[str] = field(default_factory=set)
    """Parts of which such a job leaves something that nobody can read."""

    on_call: Callable[[str, Callable[[], Any]], Any] = lambda name, effect: effect()

    def call(self, name: str, effect: Callable[[], Any]) -> Any:
        """One call to an engine; `on_call` may make it fail before or after its effect."""
        if name in self.breaking:
            raise RuntimeError("engine fell over")

        def counted() -> Any:
            self.calls.append(name)
            return effect()

        return self.on_call(name, counted)

    def start(self, name: str, end: Callable[[], None]) -> JobOutcome | None:
        if name not in self.jobs:
            if len(self.running()) >= self.capacity:
                self.refusals += 1
                raise EngineBusy()
            self.jobs[name] = Job(name, end)
        return self.jobs[name].outcome

    def running(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.outcome is None]

    def finish_all(self) -> bool:
        running = self.running()
        for job in running:
            job.end()
        return bool(running)

    def announce(self, outcome: JobOutcome) -> None:
        self.jobs[outcome.job_name].outcome = outcome
        client("events").put_events(Entries=[outcome.to_event()])


CLOUD = Cloud()


def reset() -> Cloud:
    """A new world."""
    CLOUD.__dict__.clear()
    CLOUD.__dict__.update(Cloud().__dict__)
    return CLOUD


def client(service: str) -> Any:
    """The outside world's own way to AWS, kept for as long as that world: what it asks is no call of the app."""
    if service not in CLOUD.clients:
        CLOUD.clients[service] = boto3.client(service)
    return CLOUD.clients[service]


def _put(target: S3Object, body: bytes) -> None:
    client("s3").put_object(Bucket=target.bucket, Key=target.key, Body=body)


def _task(name: str) -> str:
    return "clip" if f".{Task.CLIP}." in name else name.rsplit(".", 1)[-1]


class FakeProber:
    def probe(self, source: S3Object) -> MediaInfo:
        def effect() -> MediaInfo:
            if isinstance(CLOUD.media, MediaRejected):
                raise CLOUD.media
            return CLOUD.media

        return CLOUD.call("probe", effect)


class FakeJobs:
    """What engines that work in jobs can do beside starting them."""

    def cancel(self, name: str, source: S3Object) -> None:
        def effect() -> None:
            job = CLOUD.jobs.get(name)
            if job is not None and job.outcome is None:
                job.outcome = JobOutcome(name, failure=Message("stopped", "The job was stopped."))

        CLOUD.call(f"cancel.{_task(name)}", effect)

    def progress(self, name: str) -> float | None:
        job = CLOUD.jobs.get(name)
        return 0.25 if job is not None and job.outcome is None else None


class FakeTranscoder(FakeJobs):
    def start(self, job: TranscodingJob) -> JobOutcome | None:
        def end() -> None:
            failure = CLOUD.failing.get(_task(job.name))
            made = []
            if failure is None:
                for output in job.outputs:
                    if output.rate is not None:
                        stem, _, ending = output.destination.key.rpartition(".")
                        for number in range(CLOUD.stills):
                            still = S3Object(output.destination.bucket, f"{stem}.{number:07}.{ending}")
                            _put(still, b"a still")
                        continue
                    _put(output.destination, b"media of " + output.preset.encode())
                    made.append(Rendition(output.preset, output.destination.key, 20, 60.0))
            CLOUD.announce(JobOutcome(job.name, tuple(made), failure))

        return CLOUD.call(f"transcode.{_task(job.name)}", lambda: CLOUD.start(job.name, end))


class FakeTranscriber(FakeJobs):
    max_bytes = 2 * 10**12

    @property
    def max_seconds(self) -> float:
        return CLOUD.max_seconds

    @property
    def hears_channels(self) -> bool:
        return CLOUD.hears_channels

    def caution(self, language: str) -> Message | None:
        return CLOUD.cautions.get(language)

    def heard(self, name: str) -> tuple[HeardLine, ...]:
        return (HeardLine(0.5, "Buses are"),) if name in CLOUD.jobs else ()

    def start(self, job: TranscriptionJob) -> JobOutcome | None:
        def end() -> None:
            failure = CLOUD.failing.get(_task(job.name))
            if failure is None:
                document = CLOUD.document or transcribe_document(job.name, CLOUD.words, "en-US")
                _put(job.destination, json.dumps(document).encode())
                CLOUD.jobs[job.name].outcome = JobOutcome(job.name)
            else:
                CLOUD.announce(JobOutcome(job.name, failure=failure))

        return CLOUD.call("transcribe", lambda: CLOUD.start(job.name, end))


class OtherTranscriber(FakeTranscriber):
    """Hears what `CLOUD.other_words` holds, each channel by itself where that is asked for, and takes names."""

    hears_channels = True
    takes_terms = True

    def start(self, job: TranscriptionJob) -> JobOutcome | None:
        CLOUD.heard_by_other.append(job)

        def end() -> None:
            words = CLOUD.other_words or CLOUD.words
            _put(job.destination, json.dumps(transcribe_document(job.name, words, job.language or "en-US")).encode())
            CLOUD.jobs[job.name].outcome = JobOutcome(job.name)

        return CLOUD.call("transcribe.other", lambda: CLOUD.start(job.name, end))


class FakeDiarizer(FakeJobs):
    """Hears two people speak by turns of two and a half seconds."""

    def start(self, job: DiarizationJob) -> JobOutcome | None:
        def end() -> None:
            failure = CLOUD.failing.get(_task(job.name))
            if failure is None:
                turns = [Turn(at * 2.5, at * 2.5 + 2.5, "ab"[at % 2]) for at in range(4)]
                sounds = {"a": (1.0, 0.0, 0.1), "b": (0.0, 1.0, 0.1)}
                heard = Heard("model-1", sounds) if job.voices else None
                _put(job.destination, json.dumps(turns_document(turns, heard)).encode())
                CLOUD.jobs[job.name].outcome = JobOutcome(job.name)
            else:
                CLOUD.announce(JobOutcome(job.name, failure=failure))

        return CLOUD.call("diarize", lambda: CLOUD.start(job.name, end))


@dataclass(frozen=True)
class FakeVision(FakeJobs):
    """Looks, as Rekognition does: it tells by SNS that it has ended, and what it found when it is asked again."""

    topic: str

    @property
    def takes_frames(self) -> bool:
        return CLOUD.takes_frames

    pictures = frozenset({"jpeg", "png"})

    def reads(self, media: MediaInfo, size: int) -> bool:
        return CLOUD.reads(media, size)

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        return CLOUD.call("settle.vision", lambda: CLOUD.settle(options, media))

    def can(self, detection: Detection, looking: Looking) -> bool:
        return detection.value not in CLOUD.is_blind_to

    def why_not(self, detection: Detection) -> Message | None:
        return CLOUD.why_not.get(detection.value)

    def start(self, job: VisionJob) -> JobOutcome | UnderWay | None:
        task = _task(job.name)

        def end() -> None:
            failure = CLOUD.failing.get(task)
            CLOUD.jobs[job.name].outcome = JobOutcome(job.name, failure=failure)
            notice = {"looked": job.name, "failure": None if failure is None else failure.to_json()}
            client("sns").publish(TopicArn=self.topic, Message=json.dumps(notice))

        def effect() -> JobOutcome | UnderWay | None:
            is_known = job.name in CLOUD.jobs
            outcome = CLOUD.start(job.name, end)
            if not is_known:
                CLOUD.looked_at.append(job)
            if outcome is not None and outcome.failure is None:
                _put(job.destination, b"".join(rows.written(job.detection, CLOUD.seen.get(task, []))))
            return UnderWay.UNDER_WAY if is_known and outcome is None else outcome

        return CLOUD.call(f"look.{task}", effect)

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | None:
        match event["detail"]:
            case {"looked": str(name), "failure": failure}:
                return JobOutcome(name, failure=Message.from_json(failure) if failure else None)
        return None


class FakeReader(FakeJobs):
    """Reads documents: leaves what `CLOUD.blocks` holds, or only tells that it has read it, to be asked for again."""

    def hindrance(self, language: str | None) -> Message | None:
        return UNREAD_LANGUAGE if language == "ko" else None

    def start(self, job: DocumentJob) -> JobOutcome | None:
        def leave() -> None:
            body = b"".join([header(job.media.pages or 0), *written(CLOUD.blocks)])
            client("s3").put_object(Bucket=job.destination.bucket, Key=job.destination.key, Body=body)

        def end() -> None:
            failure = CLOUD.failing.get("read")
            if failure is None and not CLOUD.only_tells:
                leave()
            CLOUD.announce(JobOutcome(job.name, failure=failure, notes=CLOUD.reading_notes))

        def start() -> JobOutcome | None:
            outcome = CLOUD.start(job.name, end)
            if outcome is not None and outcome.failure is None and CLOUD.only_tells:
                leave()
            return outcome

        return CLOUD.call("read", start)


class FakeRecognizer(FakeJobs):
    """Finds entities, as Comprehend does: it leaves an archive, and what that holds when it is asked again."""

    def start(self, job: EntitiesJob) -> JobOutcome | UnderWay | None:
        folder = job.destination.key.rpartition("/")[0]
        archive = S3Object(job.destination.bucket, f"{folder}/123-NER-abc/output/output.tar.gz")

        def end() -> None:
            failure = CLOUD.failing.get("entities")
            if failure is not None:
                CLOUD.announce(JobOutcome(job.name, failure=failure))
                return
            CLOUD.jobs[job.name].outcome = JobOutcome(job.name)
            _put(archive, b"an archive")

        def effect() -> JobOutcome | UnderWay | None:
            is_known = job.name in CLOUD.jobs
            outcome = CLOUD.start(job.name, end)
            if outcome is not None and outcome.failure is None:
                _put(job.destination, CLOUD.entities)
            return UnderWay.UNDER_WAY if is_known and outcome is None else outcome

        return CLOUD.call("recognize", effect)


LOST = Message("machine-lost", "The machine went away in the middle.")


@dataclass
class SharedJob:
    """A job that several branches share: it leaves a part at a time, and then tells that it has ended.

    A part in `CLOUD.failing` is not left; if that is the transcript, neither is what comes after it. With "run" in it
    the machine goes away once it has heard. Where the rule says so it stops at whatever it has seen.
    """

    job: RunJob
    left: list[str] = field(default_factory=list)
    failures: dict[str, Message] = field(default_factory=dict)
    has_ended: bool = False

    @property
    def wanted(self) -> list[str]:
        """The parts, in the order in which they are left."""
        return sorted((_task(name) for name, _ in self.job.parts), key=CLOUD.order.index)

    def step(self) -> None:
        """Leave the next part; after the last, end."""
        stops = self.job.rule is not None and self.job.rule.stops
        if stops and "moderation" in self.left and CLOUD.seen.get("moderation"):
            self.end(Message("rejected", "Something was seen."))
            return
        if "run" in CLOUD.failing and "transcript" in self.left:
            self.end(CLOUD.failing["run"])
            return
        for task in self.wanted:
            if task in self.left or task in self.failures:
                continue
            if task not in CLOUD.failing:
                self.leave(task)
                return
            self.failures[task] = CLOUD.failing[task]
            if task == "transcript":
                self.end(CLOUD.failing[task])
                return
        self.end()

    def leave(self, task: str) -> None:
        """Leave the part called `task`."""
        (place,) = [destination for name, destination in self.job.parts if _task(name) == task]
        if task not in self.left:
            self.left.append(task)
        _put(S3Object(self.job.folder.bucket, f"{self.job.folder.key}progress.json"), b"{}")
        _put(place, b'{"passages": 7}' if task in CLOUD.unreadable else self._part(task))

    def _part(self, task: str) -> bytes:
        if task == "moderation":
            return b"".join(rows.written(Detection.MODERATION, CLOUD.seen.get(task, [])))
        if task == "transcript":
            named = [replace(word, speaker="spk_0") for word in CLOUD.words]
            return json.dumps(CLOUD.document or transcribe_document(self.job.name, named, "en-US")).encode()
        if task == "toxicity":
            said = passages_of([ToxicSpan(3.0, 4.4, "Nobody hates them.", ToxicKind.INSULT, 0.7)])
            return json.dumps({"passages": [passage.to_json() for passage in said]}).encode()
        return json.dumps(Summary("Buses are wonderful.").to_json()).encode()

    def end(self, failure: Message | None = None) -> None:
        """End; with a `failure`, all that has not been left has failed. One event tells of all parts."""
        for task in self.wanted:
            if task not in self.left and failure is not None:
                self.failures.setdefault(task, failure)
        self.stop(failure)
        self.tell()

    def stop(self, failure: Message | None) -> None:
        """End without a word."""
        self.has_ended = True
        CLOUD.jobs[self.job.name].outcome = JobOutcome(self.job.name, failure=failure)

    def tell(self) -> None:
        """Tell of the end, once more if need be."""
        detail = json.dumps({"ended": self.job.name})
        client("events").put_events(
            Entries=[{"Source": "fake.batch", "DetailType": "Job State Change", "Detail": detail}]
        )

    def outcome(self, part: str) -> JobOutcome:
        """How the part of that name stands, once the job has ended."""
        return JobOutcome(part, failure=self.failures.get(_task(part)))


class FakeShared:
    """Behind four seams at once: hears, looks for what is indecent, finds what hurts and sums up, in one job a run."""

    shared_job = "gpu"

    def start_run(self, job: RunJob, part: str) -> JobOutcome | UnderWay | None:
        def effect() -> JobOutcome | UnderWay | None:
            assert part in dict(job.parts), "a part of this job"
            known = CLOUD.shared.get(job.name)
            if known is None:
                shared = SharedJob(job)
                outcome = CLOUD.start(job.name, shared.step)
                CLOUD.shared[job.name] = shared
                return outcome
            assert known.job == job, "whoever starts it wants the same of it"
            return known.outcome(part) if known.has_ended else UnderWay.UNDER_WAY

        return CLOUD.call("run", effect)

    def cancel(self, name: str, source: S3Object) -> None:
        def effect() -> None:
            shared = CLOUD.shared.get(f"{name.rpartition('.')[0]}.{self.shared_job}")
            if shared is not None and not shared.has_ended:
                shared.end(Message("stopped", "The job was stopped."))

        CLOUD.call("cancel.run", effect)

    def progress(self, name: str) -> float | None:
        shared = CLOUD.shared.get(f"{name.rpartition('.')[0]}.{self.shared_job}")
        return None if shared is None or shared.has_ended else len(shared.left) / len(shared.wanted)

    def read_event(self, event: Mapping[str, Any]) -> tuple[JobOutcome, ...] | None:
        shared = CLOUD.shared.get(event["detail"]["ended"])
        return None if shared is None else tuple(shared.outcome(name) for name, _ in shared.job.parts)

    def can(self, detection: Detection, looking: Looking) -> bool:
        return detection is Detection.MODERATION

    def start(self, job: object) -> NoReturn:
        raise AssertionError("it is asked for whole runs only")

    def detect(self, transcript: Transcript) -> tuple[ToxicSpan, ...]:
        return CLOUD.call("detect", lambda: ())

    def summarize(self, transcript: Transcript) -> Summary:
        return FakeSummarizer().summarize(transcript)


class FakeAnalyzer:
    def analyze(self, transcript: Transcript, wanted: frozenset[Reading] = EVERYTHING) -> LanguageAnalysis:
        if failure := CLOUD.failing.get("analyze"):
            raise (LanguageNotRead if failure == FOREIGN else EngineFailed)(failure)
        score = SentimentScore(0.7, 0.1, 0.1, 0.1)
        segments = tuple(
            SegmentSentiment(segment.start, segment.end, segment.text, score) for segment in transcript.segments
        )
        phrases = (KeyPhrase("Buses", 0.9, (0.5,)),)
        return CLOUD.call("analyze", lambda: LanguageAnalysis("fake", "en", 0.99, score, segments, phrases))


class FakeSummarizer:
    def summarize(self, transcript: Transcript) -> Summary:
        if failure := CLOUD.failing.get("summarize"):
            raise EngineFailed(failure)
        return CLOUD.call("summarize", lambda: Summary(transcript.segments[0].text))


class FakeTranslator:
    """It says everything backwards: by word, so that each is known again."""

    def languages(self, source: str) -> tuple[str, ...]:
        return tuple(code for code in ("en", "fr", "ja") if not source.startswith(code))

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        if failure := CLOUD.failing.get("translate"):
            raise EngineFailed(failure)
        backwards = [" ".join(word[::-1] for word in text.split()) for text in texts]
        return CLOUD.call("translate", lambda: backwards)


class FakeEmbedder:
    """A text means what its words mean: each has a direction of its own, but for those that mean the same."""

    model = "fake"
    at_once = 4
    near: tuple[float, float] | None = 0.3, 0.6
    SAME: ClassVar = {"coach": "bus", "coaches": "bus", "buses": "bus", "money": "budget", "cars": "traffic"}

    def passages(self, texts: Sequence[str]) -> list[list[float]]:
        if failure := CLOUD.failing.get("embed"):
            raise EngineFailed(failure)
        return CLOUD.call("embed", lambda: list(map(self.question, texts)))

    def question(self, text: str) -> list[float]:
        found = [0.0] * 64
        for word in re.findall(r"\w+", text.casefold()):
            direction = random.Random(self.SAME.get(word, word))
            found = [value + direction.gauss(0, 1) for value in found]
        return found


class FakeAnswerer:
    """A line answers if it has each word of the question that has four letters or more, but for "which"."""

    most_lines = 20

    def answer(self, question: str, lines: Sequence[Line]) -> list[int]:
        if failure := CLOUD.failing.get("answer"):
            raise EngineFailed(failure)
        CLOUD.asked.append((question, list(lines)))
        wanted = {word for word in re.findall(r"\w+", question.casefold()) if len(word) > 3} - {"which"}
        found = [at for at, line in enumerate(lines) if wanted <= {*re.findall(r"\w+", line.text.casefold())}]
        return CLOUD.call("answer", lambda: found)


class FakeDetector:
    """It marks single words, as insults."""

    def detect(self, transcript: Transcript) -> tuple[ToxicSpan, ...]:
        if failure := CLOUD.failing.get("detect"):
            raise (LanguageNotRead if failure == FOREIGN else EngineFailed)(failure)

        def effect() -> tuple[ToxicSpan, ...]:
            words = [word for word in transcript.words() if word.written in CLOUD.hurtful]
            return tuple(ToxicSpan(word.start, word.end, word.text, ToxicKind.INSULT, 0.8) for word in words)

        return CLOUD.call("detect", effect)


class FakeFaceCollections:
    """In a picture are as many faces as it says "face"."""

    def create(self, collection: str) -> None:
        CLOUD.call("faces.create", lambda: CLOUD.faces.setdefault(collection, {}))

    def delete(self, collection: str) -> None:
        CLOUD.call("faces.delete", lambda: CLOUD.faces.pop(collection, None))

    def count(self, collection: str) -> int | None:
        found = CLOUD.call("faces.count", lambda: CLOUD.faces.get(collection))
        return None if found is None else len(found)

    def add(self, collection: str, person: str, picture: bytes) -> AddedFace:
        def effect() -> AddedFace:
            number = picture.count(b"face")
            if number != 1:
                return AddedFace(None, SEVERAL_FACES.of(number=number) if number else NO_FACE)
            face = hashlib.sha256(person.encode() + picture).hexdigest()[:16]
            CLOUD.faces[collection][face] = person
            return AddedFace(face)

        added: AddedFace = CLOUD.call("faces.add", effect)
        return added

    def faces_of(self, collection: str, person: str) -> list[str]:
        def effect() -> list[str]:
            return [face for face, whose in CLOUD.faces.get(collection, {}).items() if whose == person]

        found: list[str] = CLOUD.call("faces.list", effect)
        return found

    def remove(self, collection: str, face_ids: list[str]) -> None:
        def effect() -> None:
            for face in face_ids:
                CLOUD.faces.get(collection, {}).pop(face, None)

        CLOUD.call("faces.remove", effect)
