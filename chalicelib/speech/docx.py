"""Word documents: a transcript, of which a turn of a speaker is a paragraph, with their name and the time before it;
and whatever else is made of paragraphs.

The few parts that a document must have are written here as they stand in ECMA-376, Office Open XML
(https://ecma-international.org/publications-and-standards/standards/ecma-376/): the library for it needs lxml, whose
native wheel is larger than our whole package. The tests have that library read them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr
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
_STYLES = (
    f'{_HEAD}<w:styles xmlns:w="{_W}">'
    '<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/><w:szCs w:val="22"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
    "</w:docDefaults>"
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/>'
    '<w:rPr><w:b/><w:bCs/><w:sz w:val="36"/><w:szCs w:val="36"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Quote"><w:name w:val="Quote"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:keepNext/><w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="A0A0A0"/></w:pBdr>'
    '<w:spacing w:before="240"/><w:ind w:left="360" w:right="360"/></w:pPr></w:style></w:styles>'
)


@dataclass(frozen=True, slots=True)
class Run:
    """Text that looks the same from its beginning to its end, and may lead to an address."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Runs of text, one at least, in a style: "Title", "Quote", or None for the usual one."""

    runs: tuple[Run, ...]
    style: str | None = None


def write(title: str, transcript: Transcript, note: str | None = None) -> bytes:
    """The document's bytes; the `note` stands below its title."""
    noted = [Paragraph((Run(note),))] if note else []
    return packed([Paragraph((Run(title),), "Title"), *noted, *_turns(transcript)])


def packed(paragraphs: Iterable[Paragraph]) -> bytes:
    """The bytes of a document that has these paragraphs."""
    links: dict[str, str] = {}
    body = "".join(_paragraph(one, links) for one in paragraphs)
    document = f'{_HEAD}<w:document xmlns:w="{_W}" xmlns:r="{_OFFICE}"><w:body>{body}<w:sectPr/></w:body></w:document>'
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as package:
        for name, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATIONS),
            ("word/document.xml", document),
            ("word/_rels/document.xml.rels", _relations(links)),
            ("word/styles.xml", _STYLES),
        ):
            package.writestr(name, text)
    return buffer.getvalue()


def _relations(links: dict[str, str]) -> str:
    """What the document refers to: its styles, and the addresses of its links, by their ids."""
    outside = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/hyperlink" Target={quoteattr(link)} TargetMode="External"/>'
        for link, name in links.items()
    )
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>{outside}</Relationships>'
    )


def _turns(transcript: Transcript) -> Iterator[Paragraph]:
    for speaker, turn in groupby(transcript.segments, key=lambda segment: segment.words[0].speaker):
        said = list(turn)
        head = f"{name_of(speaker)}, {clock(said[0].start)}" if speaker else clock(said[0].start)
        yield Paragraph((Run(f"{head}  ", is_bold=True), Run(join(segment.text for segment in said))))


def _paragraph(paragraph: Paragraph, links: dict[str, str]) -> str:
    """A paragraph in XML. It runs the way of the last of its runs, each run its own way. `links` gets its addresses."""
    is_leftward = _is_leftward(paragraph.runs[-1].text)
    styled = f'<w:pStyle w:val="{paragraph.style}"/>' if paragraph.style else ""
    styled += "<w:bidi/>" if is_leftward else ""
    written = "".join(_run(run, _is_leftward(run.text, is_leftward), links) for run in paragraph.runs)
    return f"<w:p>{f'<w:pPr>{styled}</w:pPr>' if styled else ''}{written}</w:p>"


def _run(run: Run, is_leftward: bool, links: dict[str, str]) -> str:
    looks = "<w:b/><w:bCs/>" if run.is_bold else ""
    looks += "<w:i/><w:iCs/>" if run.is_italic else ""
    looks += '<w:color w:val="0563C1"/><w:u w:val="single"/>' if run.link else ""
    looks += "<w:rtl/>" if is_leftward else ""
    said = f'<w:t xml:space="preserve">{escape(_NO_XML.sub("", run.text))}</w:t>'
    written = f"<w:r>{f'<w:rPr>{looks}</w:rPr>' if looks else ''}{said}</w:r>"
    if run.link is None:
        return written
    name = links.setdefault(run.link, f"rId{len(links) + 2}")
    return f'<w:hyperlink r:id="{name}">{written}</w:hyperlink>'


def _is_leftward(text: str, otherwise: bool = False) -> bool:
    """Whether `text` is written from right to left: its first letter tells, as with `dir="auto"` in HTML."""
    ways = (_WAYS.get(unicodedata.bidirectional(char)) for char in text)
    return next((way for way in ways if way is not None), otherwise)


_WAYS = {"L": False, "R": True, "AL": True}
"""Of letters, by their class: https://www.unicode.org/reports/tr9/#P2"""
