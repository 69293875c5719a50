"""What was uploaded is given back to its owner, under the name that it had, and to nobody else."""

import requests

from tests.api.test_reading import called
from tests.api.world import ADA, BOB, World, problem


def test_an_owner_gets_back_what_they_uploaded_by_its_own_name_to_keep_it(world: World) -> None:
    ada = world.api(ADA)
    body = bytes(range(256)) * 40
    name = 'Débat "夜" <b>;1.mp4'
    asset = world.upload(ada, name, body, content_type="text/html")
    ada.ask("PATCH", f"/assets/{asset['id']}", {"title": "Another title"})
    told = ada.get(f"/assets/{asset['id']}/original").json
    assert (told["file_name"], told["size"]) == (asset["file_name"], len(body))
    got = requests.get(told["url"], timeout=10)
    assert got.content == body
    assert got.headers["Content-Type"] == "application/octet-stream", "no browser runs what somebody said it is"
    assert called(got.headers["Content-Disposition"]) == ("attachment", asset["file_name"])
    part = requests.get(told["url"], headers={"Range": "bytes=256-511"}, timeout=10)
    assert part.content == bytes(range(256)), "a download that broke off can go on"
    token = ada.post(f"/assets/{asset['id']}/shares", {"days": 1}).json["token"]
    assert world.api(None).get(f"/shared/{token}/original").status in {403, 404}
    problem(world.api(BOB).get(f"/assets/{asset['id']}/original"), 404)


def test_what_has_not_come_or_is_gone_is_not_promised(world: World) -> None:
    ada = world.api(ADA)
    announced = ada.post("/assets", {"file_name": "a.mp4", "size": 3, "content_type": "video/mp4"}).json["asset"]
    assert problem(ada.get(f"/assets/{announced['id']}/original"), 404)["code"] == "no-original"
    asset = world.upload(ada)
    service = world.service.services
    [key] = service.uploads.names(f"input/{ada.get('/me').json['owner']}/{asset['id']}/")
    service.uploads.delete(key)
    assert problem(ada.get(f"/assets/{asset['id']}/original"), 404)["code"] == "no-original"
