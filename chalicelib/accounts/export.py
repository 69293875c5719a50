"""A copy of all of an account's data."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from chalicelib.domain import addresses, files, keys, names
from chalicelib.domain.accounts import Credential, Export
from chalicelib.domain.assets import Asset
from chalicelib.domain.folders import Library
from chalicelib.domain.rights import Grant
from chalicelib.learning.models import EVERYBODY
from chalicelib.pipeline.known import owner_of, ref_of
from chalicelib.pipeline.models import made_of
from chalicelib.services import Services
from chalicelib.storage import versions
from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from typing import IO

_CHUNK = 1024**2
_TEXTS = (".json", ".txt", ".srt", ".vtt", ".html", ".docx")


def export(owner: str, services: Services) -> None:
    """One zip of all, written to S3 while it is made: no machine needs room for it.

    An account that is erased meanwhile leaves none: whoever finds that out last deletes it.
    """
    asked = services.users.profile(owner).export
    if _leaves_none(owner, services) or asked is None or asked.key is not None:
        return
    services.outputs.delete_under(keys.exports_of(owner))
    key = f"{keys.exports_of(owner)}{int(asked.asked_at)}.zip"
    with services.outputs.writing(key, "application/zip") as stream, ZipFile(cast("IO[bytes]", stream), "w") as archive:
        archive.writestr("account.json", _json(_account(owner, services)), ZIP_DEFLATED)
        library = services.library.of(owner)
        for asset in services.store.of_owner(owner):
            _export_asset(asset, library, archive, services)
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
        "collections": [asdict(one) for one in services.people.everything()[0] if one.made_by == owner],
        "folders": [asdict(one) for one in library.folders],
        "saved_filters": [asdict(one) for one in library.filters],
        "boards": [asdict(one) for one in services.boards.whole(owner)],
        "questions": [asdict(one) for one in services.questions.of(owner)],
        "addresses": [asdict(one) for one in services.mails.recipients(owner)],
        "takes_invitations": profile["email"] is None
        or not services.mails.declines(addresses.fingerprint(profile["email"])),
        "shared_with_you": [asdict(one) for one in _shared_with(profile["email"], services)],
        "written": list(_written(owner, services)),
        "taken_back": [asdict(one) for one in services.learning.all_dropped(owner)],
    }


def _written(owner: str, services: Services) -> Iterator[dict[str, Any]]:
    """What the account has marked and said in others' recordings: its own words alone. What was said there is not its
    own, and it may be that nothing of it is shared any more.
    """
    for (ref, _), mark in services.marks.some(services.marks.written_by(owner)).items():
        yield {"asset_id": ref.asset_id} | {name: getattr(mark, name) for name in _OF_WRITTEN}


_OF_WRITTEN = ("kind", "start", "end", "colour", "body", "made_at", "changed_at", "resolved_at")


def _marks(asset: Asset, services: Services) -> Iterator[dict[str, Any]]:
    """The marks on a recording, by whom in the words that its owner knows; without what was said, while nothing that
    was made of it is given out.
    """
    found = services.marks.of(asset.ref)
    people = {by for one in found for by in (one.by, one.resolved_by) if by is not None}
    profiles = services.users.profiles(sorted(people - {asset.ref.owner}))
    names = {by: profile.email for by, profile in profiles.items()} | {asset.ref.owner: "you"}
    for mark in found:
        told = asdict(mark) | {"by": names.get(mark.by), "resolved_by": names.get(mark.resolved_by or "")}
        if asset.is_withheld or asset.doubted:
            told = {name: value for name, value in told.items() if name not in _OF_WHAT_WAS_SAID}
        yield told


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


def _export_asset(asset: Asset, library: Library, archive: ZipFile, services: Services) -> None:
    folder = f"recordings/{asset.ref.asset_id}"
    # Of versions that are withheld, there is only what was uploaded: nobody has released what was made of it.
    tracks = [track for track in services.store.tracks(asset.ref) if _is_given_out(asset, track["version"])]
    told = asdict(asset.as_given_out) | {"folder": library.path(asset.folder)}
    told |= {name: sorted(getattr(asset, name)) for name in ("withheld", "doubted")}
    people = [asdict(one) for one in services.grants.of(asset.ref)]
    log = [asdict(one) for one in services.audit.everything(asset.ref)]
    marks = list(_marks(asset, services))
    values = {"asset": _without_deciders(told), "tracks": tracks, "people": people, "log": log, "marks": marks}
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
                    _without_deciders(earlier["asset"])
                    archive.writestr(place, _json(earlier), ZIP_DEFLATED)
            elif made.file_name not in keys.OF_VOICES:
                _copy(services.outputs, key, place, archive)


def _is_given_out(asset: Asset, version: int) -> bool:
    """Whether what was made in a version is: of earlier ones nothing, where any content of the asset is doubted."""
    return str(version) not in asset.withheld and (version == asset.version or not asset.doubted)


def _without_deciders(asset: dict[str, Any]) -> dict[str, Any]:
    """What is told of an asset, without which administrators decided of it: that is nobody's business but theirs."""
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
