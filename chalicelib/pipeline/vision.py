"""The vision branch: films and pictures are looked at, each detection by a job of its own.

What a job finds lies as rows in the folder of its task. It becomes a track as soon as it is there; whoever finds that
all tracks are there that there will be closes the branch. A detection that fails leaves the reason in the same folder,
costs itself, and is named in a note. Every step can be done again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from chalicelib.domain import keys
from chalicelib.domain.ai_options import DYNAMIC, FALLBACK, NO_FRAMES, capture_rate
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, Options
from chalicelib.domain.keys import JobName, OutputKey, S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.pipeline import again, failure_notes, finish, prepare, together
from chalicelib.pipeline.branch import Branch, Job, add_notes
from chalicelib.seams.jobs import JobOutcome, Started, TellsProgress, attempt
from chalicelib.seams.transcoding import TRANSCODING, TranscodingJob, TranscodingOutput
from chalicelib.seams.vision import VISION, Looking, ReadsSomeFilms, TakesFrames, TakesPictures, VisionJob, looking
from chalicelib.services import Services
from chalicelib.storage.asset_items import TrackRecord
from chalicelib.vision import metadata, rows
from chalicelib.vision.detections import Detection, wanted
from chalicelib.vision.timeline import Timeline
from chalicelib.vision.tracks import ALL_SEEN, OF_DETECTION

FRAMES = "frames"
"""The task whose job takes the stills out of a film."""

_RENDITIONS = "renditions"

_STILLS_MADE = "made.json"

_NO_SOURCE = Message(
    "film-not-readable",
    "The file cannot be looked at as it was uploaded, and there is no rendition of it that can be.",
)
_NO_STILLS = Message("film-without-stills", "The film is too short for a single still.")
_NOTHING_LEFT = Message("nothing-left", "What was found is no longer there.")
_NOT_READABLE = Message("rows-not-readable", "What was found cannot be read.")
_NOT_LOOKED_FOR = Message("not-seen", "Could not be looked for: %(what)s. %(reason)s")


class Vision(Branch):
    """Looks at films and pictures."""

    name = "vision"
    may_follow = (_RENDITIONS,)
    tasks = (*(one.value for one in Detection), FRAMES)
    seams = (TRANSCODING, VISION)

    def wanted(self, media: MediaInfo, options: Options) -> BranchState | None:
        """None where nothing is to be looked for, which is usual."""
        if (media.video is None and media.picture is None) or not wanted(options.ai.over(FALLBACK)):
            return None
        return super().wanted(media, options)

    def at_start(self, asset: Asset, state: BranchState, services: Services) -> BranchState:
        """Where the upload cannot be looked at as it is, a rendition is, when it is there."""
        if state.status is not BranchStatus.OPEN or asset.media is None or not _needs_rendition(asset, services):
            return state
        if prepare.plans_looked_at(asset, asset.media):
            return BranchState(BranchStatus.OPEN, after=(_RENDITIONS,))
        if asset.moderation is not None and asset.moderation.in_stills:
            return state  # what can be in stills is: what else was asked for costs itself alone
        return BranchState(BranchStatus.SKIPPED, _NO_SOURCE)

    def start(self, asset: Asset, services: Services) -> None:
        """Start what has not come to its end, and take in what has; harmless while jobs are under way."""
        self._go_on(asset, wanted(asset.ai), services)

    def _go_on(self, asset: Asset, detections: Iterable[Detection], services: Services) -> None:
        if asset.media is None:
            return
        missing = [one for one in detections if _end(asset, one, services) is None]
        there = [
            one
            for one in missing
            if services.outputs.info(one.key(asset)) is not None or again.take_rows(asset, one, services)
        ]
        for detection in there:
            _collect(asset, detection, services)
        missing = [one for one in missing if one not in there]
        frames = _frames(asset, missing, services)
        for detection in missing:
            if frames.is_waiting and _looking(asset, detection, services) is Looking.FRAMES:
                continue
            self._start_one(asset, detection, frames.place, services)
        if frames.started is not None:
            self.look_at(frames.started, asset, services)
        if not missing:
            self._close(asset, services)

    def output_written(self, asset: Asset, written: OutputKey, services: Services) -> None:
        """Rows were written, or why there are none, or all stills."""
        if written.task == FRAMES:
            if written.file_name == _STILLS_MADE:
                by_stills = [one for one in wanted(asset.ai) if _looking(asset, one, services) is Looking.FRAMES]
                self._go_on(asset, by_stills, services)
            return
        detection = Detection(written.task)
        if detection not in wanted(asset.ai):
            return
        if str(written) == detection.key(asset) and _end(asset, detection, services) is None:
            _collect(asset, detection, services)
        self._close(asset, services)

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        """A failure is noted, whose event goes on from there, and so is it that all stills are there.

        Of a success the results may still have to be fetched: their engine is asked again.
        """
        if job.task == FRAMES:
            if outcome.failure is None:  # whose event has the stills looked at: here they would be looked at twice
                services.outputs.write_json(_all_stills(asset), {})
            else:
                for detection in wanted(asset.ai):
                    if _looking(asset, detection, services) is Looking.FRAMES:
                        _fail(asset, detection, outcome.failure, services)
            return
        detection = Detection(job.task)
        if detection not in wanted(asset.ai) or _end(asset, detection, services) is not None:
            return
        if outcome.failure is not None and services.outputs.info(detection.key(asset)) is not None:
            # Its job has failed at something else, or stopped at what it saw: the rows' own event goes on from there.
            return
        if outcome.failure is not None:
            _fail(asset, detection, outcome.failure, services)
        elif services.outputs.info(detection.key(asset)) is None:
            self._start_one(asset, detection, _stills(asset, services), services)

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        """A job a detection, and the one that takes the stills."""
        if asset.media is None or services.engine(VISION) is None:
            return
        upload = services.uploads.at(asset.input_key)
        detections = wanted(asset.ai)
        if any(_looking(asset, one, services) is Looking.FRAMES for one in detections):
            yield Job(services.engine(TRANSCODING), keys.job_name(asset.run, FRAMES), upload)
        for detection in detections:
            if together.looks(detection, services):
                yield together.part(VISION, detection.value, asset, services)
            else:
                yield Job(services.engine(VISION), keys.job_name(asset.run, detection.value), upload)

    def progress(self, asset: Asset, services: Services) -> float | None:
        """The mean of the detections: those that have ended are done, and others are as far as their engine says."""
        engine = services.engine(VISION)
        detections = wanted(asset.ai)
        if not isinstance(engine, TellsProgress) or not detections:
            return None
        told = [engine.progress(keys.job_name(asset.run, one.value)) for one in detections]
        if all(share is None for share in told):
            return None
        # One that does not run has ended, or waits for its turn: only what is there tells which.
        shares = [
            float(_end(asset, one, services) is not None) if share is None else share
            for one, share in zip(detections, told, strict=True)
        ]
        return sum(shares) / len(shares)

    def _start_one(self, asset: Asset, detection: Detection, frames: S3Object | None, services: Services) -> None:
        engine, name = services.engine(VISION), keys.job_name(asset.run, detection.value)
        if together.looks(detection, services):
            started = together.start(VISION, name, asset, services)
        else:
            job = None if engine is None else _job(asset, detection, frames, services)
            if engine is None or job is None:
                _fail(asset, detection, _NO_SOURCE, services, is_skipped=True)
                return
            started = attempt(name, partial(engine.start, job))
        if isinstance(started, JobOutcome) and started.failure is None:
            # What it found is there now: its event goes on from there.
            if services.outputs.info(detection.key(asset)) is None:
                _fail(asset, detection, _NOTHING_LEFT, services)
            elif ended := keys.parse_job_name(name):
                add_notes(started, ended, services)
        else:
            self.look_at(started, asset, services)

    def _close(self, asset: Asset, services: Services) -> None:
        """Close the branch if all detections have come to their end."""
        detections = wanted(asset.ai)
        ends = {one: end for one in detections if (end := _end(asset, one, services)) is not None}
        if len(ends) < len(detections):
            return
        done = [one for one, end in ends.items() if end.failure is None]
        failed = {one: end for one, end in ends.items() if end.failure is not None}
        notes = [
            _NOT_LOOKED_FOR.of(what=prepare.NAMES[one.option], reason=end.failure or "") for one, end in failed.items()
        ]
        if not done:
            first = next(iter(failed.values()))
            is_skipped = all(end.is_skipped for end in failed.values())
            state = BranchState(BranchStatus.SKIPPED if is_skipped else BranchStatus.FAILED, first.failure)
            finish.close(asset, {self.name: state}, services, notes=[] if is_skipped else notes)
            return
        records = [*_records(asset, {one: ends[one] for one in done}, services)]
        services.store.put_tracks(asset.run, records)
        state = BranchState(BranchStatus.DONE)
        finish.close(asset, {self.name: state}, services, notes=notes, written=records)


@dataclass(frozen=True, slots=True)
class _End:
    """How a detection has ended: with its track, `written_at` then (seconds since the epoch), or with a failure."""

    written_at: float = 0.0
    failure: Message | None = None
    is_skipped: bool = False


@dataclass(frozen=True, slots=True)
class _Frames:
    """The stills of a film: where they lie; or that they are waited for, and what their job's start has told."""

    place: S3Object | None = None
    is_waiting: bool = False
    started: Started = None


