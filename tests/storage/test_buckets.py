"""Objects that are put together of parts: whole, or not at all, and nothing is left lying."""

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from chalicelib.domain.keys import S3Object
from chalicelib.storage.buckets import ObjectStore

_MB = 1024**2


@pytest.mark.parametrize("may_abort", [True, False])
@pytest.mark.parametrize("at_fault", ["upload_part_copy", "complete_multipart_upload"])
def test_what_cannot_be_composed_leaves_no_parts_behind_and_says_why(at_fault: str, *, may_abort: bool) -> None:
    client = boto3.client("s3", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

    class Body:
        def read(self) -> bytes:
            return b"x" * 5 * _MB

    with Stubber(client) as stubbed:
        stubbed.add_response("get_object", {"Body": Body()}, {"Bucket": "in", "Key": "whole.wav", "Range": ANY})
        stubbed.add_response("create_multipart_upload", {"UploadId": "one"})
        stubbed.add_response("upload_part", {"ETag": '"1"'})
        if at_fault != "upload_part_copy":
            stubbed.add_response("upload_part_copy", {"CopyPartResult": {"ETag": '"2"'}})
        stubbed.add_client_error(at_fault, "NoSuchKey", http_status_code=404)
        where = {"Bucket": "out", "Key": "part.wav", "UploadId": "one"}
        if may_abort:
            stubbed.add_response("abort_multipart_upload", {}, where)
        else:
            stubbed.add_client_error("abort_multipart_upload", "AccessDenied", expected_params=where)
        with pytest.raises(ClientError, match="NoSuchKey"):
            ObjectStore(client, "out").compose(
                "part.wav", b"head", S3Object("in", "whole.wav"), 44, 20 * _MB, "audio/wav"
            )
        stubbed.assert_no_pending_responses()


def test_a_stream_that_breaks_off_leaves_no_parts_behind_and_says_why() -> None:
    client = boto3.client("s3", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubbed:
        stubbed.add_response("create_multipart_upload", {"UploadId": "one"})
        stubbed.add_client_error("abort_multipart_upload", "AccessDenied")
        with pytest.raises(ZeroDivisionError), ObjectStore(client, "out").writing("all.zip", "application/zip"):
            raise ZeroDivisionError
        stubbed.assert_no_pending_responses()
