"""What administrators send and get of what they bring to learn from, as models."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.checked import WHOLE
from chalicelib.api.models.assets import MessageView, MultipartUpload, PartsDone, PartsWanted, SingleUpload
from chalicelib.api.models.collections import ConsentGiven, ConsentView
from chalicelib.api.models.fields import FileName, Name, RequestModel, UploadId
from chalicelib.api.models.learning import Language
from chalicelib.learning.material import MOST_SOUND_BYTES, MaterialKind, MaterialPurpose, MaterialStage


class MaterialWanted(RequestModel):
    """A set that is to be brought: what it is called, its language, what it holds and what for.

    For sound it must be said what those who speak have agreed to. Only sound is measured by.
    """

    name: Name
    language: Language
    kind: MaterialKind
    purpose: MaterialPurpose = MaterialPurpose.TEACH
    consent: ConsentGiven | None = None


class MaterialView(BaseModel):
    """A set. Of the sounds in it (`members`) so many are `done`; once it is ready, so many files, words and seconds are
    used, and so many files were left out. Times are seconds since the epoch.
    """

    id: str
    name: str
    language: str
    kind: MaterialKind
    purpose: MaterialPurpose
    stage: MaterialStage
    made_by: str
    made_at: float
    changed_at: float
    consent: ConsentView | None = None
    done: int
    members: int
    files: int
    words: int
    seconds: float
    left_out: int


class Materials(BaseModel):
    """All sets, the newest first."""

    sets: list[MaterialView]


class MaterialFile(BaseModel):
    """A file that was uploaded to a set."""

    name: str
    size: int


class MaterialFinding(BaseModel):
    """What is wrong with a file of a set, by its name."""

    name: str
    reason: MessageView


class MaterialWhole(BaseModel):
    """A set with its files while it is open; once it is checked, with what was left out, and why: the first of it."""

    material: MaterialView
    uploaded: list[MaterialFile]
    findings: list[MaterialFinding]


class MaterialUpload(RequestModel):
    """A file that is to be uploaded to a set, with its size in bytes. One of the same name takes its place."""

    file_name: FileName
    size: Annotated[int, Field(ge=1, le=MOST_SOUND_BYTES, description="bytes", strict=True), WHOLE]
    content_type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+$", max_length=100)] = (
        "application/octet-stream"
    )


class MaterialSending(BaseModel):
    """How to send a file; `file_name` is what it is called in the set."""

    file_name: str
    upload: SingleUpload | MultipartUpload


class MaterialPartsWanted(PartsWanted):
    """Which parts of which file to hand out addresses for."""

    file_name: FileName


class MaterialFileNamed(RequestModel):
    """Which file is meant."""

    file_name: FileName


class MaterialUploadNamed(RequestModel):
    """Which upload of which file is meant."""

    file_name: FileName
    upload_id: UploadId


class MaterialPartsDone(PartsDone):
    """All parts of a file, to be put together."""

    file_name: FileName
