"""What administrators bring to learn from is checked, laid where trainers read it, and removed.

A set is checked through the queue `learning`, some of its files a message: each message says nothing but which set;
what comes next stands with the set. So it can come twice, late, or never: every hour what is under way is asked for
again. What was found is written under names that follow from the set, so that done again it is the same.
"""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import RawIOBase
from itertools import islice
from typing import Any

from chalicelib.domain import keys, names
from chalicelib.domain.people import Consent
from chalicelib.errors import EngineBusy, EngineFailed, MediaRejected
from chalicelib.learning import lexicon, material_texts
from chalicelib.learning import material as rules
from chalicelib.learning.errors import is_by_character
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
from chalicelib.pipeline import general_set, lessons, messages, models, vocabularies
from chalicelib.pipeline.material_files import BROKEN, Files
from chalicelib.seams.probing import PROBING
from chalicelib.services import Services
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Word
from chalicelib.storage.learning import term_id

AT_ONCE = 40
"""Files that are checked in a message's time."""

_TEXT_AT_ONCE = 4 * 1024**2
"""Bytes of text after which a message leaves the rest to the next one: other work waits while it is read."""

_HOUR, _HOURS = 3600, 24
_LONGEST_CHECK = 24 * 3600.0
_PLAIN = "text/plain; charset=utf-8"

