"""A deployed stage that lives: its own package, woken by what was deployed and by nothing else.

    python -m tests.rehearsal.live FOLDER

In FOLDER lie `app.py` and `chalicelib` out of the deployed package. Told by the environment are the account's endpoint
(REHEARSAL_ENDPOINT) and the stage (REHEARSAL_STAGE). It prints the proxy's port; whoever uses that as HTTPS_PROXY and
trusts FOLDER/rehearsal.pem finds API Gateway, S3, Cognito and all other services at their own addresses.

Played here are API Gateway, Lambda's pollers, S3's and EventBridge's notifications, by what the account says is
deployed; and MediaConvert, Transcribe and Comprehend, which moto lacks: they work on real sound. POST /break with a
JSON object sets what is to go wrong (`Breakage`).
"""

import importlib
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import parse_qs, quote_plus, unquote, urlsplit

import av
import boto3
import imageio_ffmpeg
from chalice.config import Config
from chalice.local import ForbiddenError, LocalGateway
from moto.events.models import EventPattern

from chalicelib.services import services
from chalicelib.speech.transcribe_json import transcribe_document
from deployment.smoke import media
from local.aws.pump import ACCOUNT, LambdaContext
from tests.harness.fakes import WORDS
from tests.harness.managed import Managed
from tests.rehearsal.internet import Asked, Told, certify, forward, proxy

REGION = "us-east-1"
_BUCKET_HOST = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3(\.[a-z0-9-]+)?\.amazonaws\.com")
_KEY_FIELD = re.compile(rb'name="key"\r\n\r\n([^\r]+)\r\n')
_SILENCE = 0.01
_LOOK_SECONDS = 2.0
_LIMIT = 60.0
_FRAME_RATE = "1/4"
"""Few frames take little time."""


@dataclass
class Breakage:
    """What is to go wrong."""

    left_only: bool = False
    global_addresses: bool = False
    deaf_bucket: bool = False


