"""Who speaks when, with sherpa-onnx: pyannote's segmentation, CAM++ embeddings of voices, and clustering.

Its weights are what `local/models/speakers.py` brings. A recording is listened to twenty minutes at a time, so that a
long one needs no more memory than a short one; voices of different stretches that are alike are one speaker.
"""

import importlib.util
import os
import threading
import wave
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.engines.registry import EngineContext
from chalicelib.errors import SettingsError
from chalicelib.seams.jobs import Started
from chalicelib.seams.speakers import DiarizationJob, Diarizer
from chalicelib.speech.speakers import Turn, turns_document
from chalicelib.speech.voices import Heard
from local.engines._speech import SAMPLE_RATE, begin_listening, stop_if_cancelled
from local.jobs import LocalJob
from local.machine import WorksInJobs
from local.models import speakers as speaker_models
from local.models.weights import COMMAND

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

_CORES = os.cpu_count() or 1
_THRESHOLD = 0.62
"""Cosine distance up to which voices are taken for the same. See docs/engines.md for what it was chosen on."""

_SAME_VOICE = 0.3
"""The same for all that was heard of a voice in a stretch: more tells more."""

_STEP = 0.2
"""Of the ten seconds that are listened to at a time, how much is new each time. Smaller is slower."""

_LONGEST = 1200.0  # seconds
_VOICE_SECONDS = 30.0
"""How much of a voice is enough to know it again."""


_Found = tuple[float, float, int]
"""From when to when (seconds) which voice speaks."""


def create(context: EngineContext) -> Diarizer:
    """The engine. Raises SettingsError if its package or its weights are not on this machine."""
    if importlib.util.find_spec("sherpa_onnx") is None:
        raise SettingsError(
            "The engine sherpa_onnx needs its package: "
            "pip install --no-deps --require-hashes -r requirements-speech.txt."
        )
    if not speaker_models.WEIGHTS.are_there():
        raise SettingsError(f"The engine sherpa_onnx needs its weights. {COMMAND} brings them.")
    return SherpaDiarizer(speaker_models.WEIGHTS.place)


