"""An AWS to rehearse on: moto's server in a process of its own, with its gaps mended where `chalice deploy` meets them.

    python -m tests.rehearsal.server

prints the port that it listens to. `POST /rehearsal/fail` with a pattern makes the first request that fits it fail, as
a deployer without leave for it would see; `GET /rehearsal/fail` tells the pattern that is still to be met, or null.
`GET /rehearsal/broken` lists what moto itself failed at, which a client would quietly ask again.
"""

import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import botocore.session
from botocore.validate import ParamValidator
from moto.awslambda.models import lambda_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from local.aws.pump import ACCOUNT
from local.aws.quicker import quicken
from tests.harness import cognito_stacks as _cognito_stacks  # noqa: F401 - teaches moto

Start = Callable[..., Any]
Environ = dict[str, Any]

_MISSING: dict[str, Any] = {
    "/2016-08-19/account-settings": {
        "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000},
        "AccountUsage": {},
    },
    "/v2/email/account": {"ProductionAccessEnabled": False, "SendingEnabled": True},
}
"""What moto lacks, and a new account answers: Lambda's GetAccountSettings, SES's GetAccount."""


_LAMBDA = botocore.session.get_session().get_service_model("lambda")
_NO_CLOUDFRONT = rb"(%24%7B|\$\{)Site\.DomainName(%7D|\})"


class Mended:
    """What stands before moto."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._failing: str | None = None
        self._broken: list[str] = []
        self._recursion: dict[str, Any] = {}

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/rehearsal/fail":
            if environ["REQUEST_METHOD"] == "POST":
                self._failing = json.loads(_body(environ))
            return _json(start, "200 OK", self._failing)
        if path == "/rehearsal/broken":
            return _json(start, "200 OK", self._broken)
        if self._failing and re.search(self._failing, _asked(environ)):
            self._failing = None
            return _refuse(start, environ)
        if function := re.fullmatch(r"/2024-08-31/functions/([\w-]+)/recursion-config", path):
            return self._recursion_config(start, environ, function[1])
        if _is_mapped_already(environ):
            return _json(
                start, "409 Conflict", {"__type": "ResourceConflictException", "Message": "It is there already"}
            )
        if str(environ.get("HTTP_X_AMZ_TARGET", "")).startswith("ServiceQuotas"):
            return _json(start, "200 OK", {"Quota": {"Value": 0.0}})  # of machines with a GPU; moto knows those of VPCs
        if path in _MISSING:
            return _json(start, "200 OK", _MISSING[path])
        if layer := re.search(r"find=LayerVersion&Arn=.*layer%3A([\w-]+)%3A(\d+)$", environ.get("QUERY_STRING", "")):
            # moto finds a layer's version by its name and number only
            environ |= {"PATH_INFO": f"{path}/{layer[1]}/versions/{layer[2]}", "QUERY_STRING": ""}
        asked, method = environ.get("QUERY_STRING", ""), environ["REQUEST_METHOD"]
        if "notification" in asked and method == "PUT":
            _change(environ, rb"(?<=<Name>)(Prefix|Suffix)(?=</Name>)", lambda name: name[0].lower())
        elif path.startswith("/restapis") and "mode=" in asked:
            _change(environ, rb"(?s)^.+$", _as_openapi)
        elif "cloudformation" in environ.get("HTTP_AUTHORIZATION", ""):
            _change(environ, b"RetainExceptOnCreate", lambda _: b"Retain")
            _change(environ, _NO_CLOUDFRONT, lambda _: b"d111111abcdef8.cloudfront.net")
        asked = _asked(environ)

        def watched(status: str, *more: Any) -> Any:
            if status.startswith("5"):
                self._broken.append(f"{status}: {asked}")
            return start(status, *more)

        return self._moto(environ, watched)  # type: ignore[no-any-return]

    def _recursion_config(self, start: Start, environ: Environ, function: str) -> list[bytes]:
        """Lambda's PutFunctionRecursionConfig and GetFunctionRecursionConfig, which moto lacks."""
        if environ["REQUEST_METHOD"] == "PUT":
            asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            shape = _LAMBDA.shape_for("PutFunctionRecursionConfigRequest")
            wrong = ParamValidator().validate({"FunctionName": function, **asked}, shape)
            if wrong.has_errors():
                return _json(start, "400 Bad Request", {"Type": "User", "Message": wrong.generate_report()})
            self._recursion[function] = asked
        return _json(start, "200 OK", self._recursion.get(function, {"RecursiveLoop": "Terminate"}))


def _is_mapped_already(environ: Environ) -> bool:
    """Whether a queue is to be mapped to a function once more, which Lambda refuses and moto does."""
    if environ["REQUEST_METHOD"] != "POST" or not environ["PATH_INFO"].startswith("/2015-03-31/event-source-mappings"):
        return False
    wanted = json.loads(_body(environ))
    source, function = wanted["EventSourceArn"], wanted["FunctionName"].rpartition(":")[2]
    standing = lambda_backends[ACCOUNT][source.split(":")[3]].list_event_source_mappings(source, "")
    return function in {one.function_arn.rpartition(":")[2] for one in standing}


def _as_openapi(body: re.Match[bytes]) -> bytes:
    """API Gateway takes Swagger 2.0, which Chalice writes, and no description; moto neither."""
    document = json.loads(body[0])
    document["info"].setdefault("description", "")
    if document.pop("swagger", None):
        document["openapi"] = "3.0.1"
    for path in document["paths"].values():
        if "options" in path:  # a mock integration calls nobody; moto asks whom all the same
            path["options"]["x-amazon-apigateway-integration"] |= {"uri": "", "httpMethod": "OPTIONS"}
    return json.dumps(document).encode()


def _body(environ: Environ) -> bytes:
    """What was sent; it can be read again."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _asked(environ: Environ) -> str:
    """A request in one line: service, method, path, what was sent."""
    sent = _body(environ)[:2000].decode(errors="ignore")
    return f"{_service(environ)} {environ['REQUEST_METHOD']} {environ['PATH_INFO']} {sent}"


def _service(environ: Environ) -> str:
    """The service that was asked, as it stands in the signature."""
    return "".join(environ.get("HTTP_AUTHORIZATION", "").split("/")[3:4])


def _change(environ: Environ, pattern: bytes, into: Callable[[re.Match[bytes]], bytes]) -> None:
    """Put what moto understands in the place of what AWS does: S3 takes "Prefix" as well as "prefix", CloudFormation
    has a policy that retains a resource only once its stack has stood."""
    body = re.sub(pattern, into, _body(environ))
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def _refuse(start: Start, environ: Environ) -> list[bytes]:
    """Say that there is no leave, as the service that was asked says it."""
    service = _service(environ)
    if service not in {"cloudformation", "iam", "s3", "sns", "sts"}:
        return _json(start, "403 Forbidden", {"__type": "AccessDeniedException", "message": "rehearsed"})
    error = "<Error><Code>AccessDenied</Code><Message>rehearsed</Message></Error>"
    data = (error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>").encode()
    start("403 Forbidden", [("Content-Type", "text/xml"), ("Content-Length", str(len(data)))])
    return [data]


def _json(start: Start, status: str, body: object) -> list[bytes]:
    data = json.dumps(body).encode()
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
    return [data]


def main() -> None:
    """Serve until the process is ended."""
    quicken()
    from tests.harness.cloudformation import mend  # takes all kinds of machines in that are not left out by then

    mend()
    server = make_server("127.0.0.1", 0, Mended(), threaded=True, request_handler=MotoRequestHandler)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
