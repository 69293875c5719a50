"""What a link to a recording shows, and the password that it may ask for. Pure.

Who knows the password gets a proof of it: "proof_{until}_{HMAC}", which opens this one link until then (seconds since
the epoch), and no longer than the password is the same.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable
from enum import StrEnum


class Part(StrEnum):
    """What of a recording a link may show; `downloads` are files of what else it shows."""

    TRANSCRIPT = "transcript"
    MEDIA = "media"
    ANALYSIS = "analysis"
    DOWNLOADS = "downloads"


USUAL_PARTS = (Part.TRANSCRIPT, Part.MEDIA, Part.ANALYSIS)
"""What a link shows of which nobody says."""

PROOF_SECONDS = 4 * 3600
FREE_TRIES = 5
_LONGEST_PAUSE = 900

_COST, _BLOCK, _LANES = 2**15, 8, 3
"""https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt: 32 MiB of memory, of the
1,024 MB that the function of the API has."""

_SALT, _LENGTH = 16, 32  # bytes
_PROOF = re.compile(r"proof_(?P<until>[0-9]{1,12})_(?P<digest>[a-f0-9]{64})")


def shows(shown: Iterable[Part], wanted: Iterable[Part]) -> bool:
    """Whether a link that shows these parts gives out what is part of any of those `wanted`."""
    return not set(wanted).isdisjoint(shown)


def hashed(password: str, salt: bytes | None = None) -> str:
    """What is stored of a password: slow to make, so that who has it cannot try many. "{salt}${hash}" in hex."""
    used = secrets.token_bytes(_SALT) if salt is None else salt
    # The same letters can be written in several ways, and keyboards differ in which they send.
    text = unicodedata.normalize("NFC", password).encode()
    made = hashlib.scrypt(text, salt=used, n=_COST, r=_BLOCK, p=_LANES, maxmem=256 * _COST * _BLOCK, dklen=_LENGTH)
    return f"{used.hex()}${made.hex()}"


def is_password(password: str, stored: str) -> bool:
    """Whether `stored` was made of this password; takes as long whatever is wrong."""
    return hmac.compare_digest(hashed(password, bytes.fromhex(stored.partition("$")[0])), stored)


def pause(tries: int) -> int:
    """For how many seconds a link is closed after so many wrong passwords in a row: 0 at first, then ever longer."""
    return min(2 ** (tries - FREE_TRIES), _LONGEST_PAUSE) if tries > FREE_TRIES else 0


def proof(owner: str, link_id: str, stored: str, until: int, signing_key: str) -> str:
    """The proof, good `until` then, that somebody knew the password of which `stored` is kept."""
    about = f"rapporteur.proof:{owner}:{link_id}:{stored}:{until}"
    return f"proof_{until}_{hmac.new(signing_key.encode(), about.encode(), hashlib.sha256).hexdigest()}"


def is_proof(text: str, owner: str, link_id: str, stored: str, now: float, signing_key: str) -> bool:
    """Whether `text` is a proof for this link that still holds."""
    found = _PROOF.fullmatch(text)
    if found is None or int(found["until"]) <= now:
        return False
    return hmac.compare_digest(proof(owner, link_id, stored, int(found["until"]), signing_key), text)
