"""What administrators bring to learn from is checked, laid where trainers read it, and removed.

A set is checked through the queue `learning`, some of its sounds a message: each message says nothing but which set;
what comes next stands with the set. So it can come twice, late, or never: every hour what is under way is asked for
again. What was found is written under names that follow from the set, so that done again it is the same.
"""

import json
import secrets
import stat
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain import keys, names
from chalicelib.domain.people import Consent
from chalicelib.errors import EngineBusy, EngineFailed, MediaRejected
from chalicelib.learning import lexicon
from chalicelib.learning import material as rules
from chalicelib.learning.errors import is_by_character, tokens
from chalicelib.learning.lexicon import Entry, LexiconFault, Source, same
from chalicelib.learning.material import (
    Brought,
    Cut,
    Finding,
    MaterialKind,
    MaterialPurpose,
    MaterialStage,
    Sorted,
    Unusable,
    shown,
)
from chalicelib.learning.models import EVERYBODY
from chalicelib.message import Message
from chalicelib.observability import count, logger
from chalicelib.pipeline import general_set, lessons, models, vocabularies
from chalicelib.seams.probing import PROBING
from chalicelib.services import Services
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Word
from chalicelib.storage.learning import term_id
from chalicelib.storage.object_file import ObjectFile

AT_ONCE = 40
"""Sounds that are checked in a message's time."""

_LONGEST_CHECK = 24 * 3600.0
_PIECE = 1024**2
_ZIP_CHUNK = 1024**2

_NO_FILES = Message("material-no-files", "No file of the set has arrived. Please upload them again.")
_NO_ZIP = Message("material-no-zip", "The file cannot be read as a zip: it is damaged, or none at all.")
_LOCKED = Message("material-locked", "It is protected by a password.")
_UNSAFE = Message("material-unsafe", "Its name leads out of the zip, or it is no file. It is left out.")
_NESTED = Message("material-nested", "A zip within a zip is not opened.")
_TOO_MANY = Message("material-too-many", "There are more than %(most)s files in the set.")
_TOO_LARGE = Message("material-too-large", "It is too large, unpacked: at most %(most_bytes)s are taken.")
_TOO_LARGE_ALL = Message("material-set-too-large", "Unpacked, the set has more than %(most_bytes)s.")
_BROKEN = Message("material-broken", "It cannot be read: the zip is damaged there.")
_NO_SOUND_IN_IT = Message("material-silent", "There is no sound in it.")
_NEVER_CHECKED = Message("material-never-checked", "The check did not come to an end. Please bring it again.")


# ---- a set, and its end


def make(
    name: str,
    language: str,
    kind: MaterialKind,
    purpose: MaterialPurpose,
    by: str,
    consent: Consent | None,
    services: Services,
) -> Brought:
    """A new set, to which files can be uploaded."""
    now = time.time()
    made = Brought(secrets.token_hex(8), name, language, kind, purpose, by, now, consent=consent, changed_at=now)
    services.material.make(made)
    return made


def check(brought: Brought, services: Services) -> Brought | None:
    """All files are there: have them be checked. None if the set is not open any more."""
    begun = services.material.begin(brought)
    if begun is not None:
        _send(brought.id, services)
    return begun


def remove(set_id: str, services: Services) -> bool:
    """Have a set go, with all that was made of it. False if there is none."""
    if services.material.leave(set_id) is None:
        return False
    _send(set_id, services)
    return True


def collect(now: float, services: Services) -> None:
    """Queue again what is under way, whatever was lost."""
    for set_id in services.material.due(now):
        _send(set_id, services)


def _send(set_id: str, services: Services) -> None:
    url = services.settings.queue_url("learning")
    services.aws.sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"material": set_id}))


def forget_who(owner: str, services: Services) -> None:
    """An account is erased: what it has brought stays, and nothing says any more that it was this one."""
    for one in services.material.all():
        if owner in {one.made_by, one.consent and one.consent.recorded_by}:
            services.material.forget_who(one, owner)


def go_on(set_id: str, services: Services) -> None:
    """Go on with a set from where it stands. Safe to call again."""
    brought = services.material.get(set_id)
    if brought is None:
        return
    if brought.stage is MaterialStage.LEAVING:
        _let_go(brought, services)
    elif brought.stage is MaterialStage.CHECKING:
        _check(brought, services)
    elif brought.stage is not MaterialStage.OPEN:
        _tidy(brought, services)  # whoever ended the check may have died before


