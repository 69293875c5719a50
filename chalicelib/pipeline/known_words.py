"""What an account's recordings are heard with: the words of its lexicon, as far as what hears takes any."""

from collections import Counter

from chalicelib.learning.lexicon import Entry, Source, hints, in_order, same
from chalicelib.learning.models import EVERYBODY
from chalicelib.seams.training import LANGUAGE_MODEL_TRAINING
from chalicelib.seams.transcription import TRANSCRIPTION, KeepsVocabularies, TakesTerms
from chalicelib.services import Services


def of_account(owner: str, services: Services, language: str | None = None) -> list[Entry]:
    """The entries that may be used, `in_order`: what was learnt only while their owner agrees that corrections teach;
    and then those that administrators have brought for everybody.
    """
    entries = in_order(services.learning.entries(owner, language))
    if any(one.source is Source.LEARNT for one in entries) and services.users.profile(owner).teaches is None:
        entries = [one for one in entries if one.source is not Source.LEARNT]
    if owner == EVERYBODY:
        return entries
    own = {(one.language, same(one.text)) for one in entries}
    everybodys = in_order(services.learning.entries(EVERYBODY, language))
    return entries + [one for one in everybodys if (one.language, same(one.text)) not in own]


def terms(owner: str, language: str | None, services: Services) -> tuple[str, ...]:
    """What is likely to be said in a recording in `language` (BCP 47), the likeliest first.

    Where nobody knows the language, it is taken for the one that most entries are in: told of names in another, an
    engine would hear that.
    """
    engine = services.engine(TRANSCRIPTION)
    if not isinstance(engine, TakesTerms) or not engine.takes_terms:
        return ()
    entries = of_account(owner, services, language.split("-")[0].lower() if language else None)
    languages = Counter(one.language for one in entries)
    return hints(entries, languages.most_common(1)[0][0]) if languages else ()


def are_used(services: Services) -> bool:
    """Whether what hears takes the words of an account."""
    engine = services.engine(TRANSCRIPTION)
    return isinstance(engine, KeepsVocabularies) or (isinstance(engine, TakesTerms) and engine.takes_terms)


VOCABULARY = "vocabulary"
"""What a vocabulary is called where models are named by what made them."""


def vocabularies(owner: str, services: Services) -> tuple[tuple[str, str], ...]:
    """What the service that hears calls the vocabularies it has made of the account's words, each with its language; of
    everybody's, where the account has none of its own.
    """
    if not isinstance(services.engine(TRANSCRIPTION), KeepsVocabularies):
        return ()
    found = services.learning.all_in_use(EVERYBODY, VOCABULARY) | services.learning.all_in_use(owner, VOCABULARY)
    return tuple((language, use.artefact) for language, use in sorted(found.items()))


def language_models(owner: str, services: Services) -> tuple[tuple[str, str], ...]:
    """What the service that hears calls the models that it has made of confirmed text, each with its language: the
    account's own, else what is for everybody.
    """
    if services.engine(LANGUAGE_MODEL_TRAINING) is None:
        return ()
    name = LANGUAGE_MODEL_TRAINING.name
    found = services.learning.all_in_use(EVERYBODY, name) | services.learning.all_in_use(owner, name)
    return tuple((language, use.artefact) for language, use in sorted(found.items()))
