"""`make smoke` against a rehearsed deployment: a stage that works passes, and what is broken in one is named.

The command itself is run, with nothing about it changed: the rehearsed internet answers at AWS's own addresses.
"""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployment.smoke.visit import SAMPLE
from deployment.target import ROOT
from tests.harness.media import ffmpeg
from tests.rehearsal.cloud import Cloud, Package
from tests.rehearsal.conftest import OWNER, SENDER, STAGE, Deployed

pytestmark = pytest.mark.xdist_group("stage")  # they share the stage that they visit


@dataclass(frozen=True)
class Living:
    """A deployed stage that lives."""

    cloud: Cloud
    proxy: str
    trusted: Path

    def smoke(self, *more: str) -> subprocess.CompletedProcess[str]:
        """`make smoke`, looking more often than it would on AWS."""
        command = [sys.executable, "-m", "deployment", "smoke", "--stage", STAGE, "--every", "1", *more]
        trusting = {"HTTPS_PROXY": self.proxy, "SSL_CERT_FILE": str(self.trusted)}
        environment = {**self.cloud.environment, **trusting}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    @contextmanager
    def broken(self, **how: bool) -> Iterator[None]:
        """A stage with something wrong."""
        self._break(how)
        try:
            yield
        finally:
            self._break({})

    def _break(self, how: dict[str, bool]) -> None:
        asked = urllib.request.Request(f"{self.proxy}/break", json.dumps(how).encode(), method="POST")
        urllib.request.urlopen(asked).close()

    def left(self) -> list[str]:
        """What is there of users and their recordings, beside what other rehearsals left."""
        cognito, s3 = self.cloud.client("cognito-idp"), self.cloud.client("s3")
        (pool,) = cognito.list_user_pools(MaxResults=10)["UserPools"]
        found = [user["Username"] for user in cognito.list_users(UserPoolId=pool["Id"])["Users"]]
        for bucket in s3.list_buckets()["Buckets"]:
            for prefix in ("input/", "output/"):
                listed = s3.list_objects_v2(Bucket=bucket["Name"], Prefix=prefix).get("Contents", [])
                found += [item["Key"] for item in listed]
        items = self.cloud.client("dynamodb").scan(TableName=f"rapporteur-{STAGE}-assets")["Items"]
        return [one for one in found + [str(item) for item in items] if OWNER not in one]


