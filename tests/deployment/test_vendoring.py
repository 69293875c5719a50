"""Of AWS's large models only what is called travels with the functions, and does what the whole one does."""

import re
from pathlib import Path

import botocore
import botocore.session
import pytest
from botocore.stub import Stubber

from deployment import vendoring
from tests.engines.test_sagemaker_whisper import ANSWER, described, request
from tests.harness.places import ROOT

MODELS = Path(botocore.__file__).parent / "data"


@pytest.mark.parametrize("service", vendoring.OPERATIONS)
def test_what_is_called_of_a_cut_model_is_in_it(service: str) -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "chalicelib").rglob("*.py"))
    client = {"cognito-idp": "cognito", "sesv2": "ses"}.get(service, service)  # as `clients/aws.py` names it
    called = set(re.findall(rf"aws\.{client}\.([a-z_]+)\(", code))
    assert {re.sub("(^|_)([a-z])", lambda match: match[2].upper(), name) for name in called} == vendoring.OPERATIONS[
        service
    ]


def test_the_cut_model_is_small_and_works(tmp_path: Path) -> None:
    (source,) = (MODELS / "sagemaker").glob("*/service-2.json.gz")
    for file in source.parent.iterdir():
        vendoring._copy_model(file, tmp_path / "sagemaker" / source.parent.name / file.name, ["sagemaker"])
    assert (tmp_path / "sagemaker" / source.parent.name / source.name).stat().st_size < 10_000
    session = botocore.session.Session()
    session.set_config_variable("data_path", str(tmp_path))
    client = session.create_client(
        "sagemaker", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    assert not hasattr(client, "create_notebook_instance"), "it is the cut one"
    with Stubber(client) as stubber:
        stubber.add_response("create_training_job", ANSWER, request())
        stubber.add_response("describe_training_job", described("Stopped", "Stopped"))
        client.create_training_job(**request())
        assert client.describe_training_job(TrainingJobName="x")["TrainingJobStatus"] == "Stopped"
