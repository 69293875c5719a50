"""Pictures and documents to test with, made on the spot: good ones, and such as somebody means ill with."""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

from tests.harness.media import ffmpeg

SIZE = (320, 200)
_PILLOW = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "tiff": "TIFF"}


def picture(size: tuple[int, int] = SIZE, mode: str = "RGB") -> Image.Image:
    """A picture with some shapes in it."""
    image = Image.new("RGB", size, (230, 235, 240))
    ImageDraw.Draw(image).ellipse((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill=(200, 40, 40))
    return image.convert(mode)


def make_still(path: Path, container: str) -> Path:
    """A picture or a document in this container."""
    if container == "pdf":
        path.write_bytes(pdf(2))
    elif container == "heif":
        heic(path)
    else:
        picture().save(path, _PILLOW[container])
    return path


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned_jpeg() -> bytes:
    """A JPEG that lies on its side, and says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(picture(), exif=exif)


def animated_gif(frames: int = 3) -> bytes:
    """A GIF that moves."""
    others = [picture().rotate(10 * number) for number in range(1, frames)]
    return saved(picture(), "GIF", save_all=True, append_images=others, duration=100)


def pages_of_tiff(pages: int = 2) -> bytes:
    """A TIFF with pages."""
    return saved(picture(), "TIFF", save_all=True, append_images=[picture() for _ in range(pages - 1)])


def png_that_says(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that says it has so many pixels: a bomb, where they are many."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0" * 100)) + _chunk(b"IEND")
    )


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pdf(pages: int = 1, extra: str = "", trailer: str = "") -> bytes:
    """A PDF with a line of text on each page; `extra` goes into its catalogue, `trailer` behind its root."""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {extra} >>",
        f"<< /Type /Pages /Count {pages} /Kids [{' '.join(f'{4 + 2 * number} 0 R' for number in range(pages))}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number in range(pages):
        text = f"BT /F1 18 Tf 72 720 Td (This is page {number + 1}) Tj ET"
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        ]
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    begins = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    said = f"/Size {len(objects) + 1} /Root 1 0 R {trailer}"
    return bytes(out + f"trailer\n<< {said} >>\nstartxref\n{begins}\n%%EOF\n".encode())


def locked_pdf() -> bytes:
    """A PDF that asks for a password."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def heic(path: Path) -> Path:
    """A HEIC, put together of the one frame of a film (ISO/IEC 23008-12)."""
    film = path.with_suffix(".mp4")
    size = f"{SIZE[0]}x{SIZE[1]}"
    coded = ["-c:v", "libx265", "-x265-params", "log-level=error", "-tag:v", "hvc1", "-pix_fmt", "yuv420p"]
    ffmpeg("-f", "lavfi", "-i", f"testsrc=s={size}:d=1:r=1", "-frames:v", "1", *coded, film)
    data = film.read_bytes()
    film.unlink()
    at = data.index(b"hvcC") - 4
    config = data[at : at + struct.unpack(">I", data[at : at + 4])[0]]
    at = data.index(b"mdat")
    frame = data[at + 4 : at - 4 + struct.unpack(">I", data[at - 4 : at])[0]]
    spatial = _full(b"ispe", struct.pack(">II", *SIZE))
    properties = _box(
        b"iprp", _box(b"ipco", config + spatial) + _full(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 0x81, 2))
    )
    entry = _full(b"infe", struct.pack(">HH4s", 1, 0, b"hvc1") + b"\0", version=2)

    def meta(offset: int) -> bytes:
        place = struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, offset, len(frame))
        inner = [
            _full(b"hdlr", struct.pack(">I4s12x", 0, b"pict") + b"\0"),
            _full(b"pitm", struct.pack(">H", 1)),
            _full(b"iloc", place),
            _full(b"iinf", struct.pack(">H", 1) + entry),
            properties,
        ]
        return _full(b"meta", b"".join(inner))

    head = _box(b"ftyp", b"heic\0\0\0\0mif1heic")
    begins = len(head) + len(meta(0)) + 8
    path.write_bytes(head + meta(begins) + _box(b"mdat", frame))
    return path


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + kind + data


def _full(kind: bytes, data: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24) + data)
