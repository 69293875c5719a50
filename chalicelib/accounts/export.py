"""A copy of all of an account's data."""

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from chalicelib.domain import addresses, files, keys, names
from chalicelib.domain.accounts import Credential, Export
from chalicelib.domain.assets import Asset
from chalicelib.domain.folders import Library
from chalicelib.domain.questions import Question
from chalicelib.domain.rights import ADMINISTRATORS, Grant, LogEntry
from chalicelib.learning.models import EVERYBODY
from chalicelib.pipeline.known import owner_of, ref_of
from chalicelib.pipeline.models import made_of
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.storage import versions
from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from typing import IO

_CHUNK = 1024**2
_TEXTS = (".json", ".txt", ".srt", ".vtt", ".html", ".docx")

_SAID = (keys.Folder.EDITS, TRANSCRIPT.folder)
"""Folders of documents that say who stands behind which words."""

_BY = re.compile(rb'"by":\s*"([^"]*)"')
"""Who does, in JSON: what somebody has said would have its quotes escaped."""


class _Others(dict[str, str | None]):
    """Others by their accounts' ids, in the words that an owner knows: their addresses. None who has no account any
    more; the owner is called as they are.
    """

    def __init__(self, owner: str, services: Services) -> None:
        super().__init__({owner: owner, "": None})
        self._users = services.users

    def __missing__(self, by: str) -> str | None:
        profile = self._users.profiles([by]).get(by)
        self[by] = profile.email if profile is not None else None
        return self[by]


def export(owner: str, services: Services) -> None:
    """One zip of all, written to S3 while it is made: no machine needs room for it.

    An account that is erased meanwhile leaves none: whoever finds that out last deletes it.
    """
    asked = services.users.profile(owner).export
    if _leaves_none(owner, services) or asked is None or asked.key is not None:
        return
    services.outputs.delete_under(keys.copies_of(owner))
    key = f"{keys.copies_of(owner)}{int(asked.asked_at)}.zip"
    with services.outputs.writing(key, "application/zip") as stream, ZipFile(cast("IO[bytes]", stream), "w") as archive:
        archive.writestr("account.json", _json(_account(owner, services)), ZIP_DEFLATED)
        library, others = services.library.of(owner), _Others(owner, services)
        for asset in services.store.of_owner(owner):
            _export_asset(asset, library, others, archive, services)
    done = Export("ready", asked.asked_at, key, time.time())
    if not _leaves_none(owner, services):
        services.users.note_export(owner, done)


def _leaves_none(owner: str, services: Services) -> bool:
    """Whether the account is gone, and with it now every copy of its data."""
    is_gone = services.users.is_gone(owner)
    if is_gone:
        services.outputs.delete_under(keys.exports_of(owner))
    return is_gone


_OF_LINKS = ("shows", "tells_title", "password", "tries", "closed_until")
"""What keys have none of."""


def _account(owner: str, services: Services) -> dict[str, Any]:
    """The account itself, without what would let somebody else in."""
    profile = asdict(services.users.profile(owner))
    profile.pop("export")
    library = services.library.of(owner)
    if profile["webhook"]:
        profile["webhook"].pop("secret")

    def without(things: Iterable[Any], *secret: str) -> list[dict[str, Any]]:
        return [{name: value for name, value in asdict(thing).items() if name not in secret} for thing in things]

    return {
        **profile,
        "usage": asdict(services.users.usage(owner)),
        "keys": without(services.users.handed_out(owner, Credential.KEY), "hash", *_OF_LINKS),
        "shares": without(services.users.handed_out(owner, Credential.SHARE), "hash", "password"),
        "runs": [asdict(entry) for entry in services.ledger.of_owner(owner)],
        "voices": without(services.users.voices(owner), "embedding"),
        "released": [{"kind": one.kind, "name": one.name} for one in services.releases.of(owner)],
        "lexicon": [asdict(one) for one in services.learning.entries(owner)],
        "taught": [asdict(one) for one in services.learning.lessons(owner)],
        "models": list(_models(owner, services)),
        "collections": without((one for one in services.people.everything()[0] if one.made_by == owner), "leaving_by"),
        "folders": [asdict(one) for one in library.folders],
        "saved_filters": [asdict(one) for one in library.filters],
        "boards": [asdict(one) for one in services.boards.whole(owner)],
        "questions": [_question(one) for one in services.questions.of(owner)],
        "addresses": [asdict(one) for one in services.mails.recipients(owner)],
        "takes_invitations": profile["email"] is None
        or not services.mails.declines(addresses.fingerprint(profile["email"])),
        "shared_with_you": without(_shared_with(profile["email"], services), "owner"),
        "written": list(_written(owner, services)),
        "taken_back": [asdict(one) for one in services.learning.all_dropped(owner)],
    }


def _question(question: Question) -> dict[str, Any]:
    """A question, and in which recordings it is answered: whose these are is no account's business but theirs."""
    told = asdict(question)
    for stretch in told["found"]:
        stretch.pop("owner")
    return told


def _written(owner: str, services: Services) -> Iterator[dict[str, Any]]:
    """What the account has marked and said in others' recordings: its own words alone. What was said there is not its
    own, and it may be that nothing of it is shared any more.
    """
    for (ref, _), mark in services.marks.some(services.marks.written_by(owner)).items():
        yield {"asset_id": ref.asset_id} | {name: getattr(mark, name) for name in _OF_WRITTEN}


_OF_WRITTEN = ("kind", "start", "end", "colour", "body", "made_at", "changed_at", "resolved_at")


