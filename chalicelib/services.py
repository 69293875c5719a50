"""The graph of services, made on first use and kept: what every stage of the pipeline is handed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from chalicelib.aws import Aws
from chalicelib.clients import outbound
from chalicelib.domain.tracks import Track
from chalicelib.engines.registry import EngineContext, load
from chalicelib.errors import Unauthorized
from chalicelib.lazy import cached_property
from chalicelib.seams.language import LanguageAnalyzer
from chalicelib.seams.probing import MediaProber
from chalicelib.seams.speakers import Diarizer
from chalicelib.seams.summary import Summarizer
from chalicelib.seams.transcoding import Transcoder
from chalicelib.seams.transcription import Transcriber
from chalicelib.settings import Settings
from chalicelib.speech.tracks import every
from chalicelib.storage.assets import AssetStore
from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from chalicelib.clients.pace import Pace
    from chalicelib.clients.tokens import TokenReader
    from chalicelib.storage.accounts import UserStore
    from chalicelib.storage.attempts import Attempts
    from chalicelib.storage.ledger import Ledger
    from chalicelib.storage.mail import MailStore
    from chalicelib.storage.sent import StubbornNotes


@dataclass
class Services:
    """Everything that talks to the outside, each made when first needed."""

    settings: Settings
    aws: Aws = field(default_factory=Aws)

    @cached_property
    def _context(self) -> EngineContext:
        return EngineContext(self.settings, self.aws)

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """What may come of a recording. Raises SettingsError if an extension's track cannot be told from others."""
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
    def attempts(self) -> "Attempts":
        """How often work on a message has begun."""
        from chalicelib.storage.attempts import Attempts  # as above

        return Attempts(self.aws.dynamodb, self.settings.idempotency_table)

    @cached_property
    def notes(self) -> "StubbornNotes":
        """The notes of which mails were sent; whoever sends one takes a copy."""
        from chalicelib.storage.sent import StubbornNotes  # as above

        return StubbornNotes(self.aws.dynamodb, self.settings.idempotency_table)

    @cached_property
    def signing_key(self) -> str:
        """The secret that links in mails are signed with."""
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

    @cached_property
    def prober(self) -> MediaProber:
        """What looks into files."""
        return cast(MediaProber, load("probing", self.settings.prober, self._context))

    @cached_property
    def transcoder(self) -> Transcoder:
        """What makes renditions."""
        return cast(Transcoder, load("transcoding", self.settings.transcoder, self._context))

    @cached_property
    def transcriber(self) -> Transcriber:
        """What turns speech into words."""
        return cast(Transcriber, load("transcription", self.settings.transcriber, self._context))

    @cached_property
    def diarizer(self) -> Diarizer | None:
        """What tells speakers apart where the transcriber does not, if the deployment has such an engine."""
        if self.settings.diarizer is None:
            return None
        return cast(Diarizer, load("speakers", self.settings.diarizer, self._context))

    @cached_property
    def language_analyzer(self) -> LanguageAnalyzer:
        """What reads sentiment and key phrases."""
        return cast(LanguageAnalyzer, load("language", self.settings.language_analyzer, self._context))

    @cached_property
    def summarizer(self) -> Summarizer | None:
        """What sums up, if the deployment has such an engine."""
        if self.settings.summarizer is None:
            return None
        return cast(Summarizer, load("summary", self.settings.summarizer, self._context))

    def load_engines(self) -> None:
        """Load every engine and track now, so that a wrong setting shows at once. Raises SettingsError."""
        for engine in ("tracks", "prober", "transcoder", "transcriber", "diarizer", "language_analyzer", "summarizer"):
            getattr(self, engine)


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, from the environment's settings."""
    return Services(Settings.from_environment())
