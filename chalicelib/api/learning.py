"""What is learnt of one's corrections, and the words that one's recordings are full of."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from chalicelib.api.checked import number_in
from chalicelib.api.language import message_view
from chalicelib.api.models import learning as models
from chalicelib.api.operation import Access, operation
from chalicelib.clients.tokens import Account
from chalicelib.domain.accounts import TRAINING_WORDING, Profile, TrainingScope
from chalicelib.domain.assets import OWNER_PATTERN
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.learning import lexicon
from chalicelib.learning.lessons import key
from chalicelib.learning.lexicon import Entry, LexiconFault, Source
from chalicelib.learning.models import EVERYBODY, WORDS, Approved, LastNight, Model, ModelRef
from chalicelib.learning.rules import may_be_name
from chalicelib.pipeline import consent, known, learned, learnt_words, lessons, training_sets, vocabularies
from chalicelib.pipeline.models import retire, use
from chalicelib.services import Services
from chalicelib.storage.learning import term_id
from chalicelib.storage.vocabularies import Stage, Vocabulary

_MOST_RULES = 500


@operation("GET", "/me/learning")
def get_learning(account: Account, services: Services) -> models.LearningView:
    """What one has agreed to, what one's recordings have taught, and what has come of it."""
    return _learning(services.users.profile(account.owner), services)


@operation("PUT", "/me/learning", access=Access.PERSON)
def change_learning(body: models.ConsentWanted, account: Account, services: Services) -> models.LearningView:
    """Agree that one's corrections teach, or take that back: what was learnt for the account then goes at once."""
    if not body.agreed:
        return _learning(consent.withdraw(account.owner, services), services)
    if body.wording != TRAINING_WORDING:
        sentence = f"The wording that is agreed to must be named: it is {TRAINING_WORDING} now."
        raise InvalidRequest(sentence, "other-wording", "wording")
    before = services.users.profile(account.owner).training
    if before is not None and before.scope is TrainingScope.EVERYBODY and body.scope is not TrainingScope.EVERYBODY:
        consent.withdraw(account.owner, services)  # what everybody was taught is taken back
    return _learning(consent.agree(account.owner, body.scope, services), services)


def _learning(profile: Profile, services: Services) -> models.LearningView:
    agreed = profile.training
    learning = services.learning
    return models.LearningView(
        agreed=agreed is not None,
        scope=agreed.scope if agreed else TrainingScope.ACCOUNT,
        since=agreed.since if agreed else None,
        agreed_wording=agreed.wording if agreed else None,
        wording=TRAINING_WORDING,
        next_at=lessons.due_next(services),
        lessons=[
            models.LessonView(
                asset_id=one.asset_id,
                language=one.language,
                words=one.words,
                confirmed=one.confirmed,
                changes=one.changes,
                at=one.at,
            )
            for one in (learning.lessons(profile.owner) if agreed else ())  # those left are just being deleted
        ],
        models=list(map(model_view, learning.models(profile.owner))),
        nights=list(map(_night, learning.nights(profile.owner))),
        learnt=_learnt(profile.owner, services),
    )


def _learnt(owner: str, services: Services) -> list[models.LearntView]:
    languages = {one for scope in (owner, EVERYBODY) for one in services.learning.all_in_use(scope, WORDS)}
    return [
        models.LearntView(
            id=term_id(rule.key),
            language=language,
            heard=rule.key,
            written=rule.written,
            recordings=len(rule.recordings),
            scope=scope,
        )
        for language in sorted(languages)
        for scope, rules in (
            (TrainingScope.ACCOUNT, learned.rules_in_use(owner, language, services)),
            (TrainingScope.EVERYBODY, learned.shared_rules(owner, language, services)),
        )
        for rule in rules
    ]


@operation("DELETE", "/me/learning/learnt/{language}/{rule_id}")
def take_back_rule(language: str, rule_id: str, account: Account, services: Services) -> None:
    """Have something that was learnt be done no more in one's account, nor be learnt there again."""
    rule = learnt_words.rule_of(account.owner, _language(language), rule_id, services)
    if rule is None:
        raise NotFound("Nothing of this id was learnt, or it was taken back.")
    learnt_words.take_back(account.owner, language, [rule], services)


