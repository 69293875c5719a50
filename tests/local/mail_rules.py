"""What RFC 5322 (messages), 2045 to 2047 (MIME) and 2392 (cid:) demand of a mail, read anew from its bytes.

By hand, so that it shares no mistake with the library that the mails are written with.
"""

import base64
import quopri
import re
from collections import Counter
from dataclasses import dataclass

_ONCE = {
    *("date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject"),
    *("mime-version", "content-type", "content-transfer-encoding", "content-id", "content-disposition"),
}
_FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)
_BOUNDARY = re.compile(rb'boundary="?([0-9A-Za-z\'()+_,\-./:=? ]{0,69}[0-9A-Za-z\'()+_,\-./:=?])"?(;|$)')
_WORD = re.compile(rb"=\?[^?\s]+\?[^?\s]\?[^?\s]*\?=")
_CID = re.compile(rb"cid:([^\"'\s)>]+)")


@dataclass
class _Found:
    faults: list[str]
    boundaries: list[bytes]
    ids: list[bytes]
    html: bytes = b""


def faults(raw: bytes) -> list[str]:
    """What is wrong with a mail; nothing, if all is well."""
    found = _Found([], [], [])
    lines = raw.split(b"\r\n")
    if lines[-1]:
        found.faults.append("the last line does not end")
    if any(b"\r" in line or b"\n" in line for line in lines):
        found.faults.append("CR or LF alone")
    if max(map(len, lines)) > 998:
        found.faults.append("a line of more than 998 bytes")
    if not raw.isascii() or b"\0" in raw:
        found.faults.append("bytes that are not 7-bit text")
    fields = _part(raw, found)
    found.faults += [f"no {name}" for name in ("date", "from", "message-id", "mime-version") if name not in fields]
    if not re.fullmatch(rb"\s*<[^<>@\s]+@[^<>@\s]+>\s*", fields.get("message-id", b"")):
        found.faults.append("Message-ID is not <one@id>")
    for many, name in ((found.boundaries, "boundary"), (found.ids, "Content-ID")):
        found.faults += [f"{name} {one!r} twice" for one, count in Counter(many).items() if count > 1]
    wanted = {b"<%s>" % cid for cid in _CID.findall(found.html)}
    found.faults += [f"no part {cid!r}" for cid in sorted(wanted - set(found.ids))]
    return found.faults


def _part(raw: bytes, found: _Found) -> dict[str, bytes]:
    head, empty, body = (b"\r\n" + raw).partition(b"\r\n\r\n")
    if not empty:
        found.faults.append("no empty line behind the headers")
    fields = _fields(head.removeprefix(b"\r\n"), found)
    if "content-id" in fields:
        found.ids.append(fields["content-id"].strip())
    kind = fields.get("content-type", b"text/plain").strip().lower()
    encoding = fields.get("content-transfer-encoding", b"7bit").strip().lower()
    if kind.startswith(b"multipart/"):
        if encoding != b"7bit":
            found.faults.append(f"a multipart in {encoding!r}")
        _parts(fields["content-type"], body, found)
        return fields
    decoded = _decoded(body, encoding, found)
    if kind.startswith(b"text/html"):
        found.html += decoded
    return fields


def _fields(head: bytes, found: _Found) -> dict[str, bytes]:
    fields: dict[str, bytes] = {}
    for text in re.split(rb"\r\n(?![ \t])", head) if head else []:
        match = _FIELD.fullmatch(text)
        if match is None:
            found.faults.append(f"no header field: {text[:40]!r}")
            continue
        name = match[1].decode().lower()
        if name in fields and name in _ONCE:
            found.faults.append(f"{name} twice")
        if any(not line.strip() for line in text.split(b"\r\n")[1:]):
            found.faults.append(f"{name} has a folded line with nothing in it")
        words = _WORD.findall(text)
        if any(len(word) > 75 for word in words):
            found.faults.append(f"{name} has an encoded word of more than 75 bytes")
        if b"=?" in _WORD.sub(b"", text):
            found.faults.append(f"{name} has half an encoded word")
        fields[name] = match[2]
    return fields


def _parts(content_type: bytes, body: bytes, found: _Found) -> None:
    boundary = _BOUNDARY.search(re.sub(rb"\r\n[ \t]+", b" ", content_type))
    if boundary is None:
        found.faults.append(f"no boundary: {content_type!r}")
        return
    found.boundaries.append(boundary[1])
    delimiter = b"\r\n--" + boundary[1]
    pieces = (b"\r\n" + body).split(delimiter)
    if not pieces[-1].startswith(b"--"):
        found.faults.append("a multipart does not end")
    if len(pieces) < 3:
        found.faults.append("a multipart of nothing")
    for piece in pieces[1:-1]:
        if not re.match(rb"[ \t]*\r\n", piece):
            found.faults.append("a boundary goes on in the text")
        _part(piece.partition(b"\r\n")[2], found)


def _decoded(body: bytes, encoding: bytes, found: _Found) -> bytes:
    lines = body.split(b"\r\n")
    match encoding:
        case b"7bit":
            return body
        case b"base64":
            if any(len(line) > 76 or not re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", line) for line in lines):
                found.faults.append("lines that base64 does not have")
            return base64.b64decode(body, validate=False)
        case b"quoted-printable":
            if any(len(line) > 76 for line in lines):
                found.faults.append("lines that are too long for quoted-printable")
            if any(re.search(rb"=(?![0-9A-F]{2}|$)|[ \t]$", line) for line in lines):
                found.faults.append("what quoted-printable does not have")
            return quopri.decodestring(body)
        case _:
            found.faults.append(f"an encoding that not every server takes: {encoding!r}")
            return body
