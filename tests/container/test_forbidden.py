"""What S3 says of a file that is not there to whoever may not list the bucket: that it is forbidden."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from container import failures, files
from container.contract import ModelsMissing
from container.failures import Failed
from container.weights import Weights

WEIGHTS = {"RAPPORTEUR_JOB_WEIGHTS": "s3://output/weights/"}
MANIFEST = "weights/manifest.json"
MODEL = "weights/whisper/model.bin"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="no", aws_secret_access_key="no")
    monkeypatch.setattr(files, "_s3", lambda: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def refused(s3: Stubber, call: str) -> None:
    s3.add_client_error(call, "403" if call == "head_object" else "AccessDenied", "Forbidden", 403)


def listed(s3: Stubber, key: str, *, is_there: bool, bucket: str = "output") -> None:
    found = {"Contents": [{"Key": key}]} if is_there else {}
    s3.add_response("list_objects_v2", found, {"Bucket": bucket, "Prefix": key, "MaxKeys": 1})


def told(s3: Stubber, content: bytes) -> None:
    s3.add_response("get_object", {"Body": StreamingBody(io.BytesIO(content), len(content))})


def manifest() -> bytes:
    named: dict[str, Any] = {"sha256": hashlib.sha256(b"").hexdigest(), "size": 0}
    return json.dumps({"models": {}, "files": {"whisper/model.bin": named}}).encode()


def test_weights_that_nobody_has_brought_are_missing(s3: Stubber) -> None:
    refused(s3, "get_object")
    listed(s3, MANIFEST, is_there=False)
    with pytest.raises(ModelsMissing, match=r"no manifest\.json"):
        Weights(WEIGHTS).bring("whisper")


def test_a_file_of_a_model_that_is_gone_is_missing(s3: Stubber) -> None:
    told(s3, manifest())
    refused(s3, "head_object")
    listed(s3, MODEL, is_there=False)
    with pytest.raises(ModelsMissing, match="not beside it"):
        Weights(WEIGHTS).bring("whisper")


@pytest.mark.parametrize("may_list", [True, False])
def test_what_is_there_or_may_not_be_known_is_denied(s3: Stubber, tmp_path: Path, *, may_list: bool) -> None:
    def asked() -> None:
        if may_list:
            listed(s3, "input/a", is_there=True, bucket="uploads")
        else:
            refused(s3, "list_objects_v2")

    refused(s3, "head_object")
    asked()
    with pytest.raises(Failed) as of_fetching:
        files.fetch("s3://uploads/input/a", tmp_path / "a")
    refused(s3, "get_object")
    asked()
    with pytest.raises(Failed) as of_reading:
        files.read("s3://uploads/input/a")
    assert of_fetching.value.code == of_reading.value.code == failures.DENIED