def _looking(asset: Asset, detection: Detection, services: Services) -> Looking:
    if asset.media is None:
        return Looking.FILM
    found = looking(detection, asset.media, asset.ai, asset.moderation)
    return Looking.FILM if found is Looking.FRAMES and together.looks(detection, services) else found


def _end(asset: Asset, detection: Detection, services: Services) -> _End | None:
    """How a detection has ended; None while it has not."""
    if (info := services.outputs.info(OF_DETECTION[detection].key(asset))) is not None:
        return _End(info.written_at)
    note = failure_notes.read(asset, detection.value, services)
    return None if note is None else _End(0.0, note.failure, note.is_skipped)


def _fail(
    asset: Asset, detection: Detection, failure: Message, services: Services, *, is_skipped: bool = False
) -> None:
    """Note that nothing comes of a detection. The event of that has the branch closed, if it was the last."""
    failure_notes.write(asset, detection.value, failure, services, is_skipped=is_skipped)


# ---- what is looked at


def _needs_rendition(asset: Asset, services: Services) -> bool:
    """Whether there is something to look for that the engine cannot find in the upload as it is."""
    ways = {_looking(asset, one, services) for one in wanted(asset.ai) if not together.looks(one, services)}
    return bool(ways - {Looking.FRAMES}) and not _reads_upload(asset, services)


