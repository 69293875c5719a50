"""Who may ask SageMaker for what: those who start what is heard, and whoever works a night off."""

from collections import defaultdict
from functools import cache

from chalicelib.engines.hearing.sagemaker_whisper import mark
from chalicelib.settings import PREFIX, Settings
from deployment.policies import policies
from tests.harness.aws_calls import PLACE
from tests.harness.managed import ENGINES, ON_SAGEMAKER
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
