"""Captions in other languages, by a machine: asked for by the owner, made through the queue of the branches.

How each stands is noted on the asset, by conditional writes that count; what came of it is one object a language, whose
writing over is whole or not at all. Asked for again while it is under way, it is only put into the queue again. A
message that comes twice, late or out of order changes nothing: it names the moment at which it was asked for. What the
engine was paid for is stored before it is noted, and not asked for again for the same text.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, RunRef, Translation, TranslationState
from chalicelib.domain.costs import Cost
from chalicelib.domain.keys import Folder
from chalicelib.errors import Conflict, EngineBusy, EngineFailed, InvalidRequest
from chalicelib.message import Message
from chalicelib.observability import about, count
from chalicelib.pipeline import estimates, leftovers, quotas, waiting
from chalicelib.pipeline.branch import BROKE
from chalicelib.seams.translation import TRANSLATION
from chalicelib.services import Services
from chalicelib.speech import translating
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage import editions

MOST = 20
"""Languages of one recording: they stand on its item, which holds 400 KB at most."""

_TRIES = 5
_NOTHING = Message("nothing-to-translate", "There is nothing to translate: the text is empty.")
_NO_LANGUAGE = Message(
    "translation-no-source", "It is not known which language was spoken, so it cannot be translated."
)
_MISCOUNTED = Message("translation-miscounted", "What translates gave more or fewer sentences than were said.")


def key(asset: Asset, language: str) -> str:
    """Where the captions in a language lie."""
    return keys.file_key(asset.run, Folder.TRANSLATIONS, f"{language}.json")


def is_outdated(asset: Asset, one: Translation) -> bool:
    """Whether what is said has changed since it was made, or by whom."""
    return one.text is not None and bool(asset.editions) and asset.editions[-1].text != one.text


def languages(asset: Asset, services: Services) -> Sequence[str]:
    """The languages that the captions can be put into."""
    engine = services.engine(TRANSLATION)
    return engine.languages(asset.language) if engine is not None and asset.language else ()


def expected(asset: Asset, services: Services) -> Cost:
    """What one language is expected to cost. Raises Conflict if there is nothing to translate."""
    return _expected(asset, _transcript(asset, services), services)


def _expected(asset: Asset, transcript: Transcript, services: Services) -> Cost:
    return estimates.cost_of_some(asset, transcript, [TRANSLATION], services.settings, languages=1)


def ask(asset: Asset, language: str, services: Services, *, accept_cost: bool = False) -> Asset:
    """Have the captions put into a language, from the newest text. Asked twice, it is done once.

    Raises InvalidRequest for a language that is not offered, Conflict where the run goes on, nothing is said, there are
    too many, or with it the recording is expected to cost more than its owner's limit and they do not accept that, and
    OverQuota where its owner has no minutes left for it.
    """
    if language not in languages(asset, services):
        raise InvalidRequest("The captions cannot be put into this language here.", "no-such-language", "language")
    if not asset.has_ended:
        raise Conflict("Captions can be translated once the work on it has ended.", "at-work")
    transcript = _transcript(asset, services)
    cost = _expected(asset, transcript, services)
    for _ in range(_TRIES):
        known = asset.translations.get(language)
        if known is None and len(asset.translations) >= MOST:
            raise Conflict(f"A recording has captions in at most {MOST} other languages.", "translations-full")
        noted: Asset | None = asset
        if known is None or known.state is not TranslationState.ASKED:
            in_all = cost.usd * _not_paid_yet(asset, language) + (asset.cost.usd if asset.cost is not None else 0)
            quotas.require_accepted(asset, in_all, services, accepts=accept_cost or asset.options.accept_cost)
            quotas.count_translation(asset, language, transcript, services)
            asked = replace(known or Translation(TranslationState.ASKED, 0.0), state=TranslationState.ASKED)
            asked = replace(asked, asked_at=time.time(), failure=None)
            noted = services.store.note_translation(asset, language, asked)
        if noted is not None:
            waiting.enqueue_translation(noted.run, language, services)
            return noted
        now = services.store.get(asset.ref)
        if now is None or now.version != asset.version:
            break
        asset = now
    raise Conflict("Something else was done with this recording just now. Please try again.", "at-work")


def _not_paid_yet(asset: Asset, language: str) -> int:
    """How many languages are still to be paid for, with this one."""
    asked = {name for name, one in asset.translations.items() if one.state is TranslationState.ASKED}
    return len(asked | {language})


def work(run: RunRef, language: str, services: Services) -> None:
    """Put the captions of a run into a language, if that is still asked for."""
    with about(run.asset):
        try:
            _work(run, language, services)
        except EngineBusy:
            waiting.enqueue_translation(run, language, services, services.settings.busy_delay_seconds)


def give_up(run: RunRef, language: str, services: Services) -> None:
    """It broke down however often it was tried: note that, unless it is there."""
    with about(run.asset):
        asset = _asked(run, language, services)
        if asset is not None:
            _note(asset, language, replace(_failed(asset, language), failure=BROKE), None, services)


def _work(run: RunRef, language: str, services: Services) -> None:
    asset = _asked(run, language, services)
    if asset is None:
        return
    try:
        transcript = _said(asset, services)
        cost = _translated(asset, language, transcript, services)
    except EngineFailed as exc:
        _note(asset, language, replace(_failed(asset, language), failure=exc.failure), None, services)
        return
    is_erased = asset.options.metered and services.users.is_gone(asset.ref.owner)
    asked_at = asset.translations[language].asked_at
    services.ledger.enter_translated(asset, language, asked_at, cost, is_erased=is_erased)
    engine = services.settings.engines[TRANSLATION]
    done = Translation(
        TranslationState.DONE, asked_at, asset.edition, transcript.fingerprint, time.time(), engine or None
    )
    if _note(asset, language, done, cost, services):
        quotas.translated(asset, language, services)
        count("CaptionsTranslated")


def _asked(run: RunRef, language: str, services: Services) -> Asset | None:
    """The asset, while its captions are still asked for in this language."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version or asset.is_withheld:
        return None
    known = asset.translations.get(language)
    return asset if known is not None and known.state is TranslationState.ASKED else None


