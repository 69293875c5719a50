"""Events in the shape in which AWS sends them."""

import json
from collections.abc import Mapping
from typing import Any


def rest_event(
    method: str, path: str, token: str, body: object, query: Mapping[str, str], named: Mapping[str, str]
) -> dict[str, Any]:
    """Shape: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html"""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return {
        "resource": path,
        "path": path.format(**named),
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": dict(named) or None,
        "stageVariables": None,
        "requestContext": {"httpMethod": method, "resourcePath": path, "path": path.format(**named), "stage": "api"},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
