"""One AWS call fails while a file is fetched: in the end it is there, or its owner told why not, as if none had."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from chalicelib.domain import fetching, keys
from chalicelib.domain.assets import Asset, Options, ReportState, Status
from chalicelib.domain.fetching import IMPORT_WORDING, Fetch
from chalicelib.errors import MediaRejected
from chalicelib.pipeline import fetch
from chalicelib.pipeline.register import register
from chalicelib.seams.probing import UNREADABLE
from local.aws.pump import Invocation
from tests.harness.service import EMAIL, OWNER, Service, running_service
from tests.harness.web import Site, reach, serving
from tests.pipeline.test_faults import Faults, install, uninstall

URL = "http://media.example.org/debate.mp4"
WAYS = ("before", "after", "died")


@dataclass
class Once(Faults):
    """The call number `at` fails, of those that are made while a part is fetched."""

    at: int = 0
    how: str = ""
    is_fetching: bool = False

    def begin(self, name: str) -> None:
        if self.is_fetching:
            super().begin(name)

    def end(self) -> None:
        if self.is_fetching:
            super().end()

    def _is_tried(self, how: str) -> bool:
        return len(self.calls) == self.at and how == self.how


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with (
        pytest.MonkeyPatch.context() as patched,
        running_service() as running,
        serving(Site(bytes(range(250)) * 10)) as site,
    ):
        patched.setattr(fetching, "PART_BYTES", 1000)
        patched.setattr(fetch, "PART_BYTES", 1000)
        patched.setattr("local.aws.storage.S3_UPLOAD_PART_MIN_SIZE", 0)
        reach(site, running.services)
        running.pump.schedules.clear()  # redelivery alone must mend it
        running.cloud.media = MediaRejected(UNREADABLE)  # what becomes of it then is tried elsewhere
        yield running


def run(service: Service, faults: Once, known: Fetch) -> Asset:
    asset = register(OWNER, "debate.mp4", Options(email=EMAIL), service.services, fetch=known)
    invoke = service.pump.invoke

    def invoking(invocation: Invocation) -> Any:
        faults.is_fetching = invocation.handler == "on_webhook" and '"fetch"' in str(invocation.event)
        try:
            return invoke(invocation)
        finally:
            faults.is_fetching = False

    service.pump.invoke = invoking  # type: ignore[method-assign]
    install(service, faults)
    try:
        fetch.go_on(asset, service.services)
        service.settle()
    finally:
        uninstall(service)
        service.pump.invoke = invoke  # type: ignore[method-assign]
    return service.asset(asset.ref)


IN_PARTS = Fetch(URL, IMPORT_WORDING, 0.0, 2500, '"one"', has_ranges=True)
IN_ONE_GO = Fetch(URL, IMPORT_WORDING, 0.0, 2500, '"one"')
CHANGED = Fetch(URL, IMPORT_WORDING, 0.0, 2500, '"zero"', has_ranges=True)


def left(service: Service, asset: Asset) -> dict[str, Any]:
    bucket = service.services.settings.uploads_bucket
    return {
        "status": asset.status,
        "failure": asset.failure.code if asset.failure else None,
        "version": asset.version,
        "report": asset.report,
        "body": service.services.uploads.read(asset.input_key),
        "mails": len(service.runtime.mail_about(keys.report_name(asset))),
        "uploads": [
            one["Key"]
            for one in boto3.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", [])
            if one["Key"] == asset.input_key
        ],
        "dead": service.dead_letters("webhook"),
    }


@pytest.mark.parametrize(
    ("known", "failure"), [(IN_PARTS, "unreadable"), (IN_ONE_GO, "unreadable"), (CHANGED, "fetch-changed")]
)
def test_any_call_may_fail(service: Service, known: Fetch, failure: str) -> None:
    faultless = Once("")
    expected = left(service, run(service, faultless, known))
    assert (expected["status"], expected["failure"]) == (Status.REJECTED, failure)
    assert (expected["report"], expected["mails"], expected["uploads"]) == (ReportState.DELIVERED, 1, [])
    assert (expected["body"] is not None) == (failure == "unreadable")
    assert len(faultless.calls) >= 8
    for at in range(1, len(faultless.calls) + 1):
        for how in WAYS if known is IN_PARTS else (WAYS[at % len(WAYS)],):
            faults = Once("", at=at, how=how)
            found = left(service, run(service, faults, known))
            uploads = found.pop("uploads")
            assert found == {name: value for name, value in expected.items() if name != "uploads"}, (
                at,
                how,
                faults.calls,
            )
            # Whoever dies before it is noted leaves an upload without a part, which S3 drops by itself.
            assert not uploads or "CreateMultipartUpload" in faults.calls[at - 2 : at], (at, how)
