"""The worker that decodes pictures and opens documents: run by `_stills.py`, in a process of its own.

{"do": "look", "container": "jpeg", "path": "…"}     → {"width", "height", "frames", "whole", "pages", "locked"}
{"do": "make", …, "outputs": [{"path": "…", "size": [w, h]}]} → [w, h] of each, once it is written
"""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps

from local.engines._subprocess import UNREADABLE_FILE, Fault, answer

_FORMATS = {"jpeg": ("JPEG",), "png": ("PNG",), "webp": ("WEBP",), "gif": ("GIF",), "tiff": ("TIFF",)}
_MOST_PIXELS = 8192 * 8192
_FFMPEG_SECONDS = 45.0
_QUALITY = 88
_PAPER = (255, 255, 255)


def work(request: Mapping[str, Any], progress: Callable[[float], None]) -> Iterator[Any]:
    """What the request asks for."""
    container, path = request["container"], Path(request["path"])
    if container == "pdf" and request["do"] == "look":
        yield _document(path)
        return
    Image.MAX_IMAGE_PIXELS = None  # we look at the size before anything is decoded
    try:
        with _first_page(path, request["outputs"]) if container == "pdf" else opened(container, path) as image:
            if request["do"] == "look":
                yield _looked(image, container)
            else:
                yield from _made(image, request["outputs"])
    except (Fault, MemoryError):
        raise
    except Exception as exc:  # whatever a broken file does to whoever reads it
        raise Fault(UNREADABLE_FILE) from exc


@contextmanager
def opened(container: str, path: Path) -> Iterator[Image.Image]:
    """The picture, through Pillow; one that Pillow does not know is turned into another by ffmpeg first.

    ffmpeg puts the tiles together that phones cut their pictures into, and turns them upright.
    """
    if container in _FORMATS:
        with Image.open(path, formats=_FORMATS[container]) as image:
            yield image
        return
    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        turned = Path(folder) / "picture.png"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-protocol_whitelist", "file"]
        command += ["-max_pixels", str(_MOST_PIXELS), "-f", "mov", "-i", f"file:{path}"]
        command += ["-frames:v", "1", "-compression_level", "1", f"file:{turned}"]
        try:  # it has the limits of this process, and ends before this one is ended
            done = subprocess.run(command, check=False, capture_output=True, timeout=_FFMPEG_SECONDS)  # noqa: S603
        except subprocess.TimeoutExpired as exc:
            raise ValueError("ffmpeg comes to no end") from exc
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
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - as above
        found["whole"] = False
    return found


def _made(image: Image.Image, outputs: list[dict[str, Any]]) -> Iterator[list[int]]:
    if image.width * image.height > _MOST_PIXELS:
        raise Fault(UNREADABLE_FILE)
    upright = ImageOps.exif_transpose(image)
    plain = in_srgb(upright)
    for output in outputs:
        small = plain.resize(_fitted(plain, output["size"]), Image.Resampling.LANCZOS)
        # Nothing goes along that the original says of its place, its camera or itself: Pillow would keep a comment.
        small.save(output["path"], "JPEG", quality=_QUALITY, optimize=True, comment=b"")
        yield [small.width, small.height]


def _fitted(image: Image.Image, wanted: list[int]) -> tuple[int, int]:
    """The size that was planned, where the plan knew the picture's shape; else one with as long a side."""
    if abs(image.width * wanted[1] - image.height * wanted[0]) <= max(*image.size, *wanted):
        return wanted[0], wanted[1]
    scale = max(wanted) / max(image.size)
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


@contextmanager
def _first_page(path: Path, outputs: list[dict[str, Any]]) -> Iterator[Image.Image]:
    """A picture of a document's first page, as large as the largest output."""
    import pypdfium2

    longest = max(max(output["size"]) for output in outputs)
    try:
        page = pypdfium2.PdfDocument(path)[0]
        yield page.render(scale=longest / max(page.get_size())).to_pil()
    except (pypdfium2.PdfiumError, IndexError, ZeroDivisionError) as exc:
        raise Fault(UNREADABLE_FILE) from exc


def in_srgb(image: Image.Image) -> Image.Image:
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
