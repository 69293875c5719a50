"""The real deployment with no account: `make deploy` and `make destroy` against an AWS on this machine.

What moto cannot do is not proved here: nothing transcodes, and CloudFormation passes over what moto does not know.
"""

import importlib
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from chalice.app import CloudWatchEventConfig, S3EventConfig, ScheduledEventConfig, SQSEventConfig

from chalicelib.domain.assets import Options, Status
from chalicelib.domain.keys import S3Object
from chalicelib.engines.grants import AwsPlace
from chalicelib.pipeline.register import register
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.seams.vision import VISION
from chalicelib.services import Services, services
from chalicelib.settings import Settings
from deployment import template
from deployment.after import feeding_themselves
from deployment.policies import API, policies
from deployment.target import CONFIG, ROOT
from deployment.template import UNLESS_ASKED
from local.aws.pump import ACCOUNT, scheduled_event
from tests.harness import events
from tests.harness.events import rest_event
from tests.harness.places import DATA
from tests.rehearsal.cloud import REGION, Cloud, Package
from tests.rehearsal.conftest import ADMIN, OWNER, STAGE, Deployed, fresh


def deploy(cloud: Cloud, stage: str, *more: str) -> str:
    done = cloud.run("deploy", "--stage", stage, "--admin-email", ADMIN, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def destroy(cloud: Cloud, stage: str) -> None:
    done = cloud.run("destroy", "--stage", stage, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert standing(cloud) == NOTHING


def functions(cloud: Cloud, stage: str) -> list[Any]:
    found = cloud.all("lambda", "list_functions", "Functions")
    return [function for function in found if function["FunctionName"].startswith(f"rapporteur-{stage}")]


def handler_of(function: Mapping[str, Any]) -> str:
    """The function's name in `app.py`; Chalice's own for the one behind the REST API."""
    handler = str(function["Handler"].rpartition(".")[2])
    return API if handler == "app" else handler


def standing(cloud: Cloud) -> dict[str, Any]:
    """Everything that a deployment makes, by kind."""
    s3 = cloud.client("s3")
    return {
        "functions": {f["FunctionName"]: f["CodeSha256"] for f in cloud.all("lambda", "list_functions", "Functions")},
        "mappings": sorted(m["UUID"] for m in cloud.all("lambda", "list_event_source_mappings", "EventSourceMappings")),
        "layers": sorted(layer["LayerName"] for layer in cloud.all("lambda", "list_layers", "Layers")),
        # But for those that are the account's, and of every stage in it.
        "roles": sorted(role["RoleName"] for role in cloud.all("iam", "list_roles", "Roles") if role["Path"] == "/"),
        "rules": sorted(rule["Name"] for rule in cloud.all("events", "list_rules", "Rules")),
        "buckets": {
            bucket["Name"]: [
                {name: value for name, value in one.items() if name != "Id"}  # S3 makes up a new one each time
                for one in s3.get_bucket_notification_configuration(Bucket=bucket["Name"]).get(
                    "LambdaFunctionConfigurations", []
                )
            ]
            for bucket in s3.list_buckets()["Buckets"]
        },
        "tables": cloud.all("dynamodb", "list_tables", "TableNames"),
        "queues": cloud.all("sqs", "list_queues", "QueueUrls")
        if cloud.client("sqs").list_queues().get("QueueUrls")
        else [],
        "topics": sorted(topic["TopicArn"] for topic in cloud.all("sns", "list_topics", "Topics")),
        "subscriptions": sorted(s["Endpoint"] for s in cloud.all("sns", "list_subscriptions", "Subscriptions")),
        "logs": sorted(group["logGroupName"] for group in cloud.all("logs", "describe_log_groups", "logGroups")),
        "apis": [api["id"] for api in cloud.all("apigateway", "get_rest_apis", "items")],
        "job queues": sorted(q["jobQueueName"] for q in cloud.all("batch", "describe_job_queues", "jobQueues")),
        "images": [r["repositoryName"] for r in cloud.all("ecr", "describe_repositories", "repositories")],
        "networks": [vpc["VpcId"] for vpc in cloud.all("ec2", "describe_vpcs", "Vpcs") if not vpc["IsDefault"]],
        "pools": [pool["Name"] for pool in cloud.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]],
        "stacks": [s["StackName"] for s in cloud.client("cloudformation").describe_stacks()["Stacks"]],
    }


NOTHING: dict[str, Any] = {
    "functions": {},
    "mappings": [],
    "layers": [],
    "roles": [],
    "rules": [],
    "buckets": {},
    "tables": [],
    "queues": [],
    "topics": [],
    "subscriptions": [],
    "logs": [],
    "job queues": [],
    "images": [],
    "networks": [],
    "pools": [],
    "stacks": [],
    "apis": [],
}


def settings_of(deployed: list[Any], cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that the functions were deployed with; from now on this process has them, as the app expects."""
    variables = deployed[0]["Environment"]["Variables"]
    for name, value in {**variables, **cloud.environment}.items():
        monkeypatch.setenv(name, value)
    return Settings.from_environment(variables)


@pytest.mark.xdist_group("stage")
def test_the_real_deployment_makes_all_that_the_app_asks_for(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud, said = deployed.cloud, deployed.said
    assert "Confirm the subscription" in said
    assert [line.strip() for line in said.splitlines()].count("Reusing existing app deployment package.") == 1

    made = functions(cloud, STAGE)
    settings = settings_of(made, cloud, monkeypatch)
    check_functions(cloud, made, settings)
    check_wiring(cloud, made, settings)
    check_rest_api(cloud, made, said)
    check_what_chalice_leaves(cloud, made, settings)
    check_that_nothing_else_stands(cloud, STAGE)

    package = Package.unpack(cloud, ROOT / "build" / STAGE, made, tmp_path)
    check_that_events_reach_the_package(cloud, package, made, settings)


def test_a_deployment_goes_on_from_wherever_it_failed_and_destroying_leaves_nothing(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run fails in the phase after that where the last one did; then one goes through, and all stands. Another
    changes nothing, one goes on with a restored table, and of all that nothing is left in the end."""
    fresh("stepwise")
    assert standing(cloud) == NOTHING
    check_that_it_goes_on(cloud, "stepwise", monkeypatch)
    before = standing(cloud)
    deploy(cloud, "stepwise")
    assert standing(cloud) == before
    check_what_an_operator_does_after_a_loss(cloud, "stepwise", monkeypatch)
    check_a_gpu_of_its_own(cloud, "stepwise", monkeypatch)

    before = standing(cloud)
    refused = cloud.run("destroy", "--stage", "stepwise", answer="no\n")
    assert refused.returncode == 1
    assert "Nothing was deleted" in refused.stderr
    assert standing(cloud) == before
    cloud.fail_at(r"cloudformation .*DeleteStack.*rapporteur-stepwise-messaging")
    stopped = cloud.run("destroy", "--stage", "stepwise", answer="stepwise\n")
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "CloudFormation refuses to delete the stack rapporteur-stepwise-messaging" in stopped.stderr
    assert sorted(standing(cloud)["stacks"]) == ["rapporteur-stepwise-data", "rapporteur-stepwise-messaging"]
    assert not standing(cloud)["networks"]
    destroy(cloud, "stepwise")
    destroy(cloud, "stepwise")


PHASES = {
    "a stack": r"cloudformation .*CreateStack.*rapporteur-stepwise-messaging",
    "the functions": r"lambda POST /2015-03-31/functions .*rapporteur-stepwise-on_analysis",
    "the API": r"apigateway PUT /restapis",
    "what Chalice leaves to do": r"lambda PUT .*/recursion-config",
}
"""Where a deployment is made to fail, in its order: the request that it gets to, which is refused."""


def check_that_it_goes_on(cloud: Cloud, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for phase, refused in PHASES.items():
        cloud.fail_at(refused)
        failed = cloud.run("deploy", "--stage", stage, "--admin-email", ADMIN)
        assert cloud.has_failed(), phase
        assert failed.returncode == 1, phase + failed.stdout + failed.stderr
        if phase == "a stack":
            assert f"the stack rapporteur-{stage}-data stands" in failed.stdout
            assert f"rapporteur: CloudFormation refuses the stack rapporteur-{stage}-messaging" in failed.stderr
            assert standing(cloud)["stacks"] == [f"rapporteur-{stage}-data"]
        else:
            assert "Mend that and run the same command again" in failed.stderr
    said = deploy(cloud, stage)
    made = functions(cloud, stage)
    settings = settings_of(made, cloud, monkeypatch)
    assert settings.api_url is not None
    check_functions(cloud, made, settings, stage)
    check_wiring(cloud, made, settings)
    check_rest_api(cloud, made, said)
    check_that_nothing_else_stands(cloud, stage)


def check_what_an_operator_does_after_a_loss(cloud: Cloud, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore a table under a new name and deploy with that (docs/deployment.md); here without pages from then on."""
    settings = settings_of(functions(cloud, stage), cloud, monkeypatch)
    asset = register(OWNER, "debate.mp4", Options(), Services(settings))
    restored = f"{settings.assets_table}-restored"
    cloud.client("dynamodb").restore_table_to_point_in_time(
        SourceTableName=settings.assets_table, TargetTableName=restored, UseLatestRestorableTime=True
    )
    said = deploy(cloud, stage, "--pages", "off", "--set", f"ASSETS_TABLE={restored}")
    assert "PAGES=off" in said
    assert "API: https://" in said
    assert "pages: " not in said
    deployed = functions(cloud, stage)
    settings = settings_of(deployed, cloud, monkeypatch)
    assert settings.pages_url is None
    assert not any("pages" in name for kind in ("buckets", "stacks") for name in standing(cloud)[kind])
    assert settings.assets_table == restored
    check_functions(cloud, deployed, settings, stage)
    ours = Services(settings)
    assert ours.store.get(asset.ref) == asset
    assert [found.ref for found in ours.store.everyones()] == [asset.ref]


def check_a_gpu_of_its_own(cloud: Cloud, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there when it is asked for, goes when it is not, and is there again, to be destroyed with all else."""
    said = deploy(cloud, stage, "--pages", "off", "--gpu", "on")
    assert said.count("NO GPU YET: This account may use 0 vCPU") == 2, "at the beginning, and where all is said to do"
    assert f"docker push {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/rapporteur-{stage}-gpu:1" in said
    found = standing(cloud)
    assert found["job queues"] == [f"rapporteur-{stage}-gpu", f"rapporteur-{stage}-gpu-urgent"]
    assert found["images"] == [f"rapporteur-{stage}-gpu"]
    made = functions(cloud, stage)
    settings = settings_of(made, cloud, monkeypatch)
    assert {settings.engines[seam] for seam in (TRANSCRIPTION, VISION, TOXICITY, SUMMARIZING)} == {"batch_gpu"}
    assert settings.moderation_policy == "note"
    check_functions(cloud, made, settings, stage)
    Services(settings)

    said = deploy(cloud, stage, "--pages", "off")
    assert "no GPU of the stage's own any more" in said
    found = standing(cloud)
    assert not found["job queues"] + found["images"] + found["networks"]
    deploy(cloud, stage, "--pages", "off", "--gpu", "on")


def check_that_nothing_else_stands(cloud: Cloud, stage: str) -> None:
    """Of each kind as many as the templates and `app.py` ask for, after however many attempts."""
    found = standing(cloud)
    made = [resource["Type"] for resource in template.resources(*UNLESS_ASKED).values()]
    assert sorted(found["stacks"]) == sorted(f"rapporteur-{stage}-{name}" for name in UNLESS_ASKED)
    assert not found["job queues"] + found["images"] + found["networks"], "nobody said GPU=on"
    for kind, resource in (
        ("buckets", "AWS::S3::Bucket"),
        ("tables", "AWS::DynamoDB::Table"),
        ("queues", "AWS::SQS::Queue"),
        ("topics", "AWS::SNS::Topic"),
        ("logs", "AWS::Logs::LogGroup"),
    ):
        assert len(found[kind]) == made.count(resource), kind
    assert len(set(found["functions"].values())) == 1, "all functions are the same code"
    assert len(found["roles"]) == len(found["functions"]) + made.count("AWS::IAM::Role")
    assert len(set(found["layers"])) == len(found["apis"]) == 1


def check_functions(cloud: Cloud, deployed: list[Any], settings: Settings, stage: str = "rehearsal") -> None:
    """Each handler of `app.py` is there, as .chalice/config.json says, and may do what its policy says, no more."""
    app = app_as_deployed()
    handlers = {API, *(source.handler_string.rpartition(".")[2] for source in app.event_sources)}
    assert {handler_of(function) for function in deployed} == handlers
    config = json.loads(CONFIG.read_text())
    expected = policies("rapporteur", stage, AwsPlace(REGION, ACCOUNT), settings)
    iam = cloud.client("iam")
    for function in deployed:
        own = config["lambda_functions"].get(handler_of(function), {})
        assert function["Timeout"] == own.get("lambda_timeout", config["lambda_timeout"])
        assert function["MemorySize"] == own.get("lambda_memory_size", config["lambda_memory_size"])
        assert function["TracingConfig"] == {"Mode": "Active"}
        role = function["Role"].rpartition("/")[2]
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        assert document == expected[handler_of(function)]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        reserved = cloud.client("lambda").get_function_concurrency(FunctionName=function["FunctionName"])
        assert reserved.get("ReservedConcurrentExecutions") == own.get("reserved_concurrency")
    everywhere = cloud.all("logs", "describe_log_groups", "logGroups", logGroupNamePrefix="/aws/lambda/")
    groups = {group["logGroupName"]: group for group in everywhere}
    assert set(groups) == {f"/aws/lambda/{function['FunctionName']}" for function in deployed}
    assert all(group.get("retentionInDays") for group in groups.values())


def app_as_deployed() -> Any:
    """`app.py`, imported anew with the settings that the environment holds."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if re.match(r"app$|chalicelib\.api\b", name)}
    services.cache_clear()
    try:
        return importlib.import_module("app").app
    finally:
        for name in [name for name in sys.modules if re.match(r"app$|chalicelib\.api\b", name)]:
            del sys.modules[name]
        sys.modules.update(kept)
        if "chalicelib.api" in kept:  # importing it anew has bound the new one to the name in its package
            vars(sys.modules["chalicelib"])["api"] = kept["chalicelib.api"]
        services.cache_clear()


def check_wiring(cloud: Cloud, deployed: list[Any], settings: Settings) -> None:
    """Every event source of `app.py` is connected to its function, which lets that source call it; no other is."""
    arn_of = {handler_of(function): function["FunctionArn"] for function in deployed}
    notifications = []
    for bucket in (settings.uploads_bucket, settings.output_bucket):
        found = cloud.client("s3").get_bucket_notification_configuration(Bucket=bucket)
        for one in found["LambdaFunctionConfigurations"]:
            rules = {rule["Name"].lower(): rule["Value"] for rule in one["Filter"]["Key"]["FilterRules"]}
            notifications.append((bucket, one["LambdaFunctionArn"], tuple(one["Events"]), rules))
    mappings = [
        (m["EventSourceArn"].rpartition(":")[2], m["FunctionArn"], m["BatchSize"], m["ScalingConfig"])
        for m in cloud.all("lambda", "list_event_source_mappings", "EventSourceMappings")
    ]
    rules = {}
    for rule in cloud.all("events", "list_rules", "Rules"):
        (target,) = cloud.client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]
        pattern = json.loads(rule["EventPattern"]) if "EventPattern" in rule else None
        rules[target["Arn"]] = (pattern, rule.get("ScheduleExpression"), rule["State"])

    counts = {"s3": 0, "sqs": 0, "events": 0}
    for source in app_as_deployed().event_sources:
        arn = arn_of[source.handler_string.rpartition(".")[2]]
        match source:
            case S3EventConfig():
                counts["s3"] += 1
                wanted = {"prefix": source.prefix} | ({"suffix": source.suffix} if source.suffix else {})
                assert (source.bucket, arn, tuple(source.events), wanted) in notifications
                assert may_be_called_by(cloud, arn, "s3.amazonaws.com")
            case SQSEventConfig():
                counts["sqs"] += 1
                assert (source.queue, arn, 1, {"MaximumConcurrency": source.maximum_concurrency}) in mappings
            case CloudWatchEventConfig():
                counts["events"] += 1
                assert rules[arn] == (source.event_pattern, None, "ENABLED")
                assert may_be_called_by(cloud, arn, "events.amazonaws.com")
            case ScheduledEventConfig():
                counts["events"] += 1
                assert rules[arn] == (None, source.schedule_expression.to_string(), "ENABLED")
                assert may_be_called_by(cloud, arn, "events.amazonaws.com")
            case _:
                raise AssertionError(f"nothing here looks at {source}")
    assert counts == {"s3": len(notifications), "sqs": len(mappings), "events": len(rules)}
    assert min(counts.values()) > 0
    subscriptions = cloud.all("sns", "list_subscriptions", "Subscriptions")
    report = [s for s in subscriptions if s["TopicArn"] == settings.finished_topic_arn]
    told = {settings.queue(name) for name in ("report", "webhook", "learning")}
    assert {s["Endpoint"].rpartition(":")[2] for s in report} == told


def check_rest_api(cloud: Cloud, deployed: list[Any], said: str) -> None:
    """Every route of the app is a resource whose method calls the app's function, and no other is."""
    gateway = cloud.client("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    assert f"API: https://{api['id']}.execute-api.{REGION}." in said
    (function,) = [function for function in deployed if handler_of(function) == API]
    found = set()
    for resource in gateway.get_resources(restApiId=api["id"], embed=["methods"], limit=500)["items"]:
        for method, described in resource.get("resourceMethods", {}).items():
            found.add((method, resource["path"]))
            if method == "OPTIONS":
                continue
            assert f"{function['FunctionArn']}/invocations" in described["methodIntegration"]["uri"]
    routes = app_as_deployed().routes
    served = {(method, path) for path, methods in routes.items() for method in methods}
    assert found == served | {("OPTIONS", path) for path in routes}, "browsers ask first whether they may"
    assert ("POST", "/assets") in found
    assert gateway.get_stages(restApiId=api["id"])["item"][0]["stageName"] == "api"
    assert may_be_called_by(cloud, function["FunctionArn"], "apigateway.amazonaws.com")


def check_what_chalice_leaves(cloud: Cloud, deployed: list[Any], settings: Settings) -> None:
    """Who waits in its own queue is not stopped as a loop, and nobody else is let loop; pages can read all errors."""
    looping = feeding_themselves(policies("rapporteur", "rehearsal", AwsPlace(REGION, ACCOUNT), settings))
    for function in deployed:
        found = cloud.client("lambda").get_function_recursion_config(FunctionName=function["FunctionName"])
        assert found["RecursiveLoop"] == ("Allow" if handler_of(function) in looping else "Terminate")
    gateway = cloud.client("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    for answer in ("DEFAULT_4XX", "DEFAULT_5XX"):
        found = gateway.get_gateway_response(restApiId=api["id"], responseType=answer)
        assert found["responseParameters"] == {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}


def may_be_called_by(cloud: Cloud, function: str, service: str) -> bool:
    policy = json.loads(cloud.client("lambda").get_policy(FunctionName=function)["Policy"])
    return any(statement["Principal"] == {"Service": service} for statement in policy["Statement"])


def check_that_events_reach_the_package(
    cloud: Cloud, package: Package, deployed: list[Any], settings: Settings
) -> None:
    """One event of each kind, from what was deployed to the handler in the package: a rejected upload's whole way."""
    by_handler = {handler_of(function): function for function in deployed}
    by_arn = {function["FunctionArn"]: function for function in deployed}

    def invoke(function: Any, event: object) -> None:
        done = package.invoke(function, event)
        assert done.returncode == 0, done.stderr

    ours = Services(settings)
    cloud.client("ses").verify_email_identity(EmailAddress=settings.report_sender)
    asset = register(OWNER, "minutes.docx", Options(email="owner@rapporteur.example"), ours)
    upload = S3Object(settings.uploads_bucket, asset.input_key)
    cloud.client("s3").put_object(Bucket=upload.bucket, Key=upload.key, Body=b"PK")
    (notification,) = cloud.client("s3").get_bucket_notification_configuration(Bucket=upload.bucket)[
        "LambdaFunctionConfigurations"
    ]
    invoke(by_arn[notification["LambdaFunctionArn"]], s3_event(upload))
    rejected = ours.store.get(asset.ref)
    assert rejected is not None
    assert rejected.status is Status.REJECTED

    message = taken(cloud, settings.report_queue_url)
    invoke(by_handler["on_report"], sqs_event(settings.queue("report"), message))
    told = ours.store.get(asset.ref)
    assert told is not None
    assert told.report == "delivered"

    accepted = register(OWNER, "debate.mp4", Options(), ours)
    cloud.client("s3").put_object(Bucket=upload.bucket, Key=accepted.input_key, Body=b"recording")
    invoke(by_handler["on_upload"], s3_event(S3Object(upload.bucket, accepted.input_key)))
    message = taken(cloud, settings.intake_queue_url)
    assert json.loads(message["Body"])["asset"] == accepted.ref.asset_id

    unknown = {"owner": OWNER, "asset": "0123456789abcdef", "version": 1}
    for handler, queue in (
        ("on_intake", settings.queue("intake")),
        ("on_urgent_intake", settings.queue("urgent")),
        ("on_analysis", settings.queue("analysis")),
        ("on_webhook", settings.queue("webhook")),
    ):
        invoke(by_handler[handler], sqs_event(queue, {"MessageId": "1", "Body": json.dumps(unknown), "Attributes": {}}))
    nobody = {"MessageId": "1", "Body": json.dumps({"owner": OWNER, "task": "export"}), "Attributes": {}}
    bounce = json.loads((DATA / "events" / "ses_bounce.json").read_text())
    told_by_ses = {"MessageId": "1", "Body": json.dumps({"Type": "Notification", "Message": json.dumps(bounce)})}
    invoke(by_handler["on_feedback"], sqs_event(settings.queue("feedback"), {**told_by_ses, "Attributes": {}}))
    invoke(by_handler["on_operators_day"], scheduled_event(1_795_000_000.0))
    invoke(by_handler["on_account"], sqs_event(settings.queue("account"), nobody))
    key = f"output/jobs/transcript/{OWNER}/0123456789abcdef/v1/transcript.json"
    invoke(by_handler["on_job_output"], s3_event(S3Object(settings.output_bucket, key)))
    of_nobody = {"MessageId": "1", "Body": json.dumps({"Type": "Notification", "Message": "{}"}), "Attributes": {}}
    invoke(by_handler["on_job_notice"], sqs_event(settings.queue("jobs"), of_nobody))
    complete = json.loads((DATA / "mediaconvert" / "complete.json").read_text())
    invoke(by_handler["on_job_event"], complete)
    ended = {"TranscriptionJobName": "somebody-elses", "TranscriptionJobStatus": "COMPLETED"}
    invoke(by_handler["on_job_event"], {**complete, "source": "aws.transcribe", "detail": ended})
    invoke(by_handler["on_sweep"], scheduled_event(1_795_000_000.0))

    anybody: Any = {"method": "GET", "token": "", "body": None, "query": {}, "named": {}}
    described = package.invoke(by_handler[API], rest_event(path="/openapi.json", **anybody))
    assert json.loads(json.loads(described.stdout.splitlines()[-1])["body"])["openapi"].startswith("3."), (
        described.stderr
    )
    nobody = package.invoke(by_handler[API], rest_event(path="/me", **anybody))
    assert json.loads(nobody.stdout.splitlines()[-1])["statusCode"] == 401, nobody.stderr

    broken = package.invoke(by_handler["on_upload"], {"Records": [{"s3": {}}]})
    assert broken.returncode != 0, "a handler that cannot fail proves nothing"


def taken(cloud: Cloud, queue: str) -> Any:
    """The message in `queue`, which is then empty."""
    sqs = cloud.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return message


def s3_event(at: S3Object) -> dict[str, Any]:
    return events.s3_event(at.bucket, at.key)


def sqs_event(queue: str, message: Mapping[str, Any]) -> dict[str, Any]:
    event = events.sqs_event(f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}", message["Body"])
    event["Records"][0]["messageId"] = message["MessageId"]
    event["Records"][0]["attributes"] |= message["Attributes"]
    return event


def test_what_a_failed_deployment_made_is_destroyed_though_chalice_does_not_know_of_it(cloud: Cloud) -> None:
    fresh("half")
    cloud.fail_at(r"lambda POST /2015-03-31/functions .*rapporteur-half-on_report")
    assert cloud.run("deploy", "--stage", "half", "--admin-email", ADMIN).returncode == 1
    made = standing(cloud)
    assert made["functions"]
    assert made["mappings"]
    destroy(cloud, "half")


def test_an_environment_without_credentials_is_told_so(cloud: Cloud) -> None:
    environment = {name: value for name, value in cloud.environment.items() if "KEY" not in name}
    environment |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    done = Cloud(cloud.endpoint, environment).run("deploy", "--stage", "nobody", "--admin-email", ADMIN)
    assert done.returncode == 1
    assert "credentials" in done.stderr
    assert "AWS_PROFILE" in done.stderr
    assert not (ROOT / "build" / "nobody").exists()