# ---- where it lies


def findings_of(brought: Brought, services: Services) -> list[Finding]:
    """What is wrong with files of a set that was checked: the first of it."""
    stored = services.outputs.read(f"{_checked(brought)}findings.json")
    return _findings(json.loads(stored)) if stored else []


def files_of(brought: Brought, services: Services) -> list[tuple[str, int]]:
    """The files that were uploaded to a set, with their bytes; none once it was checked."""
    place = keys.material_upload(brought.id)
    return [(key.removeprefix(place), size) for key, size in services.uploads.sizes(place)]


def _place(brought: Brought) -> str:
    """Where what is learnt from begins."""
    return f"{keys.material_of(brought.language)}{brought.id}/"


def _checked(brought: Brought) -> str:
    """Where begins what the check keeps for itself."""
    return f"{keys.learning_of(EVERYBODY, brought.language)}checked/{brought.id}/"


def _general(brought: Brought) -> str:
    return f"{keys.general_of(brought.language)}{brought.id}-"


# ---- the files of a set


@dataclass(frozen=True, slots=True)
class _Member:
    """A file that was brought: in the object at `key`, or in the zip that lies there, as `inside`."""

    name: str
    key: str
    size: int
    inside: zipfile.ZipInfo | None = None


class _Files:
    """The files of a set, those in its zips too. Closed, it holds no zip open."""

    def __init__(self, brought: Brought, services: Services) -> None:
        self._services = services
        self._zips: dict[str, zipfile.ZipFile] = {}
        self.findings: list[Finding] = []
        self.by_name: dict[str, _Member] = {}
        uploads = keys.material_upload(brought.id)
        total = 0
        for key, size in services.uploads.sizes(uploads):
            for member in self._members(key.removeprefix(uploads), key, size):
                total += member.size
                if rules.is_aside(member.name):
                    continue
                if len(self.by_name) == rules.MOST_MEMBERS:
                    self._wrong(member.name, _TOO_MANY.of(most=rules.MOST_MEMBERS))
                    return
                if total > rules.MOST_EXPANDED_BYTES:
                    self._wrong(member.name, _TOO_LARGE_ALL.of(most_bytes=rules.MOST_EXPANDED_BYTES))
                    return
                self.by_name.setdefault(member.name, member)

    def _wrong(self, name: str, reason: Message) -> None:
        self.findings.append(Finding(shown(name), reason))

    def _members(self, name: str, key: str, size: int) -> Iterator[_Member]:
        if not rules.is_zip(name):
            yield _Member(name, key, size)
            return
        try:
            inside = self._zip(key, size).infolist()
        except _OF_A_ZIP as exc:
            _raise_if_of_s3(exc)
            self._wrong(name, _NO_ZIP)
            return
        if len(inside) > rules.MOST_MEMBERS:
            self._wrong(name, _TOO_MANY.of(most=rules.MOST_MEMBERS))
            return
        for one in inside:
            if one.is_dir():
                continue
            reason = _hindrance(one)
            if reason is not None:
                self._wrong(one.filename, reason)
            else:
                yield _Member(one.filename, key, one.file_size, one)

    def _zip(self, key: str, size: int) -> zipfile.ZipFile:
        if key not in self._zips:
            file = ObjectFile(self._services.uploads, key, size, 4 * size + _ZIP_CHUNK)
            self._zips[key] = zipfile.ZipFile(BufferedReader(file, _ZIP_CHUNK))
        return self._zips[key]

    def close(self) -> None:
        """Hold nothing open any more."""
        for one in self._zips.values():
            one.close()

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a file, which are `most` at most. Raises Unusable."""
        member = self.by_name[name]
        if member.size > most:
            raise Unusable(_TOO_LARGE.of(most_bytes=most))
        if member.inside is None:
            return self._services.uploads.read(member.key) or b""
        return b"".join(self._unpacked(member, most))

    def lay(self, name: str, key: str) -> None:
        """Lay a file at `key` of the outputs. Raises Unusable."""
        member, services = self.by_name[name], self._services
        if member.size > rules.MOST_SOUND_BYTES:
            raise Unusable(_TOO_LARGE.of(most_bytes=rules.MOST_SOUND_BYTES))
        if member.inside is None:
            services.outputs.copy(services.uploads.at(member.key), key)
            return
        with services.outputs.writing(key, "application/octet-stream") as into:
            for piece in self._unpacked(member, rules.MOST_SOUND_BYTES):
                into.write(piece)

    def _unpacked(self, member: _Member, most: int) -> Iterator[bytes]:
        """What is packed in a zip, a piece at a time: never more than was said, whatever the zip says."""
        assert member.inside is not None, "it lies in a zip"
        left = min(most, member.size)
        try:
            with cast(BinaryIO, self._zips[member.key].open(member.inside)) as file:
                while piece := file.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise Unusable(_TOO_LARGE.of(most_bytes=most))
                    yield piece
        except Unusable:
            raise
        except _OF_A_ZIP as exc:
            _raise_if_of_s3(exc)
            raise Unusable(_BROKEN) from exc


_OF_A_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)
"""What whoever reads a broken zip may raise."""


def _raise_if_of_s3(raised: BaseException) -> None:
    """Raise what S3 is at fault for: zipfile takes whatever a file does for a fault of the zip."""
    found: BaseException | None = raised
    while found is not None:
        if isinstance(found, (BotoCoreError, ClientError)):
            raise found
        found = found.__context__


_ENCRYPTED = 0x1
_UPPER = 16
"""A zip of Unix has a file's mode in the upper half of these bits (APPNOTE 4.4.15)."""


