"""Collections of faces: administrators keep them, with what people agreed to; no face is left that no record knows."""

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ReadTimeoutError

from chalicelib.accounts import queue
from chalicelib.domain.people import MOST_FACES, MOST_PICTURE_BYTES, UNDER_WAY, collection_id
from chalicelib.domain.releases import ReleaseKind
from chalicelib.errors import EngineBusy
from tests.api.accounts import Api
from tests.api.world import ADA, ROOT, World, a_world, everything_stored, problem
from tests.harness.fakes import CLOUD
from tests.harness.service import FACES

JPEG, PNG = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"
CONSENT = {"given_on": "2026-11-20", "wording": "Faces at council meetings, version 2"}
HOSTILE = '<img src=x onerror="alert(1)"> \u202e\U000e0041Ada'
COUNCIL = "/admin/collections/council"


@pytest.fixture
def faced() -> Iterator[World]:
    with a_world(**FACES) as world:
        yield world


def picture(content: bytes) -> dict[str, str]:
    return {"picture": base64.b64encode(content).decode()}


def in_engine(world: World, name: str = "council") -> dict[str, str] | None:
    return CLOUD.faces.get(collection_id(name, world.service.services.settings.users_table))


def with_ada(root: Api, name: str = "Ada Lovelace", content: bytes = JPEG + b"face") -> dict[str, Any]:
    """A collection with one person in it."""
    root.post("/admin/collections", {"name": "council"})
    added = root.post(f"{COUNCIL}/people", {"name": name, "consent": CONSENT})
    assert added.status == 201, added.body
    person = dict(added.json)
    known = root.post(f"{COUNCIL}/people/{person['id']}/pictures", picture(content))
    assert known.status == 200, known.body
    return dict(known.json)


def deeds(root: Api) -> list[str]:
    return [done["deed"] for done in root.get("/admin/collections").json["deeds"]]


def test_a_person_is_known_by_pictures_and_the_agreement_is_on_record(faced: World) -> None:
    root = faced.api(ROOT)
    owner = root.get("/me").json["owner"]
    made = root.post("/admin/collections", {"name": "council"})
    assert made.status == 201
    assert made.json == {
        "name": "council",
        "status": "ready",
        "people": 0,
        "faces": 0,
        "made_by": owner,
        "made_at": faced.service.now(),
    }
    assert in_engine(faced) == {}
    person = with_ada(root)
    assert person["consent"] == {**CONSENT, "recorded_by": owner, "recorded_at": faced.service.now()}
    assert (person["name"], person["faces"]) == ("Ada Lovelace", 1)
    assert root.post(f"{COUNCIL}/people/{person['id']}/pictures", picture(PNG + b"face")).json["faces"] == 2
    assert set((in_engine(faced) or {}).values()) == {person["id"]}
    assert root.get(f"{COUNCIL}/people").json == {"people": [{**person, "faces": 2}]}
    told = root.get("/admin/collections").json
    assert [(one["name"], one["people"], one["faces"]) for one in told["collections"]] == [("council", 1, 2)]
    assert set(deeds(root)) == {"made", "person-added"}
    assert "face" not in json.dumps(root.get(f"{COUNCIL}/people").json).replace('"faces"', "")


def test_who_is_removed_is_gone_from_the_engine_and_the_record_at_once(faced: World) -> None:
    root = faced.api(ROOT)
    person = with_ada(root)
    path = f"{COUNCIL}/people/{person['id']}"
    assert root.ask("DELETE", path).status == 204
    assert in_engine(faced) == {}
    assert root.get(f"{COUNCIL}/people").json == {"people": []}
    stored = everything_stored(faced)
    assert "Lovelace" not in stored
    assert CONSENT["wording"] not in stored
    assert "person-removed" in deeds(root)
    problem(root.ask("DELETE", path), 404)
    problem(root.post(f"{path}/pictures", picture(JPEG + b"face")), 404)


