"""Pictures and documents to test with, made on the spot: good ones, and such as somebody means ill with."""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

from tests.harness.heif import SIZE, heif

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
        heif(path)
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


def pdf(pages: int = 1, extra: str = "", said: int | None = None) -> bytes:
    """A PDF with a line of text on each page; `extra` goes into its catalogue, `said` is how many it says it has."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {extra} >>",
        f"<< /Type /Pages /Count {pages if said is None else said} /Kids [{kids}] >>",
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
    root = f"/Size {len(objects) + 1} /Root 1 0 R"
    return bytes(out + f"trailer\n<< {root} >>\nstartxref\n{begins}\n%%EOF\n".encode())


def locked_pdf(password: str = "secret", algorithm: str = "RC4-128") -> bytes:
    """A PDF that asks for a password; where that is empty, only whoever wants to change it is asked for one."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt(password, owner_password="the owner's", algorithm=algorithm)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()
