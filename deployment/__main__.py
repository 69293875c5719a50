"""The command line: `python -m deployment deploy|smoke|admin|costs|destroy`."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deployment.admin import make_admin
from deployment.checks import place_of
from deployment.deploy import deploy
from deployment.destroy import destroy
from deployment.errors import DeploymentError
from deployment.owners import tell_costs
from deployment.smoke.visit import Patience, smoke
from deployment.target import Target, is_address


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, or 1 after a sentence that says what is wrong."""
    options = _parser().parse_args(arguments)
    session = boto3.Session(region_name=options.region or None)
    try:
        if options.command == "deploy":
            overrides = dict(_setting(text) for text in [*_split(options.settings), *options.set])
            target = Target(
                options.stage,
                options.admin_email,
                options.report_sender,
                overrides,
                options.sign_up,
                pages=options.pages == "on",
                gpu=options.gpu == "on",
            )
            deploy(target, session, _say)
        elif options.command == "destroy":
            destroy(Target.by_name(options.stage), session, _say, None if options.yes else input)
        else:
            return _look_after(options, session)
    except DeploymentError as exc:
        sys.stdout.flush()
        print(f"rapporteur: {exc}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as exc:
        sys.stdout.flush()
        print(f"rapporteur: AWS says: {exc}\nMend that and run the same command again.", file=sys.stderr)
        return 1
    return 0


def _look_after(options: argparse.Namespace, session: boto3.Session) -> int:
    """Do what can be done with a stage that stands."""
    target = Target.by_name(options.stage)
    email = _address(options.email) if options.command == "admin" else ""
    place_of(session)
    if options.command == "costs":
        tell_costs(target, session, _say)
    elif options.command == "admin":
        make_admin(target, email, session, _say)
    else:
        return _tell(smoke(target, session, _say, options.file, Patience(options.minutes, options.every)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployment", description="Rapporteur in an AWS account.")
    commands = parser.add_subparsers(dest="command", required=True)
    deploying = commands.add_parser("deploy", help="make a stage, or bring it up to date")
    destroying = commands.add_parser("destroy", help="remove a stage and all that it holds")
    telling = commands.add_parser("costs", help="tell what a stage's recordings cost, by month and owner")
    promoting = commands.add_parser("admin", help="make somebody an administrator, and an account if they have none")
    trying = commands.add_parser("smoke", help="go through a stage as a user does, and say what does not work")
    for command in (deploying, destroying, telling, promoting, trying):
        command.add_argument("--stage", required=True, help="the stage's name, such as dev")
        command.add_argument("--region", help="where; the AWS configuration says it if this does not")
    deploying.add_argument("--admin-email", required=True, metavar="ADDRESS", help="who hears of alarms and failures")
    deploying.add_argument("--report-sender", metavar="ADDRESS", help="who reports are from; else the administrator")
    deploying.add_argument(
        "--sign-up", choices=("open", "invitation"), default="invitation", help="who may make an account (invitation)"
    )
    deploying.add_argument(
        "--pages", choices=("on", "off"), default="on", help="off: no pages and no CloudFront, the REST API alone"
    )
    deploying.add_argument(
        "--gpu",
        choices=("on", "off"),
        default="off",
        help="on: moderation, transcript, hurtful words and summary by one job on a GPU, in AWS Batch (off)",
    )
    deploying.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of docs/settings.md, without RAPPORTEUR_; may be given often",
    )
    deploying.add_argument(
        "--settings",
        default="",
        metavar="NAME=VALUE …",
        help="settings in one text, by blanks; a value that has blanks is quoted",
    )
    promoting.add_argument("--email", required=True, metavar="ADDRESS", help="the account's address")
    trying.add_argument("--file", type=Path, metavar="FILE", help="a recording of your own in place of the sample")
    trying.add_argument("--minutes", type=float, default=30.0, help="how long to wait for all of it (30)")
    trying.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="how often to look (5)")
    destroying.add_argument("--yes", action="store_true", help="do not ask, whatever the stage holds")
    return parser


def _split(text: str) -> list[str]:
    """What `make` is told as `SET`: no shell ever sees it, so its quotes are taken off here."""
    try:
        return shlex.split(text)
    except ValueError as exc:
        raise DeploymentError(f"SET cannot be read ({exc}): each quote in it needs its other one.") from exc


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise DeploymentError(f"{text!r} is no setting; one looks like SUMMARIZER=bedrock.")
    return name.removeprefix("RAPPORTEUR_").upper(), value


def _address(text: str) -> str:
    if not is_address(text):
        raise DeploymentError(f"EMAIL is {text!r}, which is no mail address. Say EMAIL=you@example.org.")
    return text


def _tell(faults: Sequence[str]) -> int:
    sys.stdout.flush()
    for fault in dict.fromkeys(faults):
        print(f"rapporteur: {fault}", file=sys.stderr)
    if not faults:
        _say("all of it works")
    return 1 if faults else 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