def test_a_collection_is_deleted_with_everybody_in_it(faced: World) -> None:
    root = faced.api(ROOT)
    with_ada(root)
    releases, kind = faced.service.services.releases, ReleaseKind.COLLECTION
    assert releases.get(kind, "council") is None  # made for nobody
    released = releases.put(kind, "council", None, (), everybody=True)
    assert released.aws_name in CLOUD.faces
    assert root.ask("DELETE", COUNCIL).status == 204
    assert in_engine(faced) is None
    assert releases.get(kind, "council") is None
    assert root.get("/admin/collections").json["collections"] == []
    assert "deleted" in deeds(root)
    assert "Lovelace" not in everything_stored(faced)
    for method, path in (("DELETE", COUNCIL), ("GET", f"{COUNCIL}/people")):
        assert problem(root.ask(method, path), 404)["code"] == "no-collection"
    again = root.post("/admin/collections", {"name": "council"})
    assert (again.status, in_engine(faced)) == (201, {})


ASKED: list[tuple[str, str, object]] = [
    ("GET", "/admin/collections", None),
    ("POST", "/admin/collections", {"name": "more"}),
    ("DELETE", COUNCIL, None),
    ("GET", f"{COUNCIL}/people", None),
    ("POST", f"{COUNCIL}/people", {"name": "Bob", "consent": CONSENT}),
    ("POST", f"{COUNCIL}/people/0123456789abcdef/pictures", picture(JPEG)),
    ("DELETE", f"{COUNCIL}/people/0123456789abcdef", None),
]


def test_only_administrators_see_them(faced: World) -> None:
    with_ada(faced.api(ROOT))
    for method, path, body in ASKED:
        problem(faced.api(ADA).ask(method, path, body), 403)
        problem(faced.api(None).ask(method, path, body), 401)


@pytest.mark.parametrize("settings", [FACES | {"BIOMETRICS": "false"}, FACES | {"FACE_COLLECTIONS": ""}])
def test_there_are_none_where_faces_may_not_or_cannot_be_told_apart(settings: dict[str, str]) -> None:
    with a_world(**settings) as off:
        root = off.api(ROOT)
        for method, path, body in ASKED:
            assert problem(root.ask(method, path, body), 404)["code"] == "no-collections"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'>face</svg>", "not-a-picture"),
        (b"GIF89a face", "not-a-picture"),
        (JPEG, "no-face"),
        (JPEG + b"face face face", "several-faces"),
        (JPEG + b"\0" * MOST_PICTURE_BYTES, "invalid-request"),
        (PNG + b"\0" * (MOST_PICTURE_BYTES - 7), "face-picture-too-large"),
    ],
    ids=["an svg", "a gif", "nobody", "several people", "much too large", "a byte too large"],
)
def test_a_picture_of_no_use_is_refused_and_leaves_nothing(faced: World, content: bytes, code: str) -> None:
    root = faced.api(ROOT)
    person = with_ada(root)
    before = in_engine(faced)
    told = problem(root.post(f"{COUNCIL}/people/{person['id']}/pictures", picture(content)), 400)
    assert (told["code"], told["field"]) == (code, "picture")
    assert in_engine(faced) == before
    assert root.get(f"{COUNCIL}/people").json["people"][0]["faces"] == 1


def test_what_is_not_a_picture_in_base64_is_refused(faced: World) -> None:
    root = faced.api(ROOT)
    path = f"{COUNCIL}/people/{with_ada(root)['id']}/pictures"
    for wrong in ("data:image/png;base64,AAAA", "AAAA\n", "ÄÖÜß", "A===", 7):
        assert problem(root.post(path, {"picture": wrong}), 400)["field"] == "picture"
    problem(root.post(path, {}), 400)


def test_nobody_is_added_without_having_agreed_or_by_a_name_that_nobody_can_read(faced: World) -> None:
    root = faced.api(ROOT)
    root.post("/admin/collections", {"name": "council"})
    wrong = [
        ({"name": "Ada"}, "consent"),
        ({"name": "Ada", "consent": {"given_on": "2026-11-20"}}, "consent.wording"),
        ({"name": "Ada", "consent": {"wording": "v2"}}, "consent.given_on"),
        ({"name": "Ada", "consent": {**CONSENT, "given_on": "2026-11-24"}}, "consent.given_on"),
        ({"name": "Ada", "consent": {**CONSENT, "given_on": "1999-12-31"}}, "consent.given_on"),
        ({"name": "Ada", "consent": {**CONSENT, "given_on": 20261120}}, "consent.given_on"),
        ({"name": "\u200b\u2060", "consent": CONSENT}, "name"),
        ({"name": "A", "consent": {**CONSENT, "wording": "\u2028"}}, "consent.wording"),
        ({"name": "A" * 101, "consent": CONSENT}, "name"),
        ({"name": "Ada", "consent": CONSENT, "face": "x"}, "face"),
    ]
    for body, field in wrong:
        assert problem(root.post(f"{COUNCIL}/people", body), 400)["field"] == field
    assert root.get(f"{COUNCIL}/people").json == {"people": []}
    assert with_ada(root, HOSTILE)["name"] == '<img src=x onerror="alert(1)"> Ada'