class Engines(Managed):
    """MediaConvert and Transcribe that read and write real files, as far as anybody can tell by looking into them."""

    def __init__(self, broken: Breakage) -> None:
        super().__init__()
        self._broken = broken

    @cached_property
    def _s3(self) -> Any:
        return boto3.client("s3")

    def _read(self, url: str) -> bytes:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        return bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def probe(self, InputFiles: list[Any]) -> dict[str, Any]:  # noqa: N803
        with av.open(io.BytesIO(self._read(InputFiles[0]["FileUrl"]))) as found:
            seconds = float(found.duration or 0) / 1_000_000
            tracks: list[dict[str, Any]] = []
            for picture in found.streams.video:
                rate = {"Numerator": 25, "Denominator": 1}
                size = {"Width": picture.width, "Height": picture.height, "FrameRate": rate}
                tracks.append({"TrackType": "video", "Codec": "AVC", "Duration": seconds, "VideoProperties": size})
            for sound in found.streams.audio:
                kind = {"SampleRate": sound.rate, "Channels": sound.channels}
                tracks.append({"TrackType": "audio", "Codec": "AAC", "Duration": seconds, "AudioProperties": kind})
        return {"ProbeResults": [{"Container": {"Format": "mp4", "Duration": seconds, "Tracks": tracks}}]}

    def _end_job(self, job: dict[str, Any]) -> None:
        (source,) = job["Settings"]["Inputs"]
        groups = []
        with tempfile.TemporaryDirectory() as folder:
            recording = Path(folder) / "recording"
            recording.write_bytes(self._read(source["FileInput"]))
            with av.open(str(recording)) as found:
                seconds = float(found.duration or 0) / 1_000_000
            for clip in source.get("InputClippings", ()):
                hours, minutes, rest, _ = map(int, clip["EndTimecode"].split(":"))
                seconds = min(seconds, hours * 3600 + minutes * 60 + rest)
            for group in job["Settings"]["OutputGroups"]:
                (output,) = group["Outputs"]
                made = Path(folder) / f"made.{output['Extension']}"
                self._make(output, recording, seconds, made)
                where = f"{group['OutputGroupSettings']['FileGroupSettings']['Destination']}.{output['Extension']}"
                bucket, _, key = where.removeprefix("s3://").partition("/")
                self._s3.put_object(Bucket=bucket, Key=key, Body=made.read_bytes())
                detail: dict[str, Any] = {"outputFilePaths": [where], "durationInMs": int(seconds * 1000)}
                if picture := output.get("VideoDescription"):
                    detail["videoDetails"] = {"widthInPx": picture["Width"], "heightInPx": picture["Height"]}
                groups.append({"outputDetails": [detail]})
        job["Status"] = "COMPLETE"
        job["OutputGroupDetails"] = [{"OutputDetails": [{"DurationInMs": int(seconds * 1000)}]} for _ in groups]
        detail = {"timestamp": int(time.time() * 1000), "accountId": ACCOUNT, "jobId": job["Id"], "status": "COMPLETE"}
        detail |= {"userMetadata": job["UserMetadata"], "outputGroupDetails": groups}
        entry = {"Source": "aws.mediaconvert", "DetailType": "MediaConvert Job State Change"}
        boto3.client("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])

    def _make(self, output: dict[str, Any], recording: Path, seconds: float, made: Path) -> None:
        """A file of the size, length and sound that were asked for; of the picture there is one colour."""
        arguments = ["-i", str(recording)]
        if picture := output.get("VideoDescription"):
            colour = f"color=s={picture['Width']}x{picture['Height']}:r={_FRAME_RATE}:d={math.ceil(seconds)}"
            arguments += ["-f", "lavfi", "-i", colour, "-map", "1:v", "-map", "0:a?"]
            arguments += ["-c:v", "gif", "-an"] if made.suffix == ".gif" else ["-preset", "ultrafast", "-c:a", "copy"]
        else:
            arguments += ["-vn"]
        if made.suffix == ".mp3":
            arguments += ["-b:a", "32k", "-ar", "44100"]
        if made.suffix == ".wav":
            arguments += ["-ar", "16000", *self._mix(output["AudioDescriptions"][0], recording)]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y"]
        subprocess.run([*command, *arguments, "-t", str(seconds), str(made)], check=True, timeout=60)

    def _mix(self, description: dict[str, Any], recording: Path) -> list[str]:
        """How MediaConvert was told to mix down. What it does untold stands nowhere: here one channel is heard."""
        with av.open(str(recording)) as found:
            channels = found.streams.audio[0].channels
        if self._broken.left_only:
            return ["-af", "pan=mono|c0=c0"]
        told = description.get("RemixSettings", {}).get("ChannelMapping", {}).get("OutputChannels")
        if not told:
            return ["-af", "pan=mono|c0=c0"]
        gains = told[0].get("InputChannelsFineTune") or told[0]["InputChannels"]
        mixed = "+".join(f"{10 ** (gain / 20):.4f}*c{at}" for at, gain in enumerate(gains[:channels]))
        return ["-af", f"pan=mono|c0={mixed}"]

    def _end_transcription(self, name: str, job: dict[str, Any]) -> None:
        wanted = job["request"]
        heard = media.sound(self._read(wanted["Media"]["MediaFileUri"])).loudest > _SILENCE
        document = json.dumps(transcribe_document(name, WORDS if heard else [], "en-US"))
        job["Status"] = "COMPLETED"
        self._s3.put_object(Bucket=wanted["OutputBucketName"], Key=wanted["OutputKey"], Body=document)
        detail = json.dumps({"TranscriptionJobName": name, "TranscriptionJobStatus": "COMPLETED"})
        entry = {"Source": "aws.transcribe", "DetailType": "Transcribe Job State Change", "Detail": detail}
        boto3.client("events").put_events(Entries=[entry])


def _hastened(asked: Asked) -> Asked:
    """A message that is to come after a while comes soon: nobody here waits as long as on AWS."""
    if not asked.headers.get("x-amz-target", "").endswith(".SendMessage") or b'"DelaySeconds"' not in asked.body:
        return asked
    body = json.dumps(json.loads(asked.body) | {"DelaySeconds": 1}).encode()
    return replace(asked, headers={**asked.headers, "content-length": str(len(body))}, body=body)


class Stage:
    """What stands between the account and the package."""

    def __init__(self, endpoint: str, stage: str) -> None:
        self._endpoint = endpoint
        self._prefix = f"rapporteur-{stage}"
        self._turn = threading.Lock()
        self._raised: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        self._filled: SimpleQueue[str] = SimpleQueue()
        self._sent = threading.Event()
        self.broken = Breakage()
        self.engines = Engines(self.broken)
        found = self._client("lambda").list_functions()["Functions"]
        self._functions = {one["FunctionArn"]: one for one in found if one["FunctionName"].startswith(self._prefix)}

    def _client(self, service: str) -> Any:
        """A client that asks the account itself, not by way of the proxy."""
        return boto3.client(service, endpoint_url=self._endpoint, region_name=REGION)  # type: ignore[call-overload]

    def load(self) -> None:
        """Load the package, with the environment that its functions have."""
        (function,) = [one for one in self._functions.values() if one["FunctionName"] == self._prefix]
        os.environ |= function["Environment"]["Variables"]
        self._app = importlib.import_module("app")
        self._gateway = LocalGateway(self._app.app, Config.create(function_name=self._prefix, lambda_timeout=29))
        self._sqs, self._lambda = self._client("sqs"), self._client("lambda")
        self.engines.answer_to(services().aws)

    # ---- what is asked

    def answer(self, asked: Asked) -> Told:
        """Whoever is asked, answers."""
        if not asked.host:
            return self._control(asked)
        if ".execute-api." in asked.host:
            return self._api(asked)
        if asked.host.endswith(".amazoncognito.com"):
            return self._sign_in_pages(asked)
        if asked.headers.get("x-amz-target") == "AWSEvents.PutEvents":  # moto fails at events that are for functions
            return self._put_events(json.loads(asked.body)["Entries"])
        told = forward(_hastened(asked), self._endpoint)
        self._notice(asked, told)
        return told

    def _control(self, asked: Asked) -> Told:
        wanted = json.loads(asked.body)
        for one in fields(Breakage):
            setattr(self.broken, one.name, wanted.get(one.name, False))
        return Told(200)

    def _api(self, asked: Asked) -> Told:
        api = asked.host.partition(".")[0]
        stage, _, rest = asked.target.removeprefix("/").partition("/")
        stages = self._client("apigateway").get_stages(restApiId=api)["item"]
        if stage not in {one["stageName"] for one in stages}:
            return Told(403, [], b'{"message":"Forbidden"}')
        try:
            with self._turn:
                found = self._gateway.handle_request(asked.method, f"/{rest}", dict(asked.headers), asked.body)
        except ForbiddenError:  # no such route: the gateway answers by itself
            return self._gateways_own(api)
        body = found.get("body") or ""
        if self.broken.global_addresses:
            body = body.replace(f".s3.{REGION}.amazonaws.com", ".s3.amazonaws.com")
        return Told(found["statusCode"], list(found["headers"].items()), body.encode())

    def _sign_in_pages(self, asked: Asked) -> Told:
        """Cognito's authorization endpoint, as far as the pool's domain and its client let anybody get."""
        cognito, path = self._client("cognito-idp"), urlsplit(asked.target)
        found = cognito.describe_user_pool_domain(Domain=asked.host.partition(".")[0])["DomainDescription"]
        if "UserPoolId" not in found or path.path != "/oauth2/authorize":
            return Told(404)
        given = {name: values[0] for name, values in parse_qs(path.query).items()}
        client = cognito.describe_user_pool_client(UserPoolId=found["UserPoolId"], ClientId=given["client_id"])
        allowed = client["UserPoolClient"]
        step = "login?"
        if given["redirect_uri"] not in allowed.get("CallbackURLs", []):
            step = "error?error=redirect_mismatch&"
        elif given["response_type"] not in allowed.get("AllowedOAuthFlows", []):
            step = "error?error=unauthorized_client&"
        elif not set(given["scope"].split()) <= set(allowed.get("AllowedOAuthScopes", [])):
            step = "error?error=invalid_scope&"
        return Told(302, [("Location", f"https://{asked.host}/{step}{path.query}")])

    def _gateways_own(self, api: str) -> Told:
        gateway, headers = self._client("apigateway"), []
        with suppress(gateway.exceptions.NotFoundException):
            found = gateway.get_gateway_response(restApiId=api, responseType="DEFAULT_4XX")
            named = found.get("responseParameters", {}).items()
            headers = [(name.removeprefix("gatewayresponse.header."), value.strip("'")) for name, value in named]
        return Told(403, headers, b'{"message":"Missing Authentication Token"}')

    # ---- what that sets going

    def _notice(self, asked: Asked, told: Told) -> None:
        """Raise the events of what has just been done."""
        target = asked.headers.get("x-amz-target", "")
        if target.endswith((".SendMessage", ".SendMessageBatch")):
            self._filled.put(json.loads(asked.body)["QueueUrl"].rpartition("/")[2])
            self._sent.set()
        elif asked.host.startswith("sns."):
            self._filled.put("")
            self._sent.set()
        bucket = _BUCKET_HOST.fullmatch(asked.host)
        if bucket and told.status < 300 and asked.method in {"PUT", "POST"}:
            self._raise_object(bucket["bucket"], asked)

    def _put_events(self, entries: list[Any]) -> Told:
        ids = [{"EventId": self._raise_event(entry)} for entry in entries]
        answer = json.dumps({"FailedEntryCount": 0, "Entries": ids}).encode()
        return Told(200, [("Content-Type", "application/x-amz-json-1.1")], answer)

    def _raise_event(self, entry: dict[str, Any]) -> str:
        events = self._client("events")
        event_id = str(uuid.uuid4())
        event = {
            "version": "0",
            "id": event_id,
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "account": ACCOUNT,
            "region": REGION,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "resources": [],
            "detail": json.loads(entry["Detail"]),
        }
        for rule in events.list_rules()["Rules"]:
            pattern = rule.get("EventPattern")
            if pattern and EventPattern(pattern, json.loads(pattern)).matches_event(event):  # type: ignore[arg-type]
                for aim in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                    self._raised.put((aim["Arn"], event))
        self._sent.set()
        return event_id

    def _raise_object(self, bucket: str, asked: Asked) -> None:
        query = parse_qs(asked.query, keep_blank_values=True)
        if "partNumber" in query or "uploads" in query or self.broken.deaf_bucket:
            return
        field = _KEY_FIELD.search(asked.body) if asked.method == "POST" and asked.path == "/" else None
        key = field[1].decode() if field else unquote(asked.path.removeprefix("/"))
        if not key:
            return  # something was asked of the bucket itself
        s3 = self._client("s3")
        about = s3.head_object(Bucket=bucket, Key=key)
        told = s3.get_bucket_notification_configuration(Bucket=bucket)
        for one in told.get("LambdaFunctionConfigurations", []):
            rules = {rule["Name"].lower(): rule["Value"] for rule in one["Filter"]["Key"]["FilterRules"]}
            if key.startswith(rules.get("prefix", "")) and key.endswith(rules.get("suffix", "")):
                there = {"key": quote_plus(key), "size": about["ContentLength"], "eTag": about["ETag"].strip('"')}
                record = {"eventSource": "aws:s3", "awsRegion": REGION, "eventName": "ObjectCreated:Put"}
                record |= {"s3": {"bucket": {"name": bucket}, "object": there}}
                self._raised.put((one["LambdaFunctionArn"], {"Records": [record]}))
        self._sent.set()

    def carry(self) -> None:
        """Carry events and messages to the functions, for ever."""
        while True:
            was_told = self._sent.wait(_LOOK_SECONDS)
            self._sent.clear()
            self._carry_events()
            self._carry_messages(self._told_of() if was_told else {""})
            if self.engines.finish_all():
                self._sent.set()

    def _told_of(self) -> set[str]:
        """The queues that something was sent to since the last look; "" stands for all of them."""
        found = set()
        with suppress(Empty):
            while True:
                found.add(self._filled.get_nowait())
        return found

    def _carry_events(self) -> None:
        with suppress(Empty):
            while True:
                arn, event = self._raised.get_nowait()
                self._invoke(arn, event)

    def _carry_messages(self, filled: set[str]) -> None:
        mappings = self._lambda.list_event_source_mappings()["EventSourceMappings"] if filled else []
        for mapping in mappings:
            queue = mapping["EventSourceArn"].rpartition(":")[2]
            is_off = mapping["State"] != "Enabled" or mapping["FunctionArn"] not in self._functions
            if is_off or not filled & {"", queue}:
                continue
            url = f"{self._endpoint}/{ACCOUNT}/{queue}"
            asked = {"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]}
            for message in self._sqs.receive_message(**asked).get("Messages", []):
                record = {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": mapping["EventSourceArn"],
                    "awsRegion": REGION,
                }
                if self._invoke(mapping["FunctionArn"], {"Records": [record]}):
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _invoke(self, arn: str, event: dict[str, Any]) -> bool:
        function = self._functions[arn]
        handler = getattr(self._app, function["Handler"].rpartition(".")[2])
        try:
            with self._turn:
                handler(json.loads(json.dumps(event)), LambdaContext(function["FunctionName"], _LIMIT))
        except Exception as exc:  # noqa: BLE001 - Lambda outlives whatever a handler does
            print(f"{function['FunctionName']}: {type(exc).__name__}: {exc}", file=sys.stderr, flush=True)
            return False
        return True


def main(folder: Path) -> None:
    """Live until the process is ended."""
    stage = Stage(os.environ["REHEARSAL_ENDPOINT"], os.environ["REHEARSAL_STAGE"])
    trusted = certify(folder, REGION)
    server = proxy(stage.answer, trusted)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    os.environ |= {
        "HTTPS_PROXY": f"http://127.0.0.1:{server.server_port}",
        "AWS_CA_BUNDLE": str(trusted),
        "SSL_CERT_FILE": str(trusted),
    }
    stage.load()
    print(server.server_port, flush=True)
    stage.carry()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