class SherpaDiarizer(WorksInJobs):
    """Tells speakers apart on this machine, one recording at a time, with the weights in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._telling: Any = None  # what is slow to load is loaded for the first recording
        self._embedding: Any = None

    def start(self, job: DiarizationJob) -> Started:
        """See the seam. Raises EngineFailed if the recording is not a speech WAV."""

        def work(audio: Path, running: LocalJob) -> dict[str, Any]:
            turns, heard = self.listen(audio, job.speakers, running)
            return turns_document(turns, heard if job.voices else None)

        return begin_listening(job, work)

    def listen(self, audio: Path, speakers: int | None, running: LocalJob) -> tuple[list[Turn], Heard]:
        """The turns in `audio`, and what their speakers sound like; `speakers` is how many there are, or None to find
        out.
        """
        turns: list[Turn] = []
        voices: dict[str, Samples] = {}
        with self._turn, wave.open(str(audio)) as recording:
            self._load()
            total = recording.getnframes()
            stretches = _stretches(total)
            for number, (begin, end) in enumerate(stretches):
                stop_if_cancelled(running)

                def tell(done: int, count: int, begin: int = begin, end: int = end) -> int:
                    running.progress((begin + (end - begin) * done / max(count, 1)) / total)
                    return int(running.cancelled.is_set())

                sound = _samples(recording.readframes(end - begin))
                found = self._turns_of(sound, None, tell)
                if len(stretches) == 1 and speakers and _count(found) < speakers:
                    told = self._turns_of(sound, speakers, tell)
                    found = max(found, told, key=_count)  # told of too many, it may find none at all
                stop_if_cancelled(running)
                voices |= {f"{number}_{who}": voice for who, voice in self._voices(sound, found).items()}
                offset = begin / SAMPLE_RATE
                turns += [Turn(offset + start, offset + stop, f"{number}_{who}") for start, stop, who in found]
        return _joined(turns, voices, speakers)

    def _load(self) -> None:
        if self._embedding is not None:
            return
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import sherpa_onnx as sherpa

        speaker_models.WEIGHTS.check()
        self._telling = sherpa.OfflineSpeakerDiarization(self._config(None))
        self._embedding = sherpa.SpeakerEmbeddingExtractor(self._embedding_config())

    def _config(self, speakers: int | None) -> Any:  # noqa: ANN401 - the package has no types
        import sherpa_onnx as sherpa

        segmentation = sherpa.OfflineSpeakerSegmentationPyannoteModelConfig(
            model=str(self._folder / speaker_models.SEGMENTATION), window_shift_ratio=_STEP
        )
        return sherpa.OfflineSpeakerDiarizationConfig(
            segmentation=sherpa.OfflineSpeakerSegmentationModelConfig(pyannote=segmentation, num_threads=_CORES),
            embedding=self._embedding_config(),
            clustering=sherpa.FastClusteringConfig(num_clusters=speakers or -1, threshold=_THRESHOLD),
        )

    def _embedding_config(self) -> Any:  # noqa: ANN401 - the package has no types
        import sherpa_onnx as sherpa

        model = str(self._folder / speaker_models.EMBEDDING)
        return sherpa.SpeakerEmbeddingExtractorConfig(model=model, num_threads=_CORES)

    def _turns_of(self, sound: "Samples", speakers: int | None, tell: Any) -> list[_Found]:  # noqa: ANN401
        self._telling.set_config(self._config(speakers))  # only how many groups there are to be: nothing is loaded anew
        found = self._telling.process(sound, callback=tell)
        return [(turn.start, turn.end, turn.speaker) for turn in found.sort_by_start_time()]

    def _voices(self, sound: "Samples", found: list[_Found]) -> "dict[int, Samples]":
        """What each speaker of a stretch sounds like, by the longest that they say."""
        import numpy as np

        voices = {}
        for speaker in {who for _, _, who in found}:
            stream = self._embedding.create_stream()
            heard = 0.0
            for start, end, who in sorted(found, key=lambda turn: turn[0] - turn[1]):
                if who == speaker and heard < _VOICE_SECONDS:
                    end = min(end, start + _VOICE_SECONDS - heard)
                    stream.accept_waveform(SAMPLE_RATE, sound[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)])
                    heard += end - start
            stream.input_finished()
            voices[speaker] = np.asarray(self._embedding.compute(stream), np.float32)
        return voices


def _count(found: list[_Found]) -> int:
    return len({who for _, _, who in found})


def _samples(frames: bytes) -> "Samples":
    import numpy as np

    return np.frombuffer(frames, "<i2").astype(np.float32) / np.float32(32768)


def _stretches(total: int) -> list[tuple[int, int]]:
    """Where stretches of at most `_LONGEST`, of the same length, begin and end in so many samples."""
    count = max(1, -(-total // round(_LONGEST * SAMPLE_RATE)))
    return list(pairwise(total * number // count for number in range(count + 1)))


def _joined(turns: list[Turn], voices: "dict[str, Samples]", speakers: int | None) -> tuple[list[Turn], Heard]:
    """The turns, in which voices that are alike have one name; as many as there are `speakers`, where that is told.

    A speaker who was heard in several stretches sounds like the mean of them.
    """
    names = list(voices) if len(voices) < 2 else _groups(list(voices.values()), speakers)
    name = dict(zip(voices, names, strict=True))
    together: dict[str, list[Samples]] = {}
    for who, voice in voices.items():
        together.setdefault(name[who], []).append(voice / float((voice @ voice) ** 0.5))
    sounds = {who: tuple(map(float, sum(heard))) for who, heard in together.items()}  # type: ignore[arg-type]
    joined = [Turn(turn.start, turn.end, name[turn.speaker]) for turn in turns]
    return joined, Heard(speaker_models.WEIGHTS.digests[speaker_models.EMBEDDING], sounds)


def _groups(voices: "list[Samples]", count: int | None) -> list[str]:
    """The name of each voice's group: of all groups the two nearest become one, by the mean distance of their voices,
    until there are `count`, or as many as are further apart than one voice from itself.
    """
    import numpy as np
    from fastcluster import linkage

    rows = np.stack(voices).astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    distances = (1 - rows @ rows.T)[np.triu_indices(len(rows), 1)]
    groups = {number: [number] for number in range(len(rows))}
    for step, (one, other, distance, _) in enumerate(linkage(distances, "average")):
        if len(groups) == count or (count is None and distance >= _SAME_VOICE):
            break
        groups[len(rows) + step] = groups.pop(int(one)) + groups.pop(int(other))
    names = {member: str(number) for number, members in enumerate(groups.values()) for member in members}
    return [names[number] for number in range(len(rows))]
