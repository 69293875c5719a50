"""The names and terms that an account has taught stand in its lexicon, so that what hears is told of them too."""

import time
from dataclasses import replace

from chalicelib.learning import lexicon
from chalicelib.learning.lexicon import Entry, Source, same, tidy
from chalicelib.learning.models import EVERYBODY, Dropped, DroppedBy
from chalicelib.learning.rules import Rule
from chalicelib.pipeline import vocabularies
from chalicelib.pipeline.known import ref_of
from chalicelib.pipeline.learned import rules_in_use, shared_rules
from chalicelib.services import Services
from chalicelib.storage.learning import term_id

MOST = 200
"""Learnt entries of an account in a language: those that most recordings have taught."""

_MOST_SPELLINGS = 10
_MOST_RECORDINGS = 100


def settle(scope: str, language: str, services: Services) -> None:
    """Have the lexicon of an account hold the names and terms of the rules in use, and no other that were learnt. What
    somebody typed or brought stays as it is. Done twice, it is done once.
    """
    if scope == EVERYBODY:
        return
    learning = services.learning
    everything = learning.entries(scope)
    known = {same(one.text): one for one in everything if one.language == language}
    learnt = {name: one for name, one in known.items() if one.source is Source.LEARNT}
    wanted = {
        name: one
        for name, one in _entries(rules_in_use(scope, language, services), language).items()
        if name in learnt or name not in known
    }
    room = max(0, min(MOST, lexicon.MOST - len(everything) + len(learnt)))
    wanted = dict(sorted(wanted.items(), key=lambda pair: (-len(pair[1].recordings), pair[0]))[:room])
    gone = [one for name, one in learnt.items() if name not in wanted]
    new = []
    for name, one in wanted.items():
        before = learnt.get(name)
        entry = replace(one, added_at=before.added_at) if before else one
        new += [entry] if entry != before else []
    for one in gone:
        learning.remove_entry(scope, language, term_id(one.text))
    learning.put_entries(scope, new)
    if gone or new:
        vocabularies.changed(scope, {language}, services)


def _entries(rules: list[Rule], language: str) -> dict[str, Entry]:
    """What rules write that is a name or a term, by what makes entries the same."""
    by_word: dict[str, list[Rule]] = {}
    for rule in rules:
        text = tidy(rule.written)
        if rule.is_term and len(text) <= lexicon.LONGEST and any(char.isalnum() for char in text):
            by_word.setdefault(same(text), []).append(rule)
    found = {}
    for name, same_ones in by_word.items():
        recordings = sorted({ref_of(one).asset_id for rule in same_ones for one in rule.recordings})
        found[name] = Entry(
            tidy(same_ones[0].written),
            language,
            Source.LEARNT,
            time.time(),
            tuple(sorted(rule.key for rule in same_ones)[:_MOST_SPELLINGS]),
            tuple(recordings[-_MOST_RECORDINGS:]),
        )
    return found


def rule_of(owner: str, language: str, rule_id: str, services: Services) -> Rule | None:
    """The rule of this id (`term_id` of what is heard) that is in use for the account, its own or one that is for
    everybody; None if there is none.
    """
    rules = [*rules_in_use(owner, language, services), *shared_rules(owner, language, services)]
    return next((rule for rule in rules if term_id(rule.key) == rule_id), None)


def take_back(owner: str, language: str, rules: list[Rule], services: Services) -> None:
    """The owner wants none of these rules any more, whoever taught them, nor what stands in their lexicon by them. For
    others they stay.
    """
    for rule in rules:
        services.learning.drop(owner, Dropped(language, rule.key, DroppedBy.OWNER, time.time()))
    if rules:
        settle(owner, language, services)


def take_back_entry(owner: str, entry: Entry, services: Services) -> None:
    """The owner takes a word out of their lexicon: if it was learnt, it is not to come back."""
    if entry.source is Source.LEARNT:
        rules = rules_in_use(owner, entry.language, services)
        take_back(owner, entry.language, [one for one in rules if same(one.written) == same(entry.text)], services)
