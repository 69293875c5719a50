"""Work that is no longer wanted is stopped, and leaves nothing behind where nothing is to be left."""

import boto3
import pytest

from chalicelib.domain import keys
from chalicelib.domain.assets import AssetRef
from chalicelib.speech.tracks import TRANSCRIPT
from tests.api.world import ADA, World, everything_stored, problem


def in_work(world: World, steps: int = 50) -> str:
    asset_id = world.send(world.api(ADA))
    for _ in range(steps):
        if not world.service.pump.step():
            break
    return asset_id


def test_the_progress_of_each_branch_is_told_while_it_is_open(world: World) -> None:
    asset_id = in_work(world)
    branches = world.api(ADA).get(f"/assets/{asset_id}").json["branches"]
    assert branches["renditions"] == {"status": "open", "progress": 0.25}
    world.service.settle()
    assert world.api(ADA).get(f"/assets/{asset_id}").json["branches"]["renditions"] == {"status": "done"}


def test_what_was_heard_so_far_is_told_until_there_is_a_transcript(world: World) -> None:
    asset_id = world.send(world.api(ADA))
    while not any("transcript" in name for name in world.service.cloud.jobs):
        if not world.service.pump.step():
            world.service.cloud.finish_all()
    assert world.api(ADA).get(f"/assets/{asset_id}").json["heard"] == [{"start": 0.5, "text": "Buses are"}]
    assert "heard" not in world.api(ADA).get("/assets").json["assets"][0]
    world.service.settle()
    assert world.api(ADA).get(f"/assets/{asset_id}").json["heard"] == []


def test_cancelled_work_stops_its_jobs_tells_nobody_and_can_begin_again(world: World) -> None:
    ada = world.api(ADA)
    asset_id = in_work(world)
    cancelled = ada.post(f"/assets/{asset_id}/cancel").json
    assert (cancelled["status"], cancelled["error"]["code"]) == ("failed", "cancelled")
    assert not world.service.cloud.running()
    assert ada.post(f"/assets/{asset_id}/cancel").json["status"] == "failed", "twice is once"
    world.service.settle()
    world.service.hours_pass(5)
    ada = world.api(ADA)
    assert ada.get(f"/assets/{asset_id}").json["status"] == "failed"
    assert world.service.mails_sent() == 0
    assert ada.get("/me").json["quota"]["in_flight"]["used"] == 0
    assert ada.post(f"/assets/{asset_id}/retry").json["version"] == 2
    world.service.settle()
    assert world.api(ADA).get(f"/assets/{asset_id}").json["status"] == "completed"


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4])
def test_work_can_be_cancelled_at_any_moment(world: World, steps: int) -> None:
    asset_id = in_work(world, steps)
    world.api(ADA).post(f"/assets/{asset_id}/cancel")
    world.service.settle()
    world.service.hours_pass(3)
    assert world.api(ADA).get(f"/assets/{asset_id}").json["status"] in {"failed", "expired", "completed"}
    assert not world.service.cloud.running()


def test_what_has_ended_stays_as_it_is(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)
    assert ada.post(f"/assets/{asset['id']}/cancel").json["status"] == "completed"


def test_an_upload_that_was_only_announced_is_called_off(world: World) -> None:
    ada = world.api(ADA)
    asset_id = ada.post("/assets", {"file_name": "a.mp4", "size": 9}).json["asset"]["id"]
    assert ada.post(f"/assets/{asset_id}/cancel").json["status"] == "expired"


def test_what_is_deleted_in_work_is_stopped_and_what_comes_late_is_deleted_too(world: World) -> None:
    ada = world.api(ADA)
    asset_id = in_work(world)
    owner = ada.get("/me").json["owner"]
    run = world.service.asset(AssetRef(owner, asset_id)).run
    assert ada.ask("DELETE", f"/assets/{asset_id}").status == 204
    assert not world.service.cloud.running()
    assert asset_id not in everything_stored(world)
    s3, bucket = boto3.client("s3"), world.service.services.settings.output_bucket
    for folder, name in ((keys.Folder.AUDIO, "a.wav"), (TRANSCRIPT.folder, keys.TRANSCRIPT_NAME)):
        s3.put_object(Bucket=bucket, Key=keys.file_key(run, folder, "late-" + name), Body=b"{}")
        s3.put_object(Bucket=bucket, Key=keys.file_key(run, folder, name), Body=b"{}")
    world.service.settle()
    assert asset_id not in everything_stored(world)
    problem(ada.get(f"/assets/{asset_id}"), 404)


def test_parts_of_an_upload_that_was_never_completed_are_deleted_with_it(world: World) -> None:
    ada = world.api(ADA)
    announced = ada.post("/assets", {"file_name": "long.mp4", "size": 200 * 1024**2}).json
    asset_id = announced["asset"]["id"]
    s3, bucket = boto3.client("s3"), world.service.services.settings.uploads_bucket
    assert len(s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])) == 1
    assert ada.ask("DELETE", f"/assets/{asset_id}").status == 204
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_what_begins_anew_while_it_is_deleted_is_not_lost_without_a_word(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)
    store = world.service.services.store
    real = store.delete_tracks

    def begins_anew(ref: AssetRef) -> None:
        real(ref)
        store.retry(world.service.asset(ref), world.service.asset(ref).options)

    monkeypatch.setattr(store, "delete_tracks", begins_anew)
    assert problem(ada.ask("DELETE", f"/assets/{asset['id']}"), 409)["code"] == "in-work"
    monkeypatch.setattr(store, "delete_tracks", real)
    assert ada.ask("DELETE", f"/assets/{asset['id']}").status == 204
    problem(ada.get(f"/assets/{asset['id']}"), 404)
