"""Whatever call of the library's routes fails, or is the last of its process: asked again, all is as if none had."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.domain.assets import AssetRef, Status
from tests.api.accounts import Api
from tests.api.world import ADA, World

WAYS = ("before", "after", "died")
_MOST_CALLS = 400


class Died(SystemExit):
    """The process ended: nothing in it can catch this."""


@dataclass
class Fault:
    """The call of this number fails: before it takes effect, after it did, or with the process."""

    number: int
    way: str
    made: int = 0

    def before(self, **_: Any) -> None:
        self.made += 1
        if self.way == "before" and self.made == self.number:
            raise ReadTimeoutError(endpoint_url="embedded")

    def after(self, **_: Any) -> None:
        if self.made == self.number and self.way != "before":
            self.number = 0  # calls in other threads come back as well
            raise Died if self.way == "died" else ReadTimeoutError(endpoint_url="embedded")


def clients(world: World) -> Iterator[Any]:
    aws = world.service.services.aws
    yield from (aws.dynamodb, aws.s3, aws.sqs)


def ask_through(world: World, fault: Fault, ask: Callable[[], Any]) -> None:
    for client in clients(world):
        client.meta.events.register_first("before-call", fault.before, unique_id="fault-before")
        client.meta.events.register_last("after-call", fault.after, unique_id="fault-after")
    try:
        ask()
    except Died:
        pass
    finally:
        for client in clients(world):
            client.meta.events.unregister("before-call", unique_id="fault-before")
            client.meta.events.unregister("after-call", unique_id="fault-after")


def at_every_call(world: World, way: str, begin: Callable[[int], Callable[[], Any]], step: int = 1) -> Iterator[int]:
    """Does what `begin` begins with again and again, each time with a fault `step` calls later, until none is met."""
    for number in range(1, _MOST_CALLS, step):
        ask = begin(number)
        fault = Fault(number, way)
        ask_through(world, fault, ask)
        if fault.made < number:
            assert number > 1
            return
        ask()
        yield number
    raise AssertionError("it never comes to an end")


def act(api: Api, asset_id: str, action: str, **told: Any) -> Callable[[], Any]:
    return lambda: api.post("/assets/actions", {"ids": [asset_id], "action": action, **told})


def announced(api: Api, **told: Any) -> str:
    return str(api.post("/assets", {"file_name": "a.mp4", "size": 1, **told}).json["asset"]["id"])


@pytest.mark.parametrize("way", WAYS)
def test_folders_are_made_changed_and_deleted_once(world: World, way: str) -> None:
    ada = world.api(ADA)

    def folders() -> dict[str, str | None]:
        told = ada.get("/library").json["folders"]
        assert len({(one["name"], one.get("parent")) for one in told}) == len(told)
        return {one["name"]: one["id"] for one in told}

    def make(number: int) -> Callable[[], Any]:
        return lambda: ada.post("/folders", {"name": f"made {number}"})

    for number in at_every_call(world, way, make):
        assert f"made {number}" in folders()
    known = [ada.post("/folders", {"name": f"{way} {number}"}).json["id"] for number in range(20)]

    def rename(number: int) -> Callable[[], Any]:
        return lambda: ada.ask("PATCH", f"/folders/{known[number]}", {"name": f"renamed {number}"})

    for number in at_every_call(world, way, rename):
        assert folders()[f"renamed {number}"] == known[number]
    inside = announced(ada, folder=known[0])

    def remove(number: int) -> Callable[[], Any]:
        return lambda: ada.ask("DELETE", f"/folders/{known[number - 1]}")

    for number in at_every_call(world, way, remove):
        assert known[number - 1] not in folders().values()
    assert [one["id"] for one in ada.get("/assets?folder=none").json["assets"]] == [inside]


@pytest.mark.parametrize("way", WAYS)
def test_filters_are_saved_and_deleted_once(world: World, way: str) -> None:
    ada = world.api(ADA)

    def filters() -> list[str]:
        return [one["name"] for one in ada.get("/library").json["filters"]]

    def save(number: int) -> Callable[[], Any]:
        return lambda: ada.post("/filters", {"name": f"saved {number}"})

    for number in at_every_call(world, way, save):
        assert filters().count(f"saved {number}") == 1
    filter_id = ada.get("/library").json["filters"][0]["id"]

    def change(number: int) -> Callable[[], Any]:
        return lambda: ada.ask("PUT", f"/filters/{filter_id}", {"name": f"changed {number}"})

    for number in at_every_call(world, way, change):
        assert f"changed {number}" in filters()

    def remove(number: int) -> Callable[[], Any]:
        made = ada.post("/filters", {"name": f"remove {number}"}).json["id"]
        return lambda: ada.ask("DELETE", f"/filters/{made}")

    for number in at_every_call(world, way, remove):
        assert f"remove {number}" not in filters()


@pytest.mark.parametrize("way", WAYS)
def test_several_are_moved_and_tagged_once(world: World, way: str) -> None:
    ada = world.api(ADA)
    folder = ada.post("/folders", {"name": "Council"}).json["id"]
    begun: dict[int, str] = {}

    def on_new(action: str, **told: Any) -> Callable[[int], Callable[[], Any]]:
        def begin(number: int) -> Callable[[], Any]:
            begun[number] = announced(ada)
            return act(ada, begun[number], action, **told)

        return begin

    def now(number: int) -> Any:
        return ada.get(f"/assets/{begun[number]}").json

    for number in at_every_call(world, way, on_new("move", folder=folder)):
        assert now(number)["folder"] == folder
    for number in at_every_call(world, way, on_new("tag", tags=["Press"])):
        assert now(number)["tags"] == ["Press"]
    for number in at_every_call(world, way, on_new("untag", tags=["Press"])):
        assert now(number)["tags"] == []


@pytest.mark.parametrize("way", WAYS)
def test_several_are_stopped_and_deleted_once(world: World, way: str) -> None:
    ada = world.api(ADA)
    owner = ada.get("/me").json["owner"]
    settings = world.service.services.settings
    begun: dict[int, AssetRef] = {}

    def on_queued(action: str) -> Callable[[int], Callable[[], Any]]:
        def begin(number: int) -> Callable[[], Any]:
            begun[number] = AssetRef(owner, world.send(ada))
            world.service.pump.step()
            return act(ada, begun[number].asset_id, action)

        return begin

    for number in at_every_call(world, way, on_queued("cancel")):
        asset = world.service.asset(begun[number])
        assert (asset.is_cancelled, asset.version, asset.cost is None) == (True, 1, False)
    # It looks into each folder that something may have been left in: about a hundred calls, of which some are enough.
    for number in at_every_call(world, way, on_queued("delete"), step=9):
        ref = begun[number]
        assert world.service.services.store.get(ref) is None
        for bucket in (settings.uploads_bucket, settings.output_bucket):
            there = boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
            assert [one["Key"] for one in there if ref.asset_id in one["Key"]] == []


@pytest.mark.parametrize("way", WAYS)
def test_several_are_done_again_once(world: World, way: str) -> None:
    owner = world.api(ADA).get("/me").json["owner"]
    begun: dict[int, AssetRef] = {}

    def again(number: int) -> Callable[[], Any]:
        ada = world.api(ADA)  # hours pass below, and with them the token's time
        begun[number] = AssetRef(owner, world.send(ada))
        world.service.pump.step()
        act(ada, begun[number].asset_id, "cancel")()
        world.service.settle()
        return act(ada, begun[number].asset_id, "retry")

    for number in at_every_call(world, way, again):
        world.service.settle()
        asset = world.service.asset(begun[number])
        if asset.status is Status.QUEUED:  # begun, and nobody told the queue: the sweep does
            world.service.hours_pass(2)
            asset = world.service.asset(asset.ref)
        assert (asset.status, asset.version) == (Status.COMPLETED, 2)
