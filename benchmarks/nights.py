"""It learns: what a night reads, and whether what is learnt by the next morning helps, with the engine of this machine.

The proof is made recordings: people with a name that is no word talk for a minute each, and Whisper hears that name
wrong. It needs flite (Debian and Ubuntu: `apt install flite`).
"""

import importlib
import itertools
import json
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import SAMPLE_TEXT, WORK, Figure, clock, quiet

if TYPE_CHECKING:
    from chalicelib.learning.errors import Errors
    from local.runtime import Runtime
    from tests.api.world import World
    from tests.harness.service import Service

READS_LIMIT = 1.02
"""How much more a night may ask for over a hundred times the corrected recordings, if as many are new."""

STOCKS, NEW = (100, 10_000), 100
NAMED = ("Today the people from Trundlewick will tell us more.", "Thank you all for coming to Trundlewick.")
"""Sentences with a name that is no word, which Whisper base mishears."""

VOICE = "slt"
_SITTING = 11 * 60
_HELD_OUT, _LEARNT_FROM = 5, 3
_WORDS = 215
_OF_NO_MATTER = {
    "DIARIZER": "",
    "SUMMARIZER": "",
    "VISION_ANALYZER": "",
    "LANGUAGE_ANALYZER": "tests.harness.fake_engines.language_analyzer",
}
_READING = ("Get", "Query", "List", "Batch", "Head", "Scan")


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    yield from _reads((10, 200) if quick else STOCKS, 5 if quick else NEW)
    yield from _proof(quick)


# ---- what a night reads


def _reads(stocks: tuple[int, ...], new: int) -> Iterator[Figure]:
    found = [_a_night_over(stock, new) for stock in stocks]
    for stock, (calls, seconds, size) in zip(stocks, found, strict=True):
        reads = sum(times for name, times in calls.items() if name.partition(" ")[2].startswith(_READING))
        listed = ", ".join(f"{name} {times}" for name, times in sorted(calls.items()))
        note = f"{size / 1e6:.1f} MB of what is known, {seconds:.1f} s; {listed}"
        yield Figure(f"reads of a night over {stock:,} corrected recordings, {new} new", reads, "", note=note)
    (first, *_), (last, *_) = found[0], found[-1]
    more = sum(last.values()) / sum(first.values())
    yield Figure(f"calls over {stocks[-1]:,}, over those over {stocks[0]:,}", more, "", READS_LIMIT)


def _a_night_over(stock: int, new: int) -> tuple[Counter[str], float, int]:
    """The calls of a night, its seconds, and the bytes of what it knew before."""
    from chalicelib.pipeline import nights
    from tests.harness import taught
    from tests.harness.aws_calls import recorded
    from tests.harness.service import OWNER, running_service

    with quiet(), running_service(WORDS_TRAINER="replacements") as service:
        taught.agree(service.services, OWNER)
        taught.plenty(service.services, OWNER)
        nights.train(taught.due(service.services, OWNER), service.services)
        size = _as_many_more(service, stock)
        service.clock.shift(24 * 3600)
        for _ in range(new):
            taught.corrected(service.services, OWNER)
        named = taught.due(service.services, OWNER)
        with recorded(service) as calls, clock() as watch:
            nights.train(named, service.services)
    return Counter(f"{call.service} {call.operation}" for call in calls), watch.seconds, size


def _as_many_more(service: "Service", stock: int) -> int:
    """Have so many more recordings be known, as an earlier night has left them."""
    from chalicelib.pipeline import known
    from tests.harness.service import OWNER
    from tests.harness.taught import LANGUAGE

    services = service.services
    there = known.load(OWNER, LANGUAGE, services)
    one = next(found for found in there.values() if not found.is_held_out)
    more = {f"{OWNER}/{number:026x}": replace(one, at=one.at - 1) for number in range(stock)}
    document = json.dumps({name: found.to_json() for name, found in {**more, **there}.items()}).encode()
    services.outputs.write(f"learning/{OWNER}/{LANGUAGE}/known/stock.json", document, "application/json")
    services.aws.dynamodb.update_item(
        TableName=services.settings.users_table,
        Key={"owner": {"S": OWNER}, "item": {"S": f"learn#{LANGUAGE}"}},
        UpdateExpression="SET known = :known",
        ExpressionAttributeValues={":known": {"S": "stock"}},
    )
    return len(document)


# ---- whether it helps


@dataclass(frozen=True, slots=True)
class _Talk:
    """A made recording, and what is said in it, a sentence a line."""

    sound: Path
    said: tuple[str, ...]


def _proof(quick: bool) -> Iterator[Figure]:
    if shutil.which("flite") is None:
        raise SystemExit("flite is not installed: get it with `apt install flite`")
    with quiet():
        before, after, other, general = _heard_before_and_after(1 if quick else _HELD_OUT)
    yield Figure("word errors of talks with a made-up name, before", before.rate, "%", note=f"{before.total} words")
    yield Figure("the same talks heard anew the next day", after.rate, "%", None if quick else before.rate)
    yield Figure("heard the next day for an account without consent", other.rate, "%", note="as before")
    yield Figure("general talk (the sample debate), the next day", general.rate, "%", None if quick else 0.01)