def test_a_collection_has_a_name_that_uploads_can_say(faced: World) -> None:
    root = faced.api(ROOT)
    for wrong in ("", "-a", "a b", "arn:aws:rekognition:us-east-1:1:collection/x", "é", "a/b", "a" * 201, "a#person#b"):
        assert problem(root.post("/admin/collections", {"name": wrong}), 400)["field"] == "name"
    root.post("/admin/collections", {"name": "council"})
    told = problem(root.post("/admin/collections", {"name": "council"}), 409)
    assert told["code"] == "collection-exists"
    for path in ("a%20b", "%2e%2e", "council%23person%23x"):
        problem(root.ask("DELETE", f"/admin/collections/{path}"), 404)


def test_enough_pictures_are_enough(faced: World) -> None:
    root = faced.api(ROOT)
    path = f"{COUNCIL}/people/{with_ada(root)['id']}/pictures"
    for number in range(MOST_FACES - 1):
        assert root.post(path, picture(JPEG + b"face" + bytes([number]))).status == 200
    assert problem(root.post(path, picture(JPEG + b"one more face")), 409)["code"] == "too-many-pictures"
    assert len(in_engine(faced) or {}) == MOST_FACES


def test_a_busy_engine_is_told_of_and_leaves_nothing(faced: World) -> None:
    root = faced.api(ROOT)
    person = with_ada(root)

    def busy(name: str, effect: Any) -> Any:
        raise EngineBusy

    CLOUD.on_call = busy
    told = problem(root.post(f"{COUNCIL}/people/{person['id']}/pictures", picture(JPEG + b"another face")), 409)
    assert told["code"] == "engine-busy"
    CLOUD.on_call = lambda name, effect: effect()
    found = faced.service.services.people.person("council", person["id"])
    assert found is not None
    assert not found.adding


FAULTS = ("before", "after")


class Faults:
    """Each call to the table or the engine in turn fails, before or after its effect."""

    def __init__(self, world: World, at: int, how: str) -> None:
        self.count, self.at, self.how, self.is_on = 0, at, how, True
        self.events = world.service.services.aws.dynamodb.meta.events
        self.events.register_first("before-call", self._before, unique_id="fault-before")
        self.events.register_last("after-call", self._after, unique_id="fault-after")
        CLOUD.on_call = self._call

    def end(self) -> int:
        self.events.unregister("before-call", unique_id="fault-before")
        self.events.unregister("after-call", unique_id="fault-after")
        CLOUD.on_call = lambda name, effect: effect()
        return self.count

    def _before(self, **_: Any) -> None:
        self.count += 1
        if (self.count, self.how) == (self.at, "before"):
            raise ReadTimeoutError(endpoint_url="embedded")

    def _after(self, **_: Any) -> None:
        if (self.count, self.how) == (self.at, "after"):
            raise ReadTimeoutError(endpoint_url="embedded")

    def _call(self, name: str, effect: Any) -> Any:
        self._before()
        made = effect()
        self._after()
        return made


def life(root: Api) -> bool:
    """All that can be done to a collection, each as long as the one before worked. Whether everything did."""
    if root.post("/admin/collections", {"name": "council"}).status != 201:
        return False
    added = root.post(f"{COUNCIL}/people", {"name": "Ada Lovelace", "consent": CONSENT})
    if added.status != 201:
        return False
    path = f"{COUNCIL}/people/{added.json['id']}"
    return (
        root.post(f"{path}/pictures", picture(JPEG + b"face")).status == 200
        and root.post(f"{path}/pictures", picture(PNG + b"face")).status == 200
        and root.ask("DELETE", path).status == 204
        and root.ask("DELETE", COUNCIL).status == 204
    )


