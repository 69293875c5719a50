"""Make `debate.mp4` from `debate.txt`: two voices of flite argue, and two drawn speakers light up as they talk.

    python samples/make_debate.py [TARGET.mp4]

Needs flite (Debian and Ubuntu: `apt install flite`), Pillow and imageio-ffmpeg. In the text, a line is a sentence and
an empty line hands over to the other speaker. Text, drawing and recording are ours, to be used by anybody for anything.
"""

import shutil
import subprocess
import sys
import tempfile
import wave
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageDraw

TEXT = Path(__file__).with_name("debate.txt")
VOICES = ("slt", "rms")
RATE = 16_000
PAUSE, HANDOVER = 0.4, 0.3  # seconds of silence after a sentence, and before the other speaker begins

WIDTH, HEIGHT, FPS = 1280, 720, 25

Colour = tuple[int, int, int]
SKY, GROUND, ROAD, LINE = (24, 30, 52), (33, 41, 70), (16, 20, 36), (92, 104, 148)
SPEAKERS: tuple[Colour, Colour] = ((255, 138, 101), (77, 208, 195))
SKINS: tuple[Colour, Colour] = ((244, 204, 172), (172, 122, 92))
HAIR: tuple[Colour, Colour] = ((120, 58, 36), (38, 30, 34))
ASLEEP = 0.38  # how much of its colour a silent speaker keeps
STEPS, SCALE, MARGIN = 10, 3, 90  # of waking and loudness; finer drawing; pixels left and right of the time line


@dataclass(frozen=True)
class Turn:
    """Who speaks (0 or 1) from `start` to `end`, in seconds."""

    speaker: int
    start: float
    end: float


def say(sentence: str, voice: str, folder: Path) -> "array[int]":
    """The samples of one sentence: 16-bit, mono, at `RATE`."""
    flite = shutil.which("flite")
    if flite is None:
        raise SystemExit("flite is not installed: get it with `apt install flite`")
    spoken = folder / "sentence.wav"
    subprocess.run([flite, "-voice", voice, "-t", sentence, "-o", str(spoken)], check=True)
    with wave.open(str(spoken)) as wav:
        if (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) != (RATE, 1, 2):
            raise SystemExit(f"flite's voice {voice} is not 16 kHz mono")
        return array("h", wav.readframes(wav.getnframes()))


def silence(seconds: float) -> "array[int]":
    """So many seconds of nothing."""
    return array("h", bytes(2 * round(seconds * RATE)))


def speak(text: str, folder: Path) -> "tuple[array[int], list[Turn]]":
    """The whole debate as samples, and who speaks when."""
    sound, turns = silence(HANDOVER), []
    for number, turn in enumerate(text.strip().split("\n\n")):
        start = len(sound) / RATE
        for sentence in turn.splitlines():
            sound += say(sentence, VOICES[number % 2], folder) + silence(PAUSE)
        turns.append(Turn(number % 2, start, len(sound) / RATE - PAUSE))
        sound += silence(HANDOVER)
    return sound, turns