def _failed(asset: Asset, language: str) -> Translation:
    """How it stands where there is no new one: what there was before stays."""
    return replace(asset.translations[language], state=TranslationState.FAILED)


def _note(asset: Asset, language: str, one: Translation, cost: Cost | None, services: Services) -> bool:
    """Note it, once; whoever finds the asset gone takes back what was written for it."""
    for _ in range(_TRIES):
        total = asset.cost.plus(cost) if cost is not None and asset.cost is not None else None
        if services.store.note_translation(asset, language, one, total) is not None:
            return True
        now = services.store.get(asset.ref)
        if now is None:
            leftovers.delete_outputs(asset.ref, services)
            return False
        known = now.translations.get(language)
        if now.version != asset.version or known is None or known.asked_at != one.asked_at:
            return False
        if known.state is not TranslationState.ASKED:
            return False
        asset = now
    raise Conflict("Too much is noted of this recording at once.")  # the message comes again


def _translated(asset: Asset, language: str, transcript: Transcript, services: Services) -> Cost:
    """Make the captions, unless they are there; what they cost."""
    place = key(asset, language)
    stored = services.outputs.read(place)
    if stored is None or not translating.is_of(stored, transcript):
        engine = services.engine(TRANSLATION)
        if engine is None or not transcript.language:
            raise EngineFailed(_NO_LANGUAGE)
        texts = [segment.text for segment in transcript.segments]
        told = engine.translate(texts, transcript.language, language)
        if len(told) != len(texts) or not all(map(str.strip, told)):
            raise EngineFailed(_MISCOUNTED)
        job = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
        services.outputs.write_json(place, translating.translation_document(transcript, told, language, job))
    return _expected(asset, transcript, services)


def _said(asset: Asset, services: Services) -> Transcript:
    document = editions.read(asset, asset.edition, services.outputs)
    transcript = load_transcript(document) if document is not None else Transcript(())
    if transcript.is_empty:
        raise EngineFailed(_NOTHING)
    return transcript if transcript.language else replace(transcript, language=asset.language)


def _transcript(asset: Asset, services: Services) -> Transcript:
    try:
        return _said(asset, services)
    except EngineFailed as exc:
        raise Conflict(exc.failure) from exc
