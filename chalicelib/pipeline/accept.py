"""An upload has arrived: is it one that we take? Then it waits in the intake queue."""

from collections.abc import Collection

from chalicelib.domain import keys, media, names
from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.engines.registry import module_of
from chalicelib.errors import StoreError
from chalicelib.message import Message
from chalicelib.observability import about, count, logger
from chalicelib.pipeline import finish, messages, waiting
from chalicelib.pipeline.cancel import wind_up
from chalicelib.seams.probing import EMPTY, PROBING
from chalicelib.services import Services
from chalicelib.settings import Settings

_TRIES = 4
"""Of which the last only finds that the one before it worked; others have begun a version in the meantime if not."""

_SHOWN = 20
"""Letters of an ending that is none: a sentence after a last dot counts as one."""

_ENDING = Message(
    "unsupported-ending", "Files ending in .%(ending)s are not accepted. Please upload one of: %(known)s."
)
_NO_ENDING = Message("no-ending", "A file without an ending is not accepted. Please upload one of: %(known)s.")
_TOO_LARGE = Message(
    "too-large",
    "The file has %(size_bytes)s; at most %(most_bytes)s are accepted. Please upload it in parts or with a lower bit "
    "rate.",
)


def accept(key: str, services: Services) -> None:
    """Take in the upload at `key`, or reject it and tell its owner.

    New content under a known key is a new version. A run over the old content comes to its end first, and is entered.
    """
    ref = keys.parse_upload_key(key)
    asset = services.store.get(ref) if ref else None
    if ref is not None and asset is None and services.users.is_gone(ref.owner):
        # An address to upload to holds for an hour: longer than the account did.
        _delete(ref, services)
        return
    if ref is None or asset is None or asset.input_key != key:
        logger.warning("object is nobody's upload; left alone")
        return
    with about(ref):
        if asset.fetch is not None and asset.status is Status.EXPIRED:
            _delete(ref, services)  # it was cancelled when it had just come
            return
        found = services.uploads.info(key)
        if found is None:
            logger.warning("upload is gone; left alone")
            return
        settings = services.settings
        rejection = rejection_of(asset.file_name, found.size, settings.max_upload_bytes, accepted_endings(settings))
        for _ in range(_TRIES):
            if asset.etag == found.etag:
                enqueue(asset, services)
                return
            ended = wind_up(asset, services)
            accepted = services.store.accept(ref, ended.version, found.etag, found.size, rejection)
            if accepted is None:
                _delete(ref, services)
                return
            asset = accepted
        raise StoreError("The asset changes faster than an upload can be accepted. Its event comes again.")


def _delete(ref: AssetRef, services: Services) -> None:
    services.uploads.delete_under(keys.uploads_of(ref))
    logger.info("upload of what was erased; deleted")


def enqueue(asset: Asset, services: Services) -> None:
    """Move an accepted asset on: into the intake queue, or, if it was rejected, to its report."""
    if asset.status is Status.QUEUED:
        url = services.settings.queue_url(waiting.intake_of(asset))
        services.aws.sqs.send_message(QueueUrl=url, MessageBody=messages.encode(asset.run))
        count("UploadsAccepted")
    else:
        finish.settle(asset, services)


def accepted_endings(settings: Settings) -> frozenset[str]:
    """The endings that files may have which this deployment can look into."""
    return media.endings(module_of(PROBING, settings.engines[PROBING]).CONTAINERS)


def rejection_of(
    file_name: str, size: int, max_bytes: int, accepted: Collection[str] = media.ACCEPTED_ENDINGS
) -> Message | None:
    """Why a file cannot be accepted, by what is known without opening it; None if nothing speaks against it."""
    ending = names.ending_of(file_name)
    if ending not in accepted:
        known = tuple(sorted(accepted))
        return _ENDING.of(ending=ending[:_SHOWN], known=known) if ending else _NO_ENDING.of(known=known)
    if size == 0:
        return EMPTY
    return _TOO_LARGE.of(size_bytes=size, most_bytes=max_bytes) if size > max_bytes else None
