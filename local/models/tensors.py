"""Reads the numbers out of a file of PyTorch, without PyTorch and without running anything that stands in the file."""

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_STORAGE = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Tensors(pickle.Unpickler):
    """Reads a file of PyTorch that holds tensors and plain values, and refuses everything else."""

    def __init__(self, packed: zipfile.ZipFile, name: str) -> None:
        super().__init__(io.BytesIO(packed.read(name)))
        self._packed = packed
        self._folder = name.rpartition("/")[0]

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - what it is in the file
        """The four things that such a file names. Raises UnpicklingError for any other: nothing of it is run."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _STORAGE:
            return _STORAGE[name]
        raise pickle.UnpicklingError(f"{module}.{name} is no tensor")

    def persistent_load(self, pid: Any) -> tuple[str, bytes]:  # noqa: ANN401
        """The numbers of a tensor, with their type."""
        return pid[1], self._packed.read(f"{self._folder}/data/{pid[2]}")


def _tensor(stored: tuple[str, bytes], offset: int, size: list[int], stride: list[int], *_: object) -> Array:
    kind, data = stored
    numbers = np.frombuffer(data, kind)[offset:]
    return np.lib.stride_tricks.as_strided(numbers, size, [step * numbers.itemsize for step in stride]).copy()


def read_tensors(path: Path) -> dict[str, Any]:
    """What the file of PyTorch at `path` holds. Raises UnpicklingError for more than tensors and plain values."""
    with zipfile.ZipFile(path) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith("/data.pkl"))
        found: dict[str, Any] = _Tensors(packed, name).load()
    return found
