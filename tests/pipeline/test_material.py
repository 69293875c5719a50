"""What administrators bring is checked, laid where trainers read it, and removed."""

import io
import json
import wave
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from chalicelib.domain import keys
from chalicelib.domain.people import Consent
from chalicelib.learning.material import Brought, MaterialKind, MaterialPurpose, MaterialStage
from chalicelib.learning.models import EVERYBODY
from chalicelib.pipeline import known_words, material
from container.train import pairs_in
from tests.harness.service import Service, running_service

ADMIN = "admin0001"
CONSENT = Consent("2026-05-01", "v1", ADMIN, 1.0)


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(PROBER="local.engines.pyav") as running:
        yield running


def sound(seconds: float = 3.0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(16_000)
        written.writeframes(b"\0\0" * int(16_000 * seconds))
    return file.getvalue()


def packed(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def bring(
    service: Service,
    files: Mapping[str, bytes],
    kind: MaterialKind = MaterialKind.SOUND,
    purpose: MaterialPurpose = MaterialPurpose.TEACH,
    language: str = "en",
) -> Brought:
    services = service.services
    made = material.make("Talks", language, kind, purpose, ADMIN, CONSENT, services)
    for name, data in files.items():
        services.uploads.write(keys.material_upload(made.id, name), data, "application/octet-stream")
    assert material.check(made, services) is not None
    service.settle()
    found = services.material.get(made.id)
    assert found is not None
    return found


def reasons(service: Service, brought: Brought) -> dict[str, str]:
    return {one.name: one.reason.code for one in material.findings_of(brought, service.services)}


def test_pairs_are_laid_where_a_training_reads_them_and_what_does_not_fit_is_told_by_name(service: Service) -> None:
    files = {
        "one.wav": sound(),
        "one.txt": b"Good morning everybody.",
        "alone.wav": sound(),
        "lost.txt": b"Whose text is this?",
        "fast.wav": sound(1),
        "fast.txt": b"far too many words " * 10,
        "slow.wav": sound(29),
        "slow.txt": b"Hm.",
        "long.wav": sound(31),
        "long.txt": b"so many words that they could be said in half a minute " * 5,
        "broken.wav": b"no sound at all",
        "broken.txt": b"What would this be?",
        "latin.wav": sound(),
        "latin.txt": "d\u00e9j\u00e0 vu".encode("latin-1"),
        "picture.png": b"\x89PNG",
        ".DS_Store": b"x",
    }
    found = bring(service, files)
    assert (found.stage, found.files, found.words, found.seconds) == (MaterialStage.READY, 1, 3, pytest.approx(3.0))
    assert reasons(service, found) == {
        "alone.wav": "material-no-text",
        "lost.txt": "material-no-sound",
        "fast.wav": "material-too-fast",
        "slow.wav": "material-too-slow",
        "long.wav": "material-pair-too-long",
        "broken.wav": "unreadable",
        "latin.wav": "material-no-text-file",
        "picture.png": "material-unknown-kind",
    }
    assert found.left_out == 8
    outputs = service.services.outputs
    place = f"{keys.material_of('en')}{found.id}/"
    (line,) = map(json.loads, (outputs.lines(f"{place}manifest.jsonl") or ()))
    assert line == {"audio": line["audio"], "offset": 0, "duration": 3.0, "text": "Good morning everybody."}
    assert outputs.info(place + line["audio"])
    assert sorted(name.removeprefix(place) for name in outputs.names(place)) == [
        "manifest.jsonl",
        line["audio"],
        "text.txt",
    ]
    assert service.services.material.total("en").seconds == pytest.approx(3.0)
    assert not service.services.uploads.names(keys.MATERIAL_PREFIX), "what was checked is not kept twice"
    assert service.services.learning.night(EVERYBODY, "en") is not None, "the next night learns from it"


def test_captions_and_tables_cut_long_sounds_and_zips_hold_whatever_there_is(service: Service, tmp_path: Path) -> None:
    inside = {
        "a/talk.wav": sound(40),
        "a/talk.srt": b"1\n00:00:00,500 --> 00:00:02,500\nOne two three.\n\n"
        b"2\n00:00:39,000 --> 00:00:55,000\nnot of this talk at all\n",
        "b/part.wav": sound(35),
        "b/part.vtt": b"WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ann>Hello <i>there</i>\n",
        "__MACOSX/a/._talk.wav": b"x",
        "inner.zip": packed({"x.wav": sound()}),
    }
    table = b'file,text,start,end\nb.wav,"Good, evening.",0.5,2\nnone.wav,Hello,0,1\nb.wav,Hello,two,1\n'
    found = bring(service, {"talks.zip": packed(inside), "b.wav": sound(33), "lines.csv": table})
    assert (found.stage, found.files, found.words) == (MaterialStage.READY, 3, 7)
    assert reasons(service, found) == {
        "a/talk.wav": "material-beyond",
        "inner.zip": "material-nested",
        "lines.csv": "material-bad-line",
    }
    place = f"{keys.material_of('en')}{found.id}/"
    lines = [json.loads(line) for line in service.services.outputs.lines(f"{place}manifest.jsonl") or ()]
    outputs = service.services.outputs
    for name in outputs.names(place):
        target = tmp_path / "train" / name.removeprefix(keys.material_of("en"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(outputs.read(name) or b"")
    learnt = pairs_in(tmp_path / "train", tmp_path, "")
    assert sorted(one.text for one in learnt) == sorted(one["text"] for one in lines), "the training takes all of it"
    assert sorted((one["text"], one["offset"], one["duration"]) for one in lines) == [
        ("Good, evening.", 0.5, 1.5),
        ("Hello there", 1.0, 2.0),
        ("One two three.", 0.5, 2.0),
    ]


def hostile_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("../../etc/passwd.txt", "/root/a.txt", "C:/windows/b.txt", "..\\c.txt"):
            archive.writestr(name, "out of here we go")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.txt", b" " * (21 * 1024**2))
        archive.writestr("good.txt", "This one is as it should be.")
    return file.getvalue()


def test_a_zip_that_leads_out_of_itself_or_expands_without_end_harms_nothing(service: Service) -> None:
    found = bring(service, {"bad.zip": hostile_zip(), "no.zip": b"PK\x03\x04 cut off"}, MaterialKind.TEXT)
    assert (found.stage, found.files, found.words) == (MaterialStage.READY, 1, 7)
    told = reasons(service, found)
    assert told.pop("bomb.txt") == "material-too-large"
    assert told.pop("no.zip") == "material-no-zip"
    assert set(told.values()) == {"material-unsafe"}
    assert len(told) == 5


def lying_zip() -> bytes:
    """A zip that says that a file is smaller than it is."""
    data = bytearray(packed({"small.txt": b"word " * 5_000_000}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(data)


def test_no_more_is_unpacked_than_a_zip_says(service: Service) -> None:
    found = bring(service, {"lie.zip": lying_zip()}, MaterialKind.TEXT)
    assert found.stage in {MaterialStage.READY, MaterialStage.REFUSED}
    assert found.words <= 100


def test_words_become_everybodys_and_go_with_the_last_set_that_has_them(service: Service) -> None:
    services = service.services
    first = bring(service, {"names.csv": b"Rapporteur,raptor\nKowalczyk\n"}, MaterialKind.WORDS)
    second = bring(service, {"more.txt": b"Kowalczyk\nBernoulli\n", "bad.csv": b"!!!\n"}, MaterialKind.WORDS)
    assert (first.words, second.words, second.files) == (2, 2, 1)
    assert reasons(service, second) == {"bad.csv": "lexicon-no-letters"}

    def told() -> list[str]:
        return sorted(one.text for one in known_words.of_account("somebody01", services, "en"))

    assert told() == ["Bernoulli", "Kowalczyk", "Rapporteur"]
    assert services.material.total("en").words == 0, "no model is made of them"
    material.remove(second.id, services)
    service.settle()
    assert told() == ["Kowalczyk", "Rapporteur"]
    material.remove(first.id, services)
    service.settle()
    assert told() == []
    assert services.material.all() == []


def test_what_is_measured_by_joins_the_general_set_and_leaves_it(service: Service) -> None:
    long = b"so many words that they could be said in half a minute " * 5
    found = bring(service, {"a.wav": sound(31), "a.txt": long}, purpose=MaterialPurpose.MEASURE)
    assert (found.stage, found.files) == (MaterialStage.READY, 1)
    outputs = service.services.outputs
    (document,) = [name for name in outputs.names(keys.general_of("en")) if name.endswith(".json")]
    stored = json.loads(outputs.read(document) or b"")
    assert outputs.info(stored["sound"])
    assert len(stored["written"]["results"]["items"]) == found.words
    assert service.services.material.total("en").files == 0, "nothing is learnt from it"
    material.remove(found.id, service.services)
    service.settle()
    assert outputs.names(keys.LEARNING_PREFIX) == []


def test_a_set_that_is_removed_leaves_nothing_and_models_of_it_are_noted(service: Service) -> None:
    services = service.services
    found = bring(service, {"a.wav": sound(), "a.txt": b"Good morning everybody."})
    place = "learning/everybody/en/taught/x.json"
    services.outputs.write_json(place, {"taught": {}, "brought": [found.id]})
    made = services.learning.begin(EVERYBODY, "en", "hearing", "1", material=place)
    other = services.learning.begin(EVERYBODY, "en", "hearing", "2", material="")
    assert material.remove(found.id, services)
    service.settle()
    assert [name for name in services.outputs.names(keys.LEARNING_PREFIX) if found.id in name] == []
    noted, unnoted = services.learning.model(made.ref), services.learning.model(other.ref)
    assert noted is not None and noted.gone_since is not None
    assert unnoted is not None and unnoted.gone_since is None
    assert not material.remove(found.id, services)


@pytest.mark.parametrize("kind", list(MaterialKind))
def test_where_nothing_can_be_used_the_set_is_refused(service: Service, kind: MaterialKind) -> None:
    found = bring(service, {"picture.png": b"\x89PNG"}, kind)
    assert (found.stage, found.left_out) == (MaterialStage.REFUSED, 1)
    assert service.services.learning.night(EVERYBODY, "en") is None


def test_many_sounds_are_checked_some_a_message_and_a_message_may_come_twice_or_never(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(material, "AT_ONCE", 2)
    services = service.services
    made = material.make("Talks", "en", MaterialKind.SOUND, MaterialPurpose.TEACH, ADMIN, CONSENT, services)
    files = {f"{n}.wav": sound(2) for n in range(5)} | {f"{n}.txt": b"One two three." for n in range(5)}
    for name, data in files.items():
        services.uploads.write(keys.material_upload(made.id, name), data, "application/octet-stream")
    begun = material.check(made, services)
    assert begun is not None
    assert material.check(made, services) is None, "it is checked once"
    material.go_on(made.id, services)
    material.go_on(made.id, services)  # what the lost message would have done
    service.settle()
    found = services.material.get(made.id)
    assert found is not None
    assert (found.stage, found.files, found.words, found.done, found.members) == (MaterialStage.READY, 5, 15, 5, 5)
    material.go_on(made.id, services)
    assert services.material.get(made.id) == found


def test_what_is_under_way_is_gone_on_with_every_hour_and_given_up_after_a_day(service: Service) -> None:
    services = service.services
    made = material.make("Talks", "en", MaterialKind.SOUND, MaterialPurpose.TEACH, ADMIN, CONSENT, services)
    services.uploads.write(keys.material_upload(made.id, "a.wav"), sound(), "audio/wav")
    services.material.begin(made)  # and whoever did it died before it was sent
    service.later(2)
    service.settle()
    found = services.material.get(made.id)
    assert found is not None and found.stage is MaterialStage.REFUSED
    lost = material.make("Lost", "en", MaterialKind.SOUND, MaterialPurpose.TEACH, ADMIN, CONSENT, services)
    services.uploads.write(keys.material_upload(lost.id, "a.wav"), sound(), "audio/wav")
    services.material.begin(lost)
    service.clock.shift(25 * 3600)
    material.go_on(lost.id, services)
    (finding,) = material.findings_of(lost, services)
    assert finding.reason.code == "material-never-checked"


def test_what_arrives_too_late_goes_within_a_day(service: Service) -> None:
    services = service.services
    checked = bring(service, {"a.wav": sound(), "a.txt": b"Good morning everybody."})
    waiting = material.make("Open", "en", MaterialKind.TEXT, MaterialPurpose.TEACH, ADMIN, None, services)
    for set_id in (checked.id, "gone", waiting.id):
        services.uploads.write(keys.material_upload(set_id, "late.txt"), b"Late.", "text/plain")
    assert material.files_of(checked, services) == []
    service.hours_pass(24)
    assert services.uploads.names(keys.MATERIAL_PREFIX) == [keys.material_upload(waiting.id, "late.txt")]


def test_an_erased_account_is_nobody_in_what_it_brought(service: Service) -> None:
    found = bring(service, {"a.wav": sound(), "a.txt": b"Good morning everybody."})
    material.forget_who(ADMIN, service.services)
    (one,) = service.services.material.all()
    assert one.made_by == "erased"
    assert one.consent is not None and one.consent.recorded_by == "erased"
    assert one.id == found.id
