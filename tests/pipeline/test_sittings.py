"""A sitting ends once, however its messages come."""

import json
from collections.abc import Iterator

import pytest

from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.pipeline import messages, sittings
from chalicelib.speech.corrections import Line, Verdict, correction
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Confirmation
from chalicelib.storage import editions, versions
from tests.harness import taught
from tests.harness.service import OWNER, Service, running_service


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(WORDS_TRAINER="replacements") as service:
        taught.agree(service.services, OWNER)
        yield service


def tell(service: Service, *bodies: str) -> None:
    """Messages come, in this order."""
    url = service.services.settings.queue_url("learning")
    for body in bodies:
        service.services.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
        service.settle()


def again(service: Service, ref: AssetRef, written: str, edition: int = 1) -> Asset | None:
    """Somebody corrects an edition once more; None if another was faster."""
    asset, outputs = service.asset(ref), service.services.outputs
    found = load_transcript(editions.read(asset, edition, outputs) or b"")
    sure = Verdict(Confirmation("another", service.now()), right=((0.0, 9_999.0),))
    made = correction(found, [Line(" ".join(["here is", written, "again", *taught.FILL]))], 300.0, "job", edition, sure)
    return editions.add(asset, edition, made, service.services.store, outputs)


def ended(service: Service, ref: AssetRef) -> list[int]:
    """The last saves of those editions whose sittings have ended."""
    return [one.until for one in service.asset(ref).editions if one.ended_at is not None]


def body(asset: Asset, edition: int) -> str:
    return messages.encode(asset.run, sitting=edition)


def test_it_ends_once_also_if_told_twice_late_and_out_of_order(service: Service) -> None:
    learning = service.services.learning
    ref = taught.corrected(service.services, OWNER)
    asset = again(service, ref, "rapporteurs")
    assert asset is not None
    tell(service, body(asset, 1))
    assert not ended(service, ref), "somebody has gone on since"
    tell(service, body(asset, 2), body(asset, 2), body(asset, 1))
    assert ended(service, ref) == [2]
    (noted,) = learning.lessons(OWNER)
    assert noted.edition == 2
    other = json.loads(body(asset, 2)) | {"version": 7}
    tell(service, json.dumps(other), json.dumps(other | {"asset": "0" * 27}))
    assert ended(service, ref) == [2]
    assert service.dead_letters("learning") == []


def test_of_two_who_correct_at_once_one_is_told_and_both_teach_what_stands(service: Service) -> None:
    ref = taught.corrected(service.services, OWNER)
    first, second = again(service, ref, "rapporteurs"), again(service, ref, "reporters")
    assert first is not None
    assert second is None, "whoever comes second has to look at what the first wrote"
    sittings.corrected(first, service.services)
    sittings.left(first, service.services)
    service.settle()
    (noted,) = service.services.learning.lessons(OWNER)
    assert (noted.edition, ended(service, ref)) == (2, [2])


def test_what_was_corrected_just_before_it_was_heard_again_teaches_until_that_is_corrected(service: Service) -> None:
    services, ref = service.services, taught.corrected(service.services, OWNER)
    asset = again(service, ref, "rapporteurs")
    assert asset is not None
    versions.put_by(asset, None, services.outputs)
    begun = services.store.retry(asset, asset.options)
    assert begun is not None
    tell(service, body(asset, 1), body(asset, 2), body(asset, 2))
    (noted,) = services.learning.lessons(OWNER)
    assert (begun.version, noted.version, noted.edition) == (2, 1, 2)


@pytest.mark.parametrize(
    "nonsense",
    [
        "{}",
        '{"sitting": "1"}',
        '{"trained": "x", "artefact": null, "failure": {"code": 1}}',
        '{"scope": 1}',
        "[",
        "[1]",
    ],
)
def test_nonsense_is_put_with_the_dead_letters(service: Service, nonsense: str) -> None:
    tell(service, nonsense)
    assert service.dead_letters("learning") == [nonsense]
