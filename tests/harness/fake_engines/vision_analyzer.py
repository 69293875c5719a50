from chalicelib.engines.registry import EngineContext
from chalicelib.seams.jobs import SNS, JobEvents
from tests.harness.fakes import FakeVision

EVENTS = JobEvents(SNS)


def create(context: EngineContext) -> FakeVision:
    return FakeVision(context.settings.jobs_topic_arn)
