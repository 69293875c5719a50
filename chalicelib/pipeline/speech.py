"""The speech branch: the recording's sound becomes a WAV that speech models want, and that a transcript.

The sound has a job of its own, beside the renditions: it is ready in seconds, and a picture that cannot be transcoded
never costs the transcript.
"""

from collections.abc import Iterable

from chalicelib.domain import keys, presets
from chalicelib.domain.ai_options import FALLBACK
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, MediaKind, Options
from chalicelib.domain.keys import JobName, OutputKey, S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.pipeline import again, finish, parts, speakers, together, transcript
from chalicelib.pipeline.branch import Branch, Job
from chalicelib.pipeline.plan import kind_of
from chalicelib.seams.jobs import JobOutcome, Started, TellsProgress, attempt
from chalicelib.seams.speakers import SPEAKERS
from chalicelib.seams.transcoding import TRANSCODING, TranscodingJob, TranscodingOutput
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.services import Services
from chalicelib.speech.cutting import Part
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import transcribe_document

_WORDS_SHARE = 0.5
"""How much of the time of both it takes to hear the words, the rest being for telling whose they are."""

_NOT_WANTED = BranchState(BranchStatus.SKIPPED, Message("no-transcript-wanted", "No transcript was asked for."))


class Speech(Branch):
    """Hears the words, then tells whose they are. A recording without sound has an empty transcript.

    An engine that shares a job with others (`together.py`) hears the upload itself, and tells the speakers too.
    """

    name = transcript.SPEECH
    tasks = (keys.Task.AUDIO, keys.Task.TRANSCRIPT, keys.Task.SPEAKERS)
    seams = (TRANSCODING, TRANSCRIPTION, SPEAKERS)

    def wanted(self, media: MediaInfo, options: Options) -> BranchState | None:
        """Skipped where nobody wants it; None for what cannot be heard."""
        if kind_of(media) not in {MediaKind.VIDEO, MediaKind.AUDIO}:
            return None
        return super().wanted(media, options) if options.ai.over(FALLBACK).transcribe else _NOT_WANTED

    def start(self, asset: Asset, services: Services) -> None:
        """Take the branch on from the furthest object that is there; harmless while a job is under way."""
        audio = keys.output_key(asset, keys.Folder.AUDIO, ".wav")
        transcribed = TRANSCRIPT.key(asset)
        if services.outputs.info(transcribed):
            self.look_at(transcript.read(asset, services), asset, services)
        elif asset.media and asset.media.audio is None:
            nothing_said = transcribe_document(keys.job_name(asset.run, keys.Task.TRANSCRIPT), [], None)
            services.outputs.write_json(transcribed, nothing_said)
        elif together.shares(TRANSCRIPTION, services):
            name = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
            self.look_at(together.start(TRANSCRIPTION, name, asset, services), asset, services)
        elif asset.media and asset.media.is_speech_wav:
            self.look_at(_transcribe(asset, services.uploads.at(asset.input_key), services), asset, services)
        elif services.outputs.info(audio):
            self.look_at(_transcribe(asset, services.outputs.at(audio), services), asset, services)
        elif not again.take_sound(asset, services):  # what is copied is told of as what is made
            self.look_at(_extract(asset, services.outputs.at(audio), services), asset, services)

    def output_written(self, asset: Asset, written: OutputKey, services: Services) -> None:
        """The WAV was written, or the transcript (or its speakers, or that of a part): go on with it.

        The transcript is read, or all parts are joined if this was the last.
        """
        is_part = Part.of_file(written.file_name) is not None
        if written.task == keys.Task.AUDIO:
            moved = _transcribe(asset, services.outputs.at(str(written)), services)
        elif is_part:
            moved = parts.join(asset, services)
        elif written.file_name in {keys.TRANSCRIPT_NAME, keys.SPEAKERS_NAME}:
            moved = transcript.read(asset, services)
        else:
            return  # what an engine keeps beside its transcript
        self.look_at(moved, asset, services)

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        """Only failures are news: a success is told by its object's event."""
        if outcome.failure is None:
            return
        if job.part is not None:
            parts.part_failed(asset, job.part, outcome.failure, services)
        elif job.task == keys.Task.SPEAKERS:
            speakers.failed(asset, outcome.failure, services)
        elif not (together.shares(TRANSCRIPTION, services) and services.outputs.info(TRANSCRIPT.key(asset))):
            # If it is there, the job has failed over what comes after it: the transcript's own event has it read.
            failed = BranchState(BranchStatus.FAILED, outcome.failure)
            finish.close(asset, {self.name: failed}, services)

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        """The job for the sound, those for the words, whole or in parts, and the one for the speakers."""
        sound = services.outputs.at(keys.output_key(asset, keys.Folder.AUDIO, ".wav"))
        upload = services.uploads.at(asset.input_key)
        if together.hears(asset, services):
            yield together.part(TRANSCRIPTION, keys.Task.TRANSCRIPT, asset, services)
            return
        yield Job(services.engine(TRANSCODING), keys.job_name(asset.run, keys.Task.AUDIO), upload)
        for number in (None, *(part.number for part in parts.known(asset, keys.Folder.PARTS, services))):
            yield Job(services.engine(TRANSCRIPTION), keys.job_name(asset.run, keys.Task.TRANSCRIPT, number), sound)
        yield Job(services.engine(SPEAKERS), keys.job_name(asset.run, keys.Task.SPEAKERS), sound)

    def progress(self, asset: Asset, services: Services) -> float | None:
        """How far the words are, and then whose they are, where there is an engine for both."""

        def told(engine: object, task: str) -> float | None:
            return engine.progress(keys.job_name(asset.run, task)) if isinstance(engine, TellsProgress) else None

        if (voices := told(services.engine(SPEAKERS), keys.Task.SPEAKERS)) is not None:
            return _WORDS_SHARE + (1 - _WORDS_SHARE) * voices
        words = told(services.engine(TRANSCRIPTION), keys.Task.TRANSCRIPT)
        tells_apart = services.engine(SPEAKERS) is None or together.shares(TRANSCRIPTION, services)
        return words if words is None or tells_apart else words * _WORDS_SHARE


def _extract(asset: Asset, destination: S3Object, services: Services) -> Started:
    if asset.media is None:
        return None
    output = TranscodingOutput(presets.SPEECH.name, destination)
    name = keys.job_name(asset.run, keys.Task.AUDIO)
    job = TranscodingJob(name, services.uploads.at(asset.input_key), asset.media, (output,))
    return attempt(name, lambda: services.engine(TRANSCODING).start(job))


def _transcribe(asset: Asset, audio: S3Object, services: Services) -> Started:
    count = parts.needed(asset, services)
    if count > 1:
        return parts.transcribe(asset, audio, count, services)
    destination = services.outputs.at(TRANSCRIPT.key(asset))
    name = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    wanted = parts.job(asset, name, audio, destination, services)
    return attempt(name, lambda: services.engine(TRANSCRIPTION).start(wanted))
