"""An earlier version, from before there was a policy: it is read as long as nothing speaks against its content, and no
longer, whatever way leads to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import requests

from tests.api.accounts import Api
from tests.api.test_held import owner_of, place
from tests.api.world import ADA, ROOT, World, a_world, problem
from tests.harness.service import VISION
from tests.pipeline.test_moderation import BLOODY, FILM, HARMLESS


@dataclass
class Case:
    """A film that was corrected and heard again before there was a policy, so that it has two versions without one."""

    world: World
    ada: Api
    path: str
    token: str

    @property
    def asset(self) -> dict[str, Any]:
        return dict(self.ada.get(self.path).json)

    def policy(self, policy: str | None, seen: Any = BLOODY) -> None:
        services = self.world.service.services
        services.settings = replace(services.settings, moderation_policy=policy)
        self.world.service.cloud.seen["moderation"] = seen
        self.world.service.cloud.jobs.clear()

    def begun(self, by: str = ADA) -> None:
        where = f"{self.path}/retry"
        if by == ROOT:
            where = f"/admin{where.replace('/assets/', f'/assets/{owner_of(self.ada)}/')}"
        answer = self.world.api(by).post(where)
        assert answer.status == 200, answer.body

    def half_done(self) -> None:
        """Everything has been started, and nothing has come of it yet."""
        while self.world.service.pump.step():
            pass
        assert self.asset["status"] == "processing"

    def again(self, policy: str, seen: Any = BLOODY) -> None:
        self.policy(policy, seen)
        self.begun()
        self.world.service.settle()

    def decided(self, decision: str) -> None:
        self.world.api(ROOT).post(place(self.ada, {"id": self.path.rpartition("/")[2]}), {"decision": decision})
        self.world.service.settle()


@pytest.fixture
def case() -> Iterator[Case]:
    with a_world(**VISION) as world:
        world.service.cloud.media = FILM
        ada = world.api(ADA)
        path = f"/assets/{world.upload(ada)['id']}"
        said = {"edition": 0, "lines": [{"text": "Buses are late."}], "confirmed": [{"start": 0, "end": 60}]}
        assert ada.ask("PUT", f"{path}/transcript", said).status == 200
        world.service.settle()
        token = ada.post(f"{path}/shares", {"days": 30}).json["token"]
        assert ada.post(f"{path}/hear", {}).status == 200
        world.service.settle()
        yield Case(world, ada, path, token)


def looking(case: Case) -> None:
    case.policy("hold")
    case.begun()
    case.half_done()


def held(case: Case) -> None:
    case.again("hold")
    assert case.asset["status"] == "held"


def rejected_at_once(case: Case) -> None:
    case.again("reject")
    assert case.asset["status"] == "rejected"


def rejected(case: Case) -> None:
    held(case)
    case.decided("reject")
    assert case.asset["status"] == "rejected"


def begun_anew(case: Case) -> None:
    rejected(case)
    case.begun(ROOT)
    case.half_done()


def anew_and_cancelled(case: Case) -> None:
    begun_anew(case)
    assert case.ada.post(f"{case.path}/cancel").status == 200
    case.world.service.settle()
    assert case.asset["status"] == "failed"


def cancelled_while_looking(case: Case) -> None:
    looking(case)
    assert case.ada.post(f"{case.path}/cancel").status == 200
    case.world.service.settle()


def anew_and_no_policy(case: Case) -> None:
    rejected(case)
    case.policy(None)
    case.begun(ROOT)
    case.world.service.settle()
    assert case.asset["status"] == "completed"


def released(case: Case) -> None:
    held(case)
    case.decided("release")
    assert case.asset["status"] == "completed"


def harmless(case: Case) -> None:
    case.again("hold", HARMLESS)
    assert case.asset["status"] == "completed"


def anew_and_harmless(case: Case) -> None:
    rejected(case)
    case.policy("hold", HARMLESS)
    case.begun(ROOT)
    case.world.service.settle()
    assert case.asset["status"] == "completed"


def noted(case: Case) -> None:
    case.again("note")
    assert case.asset["status"] == "completed"


READ = (
    "transcript?version=2",
    "transcript.json?version=2",
    "transcript.txt?version=2",
    "transcript.srt?version=2",
    "transcript.vtt?version=2",
    "transcript.docx?version=2",
    "lines?version=2",
    "lines?version=1&edition=1",
    "analysis?version=2",
    "media/web?version=2",
    "tracks?version=2",
    "tracks/transcript?version=2",
    "versions/2/carried",
)
"""All that is read of an earlier version."""

CURRENT = (
    "transcript",
    "transcript.json",
    "transcript.txt",
    "transcript.srt",
    "transcript.vtt",
    "transcript.docx",
    "lines",
    "analysis",
    "media/web",
    "tracks/transcript",
    "editions",
)
"""And of the one that is looked at."""

SHARED = ("", "/lines", "/analysis", "/tracks", "/tracks/transcript", "/transcript.vtt", "/media/web")


@pytest.mark.parametrize(
    ("state", "earlier", "current", "link", "used"),
    [
        # what comes to be, whether the versions before are read, the current one, what a link leads to, and whether an
        # earlier one may be used again
        (looking, True, False, True, False),
        (cancelled_while_looking, True, False, False, True),
        (held, False, False, False, False),
        (rejected_at_once, False, False, False, False),
        (rejected, False, False, False, False),
        (begun_anew, False, False, False, False),
        (anew_and_cancelled, False, False, False, False),
        (anew_and_no_policy, False, True, True, False),
        (released, True, True, True, True),
        (harmless, True, True, True, True),
        (anew_and_harmless, True, True, True, True),
        (noted, True, True, True, True),
    ],
)
def test_an_earlier_version_is_read_only_while_nothing_speaks_against_its_content(
    case: Case, state: Callable[[Case], None], *, earlier: bool, current: bool, link: bool, used: bool
) -> None:
    state(case)
    ada, path, public = case.ada, case.path, case.world.api(None)
    read = [what for what in READ if ada.get(f"{path}/{what}").status in {200, 303}]
    assert read == (list(READ) if earlier else [])
    assert [what for what in CURRENT if ada.get(f"{path}/{what}").status in {200, 303}] == (
        list(CURRENT) if current else []
    )
    number = case.asset["version"]
    if not current:
        for what in ("voices", f"versions/{number}/carried", f"lines?version={number}"):
            problem(ada.get(f"{path}/{what}"), 404)
    assert bool(ada.get(f"{path}/files").json["files"]) == current
    assert bool(ada.get(f"{path}/tracks").json["tracks"]) == current
    seen = [what for what in SHARED if public.get(f"/shared/{case.token}{what}").status == 200]
    assert seen == (list(SHARED) if link else [])
    told = ada.get(f"{path}/versions").json["versions"]
    assert {one["version"] for one in told if one["version"] < 3} == ({1, 2} if earlier else set())
    (now,) = [one for one in told if one["is_current"]]
    assert current or not {"confirmed", "clarity", "language", "stand"} & set(now)
    in_copy = exported(case)
    for version in range(1, number + 1):
        is_read = current if version == number else earlier and version < 3
        assert any(name.startswith(f"v{version}/") for name in in_copy) == is_read, (version, in_copy)
    assert (ada.post(f"{path}/versions/2/use").status == 200) == used
    if not used:
        assert case.asset["version"] == number


def exported(case: Case) -> list[str]:
    case.ada.post("/me/export")
    is_done = False
    for _ in range(1000):
        case.world.service.pump.step()
        if is_done := case.ada.get("/me/export").json["status"] == "ready":
            break
    assert is_done
    with ZipFile(BytesIO(requests.get(case.ada.get("/me/export").json["url"], timeout=10).content)) as archive:
        folder = f"recordings{case.path.removeprefix('/assets')}/"
        return [name.removeprefix(folder) for name in archive.namelist() if name.startswith(folder)]


def test_other_content_in_its_place_does_not_bring_back_what_was_made_of_what_is_doubted(case: Case) -> None:
    rejected(case)
    problem(case.ada.get(f"{case.path}/lines?version=2"), 404)
    case.policy("hold", HARMLESS)
    asset = case.world.service.services.store.page(owner_of(case.ada), 1)[0][0]
    case.world.service.put(asset, b"another recording")
    case.world.service.settle()
    assert (case.asset["status"], case.asset["version"]) == ("completed", 4)
    assert case.ada.get(f"{case.path}/lines").status == 200
    for version in (1, 2, 3):
        problem(case.ada.get(f"{case.path}/lines?version={version}"), 404)
        problem(case.ada.post(f"{case.path}/versions/{version}/use"), 404)
    names = exported(case)
    assert [name for name in names if name.startswith("v4/")]
    assert not [name for name in names if name.startswith(("v1/", "v2/", "v3/"))]
