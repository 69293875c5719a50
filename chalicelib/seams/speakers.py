"""The seam to whatever tells voices apart, for the words of a transcriber that does not."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.keys import S3Object
from chalicelib.seams.jobs import Started
from chalicelib.seams.seam import OptionalSeam


@dataclass(frozen=True, slots=True)
class DiarizationJob:
    """One recording whose speakers are to be told apart.

    `audio` is its speech WAV. `speakers` is how many there are, or None to let the engine find out. `voices`: what each
    of them sounds like is wanted too, if the engine can tell.
    """

    name: str
    audio: S3Object
    destination: S3Object
    speakers: int | None
    voices: bool = False


class Diarizer(Protocol):
    """Tells who speaks when."""

    def start(self, job: DiarizationJob) -> Started:
        """Start `job` unless a job of that name was started before.

        The result is left at `job.destination`, as `chalicelib/speech/speakers.py` writes it; its S3 event tells that
        it is there. A job that fails says so by an event, as a transcription does. Raises EngineFailed if the job can
        never be done, EngineBusy if it has to wait its turn, EngineError if another try may succeed.
        """


SPEAKERS = OptionalSeam[Diarizer](
    "speakers",
    "diarizer",
    "tells speakers apart where the transcriber does not",
    on_one_machine="local.engines.sherpa_onnx",
    has_jobs=True,
)
