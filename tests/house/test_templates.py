"""The resources: safe by default, and in step with the app that they are for."""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any

import pytest

from chalicelib.clients.tokens import SCOPES
from chalicelib.domain import keys, presets
from chalicelib.settings import QUEUES, Settings, declared, variables
from deployment import template
from deployment.lists import lists
from deployment.target import CONFIG, STAGE_PATTERN, TEMPLATES
from deployment.target import parameter as parameter_of
from deployment.template import LARGEST_BODY, STACKS

DOCUMENTS: Mapping[str, Any] = {stack: template.written_out(stack) for stack in STACKS}
RESOURCES: Mapping[str, Any] = template.resources()
KEPT = ("Uploads", "Outputs", "Assets", "Metadata", "Accounts", "Users")


def handlers() -> list[str]:
    return re.findall(r"^def (on_\w+)\(", (CONFIG.parent.parent / "app.py").read_text(), re.M)


def functions() -> set[str]:
    """What follows the stage in the names of the app's functions: nothing for the one behind the REST API."""
    return {"", *(f"-{handler}" for handler in handlers())}


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def test_every_bucket_is_private_encrypted_and_cleans_up() -> None:
    buckets = of_type("AWS::S3::Bucket")
    pages = buckets.pop("Pages")
    assert set(pages["PublicAccessBlockConfiguration"].values()) == {True}
    assert set(buckets) == {"Uploads", "Outputs"}
    policies = {p["Bucket"]["Ref"]: p["PolicyDocument"] for p in of_type("AWS::S3::BucketPolicy").values()}
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert bucket["BucketEncryption"]
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
        aside = {"exports/", "material/", "index/"}
        (expiry,) = [rule for rule in rules if "ExpirationInDays" in rule and rule["Prefix"] not in aside]
        assert expiry["ExpirationInDays"] == {"Ref": "RetentionDays"}
        assert expiry["Prefix"] in {"input/", "output/"}, "what a deployment keeps for itself must never expire"
        assert "NotificationConfiguration" not in bucket, "Chalice adds its own: CloudFormation would take them away"
        (denied,) = policies[name]["Statement"]
        assert denied["Effect"] == "Deny"
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert bucket["CorsConfiguration"], "pages send to one and read from the other"


def test_every_table_can_be_restored_and_costs_by_the_call() -> None:
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["TimeToLiveSpecification"]["Enabled"] is True


def test_what_people_uploaded_outlives_the_stack_but_not_a_failed_first_try() -> None:
    for name in KEPT:
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_every_queue_has_dead_letters_encryption_tls_and_alarms() -> None:
    queues = of_type("AWS::SQS::Queue")
    working = {name: queue for name, queue in queues.items() if not name.endswith("DeadLetters")}
    assert {f"{name}DeadLetters" for name in working} == set(queues) - set(working)
    secured = {
        queue["Ref"]
        for policy in of_type("AWS::SQS::QueuePolicy").values()
        for queue in policy["Queues"]
        if any(s["Effect"] == "Deny" for s in policy["PolicyDocument"]["Statement"])
    }
    assert secured == set(queues)
    alarms = of_type("AWS::CloudWatch::Alarm")
    for name, queue in working.items():
        assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]}
        assert {f"{name}DeadLettersAlarm", f"{name}AgeAlarm"} <= set(alarms)
    assert all(queue["SqsManagedSseEnabled"] for queue in queues.values())


def test_a_message_stays_hidden_for_six_times_its_functions_time() -> None:
    config = json.loads(CONFIG.read_text())
    for handler, queue in (
        ("on_intake", "Intake"),
        ("on_urgent_intake", "Urgent"),
        ("on_analysis", "Analysis"),
        ("on_report", "Report"),
        ("on_digest", "Digest"),
        ("on_webhook", "Webhook"),
        ("on_account", "Account"),
        ("on_feedback", "Feedback"),
    ):
        limit = config["lambda_functions"].get(handler, {}).get("lambda_timeout", config["lambda_timeout"])
        assert RESOURCES[queue]["Properties"]["VisibilityTimeout"] >= 6 * limit