def _hindrance(one: zipfile.ZipInfo) -> Message | None:
    """Why a file of a zip is left out by what the zip says of it."""
    path = PurePosixPath(one.orig_filename.replace("\\", "/"))
    mode = one.external_attr >> _UPPER
    is_outside = path.is_absolute() or ".." in path.parts or ":" in path.parts[0][:2]
    if is_outside or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        return _UNSAFE
    if one.flag_bits & _ENCRYPTED:
        return _LOCKED
    return _NESTED if rules.is_zip(one.filename) else None


# ---- the check


def _check(brought: Brought, services: Services) -> None:
    if time.time() - brought.changed_at > _LONGEST_CHECK:
        _end(brought, replace(brought, stage=MaterialStage.REFUSED), [Finding(brought.name, _NEVER_CHECKED)], services)
        return
    files = _Files(brought, services)
    try:
        if not files.by_name and not files.findings:
            _end(brought, replace(brought, stage=MaterialStage.REFUSED), [Finding(brought.name, _NO_FILES)], services)
            return
        out = rules.sorted_out(files.by_name, brought.kind)
        if brought.kind is MaterialKind.SOUND:
            _check_some(brought, files, out, services)
        else:
            _check_texts(brought, files, out, services)
    finally:
        files.close()


def _end(brought: Brought, ended: Brought, findings: list[Finding], services: Services) -> None:
    """The check has come to an end. What others read comes before the one write by which it is so."""
    told = [{"name": one.name, "reason": one.reason.to_json()} for one in findings[: rules.MOST_FINDINGS]]
    services.outputs.write_json(f"{_checked(brought)}findings.json", told)
    left_out = len({one.name for one in findings})
    if ended.stage is MaterialStage.READY and brought.makes_models:
        services.learning.make_due(EVERYBODY, brought.language, lessons.due_next(services))
    if services.material.end(brought, replace(ended, left_out=left_out)) is None:
        return
    count("MaterialChecked")
    logger.info("material checked", extra={"stage": ended.stage.value, "files": ended.files, "left_out": left_out})
    _tidy(brought, services)


def _tidy(brought: Brought, services: Services) -> None:
    """Delete what nobody needs any more once a set is checked."""
    services.uploads.delete_under(keys.material_upload(brought.id))
    services.outputs.delete_under(f"{_checked(brought)}parts/")


def _findings(stored: Iterable[Mapping[str, Any]]) -> list[Finding]:
    return [Finding(one["name"], Message.from_json(one["reason"])) for one in stored]


# ---- sound with its text


