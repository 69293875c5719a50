"""Speech to words with PocketSphinx, whose wheel carries its model: English only, a tenth of real time on one core."""

import json
import os
import subprocess
import sys
import wave
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue

from chalicelib.engines.jobs import Started
from chalicelib.engines.transcription import Transcriber, TranscriptionJob
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.transcripts import Word
from local.engines._pieces import Span, endpointer, pieces, samples, stretches
from local.engines._speech import SAMPLE_RATE, begin, stop_if_cancelled
from local.jobs import LocalJob
from local.machine import WorksInJobs
from local.punctuate import punctuate

LANGUAGE = "en-US"
"""What the model was trained on, and what a transcript says where its owner named no language."""

_PATIENCE = 0.2  # seconds between two looks at whether the job was cancelled
_AHEAD = 2  # pieces cut in advance for each worker
_PROGRAM = Path(__file__).with_name("_decode.py")

Heard = tuple[str, float, float, float]
"""A word, its start and end in seconds, its confidence: what a worker says."""


def create(context: object) -> Transcriber:
    """The engine; it needs nothing of `context`."""
    return PocketSphinxTranscriber()


class PocketSphinxTranscriber(WorksInJobs):
    """Transcribes on this machine; `workers` is how many processes decode at once, by default one a core."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1

    def start(self, job: TranscriptionJob) -> Started:
        """See the seam. Raises EngineFailed if the language is not English or the recording not a speech WAV."""
        if job.language and job.language.partition("-")[0].lower() != "en":
            raise EngineFailed(
                f"The embedded speech engine understands English only, and was asked for {job.language!r}: install "
                "faster-whisper and choose it as the transcription engine.",
                "language-not-supported",
            )
        return begin(job, lambda audio, running: (self.transcribe(audio, running), job.language or LANGUAGE))

    def transcribe(self, audio: Path, running: LocalJob) -> list[Word]:
        """What is said in the speech WAV `audio`, as sentences. Raises EngineError if a worker dies."""
        return punctuate(list(self._words(audio, running)))

    def _words(self, audio: Path, running: LocalJob) -> Iterator[Word]:
        """The words of the whole recording in order, of which only a few pieces are ever in memory."""
        ears = endpointer()
        waiting: deque[tuple[Span, Future[list[Heard]]]] = deque()
        with closing(_Crew(self.workers)) as crew, wave.open(str(audio)) as recording:
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
    """Up to `size` decoding workers, each started when there is a piece for it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._workers: list[subprocess.Popen[str]] = []
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="decode")

    def submit(self, audio: Path, first: int, count: int) -> "Future[list[Heard]]":
        """Have `count` samples from `first` on decoded. The result raises EngineError if a worker dies over it."""
        if len(self._workers) < self._size:
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
        return self._threads.submit(self._ask, json.dumps([str(audio), first, count]))

    def _ask(self, request: str) -> list[Heard]:
        worker = self._idle.get()
        try:
            print(request, file=worker.stdin, flush=True)
            answer = worker.stdout.readline() if worker.stdout else ""
        except BrokenPipeError:
            answer = ""
        finally:
            self._idle.put(worker)
        if not answer:
            raise EngineError(
                "A speech worker ended in the middle of its work, perhaps for want of memory: try again.",
                "worker-died",
            )
        heard: list[Heard] = json.loads(answer)
        return heard

    def close(self) -> None:
        """End all workers, at once, in whatever they are doing."""
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.communicate()
