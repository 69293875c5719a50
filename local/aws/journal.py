"""Writes through to the data folder what the embedded AWS holds, and puts it back at the next start.

moto keeps everything in memory. After each request and each step of the pump `flush` writes down what has changed
since: items by the calls that wrote them, objects and parts of uploads by moto having made a new one, messages whole,
since there are few. It is one transaction, so that a death at any moment leaves what was true after some request.
"""

import base64
import json
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore import handlers
from botocore.model import OperationModel
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb import dynamodb_backends
from moto.s3.models import FakeKey
from moto.sqs import sqs_backends
from moto.sqs.models import Message

from chalicelib.domain.keys import S3Object
from local.aws import storage
from local.data_folder import DataFolder

_UPLOAD_SECONDS = 7 * 24 * 3600.0
"""Uploads that came to no end are forgotten after so long, as the bucket's lifecycle rule says."""

_CALLS = "before-call.dynamodb"
_KEPT = ("approximate_receive_count", "visible_at", "delayed_until", "sent_timestamp", "message_attributes")
_BYTES = "\0bytes"
_Name = tuple[str, str]


class Journal:
    """What of `region` is written down in `folder`."""

    def __init__(self, folder: DataFolder, region: str) -> None:
        self._folder = folder
        self._db = folder.journal
        self._region = region
        self._written: list[tuple[str, dict[str, Any]]] = []
        self._objects: dict[_Name, FakeKey] = {}
        self._parts: dict[tuple[str, int], FakeKey] = {}
        self._uploads: set[str] = set()
        self._messages: dict[_Name, str] = {}

    # ---- noting

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While this lasts, note which items are written, whichever client does it."""
        # Every session that is made from now on has it, also those that libraries make for themselves.
        handler = (_CALLS, self._note)
        handlers.BUILTIN_HANDLERS.append(handler)
        boto3.setup_default_session()
        try:
            yield
        finally:
            handlers.BUILTIN_HANDLERS.remove(handler)
            boto3.setup_default_session()

    def _note(self, model: OperationModel, params: dict[str, Any], **_: object) -> None:
        asked = json.loads(params["body"])
        match model.name:
            case "PutItem":
                self._written.append((asked["TableName"], asked["Item"]))
            case "UpdateItem" | "DeleteItem":
                self._written.append((asked["TableName"], asked["Key"]))
            case "BatchWriteItem":
                for table, requests in asked["RequestItems"].items():
                    for request in requests:
                        put, deleted = request.get("PutRequest"), request.get("DeleteRequest")
                        self._written.append((table, put["Item"] if put else deleted["Key"]))
            case "TransactWriteItems":
                for written in asked["TransactItems"]:
                    for kind, named in written.items():
                        if kind != "ConditionCheck":
                            self._written.append((named["TableName"], named["Item" if kind == "Put" else "Key"]))

    # ---- writing

    def flush(self) -> None:
        """Write down what has changed since the last time."""
        orphans: list[Path] = []
        with self._db:
            self._flush_items()
            objects = self._flush_objects(orphans)
            uploads, parts = self._flush_uploads(orphans)
            messages = self._flush_messages()
        # Only now: until the transaction was through, the old files were the true ones, and nothing was written.
        self._written.clear()
        self._objects, self._uploads, self._parts, self._messages = objects, uploads, parts, messages
        for path in orphans:
            path.unlink(missing_ok=True)

    def _flush_items(self) -> None:
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][self._region]
        for name, values in self._written:
            table = tables.get_table(name)
            key = {part: values[part] for part in (table.hash_key_attr, table.range_key_attr) if part}
            found = tables.get_item(name, key)
            where = (name, json.dumps(key, sort_keys=True))
            if found is None:
                self._db.execute("DELETE FROM items WHERE source = ? AND key = ?", where)
            else:
                item = _text(found.to_json()["Attributes"])
                self._db.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", (*where, item))

    def _flush_objects(self, orphans: list[Path]) -> dict[_Name, FakeKey]:
        now = {(at.bucket, at.key): key for at, key in storage.objects()}
        for name in self._objects.keys() - now.keys():
            self._db.execute("DELETE FROM objects WHERE bucket = ? AND name = ?", name)
            orphans.append(self._forget(self._objects[name]))
        for name, key in now.items():
            known = self._objects.get(name)
            if known is key:
                continue
            row = (*name, self._kept(key), _etag(key), json.dumps(dict(key.metadata)), key.last_modified.isoformat())
            self._db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)", row)
            if known is not None:
                orphans.append(self._forget(known))
        return now

    def _flush_uploads(self, orphans: list[Path]) -> tuple[set[str], dict[tuple[str, int], FakeKey]]:
        uploads, parts = set(), {}
        for bucket, upload in storage.uploads():
            uploads.add(upload.id)
            if upload.id not in self._uploads:
                row = (upload.id, bucket, upload.key_name, json.dumps(dict(upload.metadata)), storage.begun(upload))
                self._db.execute("INSERT OR IGNORE INTO uploads VALUES (?, ?, ?, ?, ?)", row)
            for number, part in upload.parts.items():
                parts[upload.id, number] = part
                if self._parts.get((upload.id, number)) is not part:
                    values = (upload.id, number, self._kept(part), _etag(part))
                    self._db.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", values)
        for gone in self._uploads - uploads:
            self._db.execute("DELETE FROM uploads WHERE id = ?", (gone,))
            self._db.execute("DELETE FROM parts WHERE upload = ?", (gone,))
        orphans += [self._forget(part) for where, part in self._parts.items() if parts.get(where) is not part]
        return uploads, parts

    def _flush_messages(self) -> dict[_Name, str]:
        now = {(queue, message.id): _message(message) for queue, message in self._waiting()}
        for name in self._messages.keys() - now.keys():
            self._db.execute("DELETE FROM messages WHERE queue = ? AND id = ?", name)
        for name, text in now.items():
            if self._messages.get(name) != text:
                self._db.execute("INSERT OR REPLACE INTO messages VALUES (?, ?, ?)", (*name, text))
        return now

    def _waiting(self) -> Iterator[tuple[str, Message]]:
        for queue in sqs_backends[DEFAULT_ACCOUNT_ID][self._region].queues.values():
            for message in queue._messages:
                yield queue.name, message

    def _kept(self, key: FakeKey) -> str:
        """The name of the file in the data folder that holds the bytes of `key`; it is made if they are elsewhere."""
        path = storage.path_of(key)
        if path is not None and path.parent == self._folder.objects:
            return path.name
        kept = self._folder.objects / uuid.uuid4().hex
        if path is not None:
            shutil.copyfile(path, kept)
        else:
            with kept.open("wb") as target:
                storage.copy_to(key, target)
        storage.refer(key, kept)
        return kept.name

    def _forget(self, key: FakeKey) -> Path:
        path = storage.path_of(key)
        assert path is not None  # every key that is known here was kept
        return path

    # ---- reading

    def restore(self) -> None:
        """Put everything back. No event is sent: what was on its way is started again in upkeep.py.

        A table, bucket or queue that is no more is passed over.
        """
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][self._region]
        for name, item in self._rows("SELECT source, item FROM items"):
            if name in tables.tables:
                tables.put_item(name, _values(item))
        buckets = {found["Name"] for found in boto3.client("s3").list_buckets()["Buckets"]}
        for bucket, name, file, etag, metadata, modified in self._rows("SELECT * FROM objects"):
            path = self._folder.objects / file
            if bucket in buckets and path.is_file():
                at = S3Object(bucket, name)
                when = datetime.fromisoformat(modified)
                self._objects[bucket, name] = storage.place(path, at, etag, json.loads(metadata), when)
        self._restore_uploads(buckets)
        self._restore_messages()
        self._delete_orphans()

    def _restore_uploads(self, buckets: Iterable[str]) -> None:
        with self._db:
            self._db.execute("DELETE FROM uploads WHERE begun < ?", (time.time() - _UPLOAD_SECONDS,))
            self._db.execute("DELETE FROM parts WHERE upload NOT IN (SELECT id FROM uploads)")
        where = {}
        for upload_id, bucket, name, metadata, begun in self._rows(
            "SELECT id, bucket, name, metadata, begun FROM uploads"
        ):
            if bucket in buckets:
                where[upload_id] = S3Object(bucket, name)
                storage.begin_upload(upload_id, where[upload_id], json.loads(metadata), begun)
        for upload_id, number, file, etag in self._rows("SELECT * FROM parts"):
            path = self._folder.objects / file
            if upload_id in where and path.is_file():
                storage.put_part(path, where[upload_id], upload_id, number, etag)
        self._uploads = set(where)
        self._parts = {
            (upload.id, number): part for _, upload in storage.uploads() for number, part in upload.parts.items()
        }

    def _restore_messages(self) -> None:
        queues = {queue.name: queue for queue in sqs_backends[DEFAULT_ACCOUNT_ID][self._region].queues.values()}
        for queue, message_id, text in self._rows("SELECT * FROM messages"):
            # What the pump had asked S3 and EventBridge for lies in queues of its own, which it makes anew.
            if queue in queues:
                values = _values(text)
                message = Message(message_id, values.pop("body"))
                for name, value in values.items():
                    setattr(message, name, value)
                message.visible_at = 0.0  # whoever was working on it has died
                queues[queue].add_message(message)
            self._messages[queue, message_id] = text

    def _delete_orphans(self) -> None:
        """Files that nothing names: the process died before it wrote down what they are."""
        named = {file for (file,) in self._rows("SELECT file FROM objects UNION SELECT file FROM parts")}
        for path in self._folder.objects.iterdir():
            if path.name not in named:
                path.unlink()

    def _rows(self, query: str) -> Iterator[Any]:
        cursor: sqlite3.Cursor = self._db.execute(query)
        yield from cursor.fetchall()


def _etag(key: FakeKey) -> str:
    return key.etag.strip('"')


def _message(message: Message) -> str:
    return _text({"body": message.body} | {name: getattr(message, name) for name in _KEPT})


def _text(values: Any) -> str:  # noqa: ANN401 - what moto keeps
    """`values` as JSON, which has no bytes: they become an object that nothing of AWS is called like."""
    return json.dumps(values, default=_plain)


def _plain(value: Any) -> Any:  # noqa: ANN401
    return {_BYTES: base64.b64encode(value).decode()} if isinstance(value, bytes) else value.to_json()


def _values(text: str) -> Any:  # noqa: ANN401
    """What `_text` was given."""
    return json.loads(text, object_hook=lambda found: base64.b64decode(found[_BYTES]) if _BYTES in found else found)
