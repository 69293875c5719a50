"""Events in the shape in which AWS sends them."""

import json
from collections.abc import Mapping
from hashlib import md5
from typing import Any
from urllib.parse import quote_plus


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


def s3_event(bucket: str, key: str) -> dict[str, Any]:
    """A new object. Shape: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "us-east-1",
                "eventTime": "2026-11-27T09:30:00.000Z",
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"},
                "requestParameters": {"sourceIPAddress": "192.0.2.1"},
                "responseElements": {"x-amz-request-id": "0123456789ABCDEF", "x-amz-id-2": "example"},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "uploads",
                    "bucket": {
                        "name": bucket,
                        "ownerIdentity": {"principalId": "AEXAMPLE"},
                        "arn": f"arn:aws:s3:::{bucket}",
                    },
                    "object": {
                        "key": quote_plus(key),
                        "size": 1024,
                        "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                        "sequencer": "0055AED6DCD90281E5",
                    },
                },
            }
        ]
    }


def sqs_event(queue_arn: str, body: str, receive_count: int = 1) -> dict[str, Any]:
    """A message of a queue. Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    return {
        "Records": [
            {
                "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": str(receive_count),
                    "SentTimestamp": "1795771800000",
                    "SenderId": "AIDAEXAMPLE",
                    "ApproximateFirstReceiveTimestamp": "1795771800012",
                },
                "messageAttributes": {},
                "md5OfBody": md5(body.encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": queue_arn.split(":")[3],
            }
        ]
    }


def sns_envelope(topic_arn: str, message: str) -> str:
    """A notification as a queue gets it. Shape: https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html"""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "63a3f6b6-d533-4a47-aef9-fcf5cf758c76",
            "TopicArn": topic_arn,
            "Message": message,
            "Timestamp": "2026-11-27T09:30:00.000Z",
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-example.pem",
            "UnsubscribeURL": f"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={topic_arn}:1",
        }
    )


def eventbridge_event(source: str, kind: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """An event of a rule. Shape: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html"""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": kind,
        "source": source,
        "account": "111122223333",
        "time": "2026-11-27T09:30:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": dict(detail),
    }
