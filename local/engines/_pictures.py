"""The worker that decodes pictures and opens documents: run by `_stills.py`, in a process of its own.

{"do": "look", "container": "jpeg", "path": "…"}     → {"width", "height", "frames", "whole", "pages", "locked"}
{"do": "make", …, "outputs": [{"path": "…", "size": [w, h]}]} → {} once they are written
"""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from local.engines._subprocess import UNREADABLE_FILE, Fault, answer

_FORMATS = {"jpeg": ("JPEG", "MPO"), "png": ("PNG",), "webp": ("WEBP",), "gif": ("GIF",), "tiff": ("TIFF",)}
_MOST_PIXELS = 8192 * 8192
_QUALITY = 88
_PAPER = (255, 255, 255)


def work(request: Mapping[str, Any], progress: Callable[[float], None]) -> Iterator[dict[str, Any]]:
    """What the request asks for."""
    path = Path(request["path"])
    if request["container"] == "pdf":
        yield _document(path)
        return
    Image.MAX_IMAGE_PIXELS = None  # we look at the size before anything is decoded
    try:
        with _opened(request["container"], path) as image:
            yield _looked(image, request["container"]) if request["do"] == "look" else _made(image, request["outputs"])
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as exc:
        raise Fault(UNREADABLE_FILE) from exc


@contextmanager
def _opened(container: str, path: Path) -> Iterator[Image.Image]:
    """The picture, through Pillow; one that Pillow does not know is turned into another by ffmpeg first."""
    if container in _FORMATS:
        with Image.open(path, formats=_FORMATS[container]) as image:
            yield image
        return
    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        turned = Path(folder) / "picture.png"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-protocol_whitelist", "file"]
        command += ["-f", "mov", "-i", f"file:{path}", "-frames:v", "1", f"file:{turned}"]
        done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - a list of arguments
        if done.returncode or not turned.exists():
            raise ValueError("ffmpeg cannot read it")
        with Image.open(turned, formats=("PNG",)) as image:
            yield image


def _looked(image: Image.Image, container: str) -> dict[str, Any]:
    if image.width * image.height > _MOST_PIXELS:  # of a PNG the very question how it is turned decodes it
        return {"width": image.width, "height": image.height, "frames": 1, "whole": False}
    is_turned = image.getexif().get(0x0112, 1) in {5, 6, 7, 8}
    width, height = reversed(image.size) if is_turned else image.size
    frames = getattr(image, "n_frames", 1) if container != "jpeg" else 1  # an MPO's others are its other eye
    found = {"width": width, "height": height, "frames": frames, "whole": True}
    if container == "tiff":
        found |= {"pages": frames, "frames": 1}
    try:
        image.seek(0)
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError):
        found["whole"] = False
    return found


def _made(image: Image.Image, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    if image.width * image.height > _MOST_PIXELS:
        raise Fault(UNREADABLE_FILE)
    upright = ImageOps.exif_transpose(image)
    plain = _in_srgb(upright)
    for output in outputs:
        small = plain.resize(tuple(output["size"]), Image.Resampling.LANCZOS)
        small.save(output["path"], "JPEG", quality=_QUALITY, optimize=True)
    return {}


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture in sRGB without transparency; its own colours are believed where it says what they are."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, (*_PAPER, 255))
        return Image.alpha_composite(paper, image).convert("RGB")
    if (profile := image.info.get("icc_profile")) and image.mode in {"RGB", "CMYK"}:
        import io

        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            turned = None
        if turned is not None:
            return turned
    return image.convert("RGB")


def _document(path: Path) -> dict[str, Any]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as exc:
        if "password" in str(exc).lower():
            return {"locked": True}
        raise Fault(UNREADABLE_FILE) from exc
    return {"pages": len(document)}


if __name__ == "__main__":
    answer(work)