def _marks(asset: Asset, others: _Others, services: Services) -> Iterator[dict[str, Any]]:
    """The marks on a recording, by whom in the words that its owner knows; without what was said, while nothing that
    was made of it is given out.
    """
    for mark in services.marks.of(asset.ref):
        told = asdict(mark) | {name: _who(getattr(mark, name), asset, others) for name in ("by", "resolved_by")}
        if asset.is_withheld or asset.doubted:
            told = {name: value for name, value in told.items() if name not in _OF_WHAT_WAS_SAID}
        yield told


def _entry(entry: LogEntry, asset: Asset, others: _Others) -> dict[str, Any]:
    """Who read a recording or did something with it: a link by its id, as elsewhere in the copy."""
    is_nobody = entry.is_link or entry.by == ADMINISTRATORS
    return asdict(entry) | {"by": entry.by if is_nobody else _who(entry.by, asset, others)}


def _who(by: str | None, asset: Asset, others: _Others) -> str | None:
    return "you" if by == asset.ref.owner else others[by or ""]


_OF_WHAT_WAS_SAID = ("exact", "speaker", "clips")


def _shared_with(email: str | None, services: Services) -> list[Grant]:
    return services.grants.everything(addresses.fingerprint(email)) if email is not None else []


def _models(owner: str, services: Services) -> Iterator[dict[str, Any]]:
    """The account's models, and those for everybody that were made of its recordings too: with what of these was used,
    and of no other's.
    """
    for scope in (owner, EVERYBODY):
        for model in services.learning.models(scope):
            taught = made_of(model, services).get("taught", {})
            used = {ref_of(name).asset_id: told for name, told in taught.items() if owner_of(name) == owner}
            if scope == owner or used:
                yield model.to_json() | asdict(model.ref) | {"used": used}


def _export_asset(asset: Asset, library: Library, others: _Others, archive: ZipFile, services: Services) -> None:
    folder = f"recordings/{asset.ref.asset_id}"
    # Of versions that are withheld, there is only what was uploaded: nobody has released what was made of it.
    tracks = [track for track in services.store.tracks(asset.ref) if _is_given_out(asset, track["version"])]
    told = asdict(asset.as_given_out) | {"folder": library.path(asset.folder)}
    told |= {name: sorted(getattr(asset, name)) for name in ("withheld", "doubted")}
    people = [asdict(one) for one in services.grants.of(asset.ref)]
    log = [_entry(one, asset, others) for one in services.audit.everything(asset.ref)]
    marks = list(_marks(asset, others, services))
    values = {"asset": _told_of(told, others), "tracks": tracks, "people": people, "log": log, "marks": marks}
    archive.writestr(f"{folder}/asset.json", _json(values), ZIP_DEFLATED)
    uploads = keys.uploads_of(asset.ref)
    for key in services.uploads.names(uploads):
        name = names.safe_name(asset.file_name) if key == asset.input_key else key.removeprefix(uploads)
        _copy(services.uploads, key, f"{folder}/upload/{name}", archive)
    for prefix in files.prefixes(asset.ref, services.tracks):
        for key in services.outputs.names(prefix):
            made = keys.parse_output_key(key)
            if made is None or not _is_given_out(asset, made.run.version) or made.folder == keys.Folder.WORDS:
                continue
            place = f"{folder}/v{made.run.version}/{made.folder}/{made.file_name}"
            if made.folder == keys.Folder.VERSIONS and made.file_name == versions.NAME:
                if (document := services.outputs.read(key)) is not None:
                    earlier = json.loads(document)
                    _told_of(earlier["asset"], others)
                    archive.writestr(place, _json(earlier), ZIP_DEFLATED)
            elif made.folder in _SAID and made.file_name.endswith(".json"):
                if (document := services.outputs.read(key)) is not None:
                    archive.writestr(place, _named(document, others), ZIP_DEFLATED)
            elif made.file_name not in keys.OF_VOICES:
                _copy(services.outputs, key, place, archive)


def _is_given_out(asset: Asset, version: int) -> bool:
    """Whether what was made in a version is: of earlier ones nothing, where any content of the asset is doubted."""
    return str(version) not in asset.withheld and (version == asset.version or not asset.doubted)


def _named(document: bytes, others: _Others) -> bytes:
    """A document of what is said, with who stands behind it in the words that its owner knows."""
    return _BY.sub(lambda found: b'"by": ' + json.dumps(others[found[1].decode()]).encode(), document)


def _told_of(asset: dict[str, Any], others: _Others) -> dict[str, Any]:
    """What is told of an asset, with whoever else corrected it in the words that its owner knows; without which
    administrators decided of it: that is nobody's business but theirs.
    """
    for edition in asset.get("editions", ()):
        edition["by"] = others[edition["by"]]
    for name, who in (("moderation", "decided_by"), ("released", "by")):
        if asset.get(name):
            asset[name].pop(who, None)
    return asset


def _copy(store: ObjectStore, key: str, name: str, archive: ZipFile) -> None:
    entry = ZipInfo(name, time.gmtime()[:6])
    entry.compress_type = ZIP_DEFLATED if name.endswith(_TEXTS) else ZIP_STORED
    with archive.open(entry, "w", force_zip64=True) as target:
        for chunk in store.client.get_object(Bucket=store.bucket, Key=key)["Body"].iter_chunks(_CHUNK):
            target.write(chunk)


def _json(values: object) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1, default=str)


def fail_export(owner: str, services: Services) -> None:
    """Note that no copy could be made: its owner may ask for another."""
    if not _leaves_none(owner, services):
        services.users.note_export(owner, Export("failed", time.time()))
