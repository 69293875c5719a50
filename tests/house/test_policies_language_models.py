"""Least privilege where Transcribe makes language models of confirmed text, and the way of one from night to use."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from unittest.mock import patch

from chalicelib.domain.accounts import TRAINING_WORDING, Training, TrainingScope
from chalicelib.domain.assets import AssetRef
from chalicelib.engines.language_model import amazon_transcribe
from chalicelib.learning import gate
from chalicelib.learning.models import ModelState
from chalicelib.pipeline import consent, known_words, sittings
from chalicelib.seams.training import LANGUAGE_MODEL_TRAINING
from chalicelib.speech.corrections import Line, Verdict, correction
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Confirmation
from chalicelib.storage import editions
from tests.harness.aws_calls import Need
from tests.harness.fakes import WORDS
from tests.harness.managed import Managed
from tests.harness.service import OWNER, Service
from tests.house.test_policies import SPEECH_WAV, Visit, covers, go_into, granted, missing_in, unused_in

ROLE = "arn:aws:iam::123456789012:role/rapporteur-dev-transcribe"
CHOSEN: Mapping[str, str] = {"LANGUAGE_MODEL_TRAINER": "amazon_transcribe", "TRANSCRIBE_DATA_ROLE": ROLE}
NAME = LANGUAGE_MODEL_TRAINING.name


def teach(service: Service, count: int, name: str = "debate.mp4") -> list[AssetRef]:
    """So many recordings, corrected and confirmed throughout."""
    services = service.services
    made = [service.upload(name, metered=True) for _ in range(count)]
    for one in made:
        service.settle()
        asset = service.asset(one.ref)
        found = load_transcript(services.outputs.read(TRANSCRIPT.key(asset)) or b"")
        lines = [Line(segment.text.replace("wonderful", "terrible")) for segment in found.segments]
        right = correction(found, lines, 60.0, "job", 0, Verdict(Confirmation(OWNER, 1.0), right=((0.0, 99.0),)))
        corrected = editions.add(asset, 0, right, services.store, services.outputs)
        assert corrected is not None
        sittings.corrected(corrected, services)
    service.settle()
    return [one.ref for one in made]


def teach_by_wav(service: Service, managed: Managed) -> None:
    """One that is held out, which was heard as it was uploaded."""
    usual = managed.container, managed.tracks
    managed.container, managed.tracks = "wave", (SPEECH_WAV,)
    while not any(gate.is_held_out(ref.asset_id) for ref in teach(service, 1, "debate.wav")):
        pass
    managed.container, managed.tracks = usual


def sleep(service: Service) -> None:
    """The night, and the hours in which what it began is looked after."""
    service.later(24)
    for _ in range(4):
        service.settle()
        service.later(1)
    service.settle()


def a_language_model_is_made_and_used(service: Service, managed: Managed) -> None:
    services = service.services
    services.users.change(OWNER, {"training": Training(TrainingScope.ACCOUNT, service.now(), TRAINING_WORDING)})
    managed.heard_with_a_model = [replace(word, text=word.text.replace("wonderful", "terrible")) for word in WORDS]
    with (
        patch.object(amazon_transcribe, "LEAST_WORDS", 1),
        patch.object(gate, "LEAST_RECORDINGS", 1),
        patch.object(gate, "LEAST_WORDS", 1),
    ):
        teach_by_wav(service, managed)
        managed.refused = {"CreateLanguageModel": "LimitExceededException"}
        teach(service, 8)
        sleep(service)
        managed.refused = {}
        teach(service, 4)
        sleep(service)
    models = [one for one in services.learning.models(OWNER) if one.ref.trainer == NAME]
    assert [one.state for one in models] == [ModelState.CURRENT], models
    ((_, name),) = known_words.language_models(OWNER, services)
    assert list(managed.language_models) == [name]
    heard = service.upload(language="en-US")
    service.settle()
    key = TRANSCRIPT.key(service.asset(heard.ref))
    assert services.store.heard_by(key)[1] == f"{NAME} of account {models[0].ref.number}"
    consent.withdraw(OWNER, services)
    service.settle()
    assert managed.language_models == {}
    assert known_words.language_models(OWNER, services) == ()


@cache
def visit() -> Visit:
    return go_into(a_language_model_is_made_and_used, CHOSEN)


def test_nothing_used_is_missing() -> None:
    missing = missing_in(visit())
    assert not missing, "\n".join(map(str, missing))


def test_only_nights_make_and_delete_models_and_pass_the_role() -> None:
    def may(need: Need) -> set[str]:
        grants = granted(visit().settings)
        return {function for function, allowed in grants.items() if any(covers(grant, need) for grant in allowed)}

    used = visit().used["on_learning"]
    for action in ("transcribe:CreateLanguageModel", "transcribe:DeleteLanguageModel", "iam:PassRole"):
        (need,) = {one for one in used if one.action == action and one.resource.endswith(("-1", "-2", "transcribe"))}
        assert may(need) == {"on_learning"}


_NOT_TRIED = {"s3:AbortMultipartUpload", "transcribe:GetTranscriptionJob", "transcribe:GetVocabulary"}
"""What a text that cannot be written needs, a recording that was begun before, and a vocabulary of the deployment's."""


def test_nothing_is_granted_for_it_that_is_unused() -> None:
    settings = visit().settings
    without = replace(settings, engines={**settings.engines, LANGUAGE_MODEL_TRAINING: ""})
    unused = unused_in(visit(), without, _NOT_TRIED)
    assert not unused, "\n".join(map(str, unused))
