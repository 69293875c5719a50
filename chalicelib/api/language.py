"""What answers tell people of the work on a recording, in the language that the request asks for.

That is the first language in its Accept-Language (RFC 9110, 12.5.4) of those that there are, else English. Weights are
not heeded: browsers name languages in the order in which they are wanted.
"""

from contextvars import ContextVar
from typing import TYPE_CHECKING

from chalicelib.api.models.assets import MessageView
from chalicelib.errors import RapporteurError
from chalicelib.message import Message

if TYPE_CHECKING:
    from chalicelib.letters.wording import Wording

ACCEPTED: ContextVar[str] = ContextVar("accepted", default="")
"""The header of the request that is being answered."""


def wording() -> "Wording":
    """How whoever asks is spoken to."""
    from chalicelib.letters.wording import LANGUAGES, Wording  # slow to import, and few answers have something to tell

    named = (part.partition(";")[0].strip().partition("-")[0].lower() for part in ACCEPTED.get().split(","))
    language = next((name for name in named if name in LANGUAGES), "en")
    return Wording(language, "UTC")


def message_view(message: Message) -> MessageView:
    """What an answer says of `message`."""
    return MessageView.model_validate(wording().document(message))


def sentence_of(refusal: RapporteurError) -> str:
    """What an answer says of an error: in the language asked for, where there is more than English."""
    return message_view(refusal.translatable).message if refusal.translatable else refusal.message
