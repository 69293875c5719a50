"""A file is fetched from an address on the web: looked at when that is given, then part by part, a message a part.

Each part has its number, its place and its size from the start, so fetching it twice comes to the same; a conditional
write notes it, and the next message follows. Whoever dies between the two has the first done again: it finds the part
noted, and sees to the message. What a server gives only in one piece is fetched in one go, or not at all.
"""

import http.client
import json
import ssl
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.clients.outbound import UNKNOWN, Download
from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, AssetRef, ReportState, Status
from chalicelib.domain.fetching import (
    MOST_BYTES,
    PART_BYTES,
    Fetch,
    mark_of,
    name_of,
    range_told,
)
from chalicelib.errors import InvalidRequest, MediaRejected, OverQuota, StoreError
from chalicelib.message import Message
from chalicelib.observability import count, logger
from chalicelib.pipeline import finish
from chalicelib.seams.probing import EMPTY
from chalicelib.services import Services

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

QUEUE = "webhook"
"""That of all that goes out to addresses which users name: its function has little leave, and is in nobody's way."""

MOST_AT_ONCE = 5
"""Files that are fetched for an account at a time: others want their turn too."""

PAUSES = (30, 120, 600)
"""Seconds before each further try, where a server does not answer as it should but may the next time."""

_LOOK_SECONDS = 8.0
_FETCH_SECONDS = 90.0
_AT_WORK_SECONDS = 150.0
"""More than the function may take (`.chalice/config.json`): after so long nobody is at work on a part any more."""

_ON_ITS_WAY_SECONDS = 60
_LONGEST_DELAY = 900
_PASSING = frozenset({408, 425, 429, *range(500, 600)})
_ELSEWHERE = range(300, 400)
_PAGES = ("text/html", "application/xhtml+xml")

UNREACHABLE = Message(
    "fetch-unreachable", "The server does not answer, or the connection broke off. Please try again later."
)
_CERTIFICATE = Message(
    "fetch-certificate",
    "The server cannot prove that it is the one that the address names. Please download the file and upload it.",
)
_REDIRECT = Message(
    "fetch-redirect",
    "The server does not send the file but another address. Please open this one in a browser, and give the address "
    "that the file itself then has.",
)
_WEB_PAGE = Message(
    "fetch-web-page", "This is a web page, not a recording or a document. Please give the file's own address."
)
_NOT_GIVEN = Message(
    "fetch-not-given",
    "The server does not give out the file (status %(status)s). Please check that its address is right and opens "
    "without signing in.",
)
_TOO_SLOW = Message("fetch-too-slow", "The server sends the file too slowly. Please download the file and upload it.")
_CHANGED = Message(
    "fetch-changed", "The file was changed on its server while it was fetched. Please give its address again."
)
_ODD = Message("fetch-odd", "The server does not send what it has announced. Please download the file and upload it.")
_TOO_LARGE = Message("fetch-too-large", "The file has more than %(most_bytes)s, which is not accepted.")

_TOO_MANY = Message(
    "fetch-too-many", "%(most)s files are being fetched for you, as many as may be. Please wait until one is there."
)


class _Passing(Exception):
    """It did not work, and may the next time: until it is given up, for this reason."""

    def __init__(self, failure: Message) -> None:
        super().__init__(failure.code)
        self.failure = failure


class _Unwanted(Exception):
    """The upload is gone that parts go to: it was cancelled, or erased."""


