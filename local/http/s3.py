"""/s3/{bucket}/{key}: what the app's presigned addresses lead to. Bytes go from and to files, never whole through
memory, and not in anybody's turn.
"""

import hashlib
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from werkzeug.datastructures import Range
from werkzeug.formparser import FormDataParser
from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import wrap_file

from chalicelib.domain.keys import S3Object
from local.aws import storage
from local.http.presigned import PATH, Refused, Signatures

LARGEST_BODY = 5 * 1024**3 + 1024**2
"""What S3 takes in one request, and room for a form around it:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
"""For objects that are opened as pages. A report brings its styles with it; nothing here may run or send anything, for
on this machine objects come from the same origin as the pages."""

_CHUNK = 1024**2
_LARGEST_FIELDS = 1024**2
_OVERRIDES = {"response-content-type": "Content-Type", "response-content-disposition": "Content-Disposition"}


class _HashedFile:
    """A new file, and the MD5 of what was written to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / uuid.uuid4().hex
        self._file = self.path.open("wb")
        self._digest = hashlib.md5(usedforsecurity=False)
        self.size = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """The parser of forms goes back to the beginning when it has written all."""
        return self._file.seek(offset, whence)

    def close(self) -> None:
        self._file.close()

    @property
    def etag(self) -> str:
        return self._digest.hexdigest()


class S3Door:
    """Objects and uploads. New files are made in `folder`; `changed` is called when one has become an object."""

    def __init__(
        self,
        signatures: Signatures,
        folder: Path,
        turn: Callable[[], AbstractContextManager[object]],
        changed: Callable[[], None],
    ) -> None:
        self._signatures = signatures
        self._folder = folder
        self._turn = turn
        self._changed = changed

    def __call__(self, request: Request) -> Response:
        """S3's answer; errors are XML, as S3's are."""
        try:
            response = self._answer(request)
        except Refused as exc:
            text = f"<Error><Code>{exc.code}</Code><Message>{escape(exc.message)}</Message></Error>"
            response = Response(
                f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', exc.status, mimetype="application/xml"
            )
        response.headers["Content-Security-Policy"] = POLICY
        return response

    def _answer(self, request: Request) -> Response:
        address, _, raw_query = request.environ["REQUEST_URI"].partition("?")
        bucket, _, path = address.removeprefix(PATH).partition("/")
        if request.method == "POST" and not path:
            return self._form(bucket, request)
        if request.method not in {"GET", "HEAD", "PUT"}:
            raise Refused("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
        query = request.args.to_dict()
        signed_for = "GET" if request.method == "HEAD" and "X-Amz-Signature" not in query else request.method
        self._check(signed_for, request.method, bucket, path, query, raw_query)
        at = S3Object(bucket, unquote(path))
        return self._part(at, query, request) if request.method == "PUT" else self._object(at, query, request)

    def _check(self, signed_for: str, asked: str, bucket: str, path: str, query: dict[str, str], raw: str) -> None:
        """Whoever may GET an object may ask for its HEAD: players do so, with the address that they were given."""
        try:
            self._signatures.check(signed_for, bucket, path, query, raw)
        except Refused:
            if asked != "HEAD":
                raise
            self._signatures.check("HEAD" if signed_for == "GET" else "GET", bucket, path, query, raw)

    # ---- down

    def _object(self, at: S3Object, query: dict[str, str], request: Request) -> Response:
        with self._turn():
            key = storage.find(at)
            path = storage.path_of(key) if key is not None else None
            if key is None or path is None:
                raise Refused("NoSuchKey", "The specified key does not exist.", 404)
            # Opened now: whoever deletes the object meanwhile does not break off what is being read.
            file = path.open("rb")
            size, etag, modified = key.contentsize, key.etag, key.last_modified
            kind = key.metadata.get("content-type", "binary/octet-stream")
        headers = {
            "Content-Type": kind,
            "ETag": etag,
            "Last-Modified": http_date(modified),
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=0",
            **{header: query[name] for name, header in _OVERRIDES.items() if name in query},
        }
        if request.if_none_match.contains_raw(etag):
            file.close()
            return Response(status=304, headers=headers)
        try:
            first, length, status = _wanted(request, etag, size)
        except Refused as exc:
            file.close()
            if exc.status == 416:
                return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
            raise
        headers["Content-Length"] = str(length)
        if status == 206:
            headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{size}"
        if request.method == "HEAD":
            file.close()
            return Response(status=status, headers=headers)
        file.seek(first)
        # The server sends the file by itself from where it stands, so that a paused video keeps no thread.
        return Response(wrap_file(request.environ, file), status, headers, direct_passthrough=True)

    # ---- up

    def _form(self, bucket: str, request: Request) -> Response:
        received: list[_HashedFile] = []

        def new_file(*_: object, **__: object) -> IO[bytes]:
            received.append(_HashedFile(self._folder))
            return received[-1]  # type: ignore[return-value]

        try:
            parser = FormDataParser(new_file, max_form_memory_size=_LARGEST_FIELDS, max_form_parts=50)
            _, fields, files = parser.parse(
                request.stream, request.mimetype, request.content_length, dict(request.mimetype_params)
            )
            for file in received:
                file.close()
            if len(received) != 1 or "file" not in files:
                raise Refused("InvalidArgument", "POST requires exactly one file upload per request.", 400)
            values = fields.to_dict()
            self._signatures.check_form(bucket, values, received[0].size)
            at = S3Object(bucket, values.get("key", ""))
            kind = values.get("Content-Type", "binary/octet-stream")
            with self._turn():
                storage.put_file(received[0].path, at, kind, received[0].etag)
            etag = received.pop().etag
        finally:
            for left in received:
                left.close()
                left.path.unlink(missing_ok=True)
        self._changed()
        where = f"{request.host_url}s3/{quote(bucket)}/{quote(at.key)}"
        return Response(status=204, headers={"ETag": f'"{etag}"', "Location": where})

    def _part(self, at: S3Object, query: dict[str, str], request: Request) -> Response:
        number = query.get("partNumber", "")
        if "uploadId" not in query or not number.isdecimal() or not 1 <= int(number) <= 10_000:
            raise Refused("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive.", 400)
        part = _HashedFile(self._folder)
        try:
            while data := request.stream.read(_CHUNK):
                part.write(data)
            part.close()
            with self._turn():
                storage.put_part(part.path, at, query["uploadId"], int(number), part.etag)
        except BaseException as exc:
            part.close()
            part.path.unlink(missing_ok=True)
            if isinstance(exc, FileNotFoundError):
                raise Refused("NoSuchUpload", "The specified upload does not exist.", 404) from exc
            raise
        return Response(status=200, headers={"ETag": f'"{part.etag}"'})


def _wanted(request: Request, etag: str, size: int) -> tuple[int, int, int]:
    """Which bytes are asked for: the first, how many, and the answer's status. Raises Refused with 416."""
    asked: Range | None = request.range
    fresh = request.headers.get("If-Range") in {None, etag}
    if asked is None or not fresh or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, size, 200  # S3 knows no more than one range, and then sends all
    span = asked.range_for_length(size)
    if span is None:
        raise Refused("InvalidRange", "The requested range is not satisfiable", 416)
    return span[0], span[1] - span[0], 206
