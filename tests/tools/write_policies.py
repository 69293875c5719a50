"""Writes the policy of each function into a folder, for a linter: `python -m tests.tools.write_policies FOLDER`."""

import json
import sys
from pathlib import Path

from chalicelib.settings import PREFIX, Settings
from deployment.policies import policies
from tests.harness.aws_calls import PLACE
from tests.harness.managed import ENGINES, ON_GPU, ON_SAGEMAKER
from tests.house.test_policies import EVERYTHING_ON
from tests.house.test_settings import GOOD


def main() -> None:
    """Every engine, every option; and again where one job on a GPU does most, and where SageMaker hears and teaches."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    usual = {**ENGINES, **EVERYTHING_ON}
    for end, chosen in (("", usual), ("-gpu", {**usual, **ON_GPU}), ("-sagemaker", {**usual, **ON_SAGEMAKER})):
        variables = GOOD | {PREFIX + name: value for name, value in chosen.items()}
        variables |= {"RAPPORTEUR_FINISHED_TOPIC_ARN": PLACE.arn("sns", "rapporteur-dev-finished")}
        for function, policy in policies("rapporteur", "dev", PLACE, Settings.from_environment(variables)).items():
            (folder / f"{function}{end}.json").write_text(json.dumps(policy, indent=2))


if __name__ == "__main__":
    main()
