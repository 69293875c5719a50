"""The speech branch: the recording's sound becomes a WAV that speech models want, and that a transcript.

The sound has a job of its own, beside the renditions: it is ready in seconds, and a picture that cannot be transcoded
never costs the transcript.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset, Branch, BranchState, BranchStatus, Failure, RunRef
from chalicelib.domain.keys import S3Object
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.pipeline import finish, parts, speakers, transcript, waiting
from chalicelib.seams.jobs import JobOutcome, Started, UnderWay, outcome_of
from chalicelib.seams.transcoding import TranscodingJob, TranscodingOutput
from chalicelib.services import Services
from chalicelib.speech.cutting import Part
from chalicelib.speech.transcripts import transcribe_document


def resume(asset: Asset, services: Services) -> None:
    """Take the branch on from the furthest object that is there; harmless while a job is under way."""
    audio = keys.output_key(asset, keys.SPEECH_FOLDER, ".wav")
    transcribed = keys.output_key(asset, keys.Folder.TRANSCRIBE, ".json")
    if services.outputs.info(transcribed):
        _look_at(transcript.read(asset, services), asset.run, services)
    elif asset.media and asset.media.audio is None:
        nothing_said = transcribe_document(keys.job_name(asset.run, keys.Task.TRANSCRIPT), [], None)
        services.outputs.write_json(transcribed, nothing_said)
    elif asset.media and asset.media.is_speech_wav:
        _transcribe(asset, services.uploads.at(asset.input_key), services)
    elif services.outputs.info(audio):
        _transcribe(asset, services.outputs.at(audio), services)
    else:
        _extract(asset, services.outputs.at(audio), services)


def audio_ready(key: str, services: Services) -> None:
    """The WAV at `key` has been written: transcribe it."""
    parsed = keys.parse_output_key(key)
    asset = finish.open_branch(parsed.run, Branch.SPEECH, services) if parsed else None
    if asset is None:
        return
    try:
        _transcribe(asset, services.outputs.at(key), services)
    except EngineBusy:
        waiting.postpone(asset.run, waiting.intake_of(asset), services)


def transcription_event(event: Mapping[str, Any], services: Services) -> None:
    """EventBridge says how a transcription job goes; only its end matters."""
    outcome = outcome_of(event, services.transcriber)
    if outcome is not None:
        job_ended(outcome, services)


def job_ended(outcome: JobOutcome, services: Services) -> None:
    """A job of this branch has ended. Only failures and notes are news: a success is told by its object's event."""
    parsed = keys.parse_job_name(outcome.job_name)
    if parsed is None:
        return
    for note in outcome.notes:
        services.store.add_note(parsed.run, note)
    if outcome.failure is None:
        return
    if parsed.part is None and parsed.task is not keys.Task.SPEAKERS:
        _fail(parsed.run, outcome.failure, services)
    elif (asset := finish.open_branch(parsed.run, Branch.SPEECH, services)) is None:
        return
    elif parsed.part is None:
        speakers.failed(asset, outcome.failure, services)
    else:
        parts.part_failed(asset, parsed.part, outcome.failure, services)


def transcript_written(key: str, services: Services) -> None:
    """What stands at `key` has been written: the transcript or its speakers, or the transcript of a part.

    The transcript is read, or all parts are joined if this was the last.
    """
    parsed = keys.parse_output_key(key)
    if parsed is None:
        return
    is_part = Part.of_file(parsed.file_name) is not None
    if not is_part and parsed.file_name not in {keys.TRANSCRIPT_NAME, keys.SPEAKERS_NAME}:
        return  # what an engine keeps beside its transcript
    asset = finish.open_branch(parsed.run, Branch.SPEECH, services)
    if asset is None:
        return
    try:
        moved = parts.join(asset, services) if is_part else transcript.read(asset, services)
    except EngineBusy:
        waiting.postpone(asset.run, waiting.intake_of(asset), services)
    else:
        _look_at(moved, asset.run, services)


def _extract(asset: Asset, destination: S3Object, services: Services) -> None:
    if asset.media is None:
        return
    output = TranscodingOutput(presets.SPEECH.name, destination)
    name = keys.job_name(asset.run, keys.Task.AUDIO)
    job = TranscodingJob(name, services.uploads.at(asset.input_key), asset.media, (output,))
    try:
        ended = services.transcoder.start(job)
    except EngineFailed as exc:
        _fail(asset.run, exc.failure, services)
    else:
        _look_at(ended, asset.run, services)


def _transcribe(asset: Asset, audio: S3Object, services: Services) -> None:
    destination = services.outputs.at(keys.output_key(asset, keys.Folder.TRANSCRIBE, ".json"))
    name = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    try:
        count = parts.needed(asset, services)
        ended = (
            services.transcriber.start(parts.job(asset, name, audio, destination))
            if count == 1
            else parts.transcribe(asset, audio, count, services)
        )
    except EngineFailed as exc:
        _fail(asset.run, exc.failure, services)
    else:
        _look_at(ended, asset.run, services)


def _look_at(started: Started, run: RunRef, services: Services) -> None:
    if isinstance(started, JobOutcome):
        job_ended(started, services)
    elif started is UnderWay.UNDER_WAY:
        services.store.note_under_way(run)


def _fail(run: RunRef, failure: Failure, services: Services) -> None:
    states = {Branch.SPEECH: BranchState(BranchStatus.FAILED, failure), Branch.LANGUAGE: transcript.NO_TRANSCRIPT}
    finish.close(run, states, services)
