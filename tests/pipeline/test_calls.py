"""What an asset asks of AWS, over the managed engines: it ends well, and at a price that somebody looked at."""

from decimal import Decimal

from benchmarks.calls import WRITES_LIMIT, calls_of_a_video
from chalicelib.domain.assets import BranchStatus, ReportState, Status
from chalicelib.engines.costs import REQUESTS
from tests.harness.managed import managed_service


def test_a_video_makes_at_most_seventeen_calls_that_write_to_dynamodb() -> None:
    _, operations, items = calls_of_a_video()
    writing = ("PutItem", "UpdateItem", "BatchWriteItem", "DeleteItem")
    assert sum(operations[f"dynamodb {operation}"] for operation in writing) < WRITES_LIMIT
    assert items <= 19


def test_the_cost_of_an_asset_counts_no_fewer_requests_than_are_made() -> None:
    by_service, operations, items = calls_of_a_video()
    assert REQUESTS["dynamodb.write"] >= items
    assert REQUESTS["dynamodb.read"] >= operations["dynamodb GetItem"] + operations["dynamodb Query"]
    puts = operations["s3 PutObject"] + operations["s3 ListObjectsV2"]
    assert REQUESTS["s3.put"] >= puts
    assert REQUESTS["s3.get"] >= by_service["s3"] - puts
    assert REQUESTS["sns.publish"] >= by_service["sns"]
    assert REQUESTS["ses.mail"] >= by_service["ses"]
    # Each message is also received and deleted, and the topic sends one more.
    assert REQUESTS["sqs.request"] >= 3 * by_service["sqs"] + 2


def test_a_video_goes_its_whole_way_over_the_managed_engines() -> None:
    with managed_service() as (service, managed):
        asset = service.upload()
        service.settle()
        ended = service.asset(asset.ref)
        assert ended.status is Status.COMPLETED
        assert {state.status for state in ended.branches.values()} == {BranchStatus.DONE}
        assert {rendition.preset for rendition in ended.renditions} == {"web", "phone", "audio", "gif"}
        assert ended.report is ReportState.DELIVERED
        (mail,) = service.mails(asset)
        assert len(managed.jobs) == 4  # the films, the sound, the preview, the sound for Transcribe
        assert ended.cost is not None
        assert Decimal("0.03") < ended.cost.usd < Decimal("0.2")
        assert ended.cost.unpriced == ()
        services = {line.item.partition(".")[0] for line in ended.cost.lines}
        assert {"mediaconvert", "transcribe", "comprehend", "bedrock", "lambda"} <= services
        assert b"The work on this file cost about $0.0" in mail.replace(b"=\n", b"")
