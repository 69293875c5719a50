"""Marks on the words of a recording: quotes, highlights and comments; and the clips that are cut of them. Pure.

A mark hangs on a stretch of the recording, from the start of its first word to the end of its last: words keep their
times through every correction. It holds the text as it was taken, and nothing of what the words are now, which is read
from the transcript each time (`speech/quotes.py`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from chalicelib.message import Message

MOST = 500
"""Marks on a recording."""

MOST_OF_A_GUEST = 200
"""Marks on a recording by one of those whom it is shared with: nobody leaves the others no room."""

LONGEST_SECONDS = 600.0
LONGEST_TEXT = 20_000
"""Characters of the words that a mark hangs on: ten minutes of quick talk."""

LONGEST_BODY = 2000
"""Characters of a comment."""

ID_PATTERN = re.compile(r"[0-9a-f]{16}")


class Kind(StrEnum):
    """What a mark is for."""

    QUOTE = "quote"
    HIGHLIGHT = "highlight"
    COMMENT = "comment"


class Colour(StrEnum):
    """In which a mark is shown."""

    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PINK = "pink"


class ClipFormat(StrEnum):
    """What a clip may be: a film, or sound alone."""

    MP4 = "mp4"
    MP3 = "mp3"


class ClipState(StrEnum):
    """How a clip stands: asked for, being made, there, or not to be had."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of a mark: the `number`-th that was asked for in its format, of what `version` of the recording.

    `start` and `end` are seconds in the recording; `text` is the fingerprint of the words that it holds. Once it is
    ready, `seconds` is how long it is and `size` how many bytes it has. Where `captions` were to be written into the
    picture, `note` says why they are not.
    """

    number: int
    version: int
    state: ClipState
    start: float
    end: float
    text: str
    asked_at: float
    captions: bool = False
    seconds: float | None = None
    size: int | None = None
    failure: Message | None = None
    note: Message | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it is still to be made."""
        return self.state in {ClipState.WAITING, ClipState.MAKING}


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark: on which stretch of the recording (seconds), and what was said there when it was made (`exact`, and the
    `speaker` if it was one); whose it is (an account's id), and since when (seconds since the epoch).

    `body` is what a comment says. `clips` are by format. `revision` counts the changes of it. It
    is forgotten when it `expires` (seconds since the epoch): not before its recording is.
    """

    id: str
    asset_id: str
    kind: Kind
    start: float
    end: float
    exact: str
    by: str
    made_at: float
    changed_at: float
    speaker: str | None = None
    colour: Colour | None = None
    body: str | None = None
    resolved_at: float | None = None
    resolved_by: str | None = None
    clips: Mapping[str, Clip] = field(default_factory=dict)
    revision: int = 1
    expires: int = 0

    def with_clip(self, name: str, clip: Clip) -> "Mark":
        """It with this clip in the format `name`, in the place of the one before."""
        return replace(self, clips={**self.clips, name: clip})


@dataclass(frozen=True, slots=True)
class ClipRef:
    """Names one clip, in keys and in the name of its job."""

    mark_id: str
    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.mark_id}-{self.name}-{self.number}"

    @staticmethod
    def parse(text: str) -> "ClipRef | None":
        """It taken apart again; None if `text` names no clip."""
        match = _CLIP.fullmatch(text)
        return ClipRef(match["mark"], match["name"], int(match["number"])) if match else None

    def of(self, mark: Mark | None) -> Clip | None:
        """The clip that this names, if the mark still has that one."""
        clip = mark.clips.get(self.name) if mark is not None else None
        return clip if clip is not None and clip.number == self.number else None


_CLIP = re.compile(rf"(?P<mark>{ID_PATTERN.pattern})-(?P<name>{'|'.join(ClipFormat)})-(?P<number>[1-9][0-9]{{0,5}})")
