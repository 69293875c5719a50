"""What a deployment costs in a month in which nobody does anything: from the template, the app and the price list.

Used by `docs/make_costs.py`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from chalicelib.engines.costs import prices
from chalicelib.settings import QUEUES
from deployment import template
from deployment.target import CONFIG, ROOT

HOURS = 730
"""In a month, as AWS reckons."""

_POLL_SECONDS = 20
_POLLERS = (2, 5)
"""How many of Lambda's pollers ask a queue that is empty, and how long each question waits:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

_FREE_ALARM_METRICS = 10
_FREE_SQS_REQUESTS = 1_000_000
"""A month, in a whole account: https://aws.amazon.com/cloudwatch/pricing/, https://aws.amazon.com/sqs/pricing/"""

_IDLE_SECONDS = 2
"""What a scheduled function that finds nothing to do takes at most, its cold start with it."""

ALARM = "AWS::CloudWatch::Alarm"
IMAGES_KIND = "AWS::ECR::Repository"
IMAGES = 2
"""How many images the repository keeps: the one that jobs run, and the one before it."""

IMAGE_GB = Decimal(6)
"""Of an image, compressed, at most: PyTorch and the libraries of CUDA that it brings are 4, all else is 1, and 1 is for
what was not thought of. Reckoned from its parts: none has been built."""

WEIGHTS_GB = Decimal(20)
"""Of the models' weights in S3: Whisper large-v3 3, a model of 4 billion parameters for the summary 8, alignment of
five languages 6, toxicity 2, all others 1."""

FREE = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "settings",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "settings; two alarms of its own are reckoned with the endpoint",
    "AWS::Batch::ComputeEnvironment": "by the machines that run, none while there is no job",
    "AWS::Batch::JobDefinition": "settings",
    "AWS::Batch::JobQueue": "Batch itself costs nothing",
    "AWS::EC2::InternetGateway": "by what goes out",
    "AWS::EC2::LaunchTemplate": "settings",
    "AWS::EC2::Route": "settings",
    "AWS::EC2::RouteTable": "settings",
    "AWS::EC2::SecurityGroup": "settings",
    "AWS::EC2::Subnet": "settings",
    "AWS::EC2::SubnetRouteTableAssociation": "settings",
    "AWS::EC2::VPC": "settings; its addresses are charged while a machine has one",
    "AWS::EC2::VPCEndpoint": "a gateway, to S3 alone, which costs nothing",
    "AWS::EC2::VPCGatewayAttachment": "settings",
    "AWS::IAM::InstanceProfile": "settings",
    "AWS::IAM::Policy": "settings",
    "AWS::Budgets::Budget": "a budget that only warns costs nothing",
    "AWS::CloudFront::Distribution": "by request",
    "AWS::CloudFront::OriginAccessControl": "settings",
    "AWS::CloudFront::ResponseHeadersPolicy": "settings",
    "AWS::CloudWatch::Dashboard": "the first three of an account are free",
    "AWS::Cognito::UserPool": "by who signs in, on the plan Essentials; 10,000 people a month are free",
    "AWS::Cognito::ManagedLoginBranding": "settings",
    "AWS::Cognito::UserPoolClient": "settings",
    "AWS::Cognito::UserPoolDomain": "settings",
    "AWS::Cognito::UserPoolGroup": "settings",
    "AWS::DynamoDB::Table": "by request, and by what is kept",
    "AWS::IAM::Role": "settings",
    "AWS::Logs::LogGroup": "by what is written and kept",
    "AWS::MediaConvert::Queue": "on demand: by what is transcoded",
    "AWS::S3::Bucket": "by request, and by what is kept",
    "AWS::S3::BucketPolicy": "settings",
    "AWS::SageMaker::Endpoint": "by the machines that it has, none while there is nothing to hear",
    "AWS::SageMaker::EndpointConfig": "settings",
    "AWS::SageMaker::Model": "settings",
    "AWS::SES::ConfigurationSet": "by mail",
    "AWS::SES::ConfigurationSetEventDestination": "by mail",
    "AWS::SES::EmailIdentity": "by mail",
    "AWS::SNS::Subscription": "by message",
    "AWS::SNS::Topic": "by message; encrypted with AWS's own key",
    "AWS::SNS::TopicPolicy": "settings",
    "AWS::SQS::Queue": "by request; encrypted with SQS's own key",
    "AWS::SQS::QueuePolicy": "settings",
}
"""The kinds of resources that cost nothing for being there, and why. A kind that is not here has to be reckoned."""


class Standing(NamedTuple):
    """One thing that costs while nothing happens: US dollars a month, at least and at most, and with nothing free."""

    what: str
    least: Decimal
    most: Decimal
    without_free: Decimal


def resources(*stacks: str) -> list[Mapping[str, Any]]:
    """Every resource that a deployment makes by CloudFormation, of these `stacks` or of all."""
    return list(template.resources(*stacks).values())


def alarm_metrics(found: Iterable[Mapping[str, Any]]) -> int:
    """How many metrics alarms look at, which is what alarms are charged by: one that reckons with several, by each."""
    alarms = [one["Properties"] for one in found if one["Type"] == ALARM]
    return sum(sum("MetricStat" in metric for metric in alarm.get("Metrics", ())) or 1 for alarm in alarms)


def usd() -> dict[str, Decimal]:
    """The prices of what stands, and of what is kept, by item."""
    listed = json.loads((ROOT / "chalicelib" / "engines" / "prices.json").read_text())
    return {**prices().usd, **{item: Decimal(price["usd"]) for item, price in listed["idle"].items()}}


