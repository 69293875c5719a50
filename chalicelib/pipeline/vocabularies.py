"""An account's lexicon becomes a vocabulary of the service that hears, where that wants one made before.

Of each language there are two, of which one is in use: what is new is made of the other, which then takes its place. So
there is always one that is ready, and none is changed that is in use. All this goes through the queue `learning`, some
minutes after the lexicon was changed; and every hour what is due is looked at again, whatever was lost.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.people import prefix_of
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.learning.lexicon import table, tidy
from chalicelib.learning.models import InUse, ModelRef
from chalicelib.message import Message
from chalicelib.observability import count, logger
from chalicelib.pipeline import known_words, messages
from chalicelib.pipeline.known_words import VOCABULARY
from chalicelib.seams.transcription import TRANSCRIPTION, KeepsVocabularies, KeptVocabulary, VocabularyState
from chalicelib.services import Services
from chalicelib.storage.vocabularies import Stage, Vocabulary

PAUSE = 5 * 60
"""Seconds after a change: who adds a word mostly adds another."""

_HOUR = 3600
_DAY = 24 * _HOUR
_FAILED = Message(
    "vocabulary-not-made", "No vocabulary could be made of the account's words: the service that hears refused them."
)
_REFUSED = Message(
    "vocabulary-refused",
    "No vocabulary could be made of the account's words. The service that hears gives this reason: %(reason)s",
)
_LONGEST_REASON = 300
_FINAL = {_FAILED.code, _REFUSED.code}
"""Of the same words nothing else would come."""

_VANISHED = Message("vocabulary-vanished", "The vocabulary that was made of the account's words is not there any more.")


def changed(owner: str, languages: Iterable[str], services: Services) -> None:
    """The lexicon of an account has changed in these languages (bare codes): what hears is told in some minutes."""
    if not isinstance(services.engine(TRANSCRIPTION), KeepsVocabularies):
        return
    for language in sorted(set(languages)):
        touched = services.vocabularies.touch(owner, language, time.time() + PAUSE)
        messages.to_learning({"vocabulary_of": owner, "language": language, "touched": touched}, services, PAUSE)


def told(event: Mapping[str, Any], services: Services) -> bool:
    """Whether an event is about one of these; then it is passed on to the queue, where there is time."""
    name = _named_in(event)
    if name is None:
        return False
    if name.startswith(prefix_of(services.settings.users_table)):
        messages.to_learning({"vocabulary": name}, services)
    return True


def _named_in(event: Mapping[str, Any]) -> str | None:
    """https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html"""
    detail = event.get("detail")
    name = detail.get("VocabularyName") if isinstance(detail, Mapping) else None
    return name if isinstance(name, str) else None


def collect(now: float, services: Services) -> None:
    """Queue what is due at `now` (seconds since the epoch). Queued twice, each is done once."""
    for one in services.vocabularies.due(now):
        if isinstance(one, str):
            messages.to_learning({"vocabulary": one}, services)
        else:
            messages.to_learning({"vocabulary_of": one.owner, "language": one.language}, services)


# ---- making one


def refresh(owner: str, language: str, touched: str | None, services: Services) -> None:
    """Have the vocabulary be made of what the lexicon holds, unless it is, or has changed since it was `touched`."""
    known = services.vocabularies.get(owner, language)
    if known is None or (touched is not None and known.touched != touched):
        return
    _make(known, services)


def _make(known: Vocabulary, services: Services) -> None:
    owner, language, store = known.owner, known.language, services.vocabularies
    engine = services.engine(TRANSCRIPTION)
    if not isinstance(engine, KeepsVocabularies):
        store.settle(known)
        return
    if known.stage is Stage.BUILDING:
        look(known.name, services)
        return
    code = engine.vocabulary_language(language)
    entries = known_words.of_account(owner, services, language)
    made, left_out = table(entries, language)
    if code is None or len(left_out) == len(entries) or services.users.is_gone(owner):
        drop(owner, language, services)
        return
    digest = hashlib.sha256(f"{code}\n{made}".encode()).hexdigest()
    is_final = known.failure is not None and known.failure.code in _FINAL
    if known.digest == digest and (known.stage is Stage.READY or (known.stage is Stage.FAILED and is_final)):
        store.settle(known)
        return
    use = services.learning.in_use(owner, language, VOCABULARY)
    name = known.name if known.stage is Stage.BEGUN else _other(owner, language, use, services)
    begun = store.begin(known, name, digest, time.time() + _HOUR)
    if begun is not None:
        _ask(begun, engine, code, made, services)


def _ask(begun: Vocabulary, engine: KeepsVocabularies, code: str, made: str, services: Services) -> None:
    side = begun.name.rpartition("-")[2]
    place = f"{keys.learning_of(begun.owner, begun.language)}{VOCABULARY}-{side}.txt"
    services.outputs.write(place, made.encode(), "text/plain; charset=utf-8")
    try:
        engine.put_vocabulary(begun.name, code, services.outputs.at(place))
    except EngineBusy:
        return  # it is due again in an hour
    except EngineFailed as exc:
        logger.warning("vocabulary refused", extra={"code": exc.failure.code})
        services.vocabularies.move(begun, Stage.FAILED, time.time() + _DAY, exc.failure)
        return
    services.vocabularies.move(begun, Stage.BUILDING, time.time() + _HOUR)
    count("VocabulariesBegun")
    if services.users.is_gone(begun.owner):
        drop(begun.owner, begun.language, services)


def _names(owner: str, language: str, services: Services) -> tuple[str, str]:
    """Both that an account has of a language."""
    home = services.settings.users_table
    whose = hashlib.sha256(f"{home}#{owner}".encode()).hexdigest()[:20]
    return f"{prefix_of(home)}{whose}-{language}-a", f"{prefix_of(home)}{whose}-{language}-b"


def _other(owner: str, language: str, use: InUse | None, services: Services) -> str:
    first, second = _names(owner, language, services)
    return second if use is not None and use.artefact == first else first


# ---- what becomes of it


def look(name: str, services: Services) -> None:
    """See how the vocabulary of this name stands, and go on from there. Safe to call again, at any time."""
    store, engine = services.vocabularies, services.engine(TRANSCRIPTION)
    if not isinstance(engine, KeepsVocabularies):
        return
    if store.is_gone(name):
        _let_go(name, engine, services)
        return
    whose = store.whose(name)
    known = store.get(*whose) if whose else None
    if known is None or known.name != name:
        return  # of another deployment with such a name, or long since made of something else
    if known.stage is Stage.BEGUN:
        _make(known, services)  # whether this is news of what was asked for last, nobody knows: it is asked for again
        return
    if known.stage is not Stage.BUILDING:
        return
    try:
        kept = engine.vocabulary(name)
    except EngineBusy:
        return
    moved = _moved(known, kept, services)
    if moved is not None:
        _make(moved, services)


def _moved(known: Vocabulary, kept: KeptVocabulary | None, services: Services) -> Vocabulary | None:
    """The vocabulary as it stands, if that is news to everybody."""
    now = time.time()
    match kept and kept.state:
        case VocabularyState.BUILDING:
            services.vocabularies.move(known, Stage.BUILDING, now + _HOUR)
            return None
        case VocabularyState.READY:
            before = services.learning.in_use(known.owner, known.language, VOCABULARY)
            ref = ModelRef(known.owner, known.language, VOCABULARY, known.number)
            is_so = before is not None and before.number == known.number  # whoever did it died before it was noted
            if not is_so and not services.learning.flip(ref, known.name, before):
                return None
            count("VocabulariesReplaced")
            return services.vocabularies.move(known, Stage.READY)
    reason = tidy(kept.reason)[:_LONGEST_REASON] if kept else ""
    failure = _VANISHED if kept is None else _REFUSED.of(reason=reason) if reason else _FAILED
    logger.warning("vocabulary not made", extra={"code": failure.code})
    return services.vocabularies.move(known, Stage.FAILED, failure=failure)


# ---- the end


def drop(owner: str, language: str, services: Services) -> None:
    """Have an account's recordings be heard without a vocabulary of this language. Safe to call again.

    What was begun with it may still need it for a while: the service's own goes in an hour.
    """
    _put_out_of_use(owner, language, services)
    for name in _names(owner, language, services):
        services.vocabularies.mark_gone(name, time.time() + _HOUR)
    services.vocabularies.forget(owner, language)


def forget(owner: str, services: Services) -> None:
    """Have all vocabularies of an account be deleted. Safe to call again."""
    for one in services.vocabularies.of_account(owner):
        _put_out_of_use(owner, one.language, services)
        for name in _names(owner, one.language, services):
            if services.vocabularies.mark_gone(name, time.time()):
                messages.to_learning({"vocabulary": name}, services)
        services.vocabularies.forget(owner, one.language)


def _put_out_of_use(owner: str, language: str, services: Services) -> None:
    use = services.learning.in_use(owner, language, VOCABULARY)
    if use is not None:
        services.learning.put_out_of_use(owner, language, VOCABULARY, use.number)


def _let_go(name: str, engine: KeepsVocabularies, services: Services) -> None:
    try:
        engine.drop_vocabulary(name)
    except EngineBusy:
        services.vocabularies.mark_gone(name, time.time() + _HOUR)
        return
    services.vocabularies.forget_name(name)
