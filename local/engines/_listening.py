"""Which track of a file to hear, and which of its channels: told by listening to some of it."""

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import av
import av.error

from chalicelib.domain.media import AudioStream
from local.engines._span import opened_again
from local.engines._speech import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SAMPLES, _SAMPLE_SECONDS = 10, 4.0
"""How much of a long recording is listened to, spread over it."""

_SILENCE = 0.001
"""The loudness (root mean square) of full scale below which nothing can be made out: -60 dB."""

_CANCELLED = 0.25
"""How much of the loudest channel all together must have, lest they have cancelled each other out: -12 dB."""

_SAME = 0.98
"""How much channels go up and down together (the coefficient of correlation, whatever its sign) that hold one sound."""

_SAME_LOUDNESS = 0.5
"""How loud the quietest of such channels is, at least, against the loudest: -6 dB. What is fainter is one voice that
the other microphone hears too, while nobody speaks there."""

_LEAST_SPEECH = 1.0  # seconds

_ASIDE = av.stream.Disposition.comment | av.stream.Disposition.descriptions | av.stream.Disposition.visual_impaired


@dataclass(frozen=True)
class Track:
    """A track of sound in an open file, and what is heard of it."""

    audio: AudioStream
    stream: Any
    seconds: float

    @cached_property
    def some(self) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
        """Samples at 16 kHz, from -1 to 1, of some of the track: a row a channel, and all together in one row."""
        return _some_of(self.stream, self.seconds)

    @property
    def channels(self) -> "NDArray[np.float32]":
        """Samples of each channel, a row each."""
        return self.some[0]

    @property
    def together(self) -> "NDArray[np.float32]":
        """Samples of all channels together, in one row."""
        return self.some[1]

    @property
    def is_aside(self) -> bool:
        """Whether the file says that the track is somebody's comment, or made for those who cannot see."""
        return bool(self.stream.disposition & _ASIDE)

    @property
    def is_default(self) -> bool:
        """Whether the file says that this is the track to be heard."""
        return bool(self.stream.disposition & av.stream.Disposition.default)

    def heard(self) -> AudioStream:
        """The track, with whether its channels are alike, and which to hear where they cancel each other out."""
        if self.audio.channels < 2:
            return self.audio
        audio = replace(self.audio, is_same=_are_same(self.channels))
        loudness = _loudness(self.channels)
        loudest = int(loudness.argmax()) if len(loudness) else 0
        if not len(loudness) or _loudness(self.together)[0] >= _CANCELLED * loudness[loudest]:
            return audio
        return replace(audio, heard=loudest + 1)

    def is_audible(self) -> bool:
        """Whether there is anything to hear."""
        return bool((_loudness(self.channels) > _SILENCE).any())

    def holds_speech(self) -> bool:
        """Whether somebody speaks; whether there is anything to hear where nothing here can tell."""
        if importlib.util.find_spec("faster_whisper") is None:
            return self.is_audible()
        from faster_whisper.vad import get_speech_timestamps

        channel = self.heard().heard
        spoken = get_speech_timestamps(self.channels[channel - 1] if channel else self.together[0])
        seconds: float = sum(part["end"] - part["start"] for part in spoken) / SAMPLE_RATE
        return seconds >= _LEAST_SPEECH


def in_order(tracks: Sequence[Track]) -> list[AudioStream]:
    """The tracks, first the one to hear: that holds speech, is meant to be heard first, or comes first in the file."""
    if len(tracks) < 2:
        return [track.heard() for track in tracks]
    meant = sorted(tracks, key=lambda track: (track.is_aside, not track.is_default, track.audio.number))
    chosen = next(
        (track for hears in (Track.holds_speech, Track.is_audible) for track in meant if hears(track)), meant[0]
    )
    ordered = [chosen, *(track for track in tracks if track is not chosen)]
    return [replace(track.heard(), is_silent=not track.is_audible()) for track in ordered]


def _are_same(channels: "NDArray[np.float32]") -> bool:
    """Whether all channels hold the same sound, as where one microphone was written twice."""
    import numpy as np

    loudness = _loudness(channels)
    if len(loudness) < 2 or loudness.min() <= _SAME_LOUDNESS * loudness.max():
        return False
    with np.errstate(all="ignore"):  # of a channel that never moves
        return bool(np.abs(np.corrcoef(channels)).min() >= _SAME)


def _loudness(channels: "NDArray[np.float32]") -> "NDArray[np.float32]":
    import numpy as np

    return np.sqrt((channels * channels).mean(axis=1)) if channels.size else np.zeros(len(channels), np.float32)


def _some_of(stream: Any, seconds: float) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":  # noqa: ANN401
    """Of all of a short track, of stretches of a long one: its channels, and all of them together."""
    is_short = seconds <= _SAMPLES * _SAMPLE_SECONDS
    starts = [0.0] if is_short else [seconds * (n + 0.5) / _SAMPLES for n in range(_SAMPLES)]
    length = seconds if is_short else _SAMPLE_SECONDS
    stretches = [_stretch(stream, start, length) for start in starts]
    return _joined([channels for channels, _ in stretches]), _joined([together for _, together in stretches])


def _stretch(
    stream: Any,  # noqa: ANN401
    start: float,
    length: float,
) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """The channels of a stretch, and all of them together; what has others than its first frame is only in these."""
    apart: list[NDArray[np.float32]] = []
    mixed: list[NDArray[np.float32]] = []
    form: tuple[str, str, int] | None = None
    splitter: Any = None
    mixer: Any = None
    most = round(length * SAMPLE_RATE)
    try:
        for frame in _frames(stream, start):
            if form != (form := (frame.format.name, frame.layout.name, frame.sample_rate)):
                # Packed: of planes, PyAV loses those beyond a frame's first few, and the process with them.
                splitter = av.AudioResampler(format="flt", rate=SAMPLE_RATE)
                mixer = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
            frame.pts = None  # holes are not listened to
            apart += _samples(splitter.resample(frame))
            mixed += _samples(mixer.resample(frame))
            if sum(part.shape[1] for part in mixed) >= most:
                break
    except av.error.FFmpegError:  # it breaks off here
        pass
    return _joined(apart)[:, :most], _joined(mixed)[:, :most]


def _samples(frames: Iterable[Any]) -> "list[NDArray[np.float32]]":
    import numpy as np

    return [made.to_ndarray().astype(np.float32, copy=False).reshape(-1, made.layout.nb_channels).T for made in frames]


def _joined(parts: "Sequence[NDArray[np.float32]]") -> "NDArray[np.float32]":
    """Those of `parts` with as many channels as the first that holds anything, one behind the other."""
    import numpy as np

    heard = [part for part in parts if part.size]
    heard = [part for part in heard if len(part) == len(heard[0])]
    return np.concatenate(heard, axis=1) if heard else np.zeros((1, 0), np.float32)


def _frames(stream: Any, start: float) -> Iterator[Any]:  # noqa: ANN401
    """The frames of a stream from `start`, in seconds; from its first, wherever that is, if `start` is 0."""
    container = stream.container
    with opened_again(container) as anew:
        if start:
            anew.seek(round(start * av.time_base) + (container.start_time or 0))
        yield from anew.decode(anew.streams[stream.index])
