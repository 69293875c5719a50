"""Pictures to look at: photographs out of scikit-image's package, and cards with a text on them."""

from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tests.harness.media import ffmpeg
from tests.harness.places import ROOT

FONT = ROOT / "samples" / "fonts" / "NotoSansCJK-subset.otf"


def photograph(name: str) -> Path:
    """One of the photographs of scikit-image: `astronaut`, a woman's face; `camera`, a man's; `chelsea`, a cat's."""
    found = find_spec("skimage")
    assert found is not None and found.origin is not None, "requirements-pictures.txt is not installed"
    return Path(found.origin).parent / "data" / f"{name}.png"


def card(
    path: Path, text: str, at: tuple[int, int] = (40, 140), size: tuple[int, int] = (640, 360), ground: str = "navy"
) -> Path:
    """A picture with a line of text, which begins `at` a place."""
    picture = Image.new("RGB", size, ground)
    ImageDraw.Draw(picture).text(at, text, font=ImageFont.truetype(str(FONT), 44), fill="white")
    picture.save(path)
    return path


def slides(path: Path, pictures: list[tuple[Path, float]]) -> Path:
    """A silent film of pictures of one size, each shown for so many seconds."""
    inputs: list[str | Path] = []
    for picture, seconds in pictures:
        inputs += ["-loop", "1", "-framerate", "25", "-t", str(seconds), "-i", picture]
    joined = "".join(f"[{number}:v]" for number in range(len(pictures)))
    graph = f"{joined}concat=n={len(pictures)}:v=1:a=0,format=yuv420p[film]"
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[film]", "-c:v", "libx264", path)
    return path