# ---- when the address is given


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is called, and what `Fetch` has to know of it."""

    name: str
    size: int | None
    mark: str | None
    has_ranges: bool


def begin(owner: str, asset_id: str, services: Services) -> None:
    """Count a file that is about to be fetched for an owner, under its asset's id. Raises OverQuota if it is one too
    many.

    Those that have come to their end are not counted down, which would be one more write for each: whoever finds no
    room looks which these are.
    """

    def stored(ids: Iterable[str]) -> list[Asset]:
        return services.store.some(owner, list(ids))

    def under_way() -> Iterator[str]:
        return (one.ref.asset_id for one in stored(services.users.usage(owner).in_flight) if _is_fetched(one))

    def ended(ids: Collection[str]) -> Iterator[str]:
        return (one.ref.asset_id for one in stored(ids) if not _is_fetched(one))

    if not services.users.begin_fetch(owner, asset_id, MOST_AT_ONCE, under_way, ended):
        raise OverQuota(_TOO_MANY.of(most=MOST_AT_ONCE))


def _is_fetched(asset: Asset) -> bool:
    return asset.status is Status.AWAITING_UPLOAD and asset.fetch is not None


def look(url: str, services: Services) -> Found:
    """What there is at `url`. Raises InvalidRequest that says what is wrong with it."""
    try:
        with _asked(url, {"Range": "bytes=0-0"}, _LOOK_SECONDS, services) as answer:
            headers = answer.headers
            told = range_told(headers.get("Content-Range", ""))
            if answer.status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise MediaRejected(EMPTY)
            _require_file(answer)
            is_part = answer.status == http.HTTPStatus.PARTIAL_CONTENT
            size = (told[2] if told else None) if is_part else _length(headers)
    except (MediaRejected, _Passing) as exc:
        raise InvalidRequest(exc.failure, field="url") from exc
    most = min(services.settings.max_upload_bytes, MOST_BYTES)
    if size is not None and size > most:
        raise InvalidRequest(_TOO_LARGE.of(most_bytes=most), field="url")
    name = name_of(url, headers.get("Content-Disposition", ""), headers.get("Content-Type", ""))
    mark = mark_of(headers.get("ETag"), headers.get("Last-Modified"))
    return Found(name, size, mark, is_part and bool(size))


@contextmanager
def _asked(url: str, headers: Mapping[str, str], seconds: float, services: Services) -> Iterator[Download]:
    """What a server answers. Raises _Passing if it does not."""
    with ExitStack() as opened:
        with _of_the_server():
            answer = opened.enter_context(services.download(url, {"Accept-Encoding": "identity", **headers}, seconds))
        yield answer


@contextmanager
def _of_the_server() -> Iterator[None]:
    """What goes wrong with it; errors of AWS's clients, some of which are OSErrors too, are another matter."""
    try:
        yield
    except ssl.SSLCertVerificationError as exc:
        raise _Passing(_CERTIFICATE) from exc
    except TimeoutError as exc:
        raise _Passing(_TOO_SLOW) from exc
    except (OSError, http.client.HTTPException) as exc:
        raise _Passing(UNREACHABLE) from exc


def _length(headers: Mapping[str, str]) -> int | None:
    said = headers.get("Content-Length", "")
    return int(said) if said.isascii() and said.isdigit() else None


def _require_file(answer: Download) -> None:
    """Raises MediaRejected or _Passing unless a server sends a file, or a part of one, as it is."""
    status = answer.status
    if status in _PASSING:
        raise _Passing(UNREACHABLE)
    if status in _ELSEWHERE:
        raise MediaRejected(_REDIRECT)
    if status not in {http.HTTPStatus.OK, http.HTTPStatus.PARTIAL_CONTENT}:
        raise MediaRejected(_NOT_GIVEN.of(status=status))
    if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() in _PAGES:
        raise MediaRejected(_WEB_PAGE)
    if answer.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise MediaRejected(_ODD)


# ---- messages


def send(ref: AssetRef, part: int, services: Services, delay: float = 0, attempt: int = 0) -> None:
    """Have a part fetched, in `delay` seconds."""
    body = {"owner": ref.owner, "asset": ref.asset_id, "fetch": part, "attempt": attempt}
    services.aws.sqs.send_message(
        QueueUrl=services.settings.queue_url(QUEUE),
        MessageBody=json.dumps(body),
        DelaySeconds=min(_LONGEST_DELAY, max(0, round(delay))),
    )


def read(body: str) -> tuple[AssetRef, int, int] | None:
    """The asset, the part and the attempt that a message names; None if it is about something else."""
    match json.loads(body):
        case {"owner": str(owner), "asset": str(asset), "fetch": int(part), "attempt": int(attempt)}:
            return AssetRef(owner, asset), part, attempt
    return None


def go_on(asset: Asset, services: Services) -> None:
    """Have fetched what is still missing, whatever became of the message that asked for it."""
    if asset.fetch is not None:
        send(asset.ref, asset.fetch.parts + 1, services)


# ---- part by part


