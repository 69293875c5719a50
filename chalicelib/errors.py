"""Every error that Rapporteur raises on purpose, in one tree.

RapporteurError
├─ SettingsError        the deployment is set up wrongly; nothing starts
├─ InvalidRequest       what a caller asked for cannot be done as asked
│  └─ Forbidden         … by this caller
│     ├─ WrongPassword  … who does not know a link's password
│     └─ OverQuota      … just now: what they may use is used up
│        └─ TooManyTries  … by anybody: too many were wrong
├─ Unauthorized         the caller has not shown who they are
├─ NotFound             there is no such thing, or none of theirs
├─ Conflict             it cannot be done as things stand
├─ WorkError            the work on a recording cannot go on
│  ├─ MediaRejected     … since the file itself is at fault; final
│  ├─ TranscriptError   … since a transcript cannot be read
│  └─ EngineError       … since an engine could not do its part
│     ├─ EngineBusy     … because it takes no more work just now; the work waits its turn
│     └─ EngineFailed   … and never will for this job; final
│        └─ LanguageNotRead  … because it reads other languages, which is nobody's fault
├─ StoreError           a table or a bucket did not do what it was asked for
└─ DeliveryError        a report cannot be delivered as things stand

Each carries a `code` (stable, for programs) and a sentence that says what is wrong and what to do (for people), in
English. What goes wrong with a recording is kept in parts, as a `Message`: its owner reads it in their own language. It
must never hold a secret or a path of the machine.
"""

from chalicelib.message import Message

_BUSY = Message("engine-busy", "The engine takes no more work just now.")


class RapporteurError(Exception):
    """Base of the tree; `code` names the error for programs. `translatable` is what
    people can read in their own language.
    """

    code = "error"

    def __init__(self, message: str | Message, code: str | None = None) -> None:
        self.translatable = message if isinstance(message, Message) else None
        self.message = str(message)
        super().__init__(self.message)
        if self.translatable is not None:
            self.code = self.translatable.code
        if code is not None:
            self.code = code


class SettingsError(RapporteurError):
    """A setting is missing or has a value that cannot be used."""

    code = "settings"


class InvalidRequest(RapporteurError):
    """A caller's request cannot be carried out as it stands; `field` is the one at fault, if it is one."""

    code = "invalid-request"

    def __init__(self, message: str | Message, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message, code)
        self.field = field


class Unauthorized(RapporteurError):
    """The caller has not shown who they are."""

    code = "unauthorized"


class Forbidden(InvalidRequest):
    """The caller may not do this, whoever they are."""

    code = "forbidden"


class OverQuota(Forbidden):
    """What the caller may use is used up."""

    code = "quota"


class TooManyTries(OverQuota):
    """Nobody may try this for so many seconds: too many who did were wrong."""

    def __init__(self, retry_after: int) -> None:
        sentence = f"There were too many wrong passwords. Try again in {retry_after} seconds."
        super().__init__(sentence, "too-many-tries", "password")
        self.retry_after = retry_after


class WrongPassword(Forbidden):
    """The password of a link is another; the next one is looked at after so many seconds, at once if it is 0."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("This is not the password of this link.", "wrong-password", "password")
        self.retry_after = retry_after or None


class NotFound(RapporteurError):
    """There is no such thing, or none of the caller's: which of the two is not told."""

    code = "not-found"


class Conflict(RapporteurError):
    """It cannot be done as things stand; later it may."""

    code = "conflict"


class WorkError(RapporteurError):
    """The work on a recording cannot go on; `failure` is what its owner is told of it."""

    def __init__(self, failure: Message) -> None:
        super().__init__(failure)
        self.failure = failure


class MediaRejected(WorkError):
    """The uploaded file cannot be accepted; trying again cannot help."""


class TranscriptError(WorkError):
    """A document that should be a transcript is not one."""


class EngineError(WorkError):
    """An engine did not do its work; another try may succeed."""


class EngineBusy(EngineError):
    """An engine takes no more work just now: a quota is used up, or it asks for fewer calls. Waiting is no failure."""

    def __init__(self) -> None:
        super().__init__(_BUSY)


class EngineFailed(EngineError):
    """An engine refused or failed a job for good."""


class LanguageNotRead(EngineFailed):
    """An engine that reads text does not read the language of this one."""


class StoreError(RapporteurError):
    """A table did not take what it was given; another try may succeed."""

    code = "store"


class DeliveryError(RapporteurError):
    """A report could not be delivered."""

    code = "delivery"
