"""Documents that somebody might send to do harm, or by mistake; each made here."""

import zlib
from collections.abc import Sequence

from samples.make_document import document, file_of

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"


def of_pages(count: int, catalogue: bytes = b"", page: bytes = PAGE, more: Sequence[bytes] = ()) -> bytes:
    """A PDF of so many pages; `more` are objects behind them."""
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalogue,
        b"<< /Type /Pages /Count %d /Kids [%b] >>" % (count, kids),
        *[page] * count,
        *more,
    ]
    return file_of(objects)


def with_content(content: bytes, entries: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """A PDF of one page with this stream, whose dictionary has these `entries` too."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << %b >> >>"
    stream = b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), entries, content)
    return of_pages(1, page=page % (b"/XObject << /I 5 0 R >>" if more else b""), more=[stream, *more])


def locked() -> bytes:
    """One that needs a password."""
    secret = b"(" + b"x" * 32 + b")"
    encrypt = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O %b /U %b /P -44 >> /ID [(a) (a)]" % (secret, secret)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", PAGE]
    return file_of(objects, encrypt)


def scripted() -> bytes:
    """One that would run a program when it is opened."""
    return of_pages(1, b"/OpenAction << /S /JavaScript /JS (app.launchURL('https://evil.example')) >>")


def bomb() -> bytes:
    """A page whose drawing is a gigabyte of nothing, packed into one megabyte."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(1024)) + packer.flush()
    return with_content(packed, b"/Filter /FlateDecode")


def huge_picture() -> bytes:
    """A page with one picture of 2.5 thousand million pixels, packed into two megabytes."""
    side = 50_000
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(side)) for _ in range(side)) + packer.flush()
    picture = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (side, side, len(packed), packed)
    )
    return with_content(b"q 200 0 0 200 0 0 cm /I Do Q", more=[picture])


def huge_page() -> bytes:
    """A page of many square kilometres."""
    return of_pages(1, page=b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 2000000 2000000] /UserUnit 1000 >>")


def circular() -> bytes:
    """Pages whose tree has itself as a branch."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] /Parent 2 0 R >>"]
    return file_of(objects)


def cut_off() -> bytes:
    """Half of a document."""
    whole = document([["BT /F1 12 Tf 50 50 Td (Half) Tj ET"]] * 4)
    return whole[: len(whole) // 2]


def filled_in() -> bytes:
    """An interactive form: what is filled into its one field stands in the field's appearance alone."""
    look = b"BT /F1 12 Tf 2 4 Td (Grace Hopper) Tj ET"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    label = b"BT /F1 12 Tf 20 100 Td (Name:) Tj ET"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Annots [6 0 R] "
        b"/Resources << /Font << /F1 5 0 R >> >> >>"
    )
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Grace Hopper) /F 4 /Rect [80 96 200 116] "
        b"/AP << /N 7 0 R >> >>"
    )
    shown = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 120 20] /Resources << /Font << /F1 5 0 R >> >> /Length %d >>"
        b"\nstream\n%b\nendstream" % (len(look), look)
    )
    stream = b"<< /Length %d >>\nstream\n%b\nendstream" % (len(label), label)
    return of_pages(1, b"/AcroForm << /Fields [6 0 R] >>", page, [stream, font, field, shown])
