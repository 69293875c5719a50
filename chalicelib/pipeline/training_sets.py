"""What models are made of: what recordings have taught, or what administrators have brought; and what of it is kept."""

import hashlib
import json
import time
from dataclasses import dataclass, field

from chalicelib.domain import keys
from chalicelib.learning.gate import is_held_out
from chalicelib.learning.models import EVERYBODY, Approved, Material, Night
from chalicelib.learning.rules import LEAST_SHARING
from chalicelib.message import Message
from chalicelib.pipeline import known as knowledge
from chalicelib.pipeline.known import Known, owner_of, ref_of
from chalicelib.seams.training import LearnsFrom, Trainer, TrainingSet
from chalicelib.services import Services

AGREED_FOR_DAYS = 14
"""Since an account has agreed to teach everybody, before what it teaches counts there by itself: whoever signs up some
accounts to change what all others read has to wait, while administrators see what they correct.
"""

_TOO_FEW = Message(
    "too-few-accounts",
    "Fewer than %(least)s accounts teach this language; an administrator may let through what they correct.",
)
_TOO_NEW = Message(
    "too-new-accounts",
    "Fewer than %(least)s of the accounts that teach this language have agreed for %(days)s days; an administrator may "
    "let through what they correct.",
)


@dataclass(frozen=True, slots=True)
class Lore:
    """What a model may be made of: lessons by recording, with the rules that were `approved`; or what was `brought`.
    For everybody `newcomers` are the accounts that have not agreed for long enough.
    """

    source: LearnsFrom
    lessons: Known
    approved: tuple[Approved, ...] = ()
    newcomers: frozenset[str] = frozenset()
    brought: Material = field(default_factory=Material)


def lore(scope: str, language: str, trainer: Trainer, known: Known, services: Services) -> Lore:
    """What there is for a trainer in a language."""
    source, is_shared = trainer.learns_from(scope), scope == EVERYBODY
    if source is LearnsFrom.MATERIAL:
        return Lore(source, {}, brought=services.material.total(language) if is_shared else Material())
    taught = teaching(known)
    if not is_shared:
        return Lore(source, taught)
    return Lore(source, taught, tuple(services.learning.approved(language)), _newcomers(taught, services))


def teaching(known: Known) -> Known:
    """Of what is known what is learnt from; the rest is held out to measure by."""
    return {name: one for name, one in known.items() if not is_held_out(ref_of(name).asset_id)}


def _newcomers(taught: Known, services: Services) -> frozenset[str]:
    """The accounts that have not agreed for long enough, or not at all any more."""
    owners, latest = set(map(owner_of, taught)), time.time() - AGREED_FOR_DAYS * 24 * 3600
    found = knowledge.agreements(owners, services)
    return frozenset(owner for owner in owners if owner not in found or found[owner].since > latest)


def hindrance(lore: Lore) -> Message | None:
    """Why too few accounts teach everybody for anything to be learnt of it; None where enough do, or an administrator
    has let something through that somebody teaches.
    """
    teachers = {owner_of(name) for name, one in lore.lessons.items() if one.taught.changes}
    if len(teachers - lore.newcomers) >= LEAST_SHARING or any(is_taught(lore.lessons, one) for one in lore.approved):
        return None
    if len(teachers) < LEAST_SHARING:
        return _TOO_FEW.of(least=LEAST_SHARING)
    return _TOO_NEW.of(least=LEAST_SHARING, days=AGREED_FOR_DAYS)


def is_taught(lessons: Known, rule: Approved) -> bool:
    """Whether somebody teaches a rule that an administrator has let through."""
    return any(rule.written in one.taught.changes.get(rule.heard, ()) for one in lessons.values())


def made_of(night: Night, lore: Lore, services: Services) -> tuple[str, str]:
    """What a model is made of, as it is kept, and where: under a name that is made of it, so it never changes."""
    is_brought = lore.source is LearnsFrom.MATERIAL and night.scope == EVERYBODY
    sets = services.material.ready(night.language) if is_brought else []
    taught = {
        "brought": sorted(one.id for one in sets),
        "taught": {name: one.taught.to_json() for name, one in sorted(lore.lessons.items())},
        "approved": {one.heard: one.written for one in lore.approved},
        "dropped": sorted(services.learning.dropped(night.scope, night.language)),
        "newcomers": sorted(lore.newcomers),
    }
    document = json.dumps(taught, ensure_ascii=False)
    name = hashlib.sha256(document.encode()).hexdigest()[:32]
    return f"{place(night.scope, night.language)}{name}.json", document


def place(scope: str, language: str) -> str:
    """Where begins what models are made of."""
    return f"{keys.learning_of(scope, language)}taught/"


def of(scope: str, language: str, place: str, lore: Lore, services: Services) -> TrainingSet:
    """The same as trainers are given it; what a model is made of is kept at `place`."""
    at, brought = services.outputs.at, lore.brought
    if lore.source is LearnsFrom.MATERIAL:
        folder = at(keys.material_of(language))
        sound = folder if brought.seconds else None
        return TrainingSet(scope, at(place), folder, brought.files, brought.words, sound, brought.seconds)
    words = sum(one.words for one in lore.lessons.values())
    return TrainingSet(scope, at(place), at(knowledge.text_of(scope, language)), len(lore.lessons), words)
