"""Voices that are remembered, where the deployment remembers any: of which speakers of a recording, whom they sound
like, and the end of it.
"""

import secrets
import time
import unicodedata
from http import HTTPStatus

from chalicelib.api.checked import check_agreed_on
from chalicelib.api.models.voices import HeardVoices, SuggestionView, Voices, VoiceView, VoiceWanted
from chalicelib.api.operation import Access, operation
from chalicelib.api.reading import edition_of
from chalicelib.clients.tokens import Account
from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.folding import same
from chalicelib.domain.names import visible
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.pipeline import again
from chalicelib.services import Services
from chalicelib.speech.speakers import number_of
from chalicelib.speech.transcripts import clean
from chalicelib.speech.voices import VERY_LIKELY, Heard, Voice, called_now, packed, read_voices, suggestions

_MOST = 200
_DAY = 24 * 3600.0


@operation("GET", "/assets/{asset_id}/voices", access=Access.PERSON)
def get_voices(asset: Asset, services: Services) -> HeardVoices:
    """Whose voices can be remembered, and whom those without a name sound like."""
    # Worked out anew each time: with a voice, all that was suggested by it is gone.
    found = _heard(asset, services)
    now = _names(asset, found, services)
    known = services.users.voices(asset.ref.owner)
    nameless = {label: voice for label, voice in found.voices.items() if number_of(now.get(label, "")) is not None}
    return HeardVoices(
        speakers=sorted(set(now.values())),
        suggestions=[
            SuggestionView(
                speaker=now[one.speaker],
                voice=one.voice.id,
                name=one.voice.name,
                alike=round(one.alike, 3),
                is_very_likely=one.alike >= VERY_LIKELY,
            )
            for one in suggestions(Heard(found.model, nameless), known)
        ],
    )


@operation("POST", "/assets/{asset_id}/voices", access=Access.PERSON, status=HTTPStatus.CREATED)
def remember_voice(asset: Asset, body: VoiceWanted, services: Services) -> VoiceView:
    """Remember a speaker's voice by name, as that person has agreed to."""
    check_agreed_on(body.agreed_on, "agreed_on")
    name, how = readable(body.name), readable(body.agreed_how)
    if not name or not how:
        raise InvalidRequest(
            "A name and a way of agreement can be read.", "unreadable", field="agreed_how" if name else "name"
        )
    found = _heard(asset, services)
    now = _names(asset, found, services)
    labels = [label for label in found.voices if same(now.get(label, "")) == same(body.speaker)]
    if not labels:
        raise NotFound("There is no such speaker, or none whose voice was heard.", "no-speaker")
    if len(services.users.voices(asset.ref.owner)) >= _MOST:
        raise Conflict(f"There are {_MOST} voices already; forget some of them first.", "too-many-voices")
    # Where two were merged, the first of them counts: who merges says that they are one.
    at = time.time()
    voice = Voice(
        id=secrets.token_hex(8),
        name=name,
        embedding=packed(found.voices[labels[0]]),
        model=found.model,
        agreed_on=body.agreed_on.isoformat(),
        agreed_how=how,
        created_at=at,
        ends_at=at + services.settings.voice_days * _DAY,
    )
    services.users.remember_voice(asset.ref.owner, voice)
    return VoiceView.model_validate(voice)


def readable(text: str) -> str:
    """`text` without what cannot be seen: whom it names must be plain to whoever is to take it back."""
    return clean("".join(char for char in visible(text) if unicodedata.category(char) not in {"Co", "Cn"}))


@operation("GET", "/me/voices", access=Access.PERSON)
def list_voices(account: Account, services: Services) -> Voices:
    """The voices that one has remembered."""
    # Also where none may be any more, to take them back.
    return Voices(voices=[VoiceView.model_validate(voice) for voice in services.users.voices(account.owner)])


@operation("DELETE", "/me/voices/{voice_id}", access=Access.PERSON)
def forget_voice(voice_id: str, account: Account, services: Services) -> None:
    """Forget a voice; nothing sounds like it any more."""
    if not services.users.forget_voice(account.owner, voice_id):
        raise NotFound("There is no such voice.", "no-voice")


def _heard(asset: Asset, services: Services) -> Heard:
    if not services.settings.voices:
        raise NotFound("This service remembers no voices.", "no-voices")
    found = None
    if asset.version:
        found = read_voices(services.outputs.read(keys.file_key(asset.run, keys.Folder.SPEAKERS, keys.VOICES_NAME)))
    if found is None:
        raise NotFound("What the voices of this recording sound like is not known.", "no-voices-heard")
    return found


def _names(asset: Asset, heard: Heard, services: Services) -> dict[str, str]:
    first, current = (edition_of(asset, edition, services) for edition in (0, asset.edition))
    names, carried = called_now(first, current), again.carried_over(asset, services)
    at_first = {label: carried.names.get(label, label) if carried else label for label in heard.voices}
    return {label: names[name] for label, name in at_first.items() if name in names}