def _reads_upload(asset: Asset, services: Services) -> bool:
    engine, media = services.engine(VISION), asset.media
    if media is None:
        return False
    if media.video is None:
        return not isinstance(engine, TakesPictures) or media.container in engine.pictures
    return not isinstance(engine, ReadsSomeFilms) or engine.reads(media, asset.size or 0)


def _source(asset: Asset, services: Services) -> S3Object | None:
    """The upload, or else the rendition that is looked at in its place; None if there is none."""
    if _reads_upload(asset, services):
        return services.uploads.at(asset.input_key)
    made = {rendition.preset: rendition for rendition in asset.renditions}
    found = next((made[name] for name in prepare.LOOKED_AT if name in made), None)
    return None if found is None else services.outputs.at(found.key)


def _job(asset: Asset, detection: Detection, frames: S3Object | None, services: Services) -> VisionJob | None:
    """The job of a detection; None if there is nothing that it can look at."""
    media = asset.media
    way = _looking(asset, detection, services)
    source = services.uploads.at(asset.input_key) if way is Looking.FRAMES else _source(asset, services)
    if media is None or source is None:
        return None
    if way is Looking.FILM and source.bucket == services.outputs.bucket:
        media = prepare.as_rendition(media)
    return VisionJob(
        keys.job_name(asset.run, detection.value),
        detection,
        way,
        source,
        media,
        services.outputs.at(detection.key(asset)),
        prepare.for_detection(detection, prepare.resolved(asset.ai, asset.ref.owner, services), services.settings),
        frames if way is Looking.FRAMES else None,
    )


def _stills(asset: Asset, services: Services) -> S3Object | None:
    """Where the stills lie that were taken; None where the engine takes them itself."""
    engine = services.engine(VISION)
    if isinstance(engine, TakesFrames) and engine.takes_frames:
        return None
    return services.outputs.at(keys.file_key(asset.run, keys.Folder.FRAMES, "frames."))


