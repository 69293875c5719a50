"""A branch of its own: when there is a transcript, its words are counted."""

import time
from collections.abc import Iterable

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, Options
from chalicelib.domain.keys import JobName, OutputKey
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.pipeline import finish, tracks
from chalicelib.pipeline.branch import Branch, Job
from chalicelib.seams.jobs import JobOutcome, attempt
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from tests.toy.counting import COUNTING, CountingJob
from tests.toy.track import COUNTS

NOTHING_SAID = Message("nothing-to-count", "Nothing is said in this recording that could be counted.")


class Counting(Branch):
    name = "counting"
    after = ("speech",)
    tasks = ("counting",)
    seams = (COUNTING,)

    def wanted(self, media: MediaInfo, options: Options) -> BranchState | None:
        if media.audio is None:
            return BranchState(BranchStatus.SKIPPED, NOTHING_SAID)
        return super().wanted(media, options)

    def start(self, asset: Asset, services: Services) -> None:
        if services.outputs.info(COUNTS.key(asset)):
            self._close(asset, services)
            return
        name = keys.job_name(asset.run, "counting")
        transcript, destination = services.outputs.at(TRANSCRIPT.key(asset)), services.outputs.at(COUNTS.key(asset))
        job = CountingJob(name, transcript, destination)
        self.look_at(attempt(name, lambda: services.engine(COUNTING).start(job)), asset, services)

    def output_written(self, asset: Asset, written: OutputKey, services: Services) -> None:
        self._close(asset, services)

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        if outcome.failure is not None:
            finish.close(asset, {self.name: BranchState(BranchStatus.FAILED, outcome.failure)}, services)

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        source = services.outputs.at(TRANSCRIPT.key(asset))
        yield Job(services.engine(COUNTING), keys.job_name(asset.run, "counting"), source)

    def _close(self, asset: Asset, services: Services) -> None:
        began = asset.started_at or time.time()
        made = (tracks.ended_now(asset, COUNTS, services.settings.engines[COUNTING], began),)
        services.store.put_tracks(asset.run, made)
        finish.close(asset, {self.name: BranchState(BranchStatus.DONE)}, services, written=made)
