"""Recordings that were corrected, planted as if they had been heard and read: what the nights learn from."""

import hashlib
import time
from collections.abc import Iterable
from typing import Any

from chalicelib.domain.accounts import TRAINING_WORDING, Training, TrainingScope
from chalicelib.domain.assets import Asset, AssetRef, Options, Status
from chalicelib.learning.gate import is_held_out
from chalicelib.learning.models import EVERYBODY, WORDS, LastNight
from chalicelib.pipeline import lessons, nights
from chalicelib.pipeline.register import register
from chalicelib.services import Services
from chalicelib.speech.corrections import Line, Verdict, correction
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Confirmation, Segment, Transcript, Word
from chalicelib.storage import editions
from chalicelib.storage.asset_items import TrackRecord
from tests.harness.service import OWNER, Service

FILL = tuple(f"word{number}" for number in range(220))
EMAIL = "owner@rapporteur.example"
LANGUAGE = "en"


def agree(services: Services, owner: str, scope: TrainingScope = TrainingScope.ACCOUNT, *, for_days: float = 30) -> str:
    """An owner who has agreed that their corrections teach, for so many days by now."""
    since = time.time() - for_days * 24 * 3600
    services.users.change(owner, {"training": Training(scope, since, TRAINING_WORDING)})
    return owner


def night(service: Service, scope: str = OWNER) -> LastNight:
    """The next night of a scope, and what it has come to for the trainer of words."""
    service.clock.shift(24 * 3600)
    nights.train(due(service.services, scope), service.services)
    last = service.services.learning.last_night(scope, LANGUAGE, WORDS)
    assert last is not None
    return last


def corrected(
    services: Services,
    owner: str,
    said: str = "rapport tour",
    right: str = "rapporteur",
    *,
    shown: Transcript | None = None,
    models: Iterable[str] = (),
    announced: Asset | None = None,
) -> AssetRef:
    """A recording in which that was misheard, corrected, confirmed from its first word to its last, and the sitting at
    its end. `shown` is what readers saw, where rules had changed it; these `models` had heard it.
    """
    announced = announced or _announced(services, owner)
    services.store.describe(announced.ref, {"version": 1, "newest": 1, "status": Status.COMPLETED, "language": "en-US"})
    asset = services.store.get(announced.ref)
    assert asset is not None
    words = [Word(at, at + 0.9, text) for at, text in enumerate(["here", "is", *said.split(), "again", *FILL])]
    document = transcribe_document("job", list(shown.words()) if shown else words, "en-US")
    services.outputs.write_json(TRANSCRIPT.key(asset), document)
    services.outputs.write_json(CAPTIONS.key(asset), [])
    heard_by = ", ".join(["whisper", *models])
    services.store.put_tracks(asset.run, [TrackRecord(TRANSCRIPT.name, TRANSCRIPT.key(asset), heard_by, 0.0, 0.0)])
    sure = Verdict(Confirmation(owner, time.time()), right=((0.0, 9_999.0),))
    lines = [Line(" ".join(["here is", right, "again", *FILL]))]
    made = correction(read_transcript(document), lines, 300.0, "job", 0, sure)
    edited = editions.add(asset, 0, made, services.store, services.outputs)
    assert edited is not None
    lessons.take(edited, services)
    return asset.ref


def undone(
    services: Services, owner: str, said: str = "rapport tour", was: str = "rapporteur", *, times: int = 1
) -> None:
    """Readers see what a rule has written in the place of what was said, and change it back."""
    shown = ["here", "is", was, "again", *FILL]
    words = [Word(at, at + 0.9, text, heard=said if text == was else None) for at, text in enumerate(shown)]
    transcript = Transcript((Segment(tuple(words)),), "en-US")
    for _ in range(times):
        corrected(services, owner, right=said, shown=transcript, models=["account 1"])


def _announced(services: Services, owner: str) -> Asset:
    return register(owner, "talk.mp4", Options(email=EMAIL), services)


def plenty(services: Services, owner: str, held_out: int = 5, others: int = 2, **how: Any) -> list[AssetRef]:
    """As many corrected recordings as are wanted to measure by, and to learn from."""
    wanted = {True: held_out, False: others}
    found = []
    while any(wanted.values()):
        announced = _announced(services, owner)
        kind = is_held_out(announced.ref.asset_id)
        if wanted[kind]:
            wanted[kind] -= 1
            found.append(corrected(services, owner, announced=announced, **how))
    return found


def due(services: Services, scope: str = EVERYBODY) -> nights.Named:
    """The training of a scope that is due next."""
    night = services.learning.night(scope, LANGUAGE)
    assert night is not None, "nothing is new"
    return nights.Named(scope, LANGUAGE, night.due_at)


def stored(services: Services) -> dict[str, str]:
    """What lies in the bucket of what was learnt, by its key: a fingerprint of it."""
    return {
        key: hashlib.sha256(services.outputs.read(key) or b"").hexdigest()
        for key in services.outputs.names("learning/")
    }
