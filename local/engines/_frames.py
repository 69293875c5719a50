"""Stills of films and pictures, for what looks at them: runs in a worker (`_look.py`), never in the service itself."""

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import av
import av.error

from local.engines._subprocess import TOO_MANY_PIXELS, UNREADABLE_FILE, Fault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

_Item = TypeVar("_Item")

_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mxf,asf",
}
"""A playlist or a link inside an upload must never make the library open another file or address."""

MOST_PIXELS = 8192 * 8192
"""Of a picture: beyond, it takes the memory of several others."""

WIDEST = 1280
"""Pixels on its longer side that a still is made smaller to: faces and letters that can be read are large enough."""

MOST_STILLS = 3600
"""That are taken of a film that is not looked at by the still: one a second of an hour, and fewer of a longer film, so
that nobody waits for days. It is told in docs/engines.md."""

_FAR = 12.0  # seconds on from which it is quicker to go to the next key frame than to decode all that lies between
_CLOSE = Fraction(1, 5)
"""Stills a second up to which those frames are passed over that no other is made from: half of the work."""

_SLACK = 0.001  # seconds
_ROUGHLY = 0.15  # seconds that such a still may be late
_AHEAD = 4  # stills that are decoded while others are looked at


@dataclass(frozen=True)
class Still:
    """The `number`-th still, from 0, `at` so many seconds from the beginning: red, green and blue by row and column."""

    number: int
    at: float
    pixels: "Pixels"


def times(seconds: float, rate: Fraction | None) -> Iterator[float]:
    """When stills are taken of a film of so many `seconds`: so many a second, or one, up to `MOST_STILLS` in all."""
    step = 1 / float(rate) if rate else max(1.0, seconds / MOST_STILLS)
    number = 0
    while number == 0 or number * step < seconds - _SLACK:
        yield number * step
        number += 1


def of_film(path: Path, track: int, seconds: float, rate: Fraction | None) -> Iterator[Still]:
    """Stills of the `track`-th picture of a film, counted from 1: what is to be seen at each of the `times`.

    Raises Fault if nothing can be decoded.
    """
    return _ahead(_stills(path, track, seconds, rate))


def _stills(path: Path, track: int, seconds: float, rate: Fraction | None) -> Iterator[Still]:
    try:
        with av.open(str(path), options=_OPTIONS) as container:
            stream = container.streams.video[track - 1]
            if stream.codec_context.width * stream.codec_context.height > MOST_PIXELS:
                raise Fault(TOO_MANY_PIXELS.of(most=MOST_PIXELS))
            stream.thread_type = "AUTO"
            film = _Film(container, stream, is_rough=rate is None or rate <= _CLOSE)
            found = False
            for number, at in enumerate(times(seconds, rate)):
                frame = film.shown_at(at)
                if frame is None:
                    break
                found = True
                yield Still(number, at, _upright(frame))
            if not found:
                raise Fault(UNREADABLE_FILE)
    except (av.error.FFmpegError, IndexError) as exc:
        raise Fault(UNREADABLE_FILE) from exc


