"""`make deploy`: the stacks, then the app. Every step can be done again, and goes on from what it finds."""

from collections.abc import Callable

import boto3

from chalicelib.errors import SettingsError
from chalicelib.settings import PREFIX, Settings, options_in
from deployment import after, buckets, leftovers, pages, rest_api, state, template
from deployment.checks import check, check_region
from deployment.errors import DeploymentError
from deployment.policies import policies
from deployment.project import Project
from deployment.stacks import Stacks
from deployment.summary import sender_identity, summary
from deployment.target import Target, parameter
from deployment.template import STACKS

_SPARE_CONCURRENCY = 100
"""What an account must keep unreserved, at most: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""


def deploy(target: Target, session: boto3.Session, say: Callable[[str], None]) -> None:
    """Bring `target` to what this checkout says. Raises DeploymentError."""
    place = check(session, target.services)
    check_region(session, target.buckets(place.account))
    _check_settings(target)
    say(f"deploying {target.stack_name} to {place.region}, account {place.account}")

    stacks = Stacks(session.client("cloudformation"), target, say)
    identity = sender_identity(session.client("sesv2"), target.report_sender, stacks["messaging"].parameters)
    outputs = stacks.deploy(target.parameters(identity))
    if not target.pages:
        _go_without_pages(stacks, session, say)

    variables = target.variables(outputs)
    try:
        settings = Settings.from_environment(variables)
    except SettingsError as exc:
        raise DeploymentError(exc.message) from exc
    project = Project(target, place.region)
    reserve = _can_reserve(session)
    if not reserve:
        say("this account has too little concurrency to reserve any; the functions share what there is")

    s3 = session.client("s3")
    state.fetch(s3, settings.output_bucket, project.state)
    leftovers.drop_mappings(session, target.prefix, project.state.read_text() if project.state.exists() else "")

    granted = policies(target.app_name, target.stage, place, settings)

    api = rest_api.ensure(session, target, place, project.state)
    project.make(variables | {f"{PREFIX}API_URL": api.rstrip("/")}, granted, reserve)
    try:
        project.chalice("deploy")
    finally:
        state.keep(s3, settings.output_bucket, project.state)
    after.finish(session, target, granted, api)
    if "PagesBucket" in outputs:
        say(f"{pages.upload(s3, outputs['PagesBucket'], api)} files of the pages are in their place")
    for line in summary(target, session, settings, api):
        say(line)


def _check_settings(target: Target) -> None:
    """Raises DeploymentError if an override is neither a setting of the app nor a parameter of a stack, or if it is an
    option of an engine, and no good one.
    """
    parameters = {name for stack in STACKS for name in template.parameters(stack)} - {"Stage"}
    for name in target.overrides:
        if not target.knows(name) and parameter(name) not in parameters:
            raise DeploymentError(f"There is no setting {name}; docs/settings.md and docs/deployment.md have them all.")
    try:
        for options in target.options:
            options_in(target.variables({}), options)
    except SettingsError as exc:
        raise DeploymentError(exc.message) from exc


def _go_without_pages(stacks: Stacks, session: boto3.Session, say: Callable[[str], None]) -> None:
    """Remove the pages that a deployment with them may have left."""
    bucket = stacks["pages"].outputs.get("PagesBucket")
    if bucket is not None:
        buckets.empty(session.client("s3"), bucket)
    stacks["pages"].delete()
    say("there are no pages, as PAGES=off says; programs use the REST API, whose address stands below")


def _can_reserve(session: boto3.Session) -> bool:
    limits = session.client("lambda").get_account_settings()["AccountLimit"]
    return int(limits["UnreservedConcurrentExecutions"]) > _SPARE_CONCURRENCY
