"""Questions, in the table of accounts: an item `question#{id}` each, and `asked#{day}`, which counts those of a day.

They go with the account, and by themselves after a day.
"""

import time

from chalicelib.domain.calendar import today
from chalicelib.domain.questions import KEPT_SECONDS, Question, QuestionState
from chalicelib.storage.items import OwnerItems, parsed
from chalicelib.storage.updates import Update, attributes_of

_QUESTION = "question#"
_COUNTED = "asked#"
_COUNT_KEPT = 3 * 24 * 3600


class QuestionStore(OwnerItems):
    """What accounts have asked."""

    def of(self, owner: str) -> list[Question]:
        """Those of an owner, the last first."""
        found = [parsed(Question, item) for item in self._items(owner, _QUESTION)]
        return sorted((one for one in found if _is_kept(one)), key=lambda one: one.id, reverse=True)

    def get(self, owner: str, question_id: str) -> Question | None:
        """One of them; None if there is none, or no longer."""
        item = self._get(owner, _QUESTION + question_id)
        found = parsed(Question, item) if item else None
        return found if found is not None and _is_kept(found) else None

    def make(self, owner: str, question: Question) -> None:
        """Put a new one."""
        expires = {"expires": int(question.asked_at + KEPT_SECONDS)}
        self._put_once({"owner": owner, "item": _QUESTION + question.id, **attributes_of(question), **expires})

    def settle(self, owner: str, question: Question) -> bool:
        """Have an answer, or a failure, be what came of a question; False if that is known already, or it is gone."""
        update = Update().require("{} = {}", "state", QuestionState.ASKED)
        update.set(**attributes_of(question))
        return self._update(owner, _QUESTION + question.id, update) is not None

    def delete(self, owner: str, question_id: str) -> bool:
        """Delete one; False if there was none."""
        return self._delete(owner, _QUESTION + question_id)

    def asked_today(self, owner: str) -> int:
        """How many questions an owner has asked on this day (in UTC), also those that were deleted."""
        item = self._get(owner, _today())
        return int(item["count"]) if item else 0

    def count(self, owner: str, most: int) -> bool:
        """Count one more of this day; False, and nothing counted, if there were as many as there may be."""
        update = Update().require("(attribute_not_exists({0}) OR {0} < {1})", "count", most).add("count", 1)
        return self._update(owner, _today(), update.set(expires=int(time.time() + _COUNT_KEPT))) is not None


def _today() -> str:
    return _COUNTED + today().isoformat()


def _is_kept(question: Question) -> bool:
    """DynamoDB itself may take days to delete what has expired."""
    return time.time() < question.asked_at + KEPT_SECONDS
