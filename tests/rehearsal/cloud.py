"""The rehearsed account: its server, what stands in it, and the deployed functions, called as Lambda would."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from deployment.target import ROOT
from tests.harness.lambda_runtime import own_libraries, search_path

REGION = "us-east-1"


@dataclass(frozen=True)
class Cloud:
    """An account that holds nothing at first."""

    endpoint: str
    environment: dict[str, str]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
        )

    def all(self, service: str, operation: str, listed: str, **asked: Any) -> list[Any]:
        """All that a listing call lists."""
        pages = self.client(service).get_paginator(operation).paginate(**asked)
        return [item for page in pages for item in page[listed]]

    def run(self, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        """`python -m deployment …`, as `make` runs it."""
        command = [sys.executable, "-m", "deployment", *arguments]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            input=answer,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def fail_at(self, pattern: str) -> None:
        """Refuse the first request that fits `pattern`."""
        body = json.dumps(pattern).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/rehearsal/fail", data=body)).close()

    def has_failed(self) -> bool:
        return self._told("fail") is None

    def broken(self) -> list[str]:
        """What was asked that this AWS itself failed at."""
        return list(self._told("broken"))

    def _told(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self.endpoint}/rehearsal/{what}") as answer:
            return json.load(answer)


@contextmanager
def rehearsed_account() -> Iterator[Cloud]:
    """An AWS of its own, gone afterwards."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RAPPORTEUR_"))}
    command = [sys.executable, "-m", "tests.rehearsal.server"]
    with subprocess.Popen(
        command, cwd=ROOT, env=plain, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            endpoint = f"http://127.0.0.1:{int(server.stdout.readline())}"
            credentials = {"AWS_ACCESS_KEY_ID": "rehearsal", "AWS_SECRET_ACCESS_KEY": "rehearsal"}
            told = {**credentials, "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION}
            cloud = Cloud(endpoint, {**plain, **told})
            yield cloud
            assert cloud.broken() == []
        finally:
            server.terminate()


@dataclass(frozen=True)
class Package:
    """What was deployed, unpacked as Lambda does: the app under task/, its layer under opt/."""

    folder: Path
    cloud: Cloud

    @staticmethod
    def unpack(cloud: Cloud, project: Path, functions: list[Any], folder: Path) -> "Package":
        """Unpack what `functions` have deployed, once it is shown that this is what Chalice packed in `project`."""
        zips = {_sha256(path): path for path in (project / ".chalice" / "deployments").glob("*.zip")}
        (code,) = {function["CodeSha256"] for function in functions}
        (layer,) = {layer["Arn"] for function in functions for layer in function["Layers"]}
        name, version = layer.split(":")[-2:]
        content = cloud.client("lambda").get_layer_version(LayerName=name, VersionNumber=int(version))["Content"]
        for digest, place in ((code, "task"), (content["CodeSha256"], "opt")):
            with zipfile.ZipFile(zips[digest]) as packed:
                packed.extractall(folder / place)
        own_libraries(folder / "runtime")
        return Package(folder, cloud)

    def invoke(self, function: Any, event: object) -> subprocess.CompletedProcess[str]:
        """Call a deployed function's handler with `event`, in a process that has nothing but what Lambda has."""
        module, _, handler = function["Handler"].rpartition(".")
        script = (
            "import importlib, json, sys, types\n"
            f"context = types.SimpleNamespace(function_name={function['FunctionName']!r}, memory_limit_in_mb=1024,\n"
            f"    invoked_function_arn={function['FunctionArn']!r}, aws_request_id='rehearsal',\n"
            "    get_remaining_time_in_millis=lambda: 60_000)\n"
            f"found = getattr(importlib.import_module({module!r}), {handler!r})(json.load(sys.stdin), context)\n"
            "print(json.dumps(found))\n"
        )
        paths = search_path(self.folder / "task", self.folder / "opt", self.folder / "runtime")
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(paths),
            "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_ENDPOINT_URL": self.cloud.endpoint,
            "POWERTOOLS_METRICS_NAMESPACE": "Rapporteur",
            **function["Environment"]["Variables"],
        }
        command = [sys.executable, "-S", "-c", script]
        return subprocess.run(
            command, env=environment, input=json.dumps(event), capture_output=True, text=True, timeout=60, check=False
        )


def _sha256(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