def fetch(ref: AssetRef, part: int, attempt: int, services: Services) -> None:
    """Fetch a part of a file, counted from 1, and have the next one fetched; or put the file together."""
    asset = services.store.get(ref)
    if asset is None or asset.fetch is None or asset.status is not Status.AWAITING_UPLOAD:
        if asset is not None:
            _settle(asset, services)
        return
    known = asset.fetch
    if known.is_whole:
        _put_together(asset, services)
    elif part == known.parts:  # its next message may be on its way; who noted the part may have died before sending it
        wait = known.told_until - time.time()
        send(ref, part + 1 if wait <= 0 else part, services, max(0, wait))
    elif part == known.parts + 1:
        claimed = services.store.claim_part(ref, part, _AT_WORK_SECONDS)
        if claimed is not None:
            _try(claimed, part, attempt, services)
        else:  # somebody is at it, or died at it
            send(ref, part, services, known.busy_until - time.time() + 1, attempt)


def give_up(ref: AssetRef, services: Services) -> None:
    """Fetching a part broke down too often."""
    asset = services.store.get(ref)
    if asset is not None:
        fail(asset, UNREACHABLE, services)


def _try(asset: Asset, part: int, attempt: int, services: Services) -> None:
    try:
        _work(asset, part, services)
    except _Unwanted:
        logger.info("file is no longer wanted")
    except InvalidRequest as exc:  # where the address leads to has changed
        failure = exc.translatable or UNREACHABLE
        if failure == UNKNOWN:
            _later(asset, part, attempt, failure, services)
        else:
            fail(asset, failure, services)
    except MediaRejected as exc:
        fail(asset, exc.failure, services)
    except _Passing as exc:
        _later(asset, part, attempt, exc.failure, services)


def _later(asset: Asset, part: int, attempt: int, failure: Message, services: Services) -> None:
    if attempt >= len(PAUSES):
        fail(asset, failure, services)
        return
    services.store.leave_part(asset.ref, part)
    send(asset.ref, part, services, PAUSES[attempt], attempt + 1)


def _work(asset: Asset, part: int, services: Services) -> None:
    known = asset.fetch
    if known is None:
        return
    upload_id = _upload(asset, known, services)
    if not known.has_ranges:
        _in_one_go(asset, known, upload_id, services)
        return
    _store(asset, upload_id, part, _part(known, part, services), services)
    noted = services.store.note_part(asset.ref, part, _ON_ITS_WAY_SECONDS) or services.store.get(asset.ref)
    if noted is None or noted.fetch is None or noted.fetch.parts != part:
        return
    if noted.fetch.is_whole:
        _put_together(noted, services)
    else:
        send(asset.ref, part + 1, services)


def _upload(asset: Asset, known: Fetch, services: Services) -> str:
    """The upload that parts go to. It is noted before the first of them, so that it can be dropped."""
    if known.upload_id is not None:
        return known.upload_id
    client, bucket = services.uploads.client, services.uploads.bucket
    begun = client.create_multipart_upload(Bucket=bucket, Key=asset.input_key)["UploadId"]
    if services.store.note_upload(asset.ref, begun) is not None:
        return begun
    now = services.store.get(asset.ref)
    used = now.fetch.upload_id if now is not None and now.fetch is not None else None
    if used != begun:
        _abort(asset, begun, services)
    if used is None:
        raise _Unwanted
    return used


