"""The owner wants no more of a run: its jobs are stopped, and what they still leave changes nothing."""

from chalicelib import keys
from chalicelib.assets import Asset, Failure, Status
from chalicelib.engines.jobs import CancelsJobs
from chalicelib.observability import count
from chalicelib.pipeline import parts
from chalicelib.services import Services

CANCELLED = Failure("cancelled", "The work on this was cancelled. It can be started again.")


def cancel(asset: Asset, services: Services) -> Asset:
    """End the current run of `asset` and stop its jobs. What has ended stays as it is. Returns the asset as it then is.

    Nobody is told by mail: whoever cancels knows.
    """
    if asset.status is Status.AWAITING_UPLOAD:
        return services.store.expire(asset.ref) or asset
    ended = services.store.cancel(asset.run, CANCELLED) or asset
    if ended.failure == CANCELLED and ended.version == asset.version:
        # Asked again, the jobs are stopped again: the first caller may have died between the two.
        _stop_jobs(ended, services)
        count("AssetsCancelled")
    return ended


def _stop_jobs(asset: Asset, services: Services) -> None:
    upload = services.uploads.at(asset.input_key)
    if isinstance(services.transcoder, CancelsJobs):
        for task in (keys.Task.RENDITIONS, keys.Task.AUDIO):
            services.transcoder.cancel(keys.job_name(asset.run, task), upload)
    if isinstance(services.transcriber, CancelsJobs):
        sound = services.outputs.at(keys.output_key(asset, keys.SPEECH_FOLDER, ".wav"))
        for number in (None, *(part.number for part in parts.known(asset, keys.Folder.PARTS, services))):
            services.transcriber.cancel(keys.job_name(asset.run, keys.Task.TRANSCRIPT, number), sound)
