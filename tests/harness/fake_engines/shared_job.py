from chalicelib.engines.grants import AwsPlace, EngineGrants, Grant
from chalicelib.seams.jobs import JobEvents
from chalicelib.settings import Settings
from tests.harness.fakes import FakeShared

EVENTS = JobEvents("fake.batch", "Job State Change")
SHARED_JOB = FakeShared.shared_job


def create(context: object) -> FakeShared:
    return FakeShared()


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    submitting = (Grant(("batch:SubmitJob",), (place.arn("batch", "job-queue/*"),)),)
    return EngineGrants(work=submitting)
