"""A transcript names the models that its own job was started with, and none that came into use since."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from chalicelib.errors import EngineFailed
from chalicelib.learning.models import EVERYBODY, ModelRef, ModelState
from chalicelib.message import Message
from chalicelib.pipeline import nights
from chalicelib.seams.training import HEARING_TRAINING, Trained
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.speech.tracks import TRANSCRIPT
from tests.harness.fakes import FakeTranscriber
from tests.harness.service import OWNER, Service, running_service
from tests.speech.test_cutting import long_recording, upload_long

KIND = "language_model"


class Telling(FakeTranscriber):
    """Knows with which models each of its jobs was started."""

    hears_with = KIND

    def __init__(self, heard: Mapping[str, tuple[str, ...]] | EngineFailed) -> None:
        super().__init__()
        self.heard = heard
        self.asked: list[str] = []

    def heard_with(self, job: str) -> tuple[str, ...]:
        self.asked.append(job)
        if isinstance(self.heard, EngineFailed):
            raise self.heard
        return self.heard.get(job.rpartition("transcript")[2], ())


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as service:
        learning = service.services.learning
        first = ModelRef(OWNER, "en", KIND, 1)
        assert learning.flip(first, "own-1", None)
        assert learning.flip(ModelRef(OWNER, "en", KIND, 2), "own-2", learning.in_use(OWNER, "en", KIND))
        assert learning.flip(ModelRef(EVERYBODY, "en", KIND, 4), "everybodys-4", None)
        assert learning.flip(ModelRef("somebody-else", "en", KIND, 7), "anothers-7", None)
        yield service


def told(service: Service, engine: FakeTranscriber) -> tuple[str, ...]:
    """The models that a transcript names which `engine` has made."""
    services = service.services
    services.engines[TRANSCRIPTION] = engine
    heard = service.upload(language="en-GB")
    service.settle()
    heard_by, *models = services.store.heard_by(TRANSCRIPT.key(service.asset(heard.ref)))
    assert heard_by, "it has been read"
    return tuple(models)


@pytest.mark.parametrize(
    ("artefacts", "names"),
    [
        (("own-2",), ("language_model of account 2",)),
        (("own-1",), ("language_model of account 1",)),
        (("everybodys-4",), ("language_model of everybody 4",)),
        ((), ()),
        (("an-operators-own",), ()),
        (("anothers-7",), ()),
    ],
)
def test_it_is_named_by_what_its_job_was_started_with(
    service: Service, artefacts: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert told(service, Telling({"": artefacts})) == names


def test_what_cannot_tell_is_said_to_have_used_none(service: Service) -> None:
    assert told(service, FakeTranscriber()) == ()
    assert told(service, Telling(EngineFailed(Message("a-test-forbids", "No.")))) == ()


def test_nobody_is_asked_where_no_model_is_in_use(service: Service) -> None:
    for scope, number in ((OWNER, 2), (EVERYBODY, 4)):
        assert service.services.learning.put_out_of_use(scope, "en", KIND, number)
    engine = Telling({"": ("own-2",)})
    assert told(service, engine) == ()
    assert engine.asked == []


def test_a_recording_in_parts_is_named_by_what_each_was_heard_with(service: Service) -> None:
    long_recording(service)
    engine = Telling({".1": ("own-1",), ".2": ("own-2",), ".3": ("own-2",), "": ("everybodys-4",)})
    service.services.engines[TRANSCRIPTION] = engine
    heard = upload_long(service)
    service.settle()
    names = service.services.store.heard_by(TRANSCRIPT.key(service.asset(heard.ref)))
    assert names[1:] == ("language_model of account 1", "language_model of account 2")
    assert len(set(engine.asked)) == 3


def test_the_end_of_an_earlier_deployments_training_ends_none_of_ours(service: Service) -> None:
    services = service.services
    services.engines[HEARING_TRAINING] = object()
    ours = services.learning.begin(EVERYBODY, "en", HEARING_TRAINING.name, "1")
    artefact = "learning/everybody/en/hearing/x/output/model.tar.gz"
    theirs = Trained(ours.ref.job_name, artefact, begun_at=ours.made_at - 86_400)
    nights.made(theirs, services)
    assert services.learning.model(ours.ref) == ours
    nights.made(replace(theirs, begun_at=ours.made_at + 1), services)
    ended = services.learning.model(ours.ref)
    assert ended is not None
    assert ended.state is not ModelState.TRAINING, "it is measured, and there is nothing to measure it by"