_NO_FILES = Message("material-no-files", "No file of the set has arrived. Please upload them again.")
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
    """Queue again what is under way, whatever was lost; and once a day have what came too late be looked for."""
    for set_id in services.material.due(now):
        _send(set_id, services)
    if int(now // _HOUR) % _HOURS:
        return
    messages.to_learning({"material_sweep": True}, services)


def sweep(services: Services) -> None:
    """Delete what was uploaded to sets that were checked before, or are gone: who was let upload is so for an hour."""
    for set_id in services.uploads.folders(keys.MATERIAL_PREFIX):
        brought = services.material.get(set_id)
        if brought is None or brought.stage in {MaterialStage.READY, MaterialStage.REFUSED}:
            services.uploads.delete_under(keys.material_upload(set_id))


def _send(set_id: str, services: Services) -> None:
    messages.to_learning({"material": set_id}, services)


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
    """The files that were uploaded to a set, with their bytes; none once it is not open any more."""
    if brought.stage is not MaterialStage.OPEN:
        return []
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


# ---- the check


def _check(brought: Brought, services: Services) -> None:
    if time.time() - brought.changed_at > _LONGEST_CHECK:
        _end_without(brought, _NEVER_CHECKED, services)
        return
    files = Files(brought, services)
    try:
        if not files.by_name and not files.findings:
            _end_without(brought, _NO_FILES, services)
            return
        out = rules.sorted_out(files.by_name, brought.kind)
        _check_some(brought, files, out, services)
    finally:
        files.close()


def _check_some(brought: Brought, files: Files, out: Sorted, services: Services) -> None:
    """Check some files from where the last message stopped; after the last, put all together."""
    if brought.kind is MaterialKind.SOUND:
        every, (checked, wrong, lines) = out.sounds, _check_sounds(brought, files, out, services)
    else:
        every, (checked, wrong, lines) = out.plain, _check_texts(brought, files, out, services)
    part = {"checked": checked, "wrong": [_stored(one) for one in wrong]}
    services.outputs.write_json(f"{_parts(brought)}{brought.done:06}.json", part)
    done = brought.done + len(checked)
    moved = services.material.go_on(brought, done, len(every), lines)
    if moved is None:
        _send_on(brought, services)
    elif done < len(every):
        _send(brought.id, services)
    else:
        told = _Told()
        told.add([*files.findings, *out.findings])
        together = {
            MaterialKind.SOUND: _put_sounds_together,
            MaterialKind.TEXT: _put_text_together,
            MaterialKind.WORDS: _put_words_together,
        }[brought.kind]
        _end(moved, together(moved, told, services), told, services)


def _send_on(brought: Brought, services: Services) -> None:
    """Whoever was faster may have died before they told."""
    now = services.material.get(brought.id)
    if now is not None and now.stage is MaterialStage.CHECKING:
        _send(brought.id, services)


@dataclass
class _Told:
    """What is wrong with the files of a set: the first of it, and the names of all."""

    first: list[Finding] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def add(self, findings: Iterable[Finding]) -> None:
        """Some more."""
        for one in findings:
            self.names.add(one.name)
            if len(self.first) < rules.MOST_FINDINGS:
                self.first.append(one)


def _parts(brought: Brought) -> str:
    """Where what each message has found lies until all is put together."""
    return f"{_checked(brought)}parts/"


def _parts_of(brought: Brought, told: _Told, services: Services) -> Iterator[dict[str, Any]]:
    """All that was found, a file at a time, and no more than one message's at once. What is wrong is `told`."""
    for key in services.outputs.names(_parts(brought)):
        if not key.endswith(".json"):
            continue
        part = json.loads(services.outputs.read(key) or b"{}")
        told.add(_findings(part.get("wrong", ())))
        for one in part.get("checked", ()):
            told.add(_findings(one["wrong"]))
            yield one


def _end_without(brought: Brought, reason: Message, services: Services) -> None:
    told = _Told()
    told.add([Finding(brought.name, reason)])
    _end(brought, replace(brought, stage=MaterialStage.REFUSED), told, services)


def _end(brought: Brought, ended: Brought, told: _Told, services: Services) -> None:
    """The check has come to an end. What others read comes before the one write by which it is so."""
    services.outputs.write_json(f"{_checked(brought)}findings.json", list(map(_stored, told.first)))
    left_out = len(told.names)
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
    services.outputs.delete_under(_parts(brought))


def _stored(one: Finding) -> dict[str, Any]:
    return {"name": one.name, "reason": one.reason.to_json()}


def _findings(stored: Iterable[Mapping[str, Any]]) -> list[Finding]:
    return [Finding(one["name"], Message.from_json(one["reason"])) for one in stored]


# ---- sound with its text


_Checked = tuple[list[dict[str, Any]], list[Finding], int]
"""What a message has checked, what else is wrong, and how many lines or parts of sounds the set has by now."""


def _check_sounds(brought: Brought, files: Files, out: Sorted, services: Services) -> _Checked:
    some = out.sounds[brought.done : brought.done + AT_ONCE]
    lines, wrong = _tables(files, out, frozenset(some))
    files.text_read = 0
    checked: list[dict[str, Any]] = []
    taken = brought.lines
    for number, name in enumerate(some, brought.done):
        found = _sound(brought, number, name, files, out, lines, rules.MOST_LINES - taken, services)
        taken += len(found["cuts"])
        checked.append(found)
        if files.text_read >= _TEXT_AT_ONCE:
            break
    return checked, wrong if brought.done == 0 else [], taken


def _tables(files: Files, out: Sorted, wanted: frozenset[str]) -> tuple[dict[str, list[Cut]], list[Finding]]:
    """What the tables say of the `wanted` sounds, and what is wrong with them at all."""
    lines: dict[str, list[Cut]] = {}
    wrong: list[Finding] = []
    sounds = material_texts.by_same_name(out.sounds) if out.tables else {}
    left = rules.MOST_LINES
    for name in out.tables:
        try:
            found = material_texts.table_in(files.read(name), sounds, wanted, left)
        except Unusable as exc:
            wrong.append(Finding(shown(name), exc.reason))
            continue
        left -= found.lines
        wrong += [Finding(shown(name), fault) for fault in found.wrong]
        for sound, cuts in found.cuts.items():
            lines.setdefault(sound, []).extend(cuts)
    return lines, wrong


def _sound(
    brought: Brought,
    number: int,
    name: str,
    files: Files,
    out: Sorted,
    lines: Mapping[str, list[Cut]],
    most: int,
    services: Services,
) -> dict[str, Any]:
    """One sound with what is said in it, as it is kept until all are there: `most` parts of it."""
    key = f"{_place(brought)}sound/{number:06}.{names.ending_of(name)}"
    if brought.purpose is MaterialPurpose.MEASURE:
        key = f"{_general(brought)}{number:06}.{names.ending_of(name)}"
    found: dict[str, Any] = {"sound": key, "cuts": [], "wrong": []}

    def wrong(reason: Message) -> None:
        found["wrong"].append(_stored(Finding(shown(name), reason)))

    laid = False
    try:
        text = rules.text_of_sound(name, out.of_sound(name), lines.get(name, ()))
        cuts = lines[name] if text is None else material_texts.cuts_in(text, files.read(text))
        files.lay(name, key)
        laid = True
        good, faults = rules.checked(cuts, _length(key, services), brought.language, brought.purpose)
    except Unusable as exc:
        wrong(exc.reason)
    else:
        if len(good) > most:
            wrong(rules.TOO_MANY_LINES.of(most=rules.MOST_LINES))
        for fault in faults:
            wrong(fault)
        found["cuts"] = [[cut.text, cut.start, cut.end] for cut in good[:most]]
    if laid and not found["cuts"]:
        services.outputs.delete(key)
    return found


def _length(key: str, services: Services) -> float:
    """Seconds of the sound at `key`. Raises Unusable."""
    try:
        info = services.engine(PROBING).probe(services.outputs.at(key))
    except MediaRejected as exc:
        raise Unusable(exc.translatable or BROKEN) from exc
    except EngineBusy:
        raise
    except EngineFailed as exc:
        raise Unusable(exc.failure) from exc
    if info.audio is None:
        raise Unusable(_NO_SOUND_IN_IT)
    return info.duration


def _put_sounds_together(brought: Brought, told: _Told, services: Services) -> Brought:
    found = (one for one in _parts_of(brought, told, services) if one["cuts"])
    if brought.purpose is MaterialPurpose.TEACH:
        with (
            services.outputs.writing(f"{_place(brought)}manifest.jsonl", "application/jsonl") as manifest,
            services.outputs.writing(f"{_place(brought)}text.txt", _PLAIN) as texts,
        ):
            return _counted(brought, (_listed(brought, one, manifest, texts) for one in found))
    return _counted(brought, (_in_general(brought, one, services) for one in found))


def _counted(brought: Brought, used: Iterable[Mapping[str, Any]]) -> Brought:
    files = words = 0
    seconds = 0.0
    for one in used:
        files += 1
        words += sum(material_texts.words_of(text, brought.language) for text, _, _ in one["cuts"])
        seconds += rules.seconds_of((start, end) for _, start, end in one["cuts"])
    return replace(brought, stage=_stage(files > 0), files=files, words=words, seconds=seconds)


def _stage(has_any: bool) -> MaterialStage:
    return MaterialStage.READY if has_any else MaterialStage.REFUSED


def _listed(brought: Brought, one: dict[str, Any], manifest: RawIOBase, texts: RawIOBase) -> dict[str, Any]:
    """What a training reads of a sound."""
    for text, start, end in one["cuts"]:
        line = {
            "audio": one["sound"].removeprefix(_place(brought)),
            "offset": round(start, 3),
            "duration": round(end - start, 3),
            "text": text,
        }
        manifest.write(f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        texts.write(f"{text}\n".encode())
    return one


def _in_general(brought: Brought, one: dict[str, Any], services: Services) -> dict[str, Any]:
    """What every model is measured by beside: a sound with what is said in it, as Transcribe has it."""
    words = [word for text, start, end in one["cuts"] for word in _spread(text, start, end, brought.language)]
    written = transcribe_document(brought.id, words, brought.language)
    key = one["sound"]
    services.outputs.write_json(f"{key.rpartition('.')[0]}.json", {"written": written, "sound": key})
    return one


def _spread(text: str, start: float, end: float, language: str) -> Iterator[Word]:
    """The words of a text, as if each were said as fast as the others: nobody has said when."""
    said = text.split() if not is_by_character(language) else [char for char in text if not char.isspace()]
    each = (end - start) / max(1, len(said))
    for number, word in enumerate(said):
        yield Word(start + number * each, start + (number + 1) * each, word)


# ---- text and words


def _check_texts(brought: Brought, files: Files, out: Sorted, services: Services) -> _Checked:
    checked: list[dict[str, Any]] = []
    text = bytearray()
    taken = brought.lines
    for name in out.plain[brought.done : brought.done + AT_ONCE]:
        found: dict[str, Any] = {"name": shown(name), "used": False, "wrong": []}
        try:
            if brought.kind is MaterialKind.WORDS:
                entries = lexicon.imported(files.read(name, lexicon.LARGEST_IMPORT), brought.language, brought.made_at)
                found |= {"used": True, "entries": [[one.text, one.heard_as] for one in entries]}
            else:
                left = rules.MOST_LINES - taken
                lines = list(islice(material_texts.lines_in(files.read(name)), left + 1))
                if len(lines) > left:
                    found["wrong"].append(_stored(Finding(shown(name), rules.TOO_MANY_LINES.of(most=rules.MOST_LINES))))
                fitting = lines[:left]
                words = sum(material_texts.words_of(line, brought.language) for line in fitting)
                found |= {"used": bool(fitting), "words": words}
                text += "".join(f"{line}\n" for line in fitting).encode()
                taken += len(fitting)
        except Unusable as exc:
            found["wrong"].append(_stored(Finding(shown(name), exc.reason)))
        except LexiconFault as exc:
            found["wrong"].append(_stored(Finding(shown(name), exc.failure)))
        checked.append(found)
        if files.text_read >= _TEXT_AT_ONCE:
            break
    if text:
        services.outputs.write(f"{_parts(brought)}{brought.done:06}.txt", bytes(text), _PLAIN)
    return checked, [], taken


def _put_text_together(brought: Brought, told: _Told, services: Services) -> Brought:
    used = [one["words"] for one in _parts_of(brought, told, services) if one["used"]]
    if used:
        with services.outputs.writing(f"{_place(brought)}text.txt", _PLAIN) as into:
            for key in services.outputs.names(_parts(brought)):
                if key.endswith(".txt"):
                    into.write(services.outputs.read(key) or b"")
    return replace(brought, stage=_stage(bool(used)), files=len(used), words=sum(used))


def _put_words_together(brought: Brought, told: _Told, services: Services) -> Brought:
    kept: dict[str, Entry] = {}
    used = 0
    for one in _parts_of(brought, told, services):
        used += one["used"]
        for text, heard in one.get("entries", ()):
            if same(text) in kept:
                continue
            if len(kept) == lexicon.MOST:
                told.add([Finding(one["name"], rules.TOO_MANY_LINES.of(most=lexicon.MOST))])
                break
            kept[same(text)] = Entry(text, brought.language, Source.IMPORTED, brought.made_at, tuple(heard))
    entries = list(kept.values())
    services.outputs.write_json(f"{_checked(brought)}words.json", [[one.text, one.heard_as] for one in entries])
    services.learning.put_entries(EVERYBODY, entries)
    vocabularies.changed(EVERYBODY, {brought.language}, services)
    return replace(brought, stage=_stage(bool(entries)), files=used, words=len(entries))


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
    others = {
        same(entry.text)
        for one in services.material.all()
        if (one.kind, one.language, one.stage) == (MaterialKind.WORDS, brought.language, MaterialStage.READY)
        and one.id != brought.id
        for entry in _words_of(one, services)
    }
    for entry in going:
        if same(entry.text) not in others:
            services.learning.remove_entry(EVERYBODY, brought.language, term_id(entry.text))
    if going:
        vocabularies.changed(EVERYBODY, {brought.language}, services)