def let_pages_in(cloud: Cloud) -> None:
    """What the template says of the uploads bucket: moto's CloudFormation passes over it."""
    rule = {"AllowedMethods": ["GET", "HEAD", "POST", "PUT"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
    cloud.client("s3").put_bucket_cors(Bucket=uploads(cloud), CORSConfiguration={"CORSRules": [rule]})


def let_pages_sign_in(cloud: Cloud, callbacks: list[str]) -> list[str]:
    """Have people sent back to `callbacks`. Returns where they were sent before."""
    cognito = cloud.client("cognito-idp")
    (pool,) = cognito.list_user_pools(MaxResults=10)["UserPools"]
    (client,) = cognito.list_user_pool_clients(UserPoolId=pool["Id"])["UserPoolClients"]
    which = {"UserPoolId": pool["Id"], "ClientId": client["ClientId"]}
    before = cognito.describe_user_pool_client(**which)["UserPoolClient"]["CallbackURLs"]
    cognito.update_user_pool_client(**which, CallbackURLs=callbacks)
    return list(before)


def uploads(cloud: Cloud) -> str:
    (bucket,) = [b["Name"] for b in cloud.client("s3").list_buckets()["Buckets"] if "-uploads-" in b["Name"]]
    return str(bucket)


@pytest.fixture(scope="module")
def living(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """The stage that was deployed by `make deploy`, and its package at work."""
    cloud = deployed.cloud
    let_pages_in(cloud)
    functions = cloud.all("lambda", "list_functions", "Functions")
    package = Package.unpack(cloud, ROOT / "build" / STAGE, functions, tmp_path_factory.mktemp("package"))
    yield from at_work(cloud, package.folder / "task", tmp_path_factory.mktemp("live"))


def at_work(cloud: Cloud, task: Path, folder: Path) -> Iterator[Living]:
    for name in ("app.py", "chalicelib"):  # what Lambda brings along comes from here: moto needs all of it
        (folder / name).symlink_to(task / name)
    environment = {
        **{name: value for name, value in cloud.environment.items() if name != "AWS_ENDPOINT_URL"},
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "AWS_REGION": cloud.environment["AWS_DEFAULT_REGION"],
        "POWERTOOLS_METRICS_DISABLED": "true",
        "REHEARSAL_ENDPOINT": cloud.endpoint,
        "REHEARSAL_STAGE": STAGE,
    }
    command = [sys.executable, "-P", "-m", "tests.rehearsal.live", str(folder)]
    log = folder / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            while port and not port.isdecimal():  # the package's own log comes there too
                port = process.stdout.readline().strip()
            assert port, log.read_text()
            yield Living(cloud, f"http://127.0.0.1:{port}", folder / "rehearsal.pem")
        finally:
            process.terminate()


def test_a_stage_that_works_passes_and_nothing_is_left_of_it(living: Living) -> None:
    done = living.smoke()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "all of it works"
    assert "uploaded Débat + Q&A debate.mp4" in done.stdout
    assert "looked into 8 results of Débat + Q&A right.m4a" in done.stdout
    assert living.left() == []


def test_lost_sound_foreign_addresses_refused_pages_and_refused_mail_are_each_named(
    living: Living, tmp_path: Path
) -> None:
    ffmpeg("-i", SAMPLE, "-t", "8", tmp_path / "short.mp4")
    ses = living.cloud.client("ses")
    ses.delete_identity(Identity=SENDER)
    living.cloud.client("s3").delete_bucket_cors(Bucket=uploads(living.cloud))
    back = let_pages_sign_in(living.cloud, ["https://elsewhere.example/"])
    with living.broken(left_only=True, global_addresses=True):
        done = living.smoke("--file", str(tmp_path / "short.mp4"))
    ses.verify_email_identity(EmailAddress=SENDER)
    let_pages_in(living.cloud)
    let_pages_sign_in(living.cloud, back)
    assert done.returncode == 1, done.stdout
    assert "Nobody can sign in on the pages: the sign-in pages answer redirect_mismatch" in done.stderr
    assert "A page may not do the upload of Débat + Q&A short.mp4" in done.stderr
    assert "needs its CorsConfiguration" in done.stderr
    assert "speaks on its right channel only was not heard" in done.stderr
    assert "RemixSettings" in done.stderr
    assert "leads to rapporteur-rehearsal-uploads-123456789012.s3.amazonaws.com, not to S3 in us-east-1" in done.stderr
    assert f"SES does not send as {SENDER}, which nobody has confirmed" in done.stderr
    assert "short.mp4: the branch" not in done.stderr, "what works is not blamed"
    assert living.left() == []


def test_a_queue_that_feeds_no_function_is_named_before_anything_is_uploaded(living: Living) -> None:
    functions = living.cloud.client("lambda")
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = [one for one in mappings if one["FunctionArn"].endswith("on_analysis")]
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    done = living.smoke()
    functions.create_event_source_mapping(
        EventSourceArn=mapping["EventSourceArn"], FunctionName=mapping["FunctionArn"], BatchSize=1
    )
    assert done.returncode == 1
    assert "Nothing takes messages from the queue rapporteur-rehearsal-analysis" in done.stderr
    assert "rapporteur-rehearsal-on_analysis is missing or switched off. Deploy again" in done.stderr
    assert "uploaded" not in done.stdout


def test_an_upload_that_nobody_is_told_of_is_named_and_removed(living: Living) -> None:
    with living.broken(deaf_bucket=True):
        done = living.smoke("--minutes", "0.05")
    assert done.returncode == 1
    assert "is still awaiting-upload after 0.05 minutes" in done.stderr
    assert "/aws/lambda/rapporteur-rehearsal-on_upload" in done.stderr
    assert living.left() == []
