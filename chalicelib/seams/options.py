"""What an engine says of the options that it is asked for, before anything is planned or paid."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message


@dataclass(frozen=True, slots=True)
class Settled:
    """What will be done of what was asked, and why the rest will not."""

    options: AiOptions
    notes: tuple[Message, ...] = ()


@runtime_checkable
class SettlesOptions(Protocol):
    """An engine that cannot do everything at any time: what is missing, not ready or not offered is switched off."""

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        """`options` with what cannot be done for such a file switched off, each with a note that says why.

        Asks its service at most once for each thing that is named. Raises EngineBusy if it has to wait its turn.
        """
