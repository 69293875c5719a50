"""`make deploy`: the stacks, then the app. Every step can be done again, and goes on from what it finds."""

from collections.abc import Callable

import boto3

from chalicelib.errors import SettingsError
from chalicelib.settings import PREFIX, Settings, options_in
from deployment import after, buckets, gpu, leftovers, pages, rest_api, state, template
from deployment.checks import GPU_SERVICES, check, check_region, check_sign_in_domain, gpu_quotas
from deployment.errors import DeploymentError
from deployment.policies import policies
from deployment.project import Project
from deployment.stacks import Stacks
from deployment.summary import sender_identity, summary
from deployment.target import ON_A_GPU, ON_SAGEMAKER, Target, parameter
from deployment.template import STACKS

_SPARE_CONCURRENCY = 100
"""What an account must keep unreserved, at most: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""


def deploy(target: Target, session: boto3.Session, say: Callable[[str], None]) -> None:
    """Bring `target` to what this checkout says. Raises DeploymentError."""
    place = check(session, {*target.services, *(GPU_SERVICES if target.gpu else ())})
    check_region(session, target.buckets(place.account))
    _check_settings(target)
    stacks = Stacks(session.client("cloudformation"), target, say)
    check_sign_in_domain(session, target.sign_in_domain(place.account), stacks["accounts"].outputs.get("UserPool"))
    say(f"deploying {target.stack_name} to {place.region}, account {place.account}")
    wanting = _gpu_quotas(target, session)
    for quota in wanting:
        say(f"NO GPU YET: {quota}")

    identity = sender_identity(session.client("sesv2"), target.report_sender, stacks["messaging"].parameters)
    told = target.parameters(identity) | rest_api.parameters(session, target, place)
    if target.gpu:
        gpu.make_linked_roles(session, say)
        told |= gpu.parameters(session, target, stacks["gpu"].parameters, say)
    outputs = stacks.deploy(told)
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
    if target.gpu:
        gpu.drop_definitions(session, target, say, keep=2)
    elif stacks["gpu"].parameters:
        stacks["gpu"].delete()  # now that no function submits a job any more
        gpu.drop_definitions(session, target, say, keep=0)
        say("there is no GPU of the stage's own any more; GPU=on makes it again")
    if not target.hears_on_sagemaker and stacks["hearing"].parameters:
        stacks["hearing"].delete()  # likewise
        say("there is no endpoint of the stage's own any more; TRANSCRIBER=sagemaker makes it again")
    if "PagesBucket" in outputs:
        say(f"{pages.upload(s3, outputs['PagesBucket'], api)} files of the pages are in their place")
    for line in summary(target, session, settings, api):
        say(line)
    if target.gpu:
        for line in (*gpu.left_to_do(session, target, outputs), *(f"- NO GPU YET: {quota}" for quota in wanting)):
            say(line)


def _gpu_quotas(target: Target, session: boto3.Session) -> list[str]:
    return gpu_quotas(session, target.overrides.get("GPU_FALLBACK") == "true") if target.gpu else []


def _check_settings(target: Target) -> None:
    """Raises DeploymentError if an override is neither a setting of the app nor a parameter of a stack, or if it is an
    option of an engine, and no good one.
    """
    parameters = {name for stack in STACKS for name in template.parameters(stack)} - {"Stage"}
    for name in target.overrides:
        if not target.knows(name) and parameter(name) not in parameters:
            raise DeploymentError(f"There is no setting {name}; docs/settings.md and docs/deployment.md have them all.")
    by_job = sorted(seam.setting.upper() for seam, engine in target.engines.items() if engine == ON_A_GPU)
    if by_job and not target.gpu and "BATCH_QUEUE" not in target.overrides:
        raise DeploymentError(
            f"{' and '.join(by_job)} would be {ON_A_GPU}, which needs a GPU: say GPU=on too, or name your own queue "
            "and job with BATCH_QUEUE and BATCH_JOB_DEFINITION in SET."
        )
    asks_another = "SAGEMAKER_ENDPOINT" in target.overrides
    if target.settings.get("TRANSCRIBER") == ON_SAGEMAKER and not (target.hears_on_sagemaker or asks_another):
        raise DeploymentError(
            "TRANSCRIBER is sagemaker, which needs an endpoint: name the image that it is to run with "
            "SAGEMAKER_IMAGE in SET (docs/deployment.md says how to make one), or your own endpoint with "
            "SAGEMAKER_ENDPOINT."
        )
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