def _part(known: Fetch, part: int, services: Services) -> bytes:
    start, end = known.span(part)
    headers = {"Range": f"bytes={start}-{end}", **({"If-Range": known.mark} if known.mark else {})}
    with _asked(known.url, headers, _FETCH_SECONDS, services) as answer:
        told = range_told(answer.headers.get("Content-Range", ""))
        if answer.status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise MediaRejected(_CHANGED)
        _require_file(answer)
        mark = mark_of(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT or mark not in {None, known.mark}:
            raise MediaRejected(_CHANGED)  # all of it comes where it is no longer the same
        if told is None or told[:2] != (start, end):
            raise MediaRejected(_ODD)
        if told[2] != known.size:
            raise MediaRejected(_CHANGED)
        with _of_the_server():
            data = answer.read(end - start + 1)
    if len(data) != end - start + 1:
        raise _Passing(UNREACHABLE)
    return data


def _in_one_go(asset: Asset, known: Fetch, upload_id: str, services: Services) -> None:
    done: list[CompletedPartTypeDef] = []
    there = 0
    with _asked(known.url, {}, _FETCH_SECONDS, services) as answer:
        _require_file(answer)
        if known.size is not None and _length(answer.headers) not in {None, known.size}:
            raise MediaRejected(_CHANGED)
        while data := _next(answer, min(PART_BYTES, known.most + 1 - there)):
            there += len(data)
            if there > known.most:
                raise MediaRejected(_ODD if known.size is not None else _TOO_LARGE.of(most_bytes=known.most))
            etag = _store(asset, upload_id, len(done) + 1, data, services)
            done.append({"PartNumber": len(done) + 1, "ETag": etag})
    if known.size is not None and there < known.size:
        raise _Passing(UNREACHABLE)
    if not done:
        raise MediaRejected(EMPTY)
    _complete(asset, upload_id, done, services)


def _next(answer: Download, size: int) -> bytes:
    with _of_the_server():
        return answer.read(size)


def _store(asset: Asset, upload_id: str, part: int, data: bytes, services: Services) -> str:
    where: dict[str, Any] = {"Bucket": services.uploads.bucket, "Key": asset.input_key, "UploadId": upload_id}
    try:
        return services.uploads.client.upload_part(**where, PartNumber=part, Body=data)["ETag"]
    except ClientError as exc:
        if _is_gone(exc):
            raise _Unwanted from exc
        raise


def _put_together(asset: Asset, services: Services) -> None:
    """All parts are there. Done twice, it is done once."""
    known = asset.fetch
    if known is None or known.upload_id is None:
        return
    pages = services.uploads.client.get_paginator("list_parts").paginate(
        Bucket=services.uploads.bucket, Key=asset.input_key, UploadId=known.upload_id
    )
    try:
        found = [one for page in pages for one in page.get("Parts", [])]
    except ClientError as exc:
        if not _is_gone(exc):
            raise
        if services.uploads.info(asset.input_key) is None:
            fail(asset, UNREACHABLE, services)  # S3 drops what nobody has put together for days
        return
    if sum(one["Size"] for one in found) != known.size:
        raise StoreError("The parts of a file that was fetched are not all there.")
    parts: list[CompletedPartTypeDef] = [{"PartNumber": one["PartNumber"], "ETag": one["ETag"]} for one in found]
    _complete(asset, known.upload_id, parts, services)


def _complete(asset: Asset, upload_id: str, parts: "list[CompletedPartTypeDef]", services: Services) -> None:
    """The upload becomes the file, of which S3 tells as of any upload; unless it is wanted no more."""
    where: dict[str, Any] = {"Bucket": services.uploads.bucket, "Key": asset.input_key, "UploadId": upload_id}
    try:
        services.uploads.client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    except ClientError as exc:
        if not _is_gone(exc):
            raise
    count("FilesFetched")
    if services.store.get(asset.ref) is None:  # it was erased meanwhile
        services.uploads.delete_under(keys.uploads_of(asset.ref))


# ---- the end


def fail(asset: Asset, failure: Message, services: Services) -> None:
    """What is fetched is rejected, and its owner told why. Done twice, it is done once."""
    rejected = services.store.reject_fetch(asset.ref, failure)
    if rejected is not None:
        _settle(rejected, services)


def drop(asset: Asset, services: Services) -> None:
    """Forget the parts of what is fetched no more. Safe to call again."""
    if asset.fetch is not None and asset.fetch.upload_id is not None:
        _abort(asset, asset.fetch.upload_id, services)


def _settle(asset: Asset, services: Services) -> None:
    """Do what is left to do of what has ended before it was there."""
    if asset.fetch is None or asset.etag is not None:
        return
    if asset.has_ended:
        drop(asset, services)
    if asset.report is ReportState.DUE:
        finish.settle(asset, services)


def _abort(asset: Asset, upload_id: str, services: Services) -> None:
    try:
        services.uploads.client.abort_multipart_upload(
            Bucket=services.uploads.bucket, Key=asset.input_key, UploadId=upload_id
        )
    except ClientError as exc:
        if not _is_gone(exc):
            raise


def _is_gone(exc: ClientError) -> bool:
    return exc.response["Error"]["Code"] == "NoSuchUpload"