def _night(last: LastNight) -> models.NightView:
    return models.NightView(
        language=last.language,
        trainer=last.trainer,
        at=last.at,
        outcome=last.outcome,
        reason=message_view(last.reason) if last.reason else None,
        number=last.number,
    )


def model_view(model: Model) -> models.ModelView:
    """A model as callers see it."""
    judged = model.judged
    return models.ModelView(
        scope="everybody" if model.ref.scope == EVERYBODY else model.ref.scope,
        language=model.ref.language,
        trainer=model.ref.trainer,
        number=model.ref.number,
        state=model.state,
        made_at=model.made_at,
        changed_at=model.changed_at,
        recordings=model.recordings,
        words=model.words,
        judged=models.JudgementView.model_validate(judged, from_attributes=True) if judged else None,
        reason=message_view(model.reason) if model.reason else None,
    )


# ---- the lexicon


@operation("GET", "/lexicon")
def get_lexicon(query: models.LexiconWanted, account: Account, services: Services) -> models.Lexicon:
    """The names, terms and phrases of one's account."""
    found = services.learning.entries(account.owner, query.language)
    return models.Lexicon(
        entries=[_entry(one) for one in sorted(found, key=lambda one: (one.language, one.text))],
        vocabularies=[
            _vocabulary(one, [entry for entry in found if entry.language == one.language])
            for one in services.vocabularies.of_account(account.owner)
            if query.language in {None, one.language}
        ],
    )


@operation("PUT", "/lexicon/{language}")
def put_entries(language: str, body: models.EntriesWanted, account: Account, services: Services) -> models.Lexicon:
    """Put entries into the lexicon of a language."""
    code = _language(language)
    try:
        wanted = [
            lexicon.checked(Entry(one.text, code, Source.TYPED, time.time(), one.heard_as), number)
            for number, one in enumerate(body.entries, 1)
        ]
    except LexiconFault as exc:
        raise InvalidRequest(message_view(exc.failure).message, exc.failure.code, "entries") from exc
    return _put(wanted, account, services)


@operation("POST", "/lexicon/{language}/import", status=HTTPStatus.CREATED)
def import_entries(language: str, body: models.ImportWanted, account: Account, services: Services) -> models.Lexicon:
    """Put a list of entries into the lexicon of a language."""
    try:
        found = lexicon.imported(body.text.encode(), _language(language), time.time())
    except LexiconFault as exc:
        raise InvalidRequest(message_view(exc.failure).message, exc.failure.code, "text") from exc
    return _put(found, account, services)


@operation("DELETE", "/lexicon/{language}/{entry_id}")
def delete_entry(language: str, entry_id: str, account: Account, services: Services) -> None:
    """Take an entry out of the lexicon. One that was learnt is not learnt again."""
    found = services.learning.entry(account.owner, _language(language), entry_id)
    if found is None:
        raise NotFound("There is no such entry.")
    learnt_words.take_back_entry(account.owner, found, services)
    services.learning.remove_entry(account.owner, language, entry_id)
    vocabularies.changed(account.owner, {language}, services)


def _put(entries: list[Entry], account: Account, services: Services) -> models.Lexicon:
    known = {(one.language, lexicon.same(one.text)) for one in services.learning.entries(account.owner)}
    if len(known | {(one.language, lexicon.same(one.text)) for one in entries}) > lexicon.MOST:
        raise Conflict(f"An account has at most {lexicon.MOST} entries. Take some out first.", "lexicon-full")
    services.learning.put_entries(account.owner, entries)
    vocabularies.changed(account.owner, {one.language for one in entries}, services)
    return models.Lexicon(entries=list(map(_entry, entries)))


def _language(code: str) -> str:
    if not code.isascii() or not code.isalpha() or not code.islower() or len(code) not in {2, 3}:
        raise NotFound("There is no such language: a bare code is wanted, such as en.")
    return code


def _entry(one: Entry) -> models.EntryView:
    return models.EntryView(
        id=term_id(one.text),
        text=one.text,
        language=one.language,
        source=one.source,
        added_at=one.added_at,
        heard_as=list(one.heard_as),
        recordings=list(one.recordings),
    )


