"""A transcript as a Word document: a turn of a speaker is a paragraph, with their name and the time before it.

The few parts that a document must have are written here as they stand in ECMA-376, Office Open XML
(https://ecma-international.org/publications-and-standards/standards/ecma-376/): the library for it needs lxml, whose
native wheel is larger than our whole package. The tests have that library read them.
"""

import re
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from itertools import groupby
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from chalicelib.domain.tracks import clock
from chalicelib.speech.speakers import name_of
from chalicelib.speech.transcripts import Transcript, join

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML has no way to say: https://www.w3.org/TR/xml/#charsets"""

_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{CONTENT_TYPE}.main+xml"/>'
    '<Override PartName="/word/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>'
)
_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
)
_DOCUMENT_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
_STYLES = (
    f'{_HEAD}<w:styles xmlns:w="{_W}">'
    '<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/><w:szCs w:val="22"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
    "</w:docDefaults>"
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/>'
    '<w:rPr><w:b/><w:bCs/><w:sz w:val="36"/><w:szCs w:val="36"/></w:rPr></w:style></w:styles>'
)


def write(title: str, transcript: Transcript, note: str | None = None) -> bytes:
    """The document's bytes; the `note` stands below its title."""
    noted = [_paragraph([(note, False)])] if note else []
    body = "".join([_paragraph([(title, False)], "Title"), *noted, *_turns(transcript)])
    document = f'{_HEAD}<w:document xmlns:w="{_W}"><w:body>{body}<w:sectPr/></w:body></w:document>'
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as package:
        for name, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATIONS),
            ("word/document.xml", document),
            ("word/_rels/document.xml.rels", _DOCUMENT_RELATIONS),
            ("word/styles.xml", _STYLES),
        ):
            package.writestr(name, text)
    return packed.getvalue()


def _turns(transcript: Transcript) -> Iterator[str]:
    for speaker, turn in groupby(transcript.segments, key=lambda segment: segment.words[0].speaker):
        said = list(turn)
        head = f"{name_of(speaker)}, {clock(said[0].start)}" if speaker else clock(said[0].start)
        yield _paragraph([(f"{head}  ", True), (join(segment.text for segment in said), False)])


def _paragraph(runs: list[tuple[str, bool]], style: str | None = None) -> str:
    """A paragraph of runs of text, each bold or not. It runs the way of the last of them, each run its own way."""
    is_leftward = _is_leftward(runs[-1][0])
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    styled += "<w:bidi/>" if is_leftward else ""
    written = "".join(_run(text, bold, _is_leftward(text, is_leftward)) for text, bold in runs)
    return f"<w:p>{f'<w:pPr>{styled}</w:pPr>' if styled else ''}{written}</w:p>"


def _run(text: str, bold: bool, is_leftward: bool) -> str:
    looks = f"{'<w:b/><w:bCs/>' if bold else ''}{'<w:rtl/>' if is_leftward else ''}"
    said = f'<w:t xml:space="preserve">{escape(_NO_XML.sub("", text))}</w:t>'
    return f"<w:r>{f'<w:rPr>{looks}</w:rPr>' if looks else ''}{said}</w:r>"


def _is_leftward(text: str, otherwise: bool = False) -> bool:
    """Whether `text` is written from right to left: its first letter tells, as with `dir="auto"` in HTML."""
    ways = (_WAYS.get(unicodedata.bidirectional(char)) for char in text)
    return next((way for way in ways if way is not None), otherwise)


_WAYS = {"L": False, "R": True, "AL": True}
"""Of letters, by their class: https://www.unicode.org/reports/tr9/#P2"""
