"""The graph of services, made on first use and kept: what every stage of the pipeline is handed."""

import copy
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.clients import outbound
from chalicelib.clients.aws import Aws
from chalicelib.engines.registry import EngineContext, Waiting, load, module_of, offered, short, transcribers
from chalicelib.errors import SettingsError, Unauthorized
from chalicelib.lazy import MAKING, cached_property
from chalicelib.seams.jobs import ENGINE_EVENT_SOURCE, JobEvents, JobOutcome, ReadsEvents
from chalicelib.seams.seam import Seam
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.settings import Settings, variable
from chalicelib.storage.assets import AssetStore
from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from chalicelib.clients.pace import Pace
    from chalicelib.clients.tokens import TokenReader
    from chalicelib.domain.tracks import Track
    from chalicelib.seams.training import Trained
    from chalicelib.storage.accounts import UserStore
    from chalicelib.storage.attempts import Attempts
    from chalicelib.storage.boards import BoardStore
    from chalicelib.storage.learning import LearningStore
    from chalicelib.storage.ledger import Ledger
    from chalicelib.storage.library import LibraryStore
    from chalicelib.storage.mail import MailStore
    from chalicelib.storage.marks import MarkStore
    from chalicelib.storage.material import MaterialStore
    from chalicelib.storage.people import PeopleStore
    from chalicelib.storage.questions import QuestionStore
    from chalicelib.storage.releases import ReleaseStore
    from chalicelib.storage.search import IndexStore
    from chalicelib.storage.sent import SentMails
    from chalicelib.storage.sharing import AuditLog, GrantStore
    from chalicelib.storage.vocabularies import VocabularyStore

_Engine = TypeVar("_Engine")


