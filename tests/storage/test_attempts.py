"""How often work on a message has begun, counted once however often the count is asked for."""

from tests.harness.service import Service


def test_an_attempt_counts_once_whoever_says_it_again(service: Service) -> None:
    attempts = service.services.attempts
    assert [attempts.begin("one", "receipt-1") for _ in range(3)] == [1, 1, 1], "a call made again by itself"
    assert [attempts.begin("one", f"receipt-{number}") for number in (2, 3)] == [2, 3]
    assert attempts.begin("other", "receipt-1") == 1


def test_what_is_counted_is_forgotten_by_itself(service: Service) -> None:
    service.services.attempts.begin("one", "receipt-1")
    table = service.services.settings.idempotency_table
    (item,) = service.services.aws.dynamodb.scan(TableName=table)["Items"]
    assert int(item["expiration"]["N"]) > service.now() + 14 * 24 * 3600
