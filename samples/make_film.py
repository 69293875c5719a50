"""Make `film.mp4`: three short scenes with a title each, in three languages, cut hard, with a black silence between.

    python -m samples.make_film [TARGET.mp4]

Needs Pillow and imageio-ffmpeg. The drawings and the voice are those of `debate.mp4`, which must be there; they are
ours, to be used by anybody for anything. The letters are of Noto Sans CJK (SIL Open Font License, `fonts/OFL.txt`):
`fonts/NotoSansCJK-subset.otf` is made of it, as it is in the package noto-cjk-sans-jp-regular 0.0.1, by fonttools'
`pyftsubset` with the letters of Latin-1 and those that samples and tests write.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont

from samples.make_debate import SCALE, Colour, backdrop, bus, mix

HERE = Path(__file__).parent
FONT = HERE / "fonts" / "NotoSansCJK-subset.otf"
DEBATE = HERE / "debate.mp4"
WIDTH, HEIGHT, FPS = 640, 360, 25

Draw = Callable[[float], Image.Image]
"""What a scene looks like so many seconds after it began."""


@dataclass(frozen=True)
class Scene:
    """What is to be seen for so many seconds; None is black, and silent."""

    seconds: float
    draw: Draw | None


def lettering(size: int) -> ImageFont.FreeTypeFont:
    """The font, `size` pixels high."""
    return ImageFont.truetype(str(FONT), size)


def titled(image: Image.Image, title: str, below: str = "", top: int = 250) -> Image.Image:
    """`image` with a title on a bar, as television has it, `top` pixels down."""
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, top, WIDTH, top + 80), fill=(12, 16, 30))
    draw.rectangle((0, top, 10, top + 80), fill=(255, 205, 86))
    draw.text((36, top + 6), title, font=lettering(32), fill="white")
    if below:
        draw.text((36, top + 46), below, font=lettering(20), fill=(190, 200, 225))
    return image


def evening(seconds: float) -> Image.Image:
    """The town in the evening, through which the bus goes."""
    image = backdrop()
    vehicle = bus()
    image.paste(vehicle, (80 + round(120 * seconds), 598), vehicle)
    return titled(
        image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS), "Free buses for everyone", "Town hall debate", top=24
    )


def plain(ground: Colour, title: str, below: str = "") -> Draw:
    """A card of one colour, with a disc that grows: a still would do, but a film moves."""

    def draw_at(seconds: float) -> Image.Image:
        big = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), ground)
        size = (60 + 12 * seconds) * SCALE
        x, y = 500 * SCALE, 125 * SCALE
        light = mix((255, 255, 255), ground, 0.35)
        ImageDraw.Draw(big).ellipse((x - size, y - size, x + size, y + size), fill=light)
        return titled(big.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS), title, below)

    return draw_at


SCENES = (
    Scene(3.0, evening),
    Scene(3.0, plain((176, 66, 50), "L'été, le bus est gratuit", "Région Île-de-France")),
    Scene(1.6, None),
    Scene(3.0, plain((28, 110, 78), "公共汽车免费")),
)


def arguments(pictures: Path, target: Path) -> list[str]:
    """What ffmpeg is told: pictures in, and the debate's voice wherever there is something to see."""
    before = sum(scene.seconds for scene in SCENES[:2])
    black, after = SCENES[2].seconds, SCENES[3].seconds
    sound = (
        f"[1:a]atrim=0:{before},asetpts=N/SR/TB,afade=t=out:st={before - 0.05}:d=0.05[a];"
        f"anullsrc=r=48000:cl=mono,atrim=0:{black}[b];"
        f"[1:a]atrim={before}:{before + after},asetpts=N/SR/TB,afade=t=in:d=0.05[c];[a][b][c]concat=n=3:v=0:a=1[sound]"
    )
    return [
        *("-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}"),
        *("-r", str(FPS), "-i", str(pictures), "-i", str(DEBATE), "-filter_complex", sound, "-map", "0:v"),
        *("-map", "[sound]", "-c:v", "libx264", "-preset", "slow", "-crf", "26", "-pix_fmt", "yuv420p"),
        *("-tune", "animation", "-g", "50", "-c:a", "aac", "-b:a", "48k", "-ac", "1", "-movflags", "+faststart"),
        *("-bitexact", str(target)),
    ]


def main() -> None:
    """Make the film."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "film.mp4"
    with tempfile.TemporaryDirectory() as name:
        pictures = Path(name) / "pictures.rgb"
        with pictures.open("wb") as file:
            for scene in SCENES:
                for number in range(round(scene.seconds * FPS)):
                    drawn = scene.draw(number / FPS) if scene.draw else Image.new("RGB", (WIDTH, HEIGHT))
                    file.write(drawn.tobytes())
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *arguments(pictures, target)], check=True)


if __name__ == "__main__":
    main()