def test_every_function_has_a_log_group_that_forgets_and_counts_among_the_errors() -> None:
    groups = {group["LogGroupName"]["Fn::Sub"] for group in of_type("AWS::Logs::LogGroup").values()}
    others = {"/aws/batch/rapporteur-${Stage}-gpu", "/aws/sagemaker/Endpoints/rapporteur-${Stage}"}
    assert groups - others == {f"/aws/lambda/rapporteur-${{Stage}}{function}" for function in functions()}
    assert all(g["RetentionInDays"] == {"Ref": "LogRetentionDays"} for g in of_type("AWS::Logs::LogGroup").values())
    counted = []
    for alarm in ("ErrorsAlarm", "RequestErrorsAlarm"):
        metrics = [metric for metric in RESOURCES[alarm]["Properties"]["Metrics"] if "MetricStat" in metric]
        assert len(metrics) <= 10, "more metrics than one alarm takes"
        counted += [metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Fn::Sub"] for metric in metrics]
    assert sorted(name.removeprefix("rapporteur-${Stage}") for name in counted) == sorted(functions())


def test_every_alarm_reaches_the_administrator() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert alarms.pop("HearingHasBacklog")["AlarmActions"] == [{"Ref": "HearingFromNone"}], "it brings a machine"
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
        assert alarm["TreatMissingData"] == "notBreaching"
    assert RESOURCES["AlarmsToAdmin"]["Properties"]["TopicArn"] == {"Ref": "Alarms"}


def test_every_topic_takes_messages_over_tls_only() -> None:
    secured = {
        policy["Topics"][0]["Ref"]
        for policy in of_type("AWS::SNS::TopicPolicy").values()
        if any(statement["Effect"] == "Deny" for statement in policy["PolicyDocument"]["Statement"])
    }
    assert secured == set(of_type("AWS::SNS::Topic"))


def test_mediaconvert_reads_recordings_and_writes_renditions_and_that_is_all() -> None:
    role = RESOURCES["TranscodingRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "mediaconvert.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    (policy,) = role["Policies"]
    allowed = {s["Action"]: s["Resource"] for s in policy["PolicyDocument"]["Statement"]}
    assert allowed == {
        "s3:GetObject": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${UploadsBucket}/input/*"},
        "s3:PutObject": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${OutputBucket}/output/*"},
    }


def test_each_service_has_a_role_that_it_alone_takes_on_for_one_thing() -> None:
    for name, services, allowed in (
        ("JobEndsRole", ["rekognition.amazonaws.com", "textract.amazonaws.com"], ["sns:Publish"]),
        ("EntitiesRole", "comprehend.amazonaws.com", ["s3:ListBucket", "s3:GetObject", "s3:PutObject"]),
    ):
        role = RESOURCES[name]["Properties"]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": services}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        (policy,) = role["Policies"]
        actions = [statement["Action"] for statement in policy["PolicyDocument"]["Statement"]]
        assert [one for action in actions for one in (action if isinstance(action, list) else [action])] == allowed


def test_every_parameter_is_explained_and_has_a_default_or_is_an_output_of_an_earlier_stack() -> None:
    given: set[str] = set()
    described: dict[str, Any] = {}
    for stack in STACKS:
        for name, parameter in template.parameters(stack).items():
            assert parameter["Description"].endswith(".")
            assert "Default" in parameter or name in given, (stack, name)
            assert described.setdefault(name, parameter) == parameter, "what several stacks take is one thing"
        given |= set(DOCUMENTS[stack]["Outputs"])
    assert described["Stage"]["AllowedPattern"] == STAGE_PATTERN
    assert all("Stage" in template.parameters(stack) for stack in STACKS)


def test_every_parameter_that_a_deployment_can_set_is_described() -> None:
    rows = re.findall(
        r"^\| `([A-Z_0-9]+)` \| .+ \| `(.+)` \|$", (CONFIG.parent.parent / "docs/deployment.md").read_text(), re.M
    )
    set_otherwise = {"Stage", "AdminEmail", "ReportSender", "SenderIdentity", "SignUp", "PagesUrl"}
    set_otherwise |= {name for name in template.parameters("gpu") if name.startswith("GpuZone")}
    settable = {
        name: str(described["Default"])
        for stack in STACKS
        for name, described in template.parameters(stack).items()
        if "Default" in described and name not in set_otherwise
    }
    settable["SignInDomain"] = settable["SignInDomain"] or "rapporteur-STAGE-ACCOUNT"  # made of both where none is said
    assert {parameter_of(name): default for name, default in rows} == settable


def test_no_stack_imports_from_another_or_has_stacks_within() -> None:
    for document in DOCUMENTS.values():
        assert "ImportValue" not in json.dumps(document)
        assert not any("Export" in output for output in document["Outputs"].values())
        assert not any(r["Type"] == "AWS::CloudFormation::Stack" for r in document["Resources"].values())


def test_no_name_stands_in_two_stacks() -> None:
    for part in ("Resources", "Outputs"):
        names = [name for document in DOCUMENTS.values() for name in document[part]]
        assert len(names) == len(set(names))


def test_each_stack_is_far_below_what_can_be_sent() -> None:
    assert sorted(path.stem for path in TEMPLATES.glob("*.yaml")) == sorted(STACKS)
    for stack in STACKS:
        assert len(template.body(stack).encode()) <= 30_000 < LARGEST_BODY, stack


def test_all_that_is_retained_stands_in_two_stacks_that_hold_nothing_else_of_worth() -> None:
    """Moving it to another stack later would take an import for each; everything else can be made anew."""
    kept = {
        stack: {name for name, r in document["Resources"].items() if "Retain" in r.get("DeletionPolicy", "")}
        for stack, document in DOCUMENTS.items()
    }
    assert {stack: names for stack, names in kept.items() if names} == {
        "data": set(KEPT) - {"Users"},
        "accounts": {"Users"},
    }


def test_nobody_sends_a_password_but_to_the_sign_in_pages() -> None:
    (client,) = of_type("AWS::Cognito::UserPoolClient").values()
    assert "ALLOW_USER_PASSWORD_AUTH" not in client["ExplicitAuthFlows"]
    assert client["GenerateSecret"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    with_pages = {name: value["Fn::If"][1] for name, value in client.items() if "Fn::If" in str(value)}
    home = {"Fn::Sub": "${PagesUrl}/"}
    assert with_pages == {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": list(SCOPES),
        "SupportedIdentityProviders": ["COGNITO"],
        "CallbackURLs": [home],
        "LogoutURLs": [home],
    }
    assert all(client[name]["Fn::If"][2] in (False, {"Ref": "AWS::NoValue"}) for name in with_pages)
    (style,) = of_type("AWS::Cognito::ManagedLoginBranding").values()
    assert style["ClientId"] == {"Ref": "Web"}


def test_the_pages_ask_one_sign_in_address_and_no_other() -> None:
    (headers,) = of_type("AWS::CloudFront::ResponseHeadersPolicy").values()
    security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    told = {name: places for name, *places in (part.split() for part in policy.split(";"))}
    assert told["connect-src"].count("${SignInPages}") == 1
    assert not [name for name, places in told.items() if "${SignInPages}" in places and name != "connect-src"]
    assert "amazoncognito" not in policy
    assert told["form-action"] == ["'self'"]
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"


def test_lists_are_written_out_in_keys_values_and_items_and_leave_nothing_behind() -> None:
    for stack in STACKS:
        sent = template.body(stack)
        assert not re.search(r"<[A-Za-z-]+>|ForEach|Fn::Json|checkov", sent)
    queues = [entry["Queue"] for entry in lists()["queues"]]
    assert [name.lower() for name in queues] == list(QUEUES)
    assert set(of_type("AWS::SQS::Queue")) == {*queues, *(f"{queue}DeadLetters" for queue in queues)}
    assert isinstance(RESOURCES["Intake"]["Properties"]["VisibilityTimeout"], int)


def test_alarms_and_dashboard_name_the_queues_as_they_are_called() -> None:
    names = {queue["QueueName"]["Fn::Sub"] for queue in of_type("AWS::SQS::Queue").values()}
    watched = {
        dimension["Value"]["Fn::Sub"]
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    metrics = [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    assert watched == names == {metric[3] for metric in metrics if metric[0] == "AWS/SQS"}


def test_only_renditions_move_to_the_cold_and_only_if_that_is_wanted() -> None:
    rules = [
        rule for rule in RESOURCES["Outputs"]["Properties"]["LifecycleConfiguration"]["Rules"] if "Transitions" in rule
    ]
    assert {rule["Prefix"] for rule in rules} == {
        keys.prefix(preset.name) for preset in (presets.WEB, presets.PHONE, presets.AUDIO)
    }
    parameters = template.parameters("data")
    assert parameters["ColdAfterDays"]["Default"] == 0
    for rule in rules:
        assert rule["Status"] == {"Fn::If": ["MovesToTheCold", "Enabled", "Disabled"]}
        assert rule["Transitions"] == [
            {
                "TransitionInDays": {"Fn::If": ["MovesToTheCold", {"Ref": "ColdAfterDays"}, 30]},
                "StorageClass": {"Ref": "ColdStorageClass"},
            }
        ]
    assert min(day for day in parameters["ColdAfterDays"]["AllowedValues"] if day) >= 30, (
        "S3 refuses STANDARD_IA before"
    )
    assert parameters["ColdStorageClass"]["AllowedValues"] == ["STANDARD_IA", "GLACIER_IR"], "classes that read at once"


def test_the_outputs_are_all_settings_that_only_the_stacks_can_know() -> None:
    outputs = [name for document in DOCUMENTS.values() for name in document["Outputs"]]
    named = variables(dict.fromkeys(outputs, "there"), {})
    required = {name for name, one in declared(Settings).items() if one.default is MISSING}
    assert required - {"RAPPORTEUR_REPORT_SENDER"} <= set(named)


def test_every_metric_on_the_dashboard_is_one_that_the_service_counts() -> None:
    body = re.sub(r"\$\{[^}]+\}", "x", RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    metrics = [metric for widget in json.loads(body)["widgets"] for metric in widget["properties"]["metrics"]]
    shown = {metric[1] for metric in metrics if metric[0] == "Rapporteur"} | {
        RESOURCES["StuckAlarm"]["Properties"]["MetricName"]
    }
    code = "".join(path.read_text() for path in (CONFIG.parent.parent / "chalicelib").rglob("*.py"))
    assert shown
    for name in shown:
        assert f'"{name}"' in code or re.search(rf'count\(f"{name[:6]}', code), name


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::SNS::Topic"])
def test_every_name_carries_the_stage(kind: str) -> None:
    for properties in of_type(kind).values():
        (name,) = [value["Fn::Sub"] for key, value in properties.items() if key.endswith("Name")]
        assert name.startswith("rapporteur-${Stage}-")
