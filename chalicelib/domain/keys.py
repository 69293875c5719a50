"""Where things lie in S3, and what a job is called. Nothing else puts such strings together or takes them apart.

    uploads bucket   input/{owner}/{asset}/recording{ending}
                     material/{set}/{file}
    output bucket    output/{folder}/{owner}/{asset}/v{version}/{folder}{ending}
                     output/jobs/{task}/{owner}/{asset}/v{version}/{task}{ending}
                     index/{owner}/{generation}-{token}/{file}
                     index/{owner}/meaning/{generation}-{token}/{file}

The folder comes first so that rules of S3 can name it; every folder is its own prefix, none inside another. What lies
in a folder of `jobs` takes a run on when it is written (`pipeline/jobs.py`): one event filter names them all.

What its owner calls a file stands in no key: each service that reads or writes there has rules of its own for names
(Transcribe takes no spaces, MediaConvert fills in what stands between dollar signs), and whoever is shown a shared
rendition would read it. Lists and mails have the name, and so has what is downloaded (`download_name`).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain import names
from chalicelib.domain.assets import Asset, AssetRef, RunRef, Status

UPLOADS_PREFIX = "input/"
EXPORTS_PREFIX = "exports/"
INDEX_PREFIX = "index/"
"""Where all begins in the output bucket by which accounts are searched."""

MATERIAL_PREFIX = "material/"
"""Where all begins in the uploads bucket that administrators bring to learn from."""


class Folder(StrEnum):
    """The folders of the output bucket that are not a preset's, or a track's."""

    SPEAKERS = "jobs/speakers"
    AUDIO = "jobs/audio"
    PARTS = "parts"
    REPORT = "report"
    EDITS = "edits"
    FRAMES = "frames"
    """Stills of a film: `frames.NNNNNNN.jpg`, counted from 0."""
    LESSONS = "lessons"
    """What the corrections of a recording teach."""
    WORDS = "words"
    """All that is searched in a recording, word by word."""
    VERSIONS = "versions"
    """How an earlier run was when another took its place, and what was carried over from it."""
    TRANSLATIONS = "translations"
    """The captions in other languages, a file a language: `fr.json`."""
    RUN_JOB = "gpu"
    """What a job keeps for itself that does several things for a run: why a part has failed, for one."""
    CLIPS = "clips"
    """What was cut out by somebody's wish, with its captions."""


JOBS_PREFIX = "output/jobs/"
"""Where the results of jobs begin that take a run on."""

TRANSCRIPT_NAME = "transcript.json"
SPEAKERS_NAME = "speakers.json"
"""Whose turns are where, where the transcriber did not tell."""

VOICES_NAME = "voices.json"
"""Beside them: what each voice sounds like, where the deployment remembers voices."""

OF_VOICES = frozenset({SPEAKERS_NAME, VOICES_NAME})
"""Files that may say what a voice sounds like: they never leave the service."""


def prefix(folder: str) -> str:
    """The prefix of all keys in `folder`, for event filters."""
    return f"output/{folder}/"


class Task(StrEnum):
    """What is done once in a run, and named after it. Branches of somebody's own have tasks of their own."""

    RENDITIONS = "renditions"
    AUDIO = "audio"
    TRANSCRIPT = "transcript"
    SPEAKERS = "speakers"
    TOXICITY = "toxicity"
    SUMMARY = "summary"
    REPORT = "report"
    CLIP = "clip"


@dataclass(frozen=True, slots=True)
class OutputKey:
    """A key of the output bucket, taken apart.

    `file_name` has slashes where a service makes folders of its own: Comprehend's "123-NER-abc/output/output.tar.gz".
    """

    folder: str
    run: RunRef
    file_name: str

    @property
    def task(self) -> str:
        """The task whose job left it; "" if it is no job's."""
        root, _, task = self.folder.rpartition("/")
        return task if root else ""

    def __str__(self) -> str:
        return f"{outputs_of(self.run.asset, self.folder)}v{self.run.version}/{self.file_name}"


FOLDER = "(jobs/)?[a-z]+"
"""What a folder of the output bucket may be called, as a pattern."""

_OUTPUT = re.compile(
    rf"output/(?P<folder>{FOLDER})/(?P<owner>[^/]+)/(?P<asset>[^/]+)/v(?P<version>[1-9][0-9]{{0,6}})/(?P<name>[^/]+(/[^/]+)*)",
    re.DOTALL,
)
_ENDING = re.compile(r"[a-z0-9]{1,10}")
_UPLOAD = re.compile(r"input/(?P<owner>[^/]+)/(?P<asset>[^/]+)/(?P<name>[^/]+)", re.DOTALL)
_JOB = re.compile(
    r"(?P<owner>[^.]+)\.(?P<asset>[^.]+)\.v(?P<version>[1-9][0-9]{0,6})\.(?P<task>[a-z]+)"
    r"(\.((?P<part>[1-9][0-9]{0,3})|(?P<of>[0-9a-f]{16}-[0-9a-z-]{1,20})))?"
)


def download_name(asset: Asset, ending: str) -> str:
    """What to call a file with `ending` (".mp4") that somebody downloads: as its owner calls the recording."""
    return names.download_stem(asset.title, asset.file_name) + ending


def uploads_of(ref: AssetRef) -> str:
    """Where all begins that was uploaded of an asset."""
    return f"{UPLOADS_PREFIX}{ref.owner}/{ref.asset_id}/"


def outputs_of(ref: AssetRef, folder: str) -> str:
    """Where all begins that was made of an asset in one folder of the output bucket, by all its runs."""
    return f"{prefix(folder)}{ref.owner}/{ref.asset_id}/"