def loudness(sound: "array[int]", frames: int) -> list[float]:
    """How loud each frame of the picture is, from 0 to 1, falling more slowly than it rises."""
    step, level, levels = RATE // FPS, 0.0, []
    for index in range(frames):
        part = sound[index * step : (index + 1) * step]
        now = min(1.0, sum(map(abs, part)) / max(1, len(part)) / 5000)
        level = max(now, level * 0.8)
        levels.append(level)
    return levels


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of `one`, the rest of `other`."""
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def backdrop() -> Image.Image:
    """What stands still: the evening, the ground, the road with its stops."""
    image = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    for y in range(HEIGHT):
        draw.line([(0, y), (WIDTH, y)], mix(GROUND, SKY, y / HEIGHT))
    for left, width, height in ((60, 90, 150), (165, 70, 230), (250, 110, 120), (560, 80, 170), (650, 70, 260),
                                (735, 60, 140), (930, 100, 200), (1045, 70, 130), (1130, 95, 250)):  # fmt: skip
        draw.rectangle((left, 560 - height, left + width, 560), mix(LINE, SKY, 0.16))
        for x in range(left + 14, left + width - 16, 22):
            for y in range(574 - height, 540, 30):
                lit = (x // 22 * 3 + y // 30 * 2) % 5 == 0
                draw.rectangle((x, y, x + 8, y + 12), mix((255, 214, 140), SKY, 0.55 if lit else 0.1))
    draw.rectangle((0, 560, WIDTH, HEIGHT), ROAD)
    draw.line([(0, 560), (WIDTH, 560)], LINE, 3)
    return image


def smooth(draw_at: Callable[[ImageDraw.ImageDraw, int], None], width: int, height: int) -> Image.Image:
    """A see-through picture drawn at `SCALE` times its size, so that its edges are soft."""
    big = Image.new("RGBA", (width * SCALE, height * SCALE))
    draw_at(ImageDraw.Draw(big), SCALE)
    return big.resize((width, height), Image.Resampling.LANCZOS)


@cache
def figure(speaker: int, wake: int, level: int) -> Image.Image:
    """A speaker behind a lectern: `wake` from 0 (silent) to `STEPS` (speaking), `level` from 0 to `STEPS` (loud)."""
    awake, loud = wake / STEPS, level / STEPS
    coat = mix(SPEAKERS[speaker], SKY, ASLEEP + (1 - ASLEEP) * awake)
    skin = mix(SKINS[speaker], SKY, 0.45 + 0.55 * awake)
    ink = mix(SKY, skin, 0.85)

    def draw_at(draw: ImageDraw.ImageDraw, scale: int) -> None:
        def box(x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
            return (x - wide / 2) * scale, (y - high / 2) * scale, (x + wide / 2) * scale, (y + high / 2) * scale

        for ring in (1, 2, 3):
            size = 190 + ring * (22 + 26 * loud)
            draw.ellipse(box(200, 170, size, size), outline=(*coat, round(150 * awake * loud / ring)), width=4 * scale)
        draw.rounded_rectangle(box(200, 400, 230, 270), 100 * scale, fill=coat)
        draw.polygon(
            [(x * scale, y * scale) for x, y in ((178, 268), (222, 268), (200, 330))], fill=mix(skin, coat, 0.25)
        )
        draw.rounded_rectangle(box(200, 250, 46, 60), 18 * scale, fill=mix(skin, SKY, 0.85))
        draw.ellipse(box(200, 170, 146, 158), fill=skin)
        hair = mix(HAIR[speaker], SKY, 0.5 + 0.5 * awake)
        draw.chord(box(200, 162, 156, 158), 188 if speaker else 200, 352 if speaker else 340, fill=hair)
        if not speaker:
            draw.rounded_rectangle(box(126, 184, 26, 120), 13 * scale, fill=hair)
            draw.rounded_rectangle(box(274, 184, 26, 120), 13 * scale, fill=hair)
        for x in (172, 228):
            draw.ellipse(box(x, 172, 13, 6 + 9 * awake), fill=ink)
        draw.ellipse(box(200, 212, 36 - 6 * loud, 5 + 26 * loud), fill=ink)
        draw.rounded_rectangle(box(200, 470, 290, 150), 16 * scale, fill=mix(coat, ROAD, 0.3))
        draw.rounded_rectangle(box(200, 402, 320, 24), 10 * scale, fill=mix(coat, ROAD, 0.55))
        draw.ellipse(box(200, 470, 54, 54), fill=mix(coat, ROAD, 0.75))

    return smooth(draw_at, 400, 540)


def bus() -> Image.Image:
    """The bus that shows how far the debate is."""

    def draw_at(draw: ImageDraw.ImageDraw, scale: int) -> None:
        def box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
            return left * scale, top * scale, right * scale, bottom * scale

        draw.rounded_rectangle(box(2, 4, 148, 62), 12 * scale, fill=(255, 205, 86))
        draw.rectangle(box(2, 44, 148, 50), fill=(235, 120, 70))
        for left in (12, 40, 68, 96):
            draw.rounded_rectangle(box(left, 14, left + 22, 36), 4 * scale, fill=(46, 62, 104))
        draw.rounded_rectangle(box(124, 14, 148, 42), 4 * scale, fill=(150, 205, 235))
        for middle in (36, 114):
            draw.ellipse(box(middle - 13, 49, middle + 13, 75), fill=(20, 22, 32))
            draw.ellipse(box(middle - 5, 57, middle + 5, 67), fill=(150, 160, 185))

    return smooth(draw_at, 150, 76)


def frames(turns: list[Turn], levels: list[float]) -> Iterator[bytes]:
    """Every frame of the picture, as RGB."""
    length = len(levels) / FPS
    still, vehicle, wakes = backdrop(), bus(), [0.0, 0.0]

    def across(seconds: float) -> int:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * seconds / length)

    for index, level in enumerate(levels):
        now = index / FPS
        active = next((turn.speaker for turn in turns if turn.start - 0.2 <= now <= turn.end), None)
        image = still.copy()
        for speaker, middle in enumerate((330, WIDTH - 330)):
            wakes[speaker] += ((speaker == active) - wakes[speaker]) * 0.2
            loud = round(level * STEPS) if speaker == active else 0
            layer = figure(speaker, round(wakes[speaker] * STEPS), loud)
            image.paste(layer, (middle - 200, 45), layer)
        draw = ImageDraw.Draw(image)
        for bar in range(-3, 4):
            past = levels[max(0, index - abs(bar) * 2)]
            high = 6 + 120 * past * (1 - abs(bar) / 6)
            colour = LINE if active is None else SPEAKERS[active]
            x = WIDTH // 2 + bar * 26
            draw.rounded_rectangle((x - 7, 250 - high / 2, x + 7, 250 + high / 2), 7, fill=colour)
        for turn in turns:
            left, right, reached = across(turn.start), across(turn.end), across(min(max(now, turn.start), turn.end))
            draw.rounded_rectangle((left, 684, right, 694), 5, fill=mix(SPEAKERS[turn.speaker], ROAD, 0.25))
            if reached > left + 10:
                draw.rounded_rectangle((left, 684, reached, 694), 5, fill=SPEAKERS[turn.speaker])
        image.paste(vehicle, (across(now) - 75, 598), vehicle)
        yield image.tobytes()


def encode(sound: "array[int]", pictures: Iterator[bytes], target: Path, folder: Path) -> None:
    """Write the film, small enough to live in a repository."""
    voice = folder / "debate.wav"
    with wave.open(str(voice), "wb") as wav:
        wav.setparams((1, 2, RATE, 0, "NONE", ""))
        wav.writeframes(sound.tobytes())
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "pipe:0"]
    command += ["-i", str(voice), "-c:v", "libx264", "-preset", "slow", "-crf", "26", "-pix_fmt", "yuv420p"]
    command += ["-tune", "animation", "-c:a", "aac", "-b:a", "64k", "-ar", "48000", "-movflags", "+faststart"]
    command += ["-bitexact", str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        for picture in pictures:
            ffmpeg.stdin.write(picture)
    if ffmpeg.returncode:
        raise SystemExit("ffmpeg could not write the film")


def main() -> None:
    """Make the film."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TEXT.with_suffix(".mp4")
    with tempfile.TemporaryDirectory() as name:
        sound, turns = speak(TEXT.read_text(), Path(name))
        levels = loudness(sound, len(sound) * FPS // RATE)
        encode(sound, frames(turns, levels), target, Path(name))


if __name__ == "__main__":
    main()