@dataclass
class Services:
    """Everything that talks to the outside, each made when first needed."""

    settings: Settings
    aws: Aws = field(default_factory=Aws)
    engines: dict[Seam[Any], Any] = field(default_factory=dict)
    """Those that were made so far."""

    others: "dict[str, Services]" = field(default_factory=dict)
    """The same with another transcriber each, by its name, as far as they were asked for."""

    @cached_property
    def tracks(self) -> "tuple[Track, ...]":
        """What may come of a recording. Raises SettingsError if an extension's track cannot be told from others."""
        from chalicelib.storage.tracks import every  # not every function knows of results

        return every(self.settings.extensions)

    @cached_property
    def store(self) -> AssetStore:
        """The tables."""
        return AssetStore(self.aws.dynamodb, self.settings)

    @cached_property
    def users(self) -> "UserStore":
        """The table of accounts."""
        from chalicelib.storage.accounts import UserStore  # most functions know of no accounts

        return UserStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def releases(self) -> "ReleaseStore":
        """What may be used by name, and by whom."""
        from chalicelib.storage.releases import ReleaseStore  # as above

        return ReleaseStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def learning(self) -> "LearningStore":
        """Lexicons, what corrections have taught, and the models that came of it."""
        from chalicelib.storage.learning import LearningStore  # as above

        return LearningStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def grants(self) -> "GrantStore":
        """With whom recordings are shared."""
        from chalicelib.storage.sharing import GrantStore  # as above

        return GrantStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def audit(self) -> "AuditLog":
        """Who saw and changed what."""
        from chalicelib.storage.sharing import AuditLog  # as above

        return AuditLog(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def library(self) -> "LibraryStore":
        """Folders and saved filters."""
        from chalicelib.storage.library import LibraryStore  # as above

        return LibraryStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def index(self) -> "IndexStore":
        """Which files the search of an account goes by."""
        from chalicelib.storage.search import IndexStore  # as above

        return IndexStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def marks(self) -> "MarkStore":
        """What people have marked in recordings."""
        from chalicelib.storage.marks import MarkStore  # as above

        return MarkStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def boards(self) -> "BoardStore":
        """What people have put together of what they marked."""
        from chalicelib.storage.boards import BoardStore  # as above

        return BoardStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def questions(self) -> "QuestionStore":
        """What people have asked of what was said."""
        from chalicelib.storage.questions import QuestionStore  # as above

        return QuestionStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def meanings(self) -> "IndexStore":
        """Which files the search by meaning of an account goes by."""
        from chalicelib.storage.search import IndexStore  # as above

        return IndexStore(self.aws.dynamodb, self.settings.users_table, "meaning")

    @cached_property
    def material(self) -> "MaterialStore":
        """What administrators have brought to learn from."""
        from chalicelib.storage.material import MaterialStore  # as above

        return MaterialStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def vocabularies(self) -> "VocabularyStore":
        """What was made of lexicons by the service that hears."""
        from chalicelib.storage.vocabularies import VocabularyStore  # as above

        return VocabularyStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def mails(self) -> "MailStore":
        """What the table of accounts knows of mail."""
        from chalicelib.storage.mail import MailStore  # not every function mails

        return MailStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def ledger(self) -> "Ledger":
        """What was done on each day."""
        from chalicelib.storage.ledger import Ledger  # as above

        return Ledger(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def people(self) -> "PeopleStore":
        """Who is in which collection of faces."""
        from chalicelib.storage.people import PeopleStore  # as above

        return PeopleStore(self.aws.dynamodb, self.settings.users_table)

    @cached_property
    def attempts(self) -> "Attempts":
        """How often work on a message has begun."""
        from chalicelib.storage.attempts import Attempts  # as above

        return Attempts(self.aws.dynamodb, self.settings.idempotency_table)

    @cached_property
    def sent_mails(self) -> "SentMails":
        """The notes of which mails were sent; whoever sends one takes a copy."""
        from chalicelib.storage.sent import SentMails  # as above

        return SentMails(self.aws.dynamodb, self.settings.idempotency_table)

    @cached_property
    def signing_key(self) -> str:
        """The secret that links in mails, and links to recordings, are made with."""
        return self.mails.signing_key()

    @cached_property
    def outputs(self) -> ObjectStore:
        """The output bucket."""
        return ObjectStore(self.aws.s3, self.settings.output_bucket)

    @cached_property
    def uploads(self) -> ObjectStore:
        """The uploads bucket."""
        return ObjectStore(self.aws.s3, self.settings.uploads_bucket)

    @cached_property
    def post(self) -> Callable[[str, bytes, Mapping[str, str]], int]:
        """Sends a POST to an address that a user has named, and tells the answer's status."""
        return outbound.post

    @cached_property
    def download(self) -> "Callable[[str, Mapping[str, str], float], AbstractContextManager[outbound.Download]]":
        """Gets what is at an address that a user has named, with these headers, within so many seconds."""
        return outbound.download

    @cached_property
    def waiting(self) -> Waiting:
        """What a wait for a server outside of AWS is spent in."""
        return nullcontext

    @cached_property
    def pace(self) -> "Pace":
        """What keeps digests below the rate that SES lets this account send at."""
        from chalicelib.clients.pace import Pace  # as above

        return Pace(lambda: self.aws.ses.get_account()["SendQuota"]["MaxSendRate"])

    def forget_account(self, owner: str) -> None:
        """Delete the account itself, so that nobody can sign in with it. Safe to call again."""
        pool = self.settings.user_pool
        if pool is None:
            return
        for username in self._usernames(pool, owner):
            self.aws.cognito.admin_delete_user(UserPoolId=pool, Username=username)

    def has_account(self, owner: str) -> bool:
        """Whether there is such an account, which is not being erased just now."""
        return bool(self._usernames(self.tokens.pool.pool_id, owner)) and not self.users.is_gone(owner)

    def find_account(self, email: str) -> str | None:
        """The owner of the account whose confirmed address this is, as Cognito has it; None if there is none."""
        pool = self.settings.user_pool
        if pool is None or '"' in email or "\\" in email:
            return None
        for user in self.aws.cognito.list_users(UserPoolId=pool, Filter=f'email = "{email}"')["Users"]:
            known = {one["Name"]: one.get("Value") for one in user["Attributes"]}
            if known.get("email_verified") == "true":
                return known.get("sub")
        return None

    def _usernames(self, pool: str, owner: str) -> list[str]:
        found = self.aws.cognito.list_users(UserPoolId=pool, Filter=f'sub = "{owner}"')["Users"]
        return [user["Username"] for user in found]

    @cached_property
    def tokens(self) -> "TokenReader":
        """What tells who asks. Raises Unauthorized if the deployment has no accounts."""
        from chalicelib.clients.tokens import TokenReader, UserPool  # only requests need what it needs

        pool, client = self.settings.user_pool, self.settings.user_pool_client
        if pool is None or client is None:
            raise Unauthorized("This deployment has no accounts: RAPPORTEUR_USER_POOL and its client are not set.")
        return TokenReader(UserPool(pool, client))

    def engine(self, seam: Seam[_Engine]) -> _Engine:
        """The engine behind `seam`; None where an `OptionalSeam` is left empty.

        Raises SettingsError if it cannot be had.
        """
        with MAKING:
            if seam not in self.engines:
                self.engines[seam] = load(seam, EngineContext(self.settings, self.aws, self.waiting))
            engine: _Engine = self.engines[seam]
        return engine

    def hearing_with(self, transcriber: str | None) -> "Services":
        """The same where this transcriber hears, by its short name; the usual one where none is named, or offered."""
        usual, *others = transcribers(self.settings)
        name = next((one for one in others if short(one) == transcriber), usual)
        return self if name == usual else self._with_transcriber(name)

    def _with_transcriber(self, name: str) -> "Services":
        with MAKING:
            if name not in self.others:
                engines = {**self.settings.engines, TRANSCRIPTION: name}
                other = copy.copy(self)  # with all that was made so far
                other.settings = replace(self.settings, engines=engines)
                other.engines = {seam: engine for seam, engine in self.engines.items() if seam is not TRANSCRIPTION}
                self.others[name] = other
            return self.others[name]

    @property
    def job_events(self) -> list[JobEvents]:
        """The events by which the services of the engines tell of their jobs."""
        found = []
        for _, _, engine in offered(self.settings, with_jobs=True):
            found += [*([engine.EVENTS] if engine.EVENTS else []), *engine.MORE_EVENTS]
        return found

    def outcomes_of(self, event: Mapping[str, Any]) -> tuple[JobOutcome, ...]:
        """How the job ended that an `event` is about, as its engine reads it, or each part of it that is news; nothing
        if it tells of no end of ours.
        """
        if event["source"] == ENGINE_EVENT_SOURCE:
            return (JobOutcome.from_event(event["detail"]),)
        for seam, name, module in offered(self.settings, with_jobs=True):
            if module.EVENTS and module.EVENTS.source == event["source"]:
                among = self if name == self.settings.engines[seam] else self._with_transcriber(name)
                engine = among.engine(seam)
                outcome = engine.read_event(event) if isinstance(engine, ReadsEvents) else None
                if outcome is not None:
                    return outcome if isinstance(outcome, tuple) else (outcome,)
        return ()

    def trainings_of(self, event: Mapping[str, Any]) -> "tuple[Trained, ...]":
        """The trainings that have ended by an `event`, as their trainers read it."""
        from chalicelib.seams.training import TRAININGS, ReadsTrainings  # most events are of no training

        found = []
        for seam, _, module in offered(self.settings, with_jobs=True):
            if seam in TRAININGS and module.EVENTS and module.EVENTS.source == event["source"]:
                trainer = self.engine(seam)
                ended = trainer.read_training(event) if isinstance(trainer, ReadsTrainings) else None
                found += [ended] if ended else []
        return tuple(found)

    def load_engines(self) -> None:
        """Load every engine and track now, so that a wrong setting shows at once. Raises SettingsError."""
        _ = self.tracks
        for seam in self.settings.engines:
            self.engine(seam)
        several = transcribers(self.settings)
        for name in several if len(several) > 1 else ():
            if (
                module_of(TRANSCRIPTION, name).SHARED_JOB is not None
                or list(map(short, several)).count(short(name)) > 1
            ):
                raise SettingsError(
                    f"{variable('transcribers')} cannot be used with {name}: what is chosen among hears by itself, and "
                    "has a short name of its own."
                )
            self.hearing_with(short(name)).engine(TRANSCRIPTION)


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, from the environment's settings."""
    return Services(Settings.from_environment())
