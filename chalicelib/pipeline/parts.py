"""Transcribe a recording that is too long for one job: cut it, start a job a part, join what comes of them.

The parts' sound lies in a folder of its own, their transcripts beside where the whole one goes. Every step can be done
again: the cuts depend on nothing but the sound, and what is there already is not made anew.
"""

from functools import partial

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Folder, S3Object
from chalicelib.message import Message
from chalicelib.pipeline import known_words, prepare
from chalicelib.seams.jobs import JobOutcome, Started, attempt
from chalicelib.seams.transcription import TRANSCRIPTION, Limited, TranscriptionJob
from chalicelib.services import Services
from chalicelib.speech import cutting
from chalicelib.speech.cutting import Part, Sound
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.storage.buckets import ObjectStore

_HEAD_BYTES = 65_536


def needed(asset: Asset, services: Services) -> int:
    """In how many parts the speech WAV of `asset` has to be transcribed; 1 where the engine takes it whole."""
    engine = services.engine(TRANSCRIPTION)
    if not isinstance(engine, Limited) or asset.media is None:
        return 1
    seconds = asset.media.duration
    size = round(seconds * _sound(asset).bytes_per_second)
    return cutting.parts_needed(seconds, size, engine.max_seconds, engine.max_bytes)


def job(asset: Asset, name: str, audio: S3Object, destination: S3Object, services: Services) -> TranscriptionJob:
    """The job `name` that transcribes `audio`, the speech WAV of `asset` or a part of it."""
    known = prepare.resolved(asset.ai, asset.ref.owner, services)
    language = asset.ai.language_code or asset.options.language
    with_words = asset.options.lexicon
    return TranscriptionJob(
        name,
        audio,
        destination,
        language,
        asset.options.speakers,
        _sound(asset).channels > 1,
        known.custom_vocabulary,
        known.custom_language_model,
        known_words.terms(asset.ref.owner, language, services) if with_words else (),
        known_words.vocabularies(asset.ref.owner, services) if with_words and not known.custom_vocabulary else (),
        () if known.custom_language_model else known_words.language_models(asset.ref.owner, services),
    )


def _sound(asset: Asset) -> Sound:
    track = asset.media.audio if asset.media else None
    return Sound(track.speech_channels if track else 1)


def transcribe(asset: Asset, audio: S3Object, count: int, services: Services) -> Started:
    """Start a job for each of `count` parts of the speech WAV `audio`, and join them if all have ended.

    Raises EngineBusy if a part has to wait its turn: those before it are under way then.
    """
    source = ObjectStore(services.aws.s3, audio.bucket)
    offset = cutting.sound_begins(source.read_range(audio.key, 0, _HEAD_BYTES))
    sound = _sound(asset)
    for part in _cut(sound, source, audio.key, offset, count):
        place = keys.file_key(asset.run, Folder.PARTS, part.file_name(".wav"))
        if services.outputs.info(place) is None:
            first, size = sound.bytes_of(part)
            services.outputs.compose(place, sound.wav_header(size), audio, offset + first, size, "audio/wav")
        destination = _transcript_key(asset, part)
        if services.outputs.info(destination) is not None:
            continue
        name = keys.job_name(asset.run, keys.Task.TRANSCRIPT, part.number)
        wanted = job(asset, name, services.outputs.at(place), services.outputs.at(destination), services)
        ended = attempt(name, partial(services.engine(TRANSCRIPTION).start, wanted))
        if isinstance(ended, JobOutcome) and ended.failure is not None:
            part_failed(asset, part.number, ended.failure, services)
    return join(asset, services)


def _cut(sound: Sound, source: ObjectStore, key: str, offset: int, count: int) -> list[Part]:
    """The parts, cut at the quietest moments near even cuts."""
    info = source.info(key)
    seconds = ((info.size if info else 0) - offset) / sound.bytes_per_second
    cuts = []
    for start, end in cutting.search_windows(seconds, count):
        first, size = sound.byte_range(start, end)
        cuts.append(start + sound.quietest(source.read_range(key, offset + first, size)))
    return cutting.parts_between(cuts, seconds)


def part_failed(asset: Asset, number: int, failure: Message, services: Services) -> None:
    """Note that nothing comes of a part: the others are worth having without it."""
    for part in known(asset, Folder.PARTS, services):
        if part.number == number:
            services.outputs.write_json(_transcript_key(asset, part), cutting.failed_document(failure))


def transcribing(asset: Asset, services: Services) -> list[str]:
    """The names of the jobs that transcribe it: one, or one a part."""
    numbers = [part.number for part in known(asset, Folder.PARTS, services)] if needed(asset, services) > 1 else [None]
    return [keys.job_name(asset.run, keys.Task.TRANSCRIPT, number) for number in numbers]


def join(asset: Asset, services: Services) -> JobOutcome | None:
    """Join the transcripts of all parts, once they are there, to the recording's: its event then moves things on.

    Returns the failure if there is nothing to join.
    """
    there = known(asset, TRANSCRIPT.folder, services)
    if not there or len(there) < there[0].count:
        return None
    heard, failures = [], {}
    for part in there:
        document = services.outputs.read(_transcript_key(asset, part)) or b"{}"
        failure = cutting.failure_in(document)
        if failure is None:
            heard.append((part, load_transcript(document)))
        else:
            failures[part] = failure
    name = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    if not heard:
        return JobOutcome(name, failure=next(iter(failures.values())))
    for note in cutting.notes_on_parts(heard, failures):
        services.store.add_note(asset.run, note)
    whole = cutting.stitch(heard, name)
    services.outputs.write_json(TRANSCRIPT.key(asset), whole)
    return None


def known(asset: Asset, folder: str, services: Services) -> list[Part]:
    """The parts of which something lies in `folder`, in order."""
    names = services.outputs.names(keys.file_key(asset.run, folder, ""))
    parsed = [Part.of_file(found.file_name) for key in names if (found := keys.parse_output_key(key))]
    return sorted(part for part in parsed if part is not None)


def _transcript_key(asset: Asset, part: Part) -> str:
    return keys.file_key(asset.run, TRANSCRIPT.folder, part.file_name(".json"))