def _all_stills(asset: Asset) -> str:
    """Where it stands that all stills were taken."""
    return keys.file_key(asset.run, f"jobs/{FRAMES}", _STILLS_MADE)


def _frames(asset: Asset, missing: Iterable[Detection], services: Services) -> _Frames:
    """See to it that the stills are there, or will be, that detections look at which have not ended."""
    needed = [one for one in missing if _looking(asset, one, services) is Looking.FRAMES]
    place = _stills(asset, services)
    if not needed or place is None or asset.media is None or asset.media.video is None:
        return _Frames()
    if services.outputs.info(_all_stills(asset)) is None:
        rate = capture_rate(asset.ai.frame_capture_mode or NO_FRAMES, asset.media.video.frame_rate)
        target = services.outputs.at(keys.output_key(asset, keys.Folder.FRAMES, ".jpg"))
        name = keys.job_name(asset.run, FRAMES)
        output = TranscodingOutput(FRAMES, target, rate)
        job = TranscodingJob(name, services.uploads.at(asset.input_key), asset.media, (output,))
        return _Frames(place, True, attempt(name, partial(services.engine(TRANSCODING).start, job)))
    if not services.outputs.has_any(place.key):
        for detection in needed:
            _fail(asset, detection, _NO_STILLS, services, is_skipped=True)
        return _Frames(place, True)
    return _Frames(place)


# ---- what is made of it


def _collect(asset: Asset, detection: Detection, services: Services) -> None:
    """Make the track of a detection of its rows. The JSON comes last: when it is there, all is."""
    track = OF_DETECTION[detection]
    lines = services.outputs.lines(detection.key(asset))
    if lines is None or asset.media is None:
        return
    try:
        cues = list(_timeline(asset, detection, services).cues(rows.read(lines), _people(asset, detection, services)))
    except ValueError:  # whatever else an engine has left there
        _fail(asset, detection, _NOT_READABLE, services)
        return
    text = "".join(metadata.written(detection, cues))
    services.outputs.write(track.key(asset, "vtt"), text, "text/vtt; charset=utf-8")
    services.outputs.write_json(track.key(asset), {"passages": [cue.to_json() for cue in cues]})


def _timeline(asset: Asset, detection: Detection, services: Services) -> Timeline:
    media, options = asset.media, prepare.for_detection(detection, asset.ai, services.settings)
    way = _looking(asset, detection, services)
    apart = None
    if way is Looking.FRAMES and media is not None and media.video is not None:
        mode = options.frame_capture_mode or NO_FRAMES
        rate = capture_rate(mode, media.video.frame_rate)
        # Of those that are left out since nothing changes, nobody knows how many there were.
        apart = None if rate is None or mode == DYNAMIC else round(1000 / rate)
    ends = round(media.duration * 1000) if media is not None and media.duration else None
    return Timeline(detection, way is Looking.PICTURE, apart, options.min_confidence or 0.0, ends)


def _people(asset: Asset, detection: Detection, services: Services) -> Mapping[str, str] | None:
    """The names of the people in the collection that faces were compared with, by the ids that it knows them by."""
    if detection is not Detection.FACE_MATCHES:
        return None
    people = services.people.people(asset.ai.face_collection_id or "")
    return {person.id: person.name for person in people if person.name}


def _records(asset: Asset, ends: Mapping[Detection, _End], services: Services) -> Iterable[TrackRecord]:
    """What to note of each track, once all of them together are stored."""
    engine = (services.settings.engines[VISION] or "").rsplit(".", 1)[-1]
    began = asset.started_at or asset.created_at
    together: list[dict[str, object]] = []
    for detection, end in ends.items():
        track = OF_DETECTION[detection]
        document = json.loads(services.outputs.read(track.key(asset)) or b'{"passages": []}')
        together += ({**passage, "detection": detection.value} for passage in document["passages"])
        job = keys.job_name(asset.run, detection.value)
        said = "\n".join(dict.fromkeys(passage["text"] for passage in document["passages"]))
        yield TrackRecord(track.name, track.key(asset), engine, began, end.written_at, said, job)
    services.outputs.write_json(ALL_SEEN.key(asset), {"passages": together})
    ended = max(end.written_at for end in ends.values())
    yield TrackRecord(ALL_SEEN.name, ALL_SEEN.key(asset), "rapporteur", began, ended)
