"""Pictures and documents on one machine: what they hold, and smaller pictures of them.

A worker (`_pictures.py`) decodes them, within limits; here stands what is asked of it, and what its answers mean.
"""

import threading
from collections.abc import Iterable
from pathlib import Path

from chalicelib.domain.media import MediaInfo, Picture
from chalicelib.errors import EngineFailed, MediaRejected
from chalicelib.seams.probing import (
    LOCKED,
    MOST_PAGES,
    NO_PAGES,
    STILL_UNREADABLE,
    TOO_FEW_PIXELS,
    TOO_MANY_PAGES,
    TOO_MANY_PIXELS,
)
from local.engines._subprocess import TOO_MUCH_MEMORY, TOO_SLOW, Limits, ask

MOST_SIDE, LEAST_SIDE = 16_384, 16
MOST_PIXELS = 8192 * 8192
"""Of a picture: beyond, it takes the memory of several others."""

_LIMITS = Limits(memory=3 * 1024**3, seconds=60.0)
_WORKER = "local.engines._pictures"
_TOO_MUCH = {TOO_SLOW.code, TOO_MUCH_MEMORY.code}


def still(container: str, path: Path) -> MediaInfo:
    """What a picture or a document holds. Raises MediaRejected with why, for its owner."""
    try:
        (found,) = ask(_WORKER, {"do": "look", "container": container, "path": str(path)}, _LIMITS)
    except (EngineFailed, ValueError) as exc:
        told = exc.failure if isinstance(exc, EngineFailed) and exc.code in _TOO_MUCH else STILL_UNREADABLE
        raise MediaRejected(told) from exc
    if found.get("locked"):
        raise MediaRejected(LOCKED)
    pages = found.get("pages")
    if pages is not None and not 0 < pages <= MOST_PAGES:
        raise MediaRejected(TOO_MANY_PAGES.of(count=pages, most=MOST_PAGES) if pages else NO_PAGES)
    if "width" not in found:
        return MediaInfo(container, 0.0, pages=pages)
    width, height = found["width"], found["height"]
    if min(width, height) < LEAST_SIDE:
        raise MediaRejected(TOO_FEW_PIXELS.of(width=width, height=height, least=LEAST_SIDE))
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise MediaRejected(TOO_MANY_PIXELS.of(width=width, height=height, most=8192))
    if not found["whole"]:
        raise MediaRejected(STILL_UNREADABLE)
    return MediaInfo(container, 0.0, picture=Picture(width, height, found["frames"]), pages=pages)


def smaller(
    container: str, path: Path, wanted: Iterable[tuple[Path, int, int]], cancelled: threading.Event | None = None
) -> list[tuple[int, int]]:
    """Write JPEGs of these widths and heights in pixels to these places, upright and in sRGB.

    Returns the sizes that they have: a page of a document keeps its shape. Raises EngineFailed if the picture cannot be
    decoded within the limits, EngineError if the work was cancelled.
    """
    outputs = [{"path": str(target), "size": [width, height]} for target, width, height in wanted]
    request = {"do": "make", "container": container, "path": str(path), "outputs": outputs}
    return [(width, height) for width, height in ask(_WORKER, request, _LIMITS, cancelled)]