def _check_some(brought: Brought, files: _Files, out: Sorted, services: Services) -> None:
    """Check some sounds from where the last message stopped; after the last, put all together."""
    lines, wrong = _tables(files, out)
    some = out.sounds[brought.done : brought.done + AT_ONCE]
    checked = [
        _sound(brought, brought.done + number, name, files, out, lines, services) for number, name in enumerate(some)
    ]
    services.outputs.write_json(f"{_checked(brought)}parts/{brought.done:06}.json", checked)
    done = brought.done + len(some)
    moved = services.material.go_on(brought, done, len(out.sounds))
    if moved is None:
        _send_on(brought, services)
        return
    if done < len(out.sounds):
        _send(brought.id, services)
        return
    whole: list[dict[str, Any]] = []
    for key in services.outputs.names(f"{_checked(brought)}parts/"):
        whole += json.loads(services.outputs.read(key) or b"[]")
    _put_together(moved, whole, [*files.findings, *out.findings, *wrong], services)


def _send_on(brought: Brought, services: Services) -> None:
    """Whoever was faster may have died before they told."""
    now = services.material.get(brought.id)
    if now is not None and now.stage is MaterialStage.CHECKING:
        _send(brought.id, services)


def _tables(files: _Files, out: Sorted) -> tuple[dict[str, list[Cut]], list[Finding]]:
    lines: dict[str, list[Cut]] = {}
    wrong: list[Finding] = []
    for name in out.tables:
        try:
            found, faults = rules.table_in(files.read(name, rules.MOST_TEXT_BYTES), out.sounds)
        except Unusable as exc:
            wrong.append(Finding(shown(name), exc.reason))
            continue
        wrong += [Finding(shown(name), fault) for fault in faults]
        for sound, cuts in found.items():
            lines.setdefault(sound, []).extend(cuts)
    return lines, wrong


def _sound(
    brought: Brought,
    number: int,
    name: str,
    files: _Files,
    out: Sorted,
    lines: Mapping[str, list[Cut]],
    services: Services,
) -> dict[str, Any]:
    """One sound with what is said in it, as it is kept until all are there."""
    key = f"{_place(brought)}sound/{number:06}.{names.ending_of(name)}"
    if brought.purpose is MaterialPurpose.MEASURE:
        key = f"{_general(brought)}{number:06}.{names.ending_of(name)}"
    found: dict[str, Any] = {"sound": key, "cuts": [], "wrong": []}

    def wrong(reason: Message) -> None:
        found["wrong"].append({"name": shown(name), "reason": reason.to_json()})

    laid = False
    try:
        text = rules.text_of_sound(name, out.of_sound(name), lines.get(name, ()))
        cuts = lines[name] if text is None else rules.cuts_in(text, files.read(text, rules.MOST_TEXT_BYTES))
        files.lay(name, key)
        laid = True
        good, faults = rules.checked(cuts, _length(key, services), brought.language, brought.purpose)
    except Unusable as exc:
        wrong(exc.reason)
    else:
        for fault in faults:
            wrong(fault)
        found["cuts"] = [[cut.text, cut.start, cut.end] for cut in good]
    if laid and not found["cuts"]:
        services.outputs.delete_under(key)
    return found


def _length(key: str, services: Services) -> float:
    """Seconds of the sound at `key`. Raises Unusable."""
    try:
        info = services.engine(PROBING).probe(services.outputs.at(key))
    except MediaRejected as exc:
        raise Unusable(exc.translatable or _BROKEN) from exc
    except EngineBusy:
        raise
    except EngineFailed as exc:
        raise Unusable(exc.failure) from exc
    if info.audio is None:
        raise Unusable(_NO_SOUND_IN_IT)
    return info.duration


def _put_together(brought: Brought, whole: list[dict[str, Any]], wrong: list[Finding], services: Services) -> None:
    used = [one for one in whole if one["cuts"]]
    findings = [*wrong, *(finding for one in whole for finding in _findings(one["wrong"]))]
    texts = [text for one in used for text, _, _ in one["cuts"]]
    if brought.purpose is MaterialPurpose.MEASURE:
        for one in used:
            _write_general(brought, one, services)
    else:
        lines = [
            {
                "audio": one["sound"].removeprefix(_place(brought)),
                "offset": round(start, 3),
                "duration": round(end - start, 3),
                "text": text,
            }
            for one in used
            for text, start, end in one["cuts"]
        ]
        document = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        services.outputs.write(f"{_place(brought)}manifest.jsonl", document, "application/jsonl")
        services.outputs.write(f"{_place(brought)}text.txt", "\n".join(texts) + "\n", "text/plain; charset=utf-8")
    ended = replace(
        brought,
        stage=MaterialStage.READY if used else MaterialStage.REFUSED,
        files=len(used),
        words=len(tokens(texts, brought.language)),
        seconds=sum(end - start for one in used for _, start, end in one["cuts"]),
    )
    _end(brought, ended, findings, services)