class _Film:
    """An open film that is gone through once, forwards."""

    def __init__(self, container: Any, stream: Any, is_rough: bool) -> None:  # noqa: ANN401 - PyAV's types
        self._container, self._stream, self._is_rough = container, stream, is_rough
        if is_rough:
            stream.codec_context.skip_frame = "NONREF"
        self._origin = (container.start_time or 0) / av.time_base
        self._frames = self._decoded()
        self._shown: Any = None
        self._next: Any = next(self._frames, None)

    def shown_at(self, at: float) -> Any:  # noqa: ANN401
        """What is to be seen at a time; before the first frame that one, None if there is none at all."""
        if self._next is not None and at - self._time(self._next) > _FAR:
            self._go_to(at)
        while self._next is not None and self._time(self._next) <= at + _SLACK:
            self._shown, self._next = self._next, next(self._frames, None)
        if self._is_rough and self._next is not None and self._time(self._next) - at <= _ROUGHLY:
            return self._next  # what is shown may have been passed over, and be the first after a cut
        return self._shown or self._next

    def _go_to(self, at: float) -> None:
        before = self._next
        self._container.seek(round((at + self._origin) / self._stream.time_base), stream=self._stream)
        self._frames = self._decoded()
        self._next = next(self._frames, None)
        if self._next is None or self._time(self._next) < self._time(before):
            self._next = before  # an index that leads astray: what is decoded is passed over up to here
        self._shown = self._next

    def _time(self, frame: Any) -> float:  # noqa: ANN401
        return 0.0 if frame.time is None else float(frame.time) - self._origin

    def _decoded(self) -> Iterator[Any]:
        """Frame after frame; what is damaged is passed over."""
        try:
            for packet in self._container.demux(self._stream):
                try:
                    yield from packet.decode()
                except av.error.FFmpegError:
                    continue
        except av.error.FFmpegError:  # the film breaks off here
            return


def _upright(frame: Any) -> "Pixels":  # noqa: ANN401
    import numpy as np

    width, height = _fitting(frame.width, frame.height)
    pixels = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    turns = round(frame.rotation / 90) % 4  # counter-clockwise, as numpy turns
    return np.ascontiguousarray(np.rot90(pixels, turns) if turns else pixels)


def _fitting(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, WIDEST / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def of_picture(container: str, path: Path, widest: int = 2 * WIDEST) -> Still:
    """A picture that does not move, or the first of one that does, at most so many pixels wide or high.

    Raises Fault if it cannot be read.
    """
    import numpy as np
    from PIL import Image, ImageOps

    from local.engines._pictures import in_srgb, opened

    Image.MAX_IMAGE_PIXELS = None  # it is checked here, before anything is decoded
    try:
        with opened(container, path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Fault(TOO_MANY_PIXELS.of(most=MOST_PIXELS))
            image.draft("RGB", (widest, widest))  # a JPEG is decoded at half its size, or a quarter
            upright = in_srgb(ImageOps.exif_transpose(image))
            upright.thumbnail((widest, widest))
            return Still(0, 0.0, np.asarray(upright))
    except (OSError, ValueError, SyntaxError) as exc:  # what Pillow raises for what is broken
        raise Fault(UNREADABLE_FILE) from exc


def _ahead(items: Iterable[_Item]) -> Iterator[_Item]:
    """The same, made by a thread that is a few ahead: decoding goes on while a still is looked at."""
    made: queue.Queue[Any] = queue.Queue(_AHEAD)
    stop = threading.Event()

    def put(what: object) -> bool:
        while not stop.is_set():
            try:
                made.put(what, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            if not all(put((True, item)) for item in items):
                return
        except BaseException as exc:  # noqa: BLE001 - raised again where the items are wanted
            put((False, exc))
        else:
            put((False, None))

    threading.Thread(target=work, daemon=True).start()
    try:
        while True:
            is_item, what = made.get()
            if is_item:
                yield what
            elif what is None:
                return
            else:
                raise what
    finally:
        stop.set()


class Unchanged:
    """Whether a still looks as the one before did: no more than a `share` of the cells of a grid over it, which is none
    unless said otherwise, are lighter or darker by `most` of 255.
    """

    _GRID = (96, 54)

    def __init__(self, most: float, share: float = 0.0) -> None:
        self._most, self._share = most, share
        self._last: Any = None

    def __call__(self, pixels: "Pixels") -> bool:
        """Whether it does. One that does not is what the next are compared with."""
        import cv2
        import numpy as np

        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        now = cv2.resize(grey, self._GRID, interpolation=cv2.INTER_AREA).astype(np.int16)
        if self._last is not None and float((abs(now - self._last) >= self._most).mean()) <= self._share:
            return True
        self._last = now
        return False
