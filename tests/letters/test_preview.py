"""The first picture of a GIF, checked by a library that reads it."""

import io

import pytest
from PIL import Image

from chalicelib.letters.preview import first_picture


def moving(mode: str = "P", size: tuple[int, int] = (64, 36), pictures: int = 4) -> bytes:
    """An animated GIF whose pictures are of different colours."""
    frames = [Image.new("RGB", size, (60 * n, 200 - 40 * n, 90)).convert(mode) for n in range(pictures)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_the_first_picture_is_a_gif_of_its_own_that_looks_the_same(mode: str) -> None:
    whole = moving(mode)
    found = first_picture(whole)
    assert found is not None
    assert len(found) < len(whole)
    with Image.open(io.BytesIO(whole)) as before, Image.open(io.BytesIO(found)) as after:
        assert getattr(after, "n_frames", 1) == 1
        assert after.size == before.size
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()


def test_the_beginning_of_a_file_is_enough() -> None:
    whole, found = moving(), first_picture(moving())
    assert found is not None
    assert first_picture(whole[: len(whole) * 3 // 4]) == found


@pytest.mark.parametrize("data", [b"", b"GIF", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"GIF89a" + b"\xff" * 500])
def test_what_is_no_gif_or_not_whole_has_none(data: bytes) -> None:
    assert first_picture(data) is None
    whole = moving()
    for cut in range(0, 120, 7):
        first_picture(whole[:cut])