def exports_of(owner: str) -> str:
    """Where all begins that an owner takes along: copies of all of their data, and files of their boards."""
    return f"{EXPORTS_PREFIX}{owner}/"


def copies_of(owner: str) -> str:
    """Where the copies of all of an owner's data begin."""
    return f"{exports_of(owner)}copies/"


def board_files(owner: str, board_id: str) -> str:
    """Where the files of one of an owner's boards begin that were asked for just now."""
    return f"{exports_of(owner)}boards/{board_id}/"


def is_board_file(key: str) -> bool:
    """Whether a key is that of a file of a board."""
    return key.startswith(EXPORTS_PREFIX) and key.split("/")[2:3] == ["boards"]


def index_of(owner: str) -> str:
    """Where all begins by which an owner's recordings are searched."""
    return f"{INDEX_PREFIX}{owner}/"


def meaning_of(owner: str) -> str:
    """Where all begins by which an owner's recordings are searched by meaning."""
    return f"{index_of(owner)}meaning/"


def vectors_key(asset: Asset) -> str:
    """Where the passages of the current run lie, with what they mean."""
    return output_key(asset, Folder.WORDS, ".vectors")


def words_key(asset: Asset) -> str:
    """Where the words of the current run lie, as the search reads them."""
    return output_key(asset, Folder.WORDS, ".words")


def upload_key(ref: AssetRef, file_name: str) -> str:
    """Where the upload of `file_name` goes; of the name only a plain ending is kept, by which some programs go."""
    ending = names.ending_of(file_name)
    return f"{uploads_of(ref)}recording{f'.{ending}' if _ENDING.fullmatch(ending) else ''}"


LEARNING_PREFIX = "learning/"
"""Where all begins in the output bucket that was learnt: an account's, and what is for everybody."""


def learning_of(scope: str, language: str = "") -> str:
    """Where all begins that was learnt for a scope (an account's id, or everybody), of one language or of all."""
    return f"{LEARNING_PREFIX}{scope.removeprefix('#')}/{f'{language}/' if language else ''}"


def model_of(scope: str, language: str, trainer: str, number: int) -> str:
    """Where all begins that a model has to itself: its own file, what it was measured by."""
    return f"{learning_of(scope, language)}{trainer}/{number:06}"


def material_of(language: str) -> str:
    """Where what administrators have brought in a language begins, once it is checked: a folder a set."""
    return f"{LEARNING_PREFIX}everybody/{language}/brought/"


def material_upload(set_id: str, file_name: str = "") -> str:
    """Where a file goes that is brought to a set (by its safe name); without one, where all of them begin."""
    return f"{MATERIAL_PREFIX}{set_id}/{file_name}"


def general_of(language: str) -> str:
    """Where what every model is measured by beside begins: it stays as it is."""
    return f"{LEARNING_PREFIX}everybody/general/{language}/"


def parse_upload_key(key: str) -> AssetRef | None:
    """The asset whose upload lies at `key`, or None if `key` is nobody's upload."""
    return _asset_ref(_UPLOAD.fullmatch(key))


def output_key(asset: Asset, folder: str, ending: str) -> str:
    """Where the current run of `asset` leaves a file in `folder`, with `ending` (".json")."""
    return str(OutputKey(folder, asset.run, folder.rpartition("/")[2] + ending))


def parse_output_key(key: str) -> OutputKey | None:
    """`key` taken apart, or None if it is not one of ours."""
    match = _OUTPUT.fullmatch(key)
    ref = _asset_ref(match)
    if match is None or ref is None:
        return None
    return OutputKey(match["folder"], RunRef(ref, int(match["version"])), match["name"])


def file_key(run: RunRef, folder: str, file_name: str) -> str:
    """Where a run leaves the file of this name in `folder`; without a name, where all its files there begin."""
    return str(OutputKey(folder, run, file_name))


class JobName(NamedTuple):
    """A job's name, taken apart: `part` counts from 1 where a task is done in parts; `of` names what it is about where
    that is no whole run.
    """

    run: RunRef
    task: str
    part: int | None = None
    of: str | None = None


def job_name(run: RunRef, task: str, part: int | str | None = None) -> str:
    """The name of a run's job: always the same, so that a job started twice is started once.

    Fits Amazon Transcribe's rule for job names: at most 200 of [0-9a-zA-Z._-].
    """
    whole = f"{run.asset.owner}.{run.asset.asset_id}.v{run.version}.{task}"
    return whole if part is None else f"{whole}.{part}"


HELD = ".held"
"""What the report that a run is held has behind its name."""


def report_name(asset: Asset) -> str:
    """What tells one report from another: of a run that it is held, and then how it ended, which are two."""
    name = job_name(asset.run, Task.REPORT)
    return f"{name}{HELD}" if asset.status is Status.HELD else name


def parse_job_name(name: str) -> JobName | None:
    """The name of a job taken apart, or None if the job is not one of ours."""
    match = _JOB.fullmatch(name)
    ref = _asset_ref(match)
    if match is None or ref is None:
        return None
    part = int(match["part"]) if match["part"] else None
    return JobName(RunRef(ref, int(match["version"])), match["task"], part, match["of"])


def _asset_ref(match: re.Match[str] | None) -> AssetRef | None:
    if match is None:
        return None
    try:
        return AssetRef(match["owner"], match["asset"])
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class S3Object:
    """Names one object."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """Its name in one: "s3://bucket/key"."""
        return f"s3://{self.bucket}/{self.key}"