def _vocabulary(one: Vocabulary, entries: list[Entry]) -> models.VocabularyView:
    _, left_out = lexicon.table(entries, one.language)
    return models.VocabularyView(
        language=one.language,
        state=Stage.BUILDING if one.stage is Stage.BEGUN else one.stage,
        left_out=[entry.text for entry in left_out],
        reason=message_view(one.failure) if one.failure else None,
    )


# ---- for administrators


@operation("GET", "/admin/models", access=Access.ADMIN)
def list_models(query: models.ModelsWanted, services: Services) -> models.Models:
    """The models for everybody, or those of an account."""
    scope, learning = _scope(query.owner or "everybody"), services.learning
    return models.Models(
        models=list(map(model_view, learning.models(scope))), nights=list(map(_night, learning.nights(scope)))
    )


@operation("POST", "/admin/models/{scope}/{language}/{trainer}/{number}", access=Access.ADMIN)
def decide_model(
    scope: str, language: str, trainer: str, number: str, body: models.ModelDecision, services: Services
) -> models.ModelView:
    """Put a model into use, such as the one before; or take it out of use."""
    numbered = number_in(number, 6) or 0  # as their names have it
    model = services.learning.model(ModelRef(_scope(scope), language, trainer, numbered))
    if model is None:
        raise NotFound("There is no such model.")
    done = use(model, services) if body.action == "use" else retire(model, services, is_by_hand=True)
    if trainer == WORDS:
        learnt_words.settle(model.ref.scope, language, services)
    if done is None:
        raise Conflict("This model cannot be used: it was not made, or holds what is not to be held.", "model-unusable")
    return model_view(done)


@operation("GET", "/admin/rules/{language}", access=Access.ADMIN)
def list_rules(language: str, services: Services) -> models.Rules:
    """What accounts teach that agreed to teach everybody, for an administrator to let through or not."""
    return _rules(_language(language), services)


def _rules(code: str, services: Services) -> models.Rules:
    decided = {one.heard: one.written for one in services.learning.approved(code)}
    found: dict[tuple[str, str], list[str]] = {}
    for name, one in _teaching(code, services).items():
        for heard, ways in one.taught.changes.items():
            for written in ways:
                found.setdefault((heard, written), []).append(name)
    rules = [
        models.RuleView(
            heard=heard,
            written=written,
            accounts=len(set(map(known.owner_of, names))),
            recordings=len(names),
            state=_state(decided, heard, written),
            may_be_name=may_be_name(written),
        )
        for (heard, written), names in found.items()
    ]
    return models.Rules(rules=sorted(rules, key=lambda rule: (-rule.accounts, rule.heard, rule.written))[:_MOST_RULES])


def _teaching(code: str, services: Services) -> known.Known:
    """What rules for everybody are made of: not what they are measured by."""
    return training_sets.teaching(known.load(EVERYBODY, code, services))


def _state(decided: Mapping[str, str], heard: str, written: str) -> Literal["open", "approved", "never"]:
    if heard not in decided:
        return "open"
    return "approved" if decided[heard] == written else "never"


@operation("POST", "/admin/rules/{language}", access=Access.ADMIN)
def decide_rule(language: str, body: models.RuleDecision, account: Account, services: Services) -> models.Rules:
    """Let a rule through for everybody that somebody teaches; or have there never be one for what is heard."""
    code, written = _language(language), lexicon.tidy(body.written)
    heard = key(lexicon.tidy(body.heard).split(), code)
    if not heard:
        raise InvalidRequest("What is heard must have a letter or a digit.", "nothing-heard", "heard")
    if written:
        ways = {way for one in _teaching(code, services).values() for way in one.taught.changes.get(heard, ())}
        taught = next((way for way in sorted(ways) if lexicon.tidy(way) == written), None)
        if taught is None:
            raise NotFound("Nobody teaches that for everybody, or no longer.")
        written = taught
    if written and may_be_name(written) and not body.no_name:
        raise InvalidRequest(
            "This may be somebody's name, which no other account may learn. Say that it is none.",
            "may-be-name",
            "no_name",
        )
    services.learning.approve(Approved(code, heard, written, account.owner, time.time()))
    services.learning.make_due(EVERYBODY, code, lessons.due_next(services))
    return _rules(code, services)


def _scope(text: str) -> str:
    if text == "everybody":
        return EVERYBODY
    if not OWNER_PATTERN.fullmatch(text):
        raise NotFound("There is no such account.")
    return text
