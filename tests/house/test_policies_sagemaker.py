"""Who may ask SageMaker for what: those who start what is heard, and whoever works a night off. And the way of a model
from a night to use, and out of it.
"""

from collections import defaultdict
from dataclasses import replace
from functools import cache
from unittest.mock import patch

from chalicelib.domain import keys
from chalicelib.domain.accounts import TRAINING_WORDING, Training, TrainingScope
from chalicelib.engines.hearing.sagemaker_whisper import mark
from chalicelib.learning import gate
from chalicelib.learning.material import Brought, MaterialKind, MaterialPurpose, MaterialStage
from chalicelib.learning.models import EVERYBODY, ModelState
from chalicelib.pipeline import consent, material
from chalicelib.seams.training import HEARING_TRAINING
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.settings import PREFIX, Settings
from chalicelib.speech.tracks import TRANSCRIPT
from deployment.policies import policies
from tests.harness.aws_calls import PLACE
from tests.harness.fakes import WORDS
from tests.harness.managed import ENGINES, ON_SAGEMAKER, Managed
from tests.harness.service import OWNER, Service
from tests.house.test_policies import Visit, go_into, losing, missing_in, speech_wav, unused_in
from tests.house.test_policies_language_models import sleep, teach, teach_by_wav
from tests.house.test_settings import GOOD


@cache
def allowed(on_sagemaker: bool) -> dict[str, dict[str, set[str]]]:
    """The resources by function, by action."""
    chosen = {**ENGINES, **(ON_SAGEMAKER if on_sagemaker else {})}
    settings = Settings.from_environment(GOOD | {PREFIX + name: value for name, value in chosen.items()})
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for function, policy in policies("rapporteur", "dev", PLACE, settings).items():
        for statement in policy["Statement"]:
            for action in statement["Action"]:
                found[action][function] |= set(statement["Resource"])
    return found


def test_who_starts_what_is_heard_may_ask_the_endpoint_and_no_other() -> None:
    asked = allowed(on_sagemaker=True)["sagemaker:InvokeEndpointAsync"]
    starters = set(allowed(on_sagemaker=False)["transcribe:StartTranscriptionJob"])
    assert starters <= set(asked)
    assert {function for function in set(asked) - starters if not function.endswith("on_learning")} == set()
    assert set().union(*asked.values()) == {PLACE.arn("sagemaker", "endpoint/rapporteur-dev")}


def test_only_a_night_teaches_and_only_what_is_this_deployments() -> None:
    found = allowed(on_sagemaker=True)
    for action in ("sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"):
        ((function, resources),) = found[action].items()
        assert function.endswith("on_learning")
        assert resources == {PLACE.arn("sagemaker", f"training-job/{mark(GOOD['RAPPORTEUR_OUTPUT_BUCKET'])}*")}
    assert any(
        function.endswith("on_learning") and ON_SAGEMAKER["SAGEMAKER_ROLE"] in resources
        for function, resources in found["iam:PassRole"].items()
    )


def test_without_it_nobody_may_anything_there() -> None:
    assert not [action for action in allowed(on_sagemaker=False) if action.startswith("sagemaker:")]


NAME = HEARING_TRAINING.name


def a_model_hears_and_is_withdrawn(service: Service, managed: Managed) -> None:
    """Trained, measured, flipped, heard with, and gone with what its training has left."""
    services = service.services
    agreed = Training(TrainingScope.EVERYBODY, service.now(), TRAINING_WORDING)
    services.users.change(OWNER, {"training": agreed})
    managed.heard_with_a_model = [replace(word, text=word.text.replace("wonderful", "terrible")) for word in WORDS]
    brought = Brought(
        "council",
        "Council",
        "en",
        MaterialKind.SOUND,
        MaterialPurpose.TEACH,
        "root",
        service.now(),
        MaterialStage.READY,
    )
    services.material.make(replace(brought, files=9, words=900, seconds=7_200.0, changed_at=service.now()))
    pairs = keys.material_of("en")
    services.outputs.write(f"{pairs}council/one.wav", b"RIFF", "audio/wav")
    with patch.object(gate, "LEAST_RECORDINGS", 1), patch.object(gate, "LEAST_WORDS", 1):
        teach(service, 12)
        teach_by_wav(service, managed)
        sleep(service)
        (model,) = [one for one in services.learning.models(EVERYBODY) if one.ref.trainer == NAME]
        assert model.state is ModelState.CURRENT, (model.state, model.reason, model.judged)
        heard = service.upload(language="en-US")
        service.settle()
        key = TRANSCRIPT.key(service.asset(heard.ref))
        assert services.store.heard_by(key)[1:] == (f"{NAME} of everybody {model.ref.number}",)
        in_other_ways(service, managed)
        consent.withdraw(OWNER, services)
        assert material.remove("council", services)
        service.later(25)
        sleep(service)
    gone = services.learning.model(model.ref)
    assert gone is not None
    assert gone.state is ModelState.RETIRED
    assert services.learning.in_use(EVERYBODY, "en", NAME) is None
    left = services.outputs.names(f"{keys.learning_of(EVERYBODY, 'en')}{NAME}/")
    assert [key for key in left if "/heard/" not in key] == [], "nor its checkpoints"


def in_other_ways(service: Service, managed: Managed) -> None:
    """A recording that is heard as it is; one that the sweep starts; and an answer that lies elsewhere."""
    tracks, managed.container = managed.tracks, "wav"
    speech_wav(service, managed)
    managed.tracks, managed.container = tracks, "mp4"
    with losing(service, "on_job_output jobs/audio"):
        service.upload(language="en-US")
        service.settle()
    service.hours_pass(2)
    managed.answers_astray = True
    service.upload(language="en-US")
    service.settle()
    managed.answers_astray = False


@cache
def visit() -> Visit:
    return go_into(a_model_hears_and_is_withdrawn, ON_SAGEMAKER)


def test_nothing_used_is_missing() -> None:
    missing = missing_in(visit())
    assert not missing, "\n".join(map(str, missing))


def test_nothing_is_granted_for_it_that_is_unused() -> None:
    settings = visit().settings
    engines = {**settings.engines, HEARING_TRAINING: "", TRANSCRIPTION: ENGINES["TRANSCRIBER"]}
    unused = unused_in(visit(), replace(settings, engines=engines))
    assert not unused, "\n".join(map(str, unused))
