"""Speech to words with PocketSphinx, whose wheel carries its model: English only, a tenth of real time on one core."""

import json
import os
import subprocess
import sys
import threading
import wave
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

from chalicelib.errors import EngineError, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import Transcriber, TranscriptionJob
from chalicelib.speech.transcripts import Word
from local.engines._pieces import Span, endpointer, pieces, samples, stretches
from local.engines._punctuate import punctuate
from local.engines._speech import SAMPLE_RATE, begin, stop_if_cancelled
from local.jobs import LocalJob
from local.machine import WorksInJobs

LANGUAGE = "en-US"
"""What the model was trained on, and what a transcript says where its owner named no language."""

_ENGLISH_ONLY = Message(
    "language-not-english",
    "The embedded speech engine understands English only, and was asked for another language: %(language)s. Install "
    "faster-whisper and choose it as the transcription engine.",
)
_WORKER_DIED = Message(
    "worker-died", "A speech worker ended in the middle of its work, perhaps for want of memory: try again."
)
_PATIENCE = 0.2  # seconds between two looks at whether the job was cancelled
_AHEAD = 2  # pieces cut in advance for each worker
_DECODER_BYTES = 150 * 1000**2
"""What a decoder holds: its model, and the lattice of a piece."""

_PROGRAM = Path(__file__).with_name("_decode.py")

Heard = tuple[str, float, float, float]
"""A word, its start and end in seconds, its confidence: what a worker says."""


def create(context: object) -> Transcriber:
    """The engine; it needs nothing of `context`."""
    return PocketSphinxTranscriber()


def hears(language: str) -> bool:
    """Whether it knows the language of that code (BCP 47)."""
    return language.partition("-")[0].lower() == "en"


def fitting(cores: int, memory: int) -> int:
    """How many decoders a machine has room for: one a core, in no more than half of its `memory` (bytes)."""
    return max(1, min(cores, memory // 2 // _DECODER_BYTES))


def _memory() -> int:
    """What this machine has, in bytes; a great deal where nobody says."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not on every system
        return sys.maxsize


class PocketSphinxTranscriber(WorksInJobs):
    """Transcribes on this machine; `workers` is how many processes decode at once, for all jobs together."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or fitting(os.cpu_count() or 1, _memory())
        self._sharing = threading.Lock()
        self._crew: _Crew | None = None
        self._jobs = 0

    def start(self, job: TranscriptionJob) -> Started:
        """See the seam. Raises EngineFailed if the language is not English or the recording not a speech WAV."""
        if job.language and not hears(job.language):
            raise EngineFailed(_ENGLISH_ONLY.of(language=job.language))
        return begin(job, lambda audio, running: (self.transcribe(audio, running), job.language or LANGUAGE))

    def transcribe(self, audio: Path, running: LocalJob) -> list[Word]:
        """What is said in the speech WAV `audio`, as sentences. Raises EngineError if a worker dies."""
        return punctuate(list(self._words(audio, running)))

    def _words(self, audio: Path, running: LocalJob) -> Iterator[Word]:
        """The words of the whole recording in order, of which only a few pieces are ever in memory."""
        ears = endpointer()
        waiting: deque[tuple[Span, Future[list[Heard]]]] = deque()
        with self._hired(waiting) as crew, wave.open(str(audio)) as recording:
            total = recording.getnframes()

            def next_words() -> list[Word]:
                piece, answer = waiting.popleft()
                while not wait([answer], timeout=_PATIENCE).done:
                    stop_if_cancelled(running)
                first, _ = samples(piece, total)
                running.progress(piece.end * SAMPLE_RATE / total)
                return placed(answer.result(), first / SAMPLE_RATE)

            frames = _frames(recording, ears.frame_bytes // 2, running)
            for piece in pieces(stretches(frames, ears)):
                waiting.append((piece, crew.submit(audio, *samples(piece, total))))
                if len(waiting) > self.workers * _AHEAD:
                    yield from next_words()
            while waiting:
                yield from next_words()

    @contextmanager
    def _hired(self, waiting: Iterable[tuple[Span, "Future[list[Heard]]"]]) -> Iterator["_Crew"]:
        """The crew, which all jobs share: their pieces take turns. It is dismissed once it has no job.

        What is still `waiting` in the end, since its job was cancelled, is not begun.
        """
        with self._sharing:
            self._jobs += 1
            self._crew = crew = self._crew or _Crew(self.workers)
        try:
            yield crew
        finally:
            for _, answer in waiting:
                answer.cancel()
            with self._sharing:
                self._jobs -= 1
                if self._jobs == 0:
                    self._crew = None
                    crew.close()


def placed(heard: list[Heard], offset: float) -> list[Word]:
    """What was heard in a piece that begins `offset` seconds into the recording, as words of the recording."""
    return [
        Word(round(offset + start, 3), round(offset + end, 3), text, round(confidence, 4))
        for text, start, end, confidence in heard
    ]


def _frames(recording: wave.Wave_read, size: int, running: LocalJob) -> Iterator[bytes]:
    while frame := recording.readframes(size):
        stop_if_cancelled(running)
        yield frame


class _Crew:
    """Up to `size` decoding workers, each started when there is a piece for it. Any thread may ask."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._workers: list[subprocess.Popen[str]] = []
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="decode")
        self._is_open = True

    def submit(self, audio: Path, first: int, count: int) -> "Future[list[Heard]]":
        """Have `count` samples from `first` on decoded. The result raises EngineError if a worker dies over it."""
        with self._lock:
            if len(self._workers) < self._size:
                self._start_worker()
        return self._threads.submit(self._ask, json.dumps([str(audio), first, count]))

    def _start_worker(self) -> None:
        worker = subprocess.Popen(  # noqa: S603 - our own program, run by the Python that runs us
            # -P: else the folder of the program comes first, and this very file hides the package pocketsphinx.
            [sys.executable, "-P", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for the runtime, which then ends its workers
        )
        self._workers.append(worker)
        self._idle.put(worker)

    def _ask(self, request: str) -> list[Heard]:
        worker = self._idle.get()
        try:
            print(request, file=worker.stdin, flush=True)
            answer = worker.stdout.readline() if worker.stdout else ""
        except (BrokenPipeError, ValueError):  # the latter of a pipe that was closed after a death
            answer = ""
        if not answer:
            self._replace(worker)
            raise EngineError(_WORKER_DIED)
        self._idle.put(worker)
        heard: list[Heard] = json.loads(answer)
        return heard

    def _replace(self, dead: "subprocess.Popen[str]") -> None:
        """Put another worker in the place of one that died, which is no fault of the other jobs."""
        _end(dead)
        with self._lock:
            if self._is_open:
                self._workers.remove(dead)
                self._start_worker()
            else:
                self._idle.put(dead)  # for whoever waits for one: it gets no answer, and ends

    def close(self) -> None:
        """End all workers, at once, in whatever they are doing."""
        with self._lock:
            self._is_open = False
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            _end(worker)


def _end(worker: "subprocess.Popen[str]") -> None:
    worker.kill()
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe:
            with suppress(BrokenPipeError):  # what it was not sent any more
                pipe.close()
