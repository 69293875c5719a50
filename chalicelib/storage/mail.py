"""What the table of accounts knows of mail: who else may be written to, whom nothing reaches, and how much was sent.

Of an owner:

- `address#{id}`: somebody else's address that they want reports sent to
- `mails#{day}`: what was sent for them on a day (in UTC), as a set of short references; it goes by itself, as does
  `asks#{day}`, for those who were asked whether they want reports, and `invites#{day}`, for those who were to be told
  of what is shared with them

Of an address, whoever's it is, under the owner `#mail#{its fingerprint}` and without the address itself:

- `standing`: what came back from there
- `mails#{day}`, `asks#{day}`, `invites#{day}`: what was sent there
- `declined`: that nobody there wants to be told by mail what is shared with them

Under the owner `#service` the item `signing` holds the secret that links in mails, and to recordings, are made with.
"""

import hashlib
import secrets
import time
from datetime import UTC, datetime

from chalicelib.domain.accounts import Recipient, Standing, Trouble
from chalicelib.storage.items import SERVICE, OwnerItems, parsed
from chalicelib.storage.updates import Update

_DAY = 24 * 3600.0
_COUNTED = 3 * _DAY
_REMEMBERED = 365 * _DAY
_STANDING = "standing"
_SIGNING = "signing"
_DECLINED = "declined"


class MailStore(OwnerItems):
    """Recipients, standings, and counts of mails."""

    # ---- other addresses

    def recipients(self, owner: str) -> list[Recipient]:
        """Everybody else whom the owner wants reports sent to, in the order in which they were asked."""
        found = [parsed(Recipient, item) for item in self._items(owner, "address#")]
        return sorted((one for one in found if not one.is_removed), key=lambda one: one.asked_at)

    def recipient(self, owner: str, address_id: str) -> Recipient | None:
        """One of them, None if there is none of that id."""
        item = self._get(owner, f"address#{address_id}")
        return parsed(Recipient, item) if item else None

    def ask(self, owner: str, address_id: str, address: str) -> Recipient:
        """Note that somebody is being asked; what they answered before stays."""
        update = Update().set(id=address_id, address=address, asked_at=time.time())
        changed = self._update(owner, f"address#{address_id}", update)
        assert changed is not None, "nothing was required"
        return parsed(Recipient, changed)

    def answer(self, owner: str, address_id: str, *, takes_mail: bool) -> Recipient | None:
        """Note what somebody wants who was asked; None, and nothing noted, if nobody asks them any more."""
        there = Update().require("attribute_exists({})", "item")
        answered = "confirmed_at" if takes_mail else "unsubscribed_at"
        update = there.set(**{answered: time.time()})
        if takes_mail:
            update.remove("unsubscribed_at")
        changed = self._update(owner, f"address#{address_id}", update)
        return parsed(Recipient, changed) if changed else None

    def remove(self, owner: str, address_id: str) -> bool:
        """Forget a recipient, but not that they have unsubscribed; False if there was none."""
        wanted_none = Update().require("attribute_exists({})", "unsubscribed_at")
        if self._update(owner, f"address#{address_id}", wanted_none.set(is_removed=True)) is not None:
            return True
        return self._delete(owner, f"address#{address_id}")

    # ---- what came back

    def standing(self, address_id: str) -> Standing:
        """How an address stands; well, if nothing ever came back."""
        item = self._get(_mail_of(address_id), _STANDING)
        return parsed(Standing, item) if item else Standing()

    def note_trouble(
        self, address_id: str, trouble: Trouble, at: float, detail: str | None, *, suppress: bool
    ) -> Standing | None:
        """Note what came back at the moment `at`; `suppress` keeps all further mail from that address.

        None, and nothing noted, if that was before its owner had mail sent again. What suppresses counts however late
        it is told; what does not says nothing new where nothing is sent any more, or of which there is later news.
        """
        update = Update().require_later("resumed_at", at)
        if suppress:
            update.set_once("suppressed_at", at)
        else:
            update.require_later("troubled_at", at).require("attribute_not_exists({})", "suppressed_at")
        update.set(trouble=trouble, troubled_at=at, detail=detail, expires=int(at + _REMEMBERED))
        changed = self._update(_mail_of(address_id), _STANDING, update)
        return parsed(Standing, changed) if changed else None

    def count_soft_bounce(self, address_id: str, bounce_id: str, at: float, within: float) -> int:
        """Count a bounce that may pass, once. Returns how many there were in the `within` seconds before it."""
        owner = _mail_of(address_id)
        self._update(owner, _STANDING, Update().set_once("soft", {}).set(expires=int(at + _REMEMBERED)))
        known = self._update(owner, _STANDING, Update().set_in("soft", bounce_id, at))
        found = parsed(Standing, known) if known else Standing()
        old = [one for one, when in found.soft.items() if when < at - within]
        if old:
            self._update(owner, _STANDING, Update().remove_in("soft", *old))
        return len(found.soft) - len(old)

    def resume(self, address_id: str, at_most_every: float) -> bool:
        """Let mail be sent to an address again; False if that was done in the `at_most_every` seconds before."""
        now = time.time()
        update = Update().require_later("resumed_at", now - at_most_every).set(resumed_at=now, soft={})
        update.set(expires=int(now + _REMEMBERED)).remove("suppressed_at", "trouble", "troubled_at", "detail")
        return self._update(_mail_of(address_id), _STANDING, update) is not None

    # ---- mails that tell what is shared

    def decline(self, address_id: str) -> None:
        """Tell an address by mail of nothing more that is shared with it, whoever shares it."""
        self._update(_mail_of(address_id), _DECLINED, Update().set_once("since", time.time()))

    def take_invitations(self, address_id: str) -> None:
        """Tell it again."""
        self._delete(_mail_of(address_id), _DECLINED)

    def declines(self, address_id: str) -> bool:
        """Whether it is to be told of nothing."""
        return self._get(_mail_of(address_id), _DECLINED) is not None

    # ---- how much is sent

    def claim_of_owner(self, owner: str, reference: str, most: int, of: str = "mails") -> bool:
        """Count the mail `reference` among today's of an owner, once; False if it is one more than `most`.

        `of` are those that are counted together.
        """
        return self._claim(owner, of, reference, most)

    def claim_of_address(self, address_id: str, reference: str, most: int, of: str = "mails") -> bool:
        """As `claim_of_owner`, among today's to an address, whoever they are from."""
        return self._claim(_mail_of(address_id), of, reference, most)

    def _claim(self, owner: str, of: str, reference: str, most: int) -> bool:
        now = time.time()
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        short = hashlib.sha256(reference.encode()).hexdigest()[:12]
        update = Update().require_room("references", short, most).add_to("references", {short})
        return self._update(owner, f"{of}#{day}", update.set(expires=int(now + _COUNTED))) is not None

    # ---- the rest

    def signing_key(self) -> str:
        """The secret that links in mails, and to recordings, are made with; made when it is first asked for."""
        known = self._get(SERVICE, _SIGNING)
        if known is None:
            known = self._update(SERVICE, _SIGNING, Update().set_once("secret", secrets.token_hex(32)))
        assert known is not None, "nothing was required"
        return str(known["secret"])

    def forget_address(self, address_id: str) -> None:
        """Delete what is known of an address."""
        owner = _mail_of(address_id)
        for item in list(self._items(owner, "")):
            self._delete(owner, item["item"])


def _mail_of(address_id: str) -> str:
    return f"#mail#{address_id}"
