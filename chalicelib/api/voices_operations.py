"""What somebody can do with the voices of their recordings' speakers, where the deployment remembers any."""

from http import HTTPStatus

from chalicelib.api import library, voices, voices_views
from chalicelib.api.operation import Access, Asking, done, operation


@operation(voices_views.HeardVoices, access=Access.PERSON)
def get_voices(asking: Asking, asset_id: str) -> object:
    """Whose voices can be remembered, and whom those without a name sound like."""
    return voices.heard(library.find(asking.account, asset_id, asking.services), asking.services)


@operation(voices_views.VoiceView, body=voices_views.VoiceWanted, status=HTTPStatus.CREATED, access=Access.PERSON)
def remember_voice(asking: Asking, asset_id: str) -> object:
    """Remember a speaker's voice by name, as that person has agreed to."""
    asset = library.find(asking.account, asset_id, asking.services)
    return voices.remember(asset, asking.body, asking.services)


@operation(voices_views.Voices, access=Access.PERSON)
def list_voices(asking: Asking) -> object:
    """The voices that one has remembered."""
    return voices.known(asking.account.owner, asking.services)


@operation(None, status=HTTPStatus.NO_CONTENT, access=Access.PERSON)
def forget_voice(asking: Asking, voice_id: str) -> object:
    """Forget a voice; nothing sounds like it any more."""
    voices.forget(asking.account.owner, voice_id, asking.services)
    return done()
