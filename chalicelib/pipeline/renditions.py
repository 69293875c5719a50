"""The renditions branch: one transcoding job for all outputs that the owner wants."""

from collections.abc import Iterable

from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, Options
from chalicelib.domain.keys import JobName
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.pipeline import again, finish
from chalicelib.pipeline.branch import Branch, Job
from chalicelib.seams.jobs import JobOutcome, attempt
from chalicelib.seams.transcoding import TRANSCODING, MakesStills, TranscodingJob, TranscodingOutput
from chalicelib.services import Services

_NONE_WANTED = BranchState(BranchStatus.SKIPPED, Message("no-renditions", "No rendition was asked for."))


class Renditions(Branch):
    """Makes the outputs; what comes of them is told by the job's end."""

    name = "renditions"
    tasks = (keys.Task.RENDITIONS,)
    seams = (TRANSCODING,)

    def wanted(self, media: MediaInfo, options: Options) -> BranchState | None:
        """Skipped where no rendition is asked for that makes sense for this file."""
        return super().wanted(media, options) if presets.chosen(options.presets, media) else _NONE_WANTED

    def at_start(self, asset: Asset, state: BranchState, services: Services) -> BranchState | None:
        """What the engine makes no smaller pictures of is shown as it is, and there is nothing to say of that."""
        engine = services.engine(TRANSCODING)
        makes_stills = isinstance(engine, MakesStills) and engine.makes_stills
        return None if asset.media and asset.media.is_still and not makes_stills else state

    def start(self, asset: Asset, services: Services) -> None:
        """Start the job; one that has ended already is wound up at once. Or take over what a version before has."""
        if asset.media is None:
            return
        if (taken := again.take_renditions(asset, services)) is not None:
            finish.close(asset, {self.name: BranchState(BranchStatus.DONE)}, services, renditions=taken)
            return
        made = [plan.preset for plan in presets.chosen(asset.options.presets, asset.media)]
        outputs = tuple(
            TranscodingOutput(one.name, services.outputs.at(keys.output_key(asset, one.name, f".{one.extension}")))
            for one in made
        )
        name = keys.job_name(asset.run, keys.Task.RENDITIONS)
        job = TranscodingJob(name, services.uploads.at(asset.input_key), asset.media, outputs)
        self.look_at(attempt(name, lambda: services.engine(TRANSCODING).start(job)), asset, services)

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        """Close the branch."""
        if outcome.failure is not None:
            failed = BranchState(BranchStatus.FAILED, outcome.failure)
            finish.close(asset, {self.name: failed}, services)
        else:
            done = BranchState(BranchStatus.DONE)
            finish.close(asset, {self.name: done}, services, renditions=outcome.outputs)

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        """Its one job."""
        source = services.uploads.at(asset.input_key)
        yield Job(services.engine(TRANSCODING), keys.job_name(asset.run, keys.Task.RENDITIONS), source)