def _heard_before_and_after(held_out: int) -> "tuple[Errors, Errors, Errors, Errors]":
    import time_machine

    from local.runtime import Runtime
    from tests.api.world import ADA, BOB

    chosen = {"WORDS_TRAINER": "replacements", "TRANSCRIBER": "local.engines.faster_whisper", **_OF_NO_MATTER}
    with time_machine.travel("2026-11-21T10:00:00Z", tick=True) as travelled, Runtime(chosen) as runtime:
        world = _world(runtime, travelled)
        world.api(ADA).ask("PUT", "/me/learning", _agreed(world))
        measured = _teach(world, held_out)
        before = _errors(world, ADA, measured)
        travelled.shift(24 * 3600)
        runtime.pump.fire_schedules(time.time())
        runtime.run()
        again = [(_heard(world, ADA, talk), talk) for _, talk in measured]
        after = _errors(world, ADA, again)
        other = _errors(world, BOB, [(_heard(world, BOB, talk), talk) for _, talk in measured[:1]])
        debate = tuple(SAMPLE_TEXT.read_text().split("\n"))
        sample = _Talk(SAMPLE_TEXT.with_suffix(".mp4"), debate)
        return before, after, other, _errors(world, ADA, [(_heard(world, ADA, sample), sample)])


def _world(runtime: "Runtime", travelled: object) -> "World":
    from chalice.test import Client

    from tests.api.accounts import Pool
    from tests.api.world import World
    from tests.harness.fakes import reset
    from tests.harness.service import Service

    service = Service(runtime, reset(), travelled)
    return World(service, Pool.make(service), Client(importlib.import_module("app").app))


def _agreed(world: "World") -> Mapping[str, Any]:
    from tests.api.world import ADA

    return {"agreed": True, "scope": "account", "wording": world.api(ADA).get("/me/learning").json["wording"]}


def _teach(world: "World", held_out: int) -> list[tuple[str, _Talk]]:
    """Talks are heard, corrected and confirmed, through the API. Returns those that are held out."""
    from chalicelib.learning.gate import is_held_out
    from tests.api.world import ADA

    wanted = {True: held_out, False: min(_LEARNT_FROM, held_out + 1)}
    measured: list[tuple[str, _Talk]] = []
    for number in itertools.count():
        if not any(wanted.values()):
            return measured
        talk = _talk(number)
        asset_id = _announced(world, ADA, talk)
        kind = is_held_out(asset_id)
        if not wanted[kind]:
            continue
        wanted[kind] -= 1
        _send(world, asset_id, talk)
        api = world.api(ADA)
        lines = [{"text": line, "speaker": None} for line in talk.said]
        body = {"edition": 0, "lines": lines, "confirmed": [{"start": 0, "end": 9_999}]}
        answer = api.ask("PUT", f"/assets/{asset_id}/transcript", body)
        assert answer.status == 200, answer.body
        api.post(f"/assets/{asset_id}/transcript/left", {})
        world.service.clock.shift(_SITTING)  # what would have ended it by itself is not waited for
        world.service.runtime.run()
        if kind:
            measured.append((asset_id, talk))
    raise AssertionError("there is always another number")


def _announced(world: "World", email: str, talk: _Talk) -> str:
    wanted = {"file_name": talk.sound.name, "size": talk.sound.stat().st_size, "content_type": "audio/wav"}
    return str(world.api(email).post("/assets", wanted).json["asset"]["id"])


def _send(world: "World", asset_id: str, talk: _Talk) -> None:
    from chalicelib.domain.assets import AssetRef
    from chalicelib.domain.keys import S3Object
    from local.aws import storage

    services = world.service.services
    (owner,) = {one.owner for one in _refs(world, asset_id)}
    asset = services.store.get(AssetRef(owner, asset_id))
    assert asset is not None, "it has just been announced"
    storage.put_file(talk.sound, S3Object(services.settings.uploads_bucket, asset.input_key), "audio/wav")
    world.service.runtime.run()


def _refs(world: "World", asset_id: str) -> Iterator[Any]:
    from tests.api.world import ADA, BOB

    for email in (ADA, BOB):
        owner = world.api(email).get("/me").json["owner"]
        yield from (one.ref for one in world.service.services.store.of_owner(owner) if one.ref.asset_id == asset_id)


def _heard(world: "World", email: str, talk: _Talk) -> str:
    asset_id = _announced(world, email, talk)
    _send(world, asset_id, talk)
    return asset_id


def _errors(world: "World", email: str, heard: list[tuple[str, _Talk]]) -> "Errors":
    """Of the transcripts as they were first heard, beside what was said."""
    from chalicelib.learning.errors import Errors, errors, tokens

    found = Errors()
    for asset_id, talk in heard:
        answer = world.api(email).get(f"/assets/{asset_id}/lines?edition=0").json
        words = [word[2] for line in answer["lines"] for word in line["words"]]
        found += errors(tokens(talk.said, "en"), tokens(words, "en"))
    return found


def _talk(number: int) -> _Talk:
    """A minute of talk in which the names come up again and again."""
    draw = random.Random(number)
    usual = [line for line in SAMPLE_TEXT.read_text().split("\n") if len(line.split()) > 4]
    said: list[str] = []
    while sum(len(line.split()) for line in said) < _WORDS:
        said += [draw.choice(NAMED), draw.choice(usual)]
    WORK.mkdir(exist_ok=True)
    sound = WORK / f"talk-{number}-{_WORDS}.wav"
    if not sound.exists():
        subprocess.run(["flite", "-voice", VOICE, "-t", " ".join(said), "-o", str(sound)], check=True)
    return _Talk(sound, tuple(said))