def _write_general(brought: Brought, one: Mapping[str, Any], services: Services) -> None:
    words = [word for text, start, end in one["cuts"] for word in _spread(text, start, end, brought.language)]
    written = transcribe_document(brought.id, words, brought.language)
    key = one["sound"]
    services.outputs.write_json(f"{key.rpartition('.')[0]}.json", {"written": written, "sound": key})


def _spread(text: str, start: float, end: float, language: str) -> Iterator[Word]:
    """The words of a text, as if each were said as fast as the others: nobody has said when."""
    said = text.split() if not is_by_character(language) else [char for char in text if not char.isspace()]
    each = (end - start) / max(1, len(said))
    for number, word in enumerate(said):
        yield Word(start + number * each, start + (number + 1) * each, word)


# ---- text and words


def _check_texts(brought: Brought, files: _Files, out: Sorted, services: Services) -> None:
    findings = [*files.findings, *out.findings]
    lines: list[str] = []
    entries: dict[str, Entry] = {}
    used = 0
    for name in out.plain:
        try:
            data = files.read(name, rules.MOST_TEXT_BYTES)
            if brought.kind is MaterialKind.TEXT:
                lines += rules.lines_in(data)
            else:
                for entry in lexicon.imported(data, brought.language, brought.made_at):
                    entries.setdefault(same(entry.text), entry)
        except Unusable as exc:
            findings.append(Finding(shown(name), exc.reason))
        except LexiconFault as exc:
            findings.append(Finding(shown(name), exc.failure))
        else:
            used += 1
    ended = replace(brought, stage=MaterialStage.READY if lines or entries else MaterialStage.REFUSED, files=used)
    if brought.kind is MaterialKind.TEXT:
        if lines:
            text = "\n".join(lines) + "\n"
            services.outputs.write(f"{_place(brought)}text.txt", text, "text/plain; charset=utf-8")
        ended = replace(ended, words=len(tokens(lines, brought.language)))
    else:
        kept = list(entries.values())[: lexicon.MOST]
        services.outputs.write_json(f"{_checked(brought)}words.json", [[one.text, one.heard_as] for one in kept])
        services.learning.put_entries(EVERYBODY, kept)
        vocabularies.changed(EVERYBODY, {brought.language}, services)
        ended = replace(ended, words=len(kept))
    _end(brought, ended, findings, services)


def _words_of(brought: Brought, services: Services) -> list[Entry]:
    stored = services.outputs.read(f"{_checked(brought)}words.json")
    return [
        Entry(text, brought.language, Source.IMPORTED, brought.made_at, tuple(heard))
        for text, heard in json.loads(stored or b"[]")
    ]


# ---- the end of a set


def _let_go(brought: Brought, services: Services) -> None:
    """Delete a set with all that was made of it: models that hold it are retired as with what accounts withdraw."""
    services.uploads.abort_uploads(keys.material_upload(brought.id))
    services.uploads.delete_under(keys.material_upload(brought.id))
    if models.note_withdrawn(EVERYBODY, brought.language, "brought", {brought.id}, services):
        services.learning.make_due(EVERYBODY, brought.language, lessons.due_next(services))
    if brought.kind is MaterialKind.WORDS:
        _take_words_out(brought, services)
    heard = f"{general_set.first_heard_of(brought.language)}{brought.id}-"
    for place in (_place(brought), _general(brought), heard, _checked(brought)):
        services.outputs.delete_under(place)
    services.material.forget(brought.id)


def _take_words_out(brought: Brought, services: Services) -> None:
    """Words that no other set has are words of everybody's no more."""
    going = _words_of(brought, services)
    others = Counter(
        same(entry.text)
        for one in services.material.all()
        if (one.kind, one.language, one.stage) == (MaterialKind.WORDS, brought.language, MaterialStage.READY)
        and one.id != brought.id
        for entry in _words_of(one, services)
    )
    for entry in going:
        if same(entry.text) not in others:
            services.learning.remove_entry(EVERYBODY, brought.language, term_id(entry.text))
    if going:
        vocabularies.changed(EVERYBODY, {brought.language}, services)