def calls() -> int:
    """How often schedules call functions in a month."""
    schedules = re.findall(r"@app\.schedule\((.+)\)", (ROOT / "app.py").read_text())
    return sum(HOURS if re.match(r'Rate\(1, unit=Rate\.HOURS|Cron\(0, "\*"', one) else HOURS // 24 for one in schedules)


def standing() -> list[Standing]:
    """All that costs while nothing happens."""
    price = usd()
    found = resources(*template.UNLESS_ASKED)
    metrics, alarms = alarm_metrics(found), sum(one["Type"] == ALARM for one in found)
    alarmed = [metric * price["cloudwatch.alarm_metric"] for metric in (max(0, metrics - _FREE_ALARM_METRICS), metrics)]
    asked = [len(QUEUES) * pollers * HOURS * 3600 // _POLL_SECONDS for pollers in _POLLERS]
    polled = [max(0, requests - _FREE_SQS_REQUESTS) * price["sqs.request"] for requests in asked]
    seconds = Decimal(calls() * _IDLE_SECONDS * json.loads(CONFIG.read_text())["lambda_memory_size"]) / 1024
    run = calls() * price["lambda.request"] + seconds * price["lambda.gb_second"]
    mailed = HOURS // 24 * price["ses.mail"]
    return [
        Standing(f"{alarms} alarms, which look at {metrics} metrics", alarmed[0], alarmed[0], alarmed[1]),
        Standing(
            f"Lambda asking {len(QUEUES)} empty queues: {asked[0] / 1e6:.1f} to {asked[1] / 1e6:.1f} million requests",
            polled[0],
            polled[1],
            asked[1] * price["sqs.request"],
        ),
        Standing(f"{calls():,} calls of functions by the clock", Decimal(0), Decimal(0), run),
        Standing("a mail a day to the operators", mailed, mailed, mailed),
    ]


def standing_with_gpu() -> list[Standing]:
    """All that a GPU of the stage's own costs beside that while no job runs."""
    price = usd()
    images, weights = IMAGES * IMAGE_GB * price["ecr.month"], WEIGHTS_GB * price["s3.month"]
    return [
        Standing(f"{IMAGES} images of {IMAGE_GB} GB, compressed", images / IMAGES, images, images),
        Standing(f"{WEIGHTS_GB} GB of weights in S3", weights, weights, weights),
    ]


def _with_gpu() -> list[str]:
    found, price = standing_with_gpu(), usd()
    least, most = (sum((getattr(one, part) for one in found), Decimal(0)) for part in ("least", "most"))
    return [
        f"**With a GPU of your own** (`GPU=on`) a stage costs **{_span(least, most)} a month** more: "
        + " and ".join(f"{one.what} ({_span(one.least, one.most)})" for one in found)
        + f". A GB of images costs {_cents(price['ecr.month'])} a month. There is no machine, no address, no NAT and "
        "no disk while no job runs. The sizes are reckoned from what is in the image, since none has been built. The "
        f"repository keeps the last {IMAGES} images; weights inside the image would be charged four times as much as "
        "in S3, for each image, and would not fit into two dollars.",
        "",
    ]


_SCALING_ALARMS = 2
"""That a target to be tracked makes by itself, and AWS charges as any other:
https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html"""


def _with_endpoint() -> list[str]:
    alarms = alarm_metrics(resources("hearing")) + _SCALING_ALARMS
    return [
        f"**With an endpoint that hears** (`TRANSCRIBER=sagemaker`) a stage costs "
        f"{_cents(alarms * usd()['cloudwatch.alarm_metric'])} a month more, for the {alarms} alarms by which machines "
        "come and go, and the images and weights as with a GPU; its machine costs while it is there.",
        "",
    ]


def lines() -> list[str]:
    """The section of docs/costs.md."""
    found, price = standing(), usd()
    least, most, without = (sum(part, Decimal(0)) for part in zip(*(one[1:] for one in found), strict=True))
    rows = [f"| {one.what} | {_span(one.least, one.most)} | {_cents(one.without_free)} |" for one in found]
    return [
        "## While nobody does anything",
        "",
        f"A stage costs **{_span(least, most)} a month** for standing there, if it is alone in its account, and at "
        f"most {_cents(without)} where others have used up what is free:",
        "",
        "| what | a month | with nothing free |",
        "|---|--:|--:|",
        *rows,
        f"| **together** | **{_span(least, most)}** | **{_cents(without)}** |",
        "",
        f"Free in each account and month are {_FREE_ALARM_METRICS} metrics of alarms, a million requests to SQS, and "
        "a million calls of Lambda. An empty queue is asked by two to five of Lambda's pollers, each every "
        f"{_POLL_SECONDS} seconds; AWS does not say when by how many. The dashboard is free as one of an account's "
        "first three, the budget since it only warns, the user pool below 10,000 people a month; keys are AWS's own, "
        "X-Ray takes 100,000 traces for nothing. There is no server and no capacity bought beforehand.",
        "",
        *_with_gpu(),
        *_with_endpoint(),
        f"What is kept costs by the month as well: a GB in S3 {_cents(price['s3.month'])}, a GB in the tables "
        f"{_cents(price['dynamodb.month'])} and its backups of 35 days {_cents(price['dynamodb.backup_month'])}.",
        "",
    ]


def _cents(value: Decimal) -> str:
    return f"${value:.2f}"


def _span(least: Decimal, most: Decimal) -> str:
    return _cents(least) if _cents(least) == _cents(most) else f"{_cents(least)} to {_cents(most)}"
