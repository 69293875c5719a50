"""Makes samples/document.pdf: two pages of our own, with a table and a form. Run: python samples/make_document.py

It is written as PDF 1.4 by hand, with the fonts that every reader has: no library, and the same bytes each time.
"""

from pathlib import Path

DOCUMENT = Path(__file__).with_name("document.pdf")
_WIDTH, _HEIGHT = 595, 842  # A4, in points
_LEFT, _LEADING = 72, 16

_PROSE = [
    "The harbour office of Brightwater counts the ships that come and go. Last year",
    "there were more of them than ever before, and almost all were glad of the new quay.",
    "Captain Ada Lovelace of the Aurora said that nobody has waited for a berth since June.",
    "The old crane, however, broke down twice, and the office is unhappy about the delay.",
    "",
    "Le port de Brightwater remercie la ville de Brest pour son aide.",
]
_TABLE = [
    ("Ship", "Port", "Tons", "Change"),
    ("Aurora", "Brest", "1,200", "+4 %"),
    ("Belle", "Genoa", "950", "-12 %"),
    ("Clara", "Busan", "2,310", "+31 %"),
    ("Dora", "Porto", "775", "0 %"),
]
_FORM = [
    ("Name:", "Ada Lovelace"),
    ("Ship:", "Aurora"),
    ("Date of arrival:", "14 June 2026"),
    ("Home port:", "Brest"),
    ("Crew:", "17"),
]
_CHOICES = [(True, "Needs a pilot"), (False, "Carries dangerous goods")]

_Parts = list[str]


def _text(x: float, y: float, text: str, size: float = 11, font: str = "F1") -> str:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET"


def _first_page() -> _Parts:
    parts = [_text(_LEFT, 760, "Report of the harbour office", 20, "F2")]
    parts += [_text(_LEFT, 725 - _LEADING * number, line) for number, line in enumerate(_PROSE) if line]
    parts.append(_text(_LEFT, 600, "Ships of the year", 14, "F2"))
    top, height, width = 580, 24, 110
    for row, texts in enumerate(_TABLE):
        for column, text in enumerate(texts):
            font = "F2" if row == 0 else "F1"
            parts.append(_text(_LEFT + column * width + 6, top - row * height - 16, text, 11, font))
    bottom, right = top - height * len(_TABLE), _LEFT + width * len(_TABLE[0])
    for row in range(len(_TABLE) + 1):
        parts.append(f"{_LEFT} {top - row * height} m {right} {top - row * height} l S")
    for column in range(len(_TABLE[0]) + 1):
        parts.append(f"{_LEFT + column * width} {top} m {_LEFT + column * width} {bottom} l S")
    return [*parts, _text(290, 40, "1", 9)]


def _second_page() -> _Parts:
    parts = [_text(_LEFT, 760, "Notice of arrival", 20, "F2")]
    for number, (key, value) in enumerate(_FORM):
        y = 710 - 30 * number
        parts += [_text(_LEFT, y, key, 11, "F2"), _text(_LEFT + 140, y, value)]
        parts.append(f"{_LEFT + 135} {y - 5} m 480 {y - 5} l S")
    for number, (is_ticked, label) in enumerate(_CHOICES):
        y = 530 - 26 * number
        # In ZapfDingbats, a tick and an empty box.
        parts += [_text(_LEFT, y, "4" if is_ticked else "o", 12, "F3"), _text(_LEFT + 18, y, label)]
    return [*parts, _text(_LEFT, 440, "Please bring this notice to the office before noon."), _text(290, 40, "2", 9)]


def document(pages: list[_Parts]) -> bytes:
    """A PDF of these pages."""
    fonts = ("Helvetica", "Helvetica-Bold", "ZapfDingbats")
    coded = " /Encoding /WinAnsiEncoding"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        b"",
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{font}{'' if font == 'ZapfDingbats' else coded} >>".encode()
            for font in fonts
        ),
    ]
    named = " ".join(f"/F{number} {number + 2} 0 R" for number in range(1, len(fonts) + 1))
    kids = []
    for parts in pages:
        content = ("0.8 w\n" + "\n".join(parts)).encode("cp1252")
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents {len(objects)} 0 R "
            f"/Resources << /Font << {named} >> >> >>".encode()
        )
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    return file_of(objects)


def file_of(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first of which is its catalogue; `trailer` is what else the trailer says."""
    body = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(body)


if __name__ == "__main__":
    DOCUMENT.write_bytes(document([_first_page(), _second_page()]))