@pytest.mark.parametrize("how", FAULTS)
def test_whatever_call_fails_no_face_is_left_that_no_record_knows_of(faced: World, how: str) -> None:
    faults = Faults(faced, 0, how)
    assert life(faced.api(ROOT))
    calls = faults.end()
    assert calls > 25
    for at in range(1, calls + 1):
        root = faced.api(ROOT)
        faults = Faults(faced, at, how)
        worked = life(root)
        faults.end()
        people = faced.service.services.people
        known = {face: person.id for person in people.everything()[1] for face in person.faces}
        begun = {person.id for person in people.everything()[1] if person.adding}
        left = in_engine(faced) or {}
        assert all(known.get(face) == whose or whose in begun for face, whose in left.items()), at
        # Later everything that was left half done is finished by whoever looks, and then can be deleted.
        faced.service.clock.shift(UNDER_WAY + 1)
        root = faced.api(ROOT)
        root.get("/admin/collections")
        known = {face: person.id for person in people.everything()[1] for face in person.faces}
        assert (in_engine(faced) or {}) == known, at
        if people.collection("council") is not None:
            assert root.ask("DELETE", COUNCIL).status == 204, at
        assert in_engine(faced) is None, at
        assert people.everything() == ([], []), at
        if not worked:
            assert "Lovelace" not in everything_stored(faced)


def test_who_is_removed_while_their_picture_is_on_its_way_is_not_known_afterwards(faced: World) -> None:
    root = faced.api(ROOT)
    person = with_ada(root)
    path = f"{COUNCIL}/people/{person['id']}"

    def removed_meanwhile(name: str, effect: Any) -> Any:
        if name == "faces.add":
            CLOUD.on_call = lambda name, effect: effect()
            assert faced.api(ROOT).ask("DELETE", path).status == 204
        return effect()

    CLOUD.on_call = removed_meanwhile
    problem(root.post(f"{path}/pictures", picture(JPEG + b"another face")), 404)
    assert in_engine(faced) == {}
    faced.service.clock.shift(UNDER_WAY + 1)
    root.get("/admin/collections")
    assert faced.service.services.people.everything()[1] == []


def test_what_was_left_half_done_is_finished_with_the_sweep(faced: World) -> None:
    root = faced.api(ROOT)
    person = with_ada(root)
    CLOUD.breaking.add("faces.remove")
    problem(root.ask("DELETE", f"{COUNCIL}/people/{person['id']}"), 500)
    assert in_engine(faced)
    assert "Lovelace" not in everything_stored(faced)
    CLOUD.breaking.clear()
    faced.service.hours_pass(1)
    assert in_engine(faced) == {}
    assert faced.service.services.people.everything()[1] == []


def test_a_collection_is_erased_with_the_account_that_made_it(faced: World) -> None:
    root = faced.api(ROOT)
    with_ada(root)
    owner = root.get("/me").json["owner"]
    other = Api(faced.client, faced.pool.tokens("eve@rapporteur.example", admin=True)["IdToken"])
    eve = other.get("/me").json["owner"]
    assert other.post("/admin/collections", {"name": "press"}).status == 201
    bob = root.post("/admin/collections/press/people", {"name": "Bob", "consent": CONSENT}).json
    assert root.ask("DELETE", "/me").status == 202
    faced.service.clock.shift(queue.REQUESTS_END)
    faced.service.settle()
    assert in_engine(faced) is None
    assert in_engine(faced, "press") == {}
    stored = everything_stored(faced)
    assert "Lovelace" not in stored
    other = Api(faced.client, faced.pool.tokens("eve@rapporteur.example", admin=True)["IdToken"])
    told = other.get("/admin/collections").json
    assert [(one["name"], one["made_by"]) for one in told["collections"]] == [("press", eve)]
    assert {done["by"] for done in told["deeds"]} == {"erased", eve}
    assert owner not in json.dumps(told)
    kept = other.get("/admin/collections/press/people").json["people"]
    assert [(one["id"], one["consent"]["recorded_by"]) for one in kept] == [(bob["id"], "erased")]


def test_an_export_tells_which_collections_an_account_has_made_and_of_nobody_in_them(faced: World) -> None:
    root = faced.api(ROOT)
    with_ada(root)
    root.post("/me/export")
    faced.service.settle()
    with zipfile.ZipFile(io.BytesIO(requests.get(root.get("/me/export").json["url"], timeout=10).content)) as archive:
        account = json.loads(archive.read("account.json"))
    assert [one["name"] for one in account["collections"]] == ["council"]
    assert "Lovelace" not in json.dumps(account)
