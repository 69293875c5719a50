"""A recording is heard again in another way: a version beside the old, which can be read, and used, again."""

import io
import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

import pytest

from chalicelib.accounts.export import export
from chalicelib.domain import keys
from chalicelib.domain.accounts import Export
from chalicelib.domain.assets import AssetRef
from chalicelib.domain.media import AudioStream
from chalicelib.message import Message
from chalicelib.pipeline import sweep
from chalicelib.speech.transcribe_json import transcribe_document
from tests.api.accounts import Api
from tests.api.world import ADA, BOB, World, a_world, everything_stored, problem
from tests.harness.fakes import VIDEO, WORDS
from tests.harness.service import DIARIZER, VISION

OTHER = "tests.harness.fake_engines.other_transcriber"
HEARD_OTHERWISE = [replace(WORDS[0], text="Busses"), *WORDS[1:]]
EVERYTHING = {"edition": 0, "lines": [{"text": "Buses are wonderful. Nobody hates them."}]}


@pytest.fixture
def chooser() -> Iterator[World]:
    """A deployment where owners may choose another that hears."""
    with a_world(TRANSCRIBERS=OTHER, **VISION) as world:
        yield world


def owner_of(api: Api) -> str:
    assert api.token is not None
    payload = api.token.split(".")[1]
    return str(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


def confirmed(world: World, ada: Api, **options: Any) -> str:
    """The path of a recording all of which is confirmed."""
    path = f"/assets/{world.upload(ada, **options)['id']}"
    assert ada.ask("PUT", f"{path}/transcript", {**EVERYTHING, "confirmed": [{"start": 0, "end": 60}]}).status == 200
    world.service.settle()
    return path


def heard_again(world: World, ada: Api, path: str, **wanted: Any) -> dict[str, Any]:
    begun = ada.post(f"{path}/hear", wanted)
    assert begun.status == 200, begun.body
    world.service.settle()
    return dict(ada.get(path).json)


def texts(lines: dict[str, Any]) -> list[str]:
    return [word[2] for line in lines["lines"] for word in line["words"]]


def test_it_is_told_what_can_be_chosen_and_how_it_was_heard(chooser: World) -> None:
    ada = chooser.api(ADA)
    path = f"/assets/{chooser.upload(ada, language='en', speakers=2)['id']}"
    found = ada.get(f"{path}/hear").json
    assert [
        (one["name"], one["is_usual"], one["hears_channels"], one["uses_lexicon"]) for one in found["transcribers"]
    ] == [
        ("transcriber", True, False, False),
        ("other_transcriber", False, True, True),
    ]
    assert found["heard"] == {
        "language": "en",
        "speakers": 2,
        "channels": "together",
        "track": 1,
        "transcriber": "transcriber",
        "lexicon": True,
        "by": "transcriber",
    }
    assert found["words"] == 0


def test_another_engine_makes_a_version_beside_the_old_and_confirmed_words_stand_where_both_agree(
    chooser: World,
) -> None:
    ada = chooser.api(ADA)
    path = confirmed(chooser, ada)
    chooser.service.cloud.other_words = HEARD_OTHERWISE
    asset = heard_again(chooser, ada, path, transcriber="other_transcriber", language="en-GB", lexicon=False)
    assert (asset["status"], asset["version"], asset["newest"], asset["edition"]) == ("completed", 2, 2, 0)
    assert asset["again"] == {"after": 1, "is_hearing": True}
    lines = ada.get(f"{path}/lines").json
    assert texts(lines)[0] == "Busses"
    assert [line["confirmed"] for line in lines["lines"]] == [[1, 2], [0, 1, 2]]
    told = ada.get(f"{path}/versions/2/carried").json
    assert (told["after"], told["stand"], told["differ"]) == (1, 5, 1)
    assert told["places"] == [{"start": 0.5, "end": 0.9, "was": "Buses", "now": "Busses", "words": 1}]
    newest, oldest = ada.get(f"{path}/versions").json["versions"]
    assert (newest["version"], newest["is_current"], newest["stand"], newest["differ"]) == (2, True, 5, 1)
    assert newest["heard"]["transcriber"] == "other_transcriber"
    assert (newest["heard"]["language"], newest["heard"]["lexicon"]) == ("en-GB", False)
    assert newest["confirmed"] == pytest.approx(0.8333)
    assert (oldest["version"], oldest["is_current"], oldest["confirmed"], oldest["can_be_used"]) == (
        1,
        False,
        1.0,
        True,
    )
    assert (oldest["heard"]["transcriber"], oldest["heard"]["by"]) == ("transcriber", "transcriber")
    assert any("5 of 6 confirmed words of transcript 1 were kept" in note["message"] for note in asset["notes"])
    (job,) = chooser.service.cloud.heard_by_other
    assert job.language == "en-GB"


def test_whoever_was_named_has_the_name_in_the_new_version_too_in_all_that_is_made_of_it() -> None:
    with a_world(**DIARIZER, VOICES="true", SPEAKER_MOODS="true") as world:
        ada = world.api(ADA)
        path = f"/assets/{world.upload(ada)['id']}"
        token = ada.post(f"{path}/shares", {"days": 1}).json["token"]
        lines = [
            {"text": "Buses are wonderful.", "speaker": "Ann"},
            {"text": "Nobody hates them.", "speaker": "spk_1"},
        ]
        assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": lines}).status == 200
        asset = heard_again(world, ada, path)
        assert (asset["version"], asset["edition"]) == (2, 0)
        for found in (ada.get(f"{path}/lines"), world.api(None).get(f"/shared/{token}/lines")):
            assert [line["speaker"] for line in found.json["lines"]] == ["Ann", "spk_1"]
        assert b"Ann: Buses are" in ada.get(f"{path}/transcript.txt").body
        assert b"<v Ann>" in world.api(None).get(f"/shared/{token}/transcript.vtt").body
        analysis = ada.get(f"{path}/analysis").json
        assert list(analysis["talk_time"]) == ["Ann", "spk_1"]
        assert list(analysis["speaker_moods"]) == ["Ann"]
        voices = ada.get(f"{path}/voices").json
        assert voices == {"speakers": ["Ann", "spk_1"], "suggestions": []}
        agreed = {"agreed_on": "2026-11-20", "agreed_how": "asked before the meeting"}
        assert ada.post(f"{path}/voices", {"speaker": "Ann", "name": "Ann", **agreed}).status == 201
        renamed = [{**lines[0], "speaker": "Anna"}, lines[1]]
        assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": renamed}).status == 200
        assert ada.get(f"{path}/voices").json["speakers"] == ["Anna", "spk_1"]
        heard_again(world, ada, path)
        assert [line["speaker"] for line in ada.get(f"{path}/lines").json["lines"]] == ["Anna", "spk_1"]
        assert [line["speaker"] for line in ada.get(f"{path}/lines?version=1").json["lines"]] == ["Ann", "spk_1"]


def test_where_others_speak_nobody_has_a_name_of_before() -> None:
    with a_world(**DIARIZER) as world:
        ada = world.api(ADA)
        path = f"/assets/{world.upload(ada)['id']}"
        lines = [{"text": "Buses are wonderful. Nobody hates them.", "speaker": "Ann"}]
        assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": lines}).status == 200
        heard_again(world, ada, path)
        assert [line["speaker"] for line in ada.get(f"{path}/lines").json["lines"]] == ["spk_0", "spk_1"]


def test_who_speaks_on_a_channel_keeps_the_name_and_sentences_said_at_once_stay_whole(world: World) -> None:
    ada = world.api(ADA)
    first = [replace(word, speaker="ch_0") for word in WORDS]
    second = [
        replace(word, text=text, punctuation="", speaker="ch_1") for word, text in zip(WORDS, "abcdef", strict=True)
    ]
    words = sorted([*first, *second], key=lambda word: word.start)
    world.service.cloud.document = transcribe_document("job", words, "en-US")
    path = f"/assets/{world.upload(ada)['id']}"
    before = ada.get(f"{path}/lines").json["lines"]
    assert {line["speaker"] for line in before} == {"ch_0", "ch_1"}
    called = {"ch_0": "Ann", "ch_1": "ch_1"}
    lines = [
        {"text": " ".join(word[2] for word in line["words"]), "speaker": called[line["speaker"]]} for line in before
    ]
    assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": lines}).status == 200
    heard_again(world, ada, path)
    after = ada.get(f"{path}/lines").json["lines"]
    assert [(line["speaker"], line["words"]) for line in after] == [
        (called[line["speaker"]], line["words"]) for line in before
    ]


def test_only_what_follows_of_hearing_is_done_anew_and_paid_for(chooser: World) -> None:
    ada = chooser.api(ADA)
    path = confirmed(chooser, ada, ai_options={"label": True})
    cloud = chooser.service.cloud
    before = ada.get(path).json
    cloud.calls.clear()
    asset = heard_again(chooser, ada, path, transcriber="other_transcriber")
    done = [call for call in cloud.calls if call.startswith(("transcode", "look", "transcribe"))]
    assert done == ["transcribe.other"]
    assert asset["renditions"] == before["renditions"]
    track = ada.get(f"{path}/tracks/labels").json
    assert track == ada.get(f"{path}/tracks/labels?version=1").json
    for version in (1, 2):
        assert f"/v{version}/" in ada.get(f"{path}/media/web?version={version}").json["url"]
    assert {file["name"] for file in ada.get(f"{path}/files").json["files"]} >= {"speech.wav", "transcript.json"}


def test_another_track_of_sound_makes_the_renditions_anew_but_looks_at_nothing_again(chooser: World) -> None:
    ada = chooser.api(ADA)
    second = AudioStream("aac", 44_100, 2, number=2, language="fr")
    chooser.service.cloud.media = replace(VIDEO, others=(second,))
    path = confirmed(chooser, ada, ai_options={"label": True}, language="en")
    chooser.service.cloud.calls.clear()
    asset = heard_again(chooser, ada, path, track=2)
    done = [call for call in chooser.service.cloud.calls if call.startswith(("transcode", "look", "transcribe"))]
    assert sorted(done) == ["transcode.audio", "transcode.renditions", "transcribe"]
    assert [one["is_heard"] for one in asset["sound_tracks"]] == [False, True]
    assert ada.get(f"{path}/hear").json["heard"]["track"] == 2
    assert "language" not in ada.get(f"{path}/hear").json["heard"], "it was that of the other track"


def test_what_is_no_longer_there_is_made_anew(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    ref = AssetRef(owner_of(ada), path.rpartition("/")[2])
    for preset in ("web", "jobs/audio"):
        world.service.services.outputs.delete_under(keys.outputs_of(ref, preset))
    world.service.cloud.calls.clear()
    asset = heard_again(world, ada, path)
    assert {"transcode.audio", "transcode.renditions"} <= set(world.service.cloud.calls)
    assert asset["status"] == "completed"


def test_an_old_version_can_be_read_in_every_form_with_its_corrections(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    lines = [{"text": "Buses are splendid. Nobody hates them.", "speaker": "Ada"}]
    assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": lines}).status == 200
    heard_again(world, ada, path)
    assert texts(ada.get(f"{path}/lines").json)[2] == "wonderful."
    assert texts(ada.get(f"{path}/lines?version=1").json)[2] == "splendid."
    assert texts(ada.get(f"{path}/lines?version=1&edition=0").json)[2] == "wonderful."
    for form in ("json", "txt", "srt", "vtt"):
        assert b"splendid" in ada.get(f"{path}/transcript.{form}?version=1").body
        assert b"splendid" not in ada.get(f"{path}/transcript.{form}").body
    assert ada.get(f"{path}/transcript.docx?version=1").status == 303
    assert ada.get(f"{path}/analysis?version=1").json["mood"] == "POSITIVE"
    assert {one["name"] for one in ada.get(f"{path}/tracks?version=1").json["tracks"]} >= {"transcript", "captions"}
    was = ada.get(f"{path}?version=1").json
    assert (was["version"], was["edition"], was["status"], was["newest"]) == (1, 1, "completed", 2)


def test_whoever_goes_back_has_the_old_version_as_it_was_and_can_go_on(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    world.service.cloud.words = HEARD_OTHERWISE
    heard_again(world, ada, path)
    used = ada.post(f"{path}/versions/1/use")
    assert (used.json["version"], used.json["newest"], used.json["edition"]) == (1, 2, 1)
    assert ada.post(f"{path}/versions/1/use").json["version"] == 1, "done twice, it is done once"
    assert texts(ada.get(f"{path}/lines").json)[0] == "Buses"
    more = {"edition": 1, "lines": [{"text": "Buses are good. Nobody hates them."}]}
    assert ada.ask("PUT", f"{path}/transcript", more).json["edition"] == 2
    asset = heard_again(world, ada, path)
    assert (asset["version"], asset["newest"]) == (3, 3), "numbers go on from the newest that ever was"
    assert [one["version"] for one in ada.get(f"{path}/versions").json["versions"]] == [3, 2, 1]
    assert ada.post(f"{path}/versions/2/use").json["version"] == 2
    assert texts(ada.get(f"{path}/lines?version=1").json)[2] == "good."
    assert ada.get(f"{path}/versions").json["current"] == 2


def test_of_an_earlier_version_nothing_is_said_to_be_made_anew_before_it_is_used_again(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    lines = [{"text": "Buses are splendid. Nobody hates them."}]
    assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": lines}).status == 200
    assert ada.get(f"{path}/analysis?version=1").json["made_from"]["is_due"]
    heard_again(world, ada, path)
    was = ada.get(f"{path}/analysis?version=1").json["made_from"]
    assert (was["is_outdated"], was["is_due"]) == (True, False)
    ada.post(f"{path}/versions/1/use")
    world.service.settle()
    now = ada.get(f"{path}/analysis").json["made_from"]
    assert (now["edition"], now["is_outdated"]) == (1, False)


def test_of_several_that_are_done_again_what_was_to_be_heard_again_is_only_heard(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    world.service.cloud.failing["transcript"] = Message("model", "No model.")
    assert heard_again(world, ada, path, language="fr")["branches"]["speech"]["status"] == "failed"
    world.service.cloud.failing.clear()
    world.service.cloud.calls.clear()
    body = {"ids": [path.rpartition("/")[2]], "action": "retry"}
    assert [one["is_done"] for one in ada.post("/assets/actions", body).json["results"]] == [True]
    world.service.settle()
    asset = ada.get(path).json
    assert (asset["version"], asset["again"], asset["status"]) == (3, {"after": 1, "is_hearing": True}, "completed")
    assert not [call for call in world.service.cloud.calls if call.startswith("transcode")]


def test_a_correction_of_one_version_is_never_taken_for_one_of_another(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    late = {"edition": 0, "lines": [{"text": "From a tab that was open all the while."}], "version": 1}
    world.service.cloud.words = HEARD_OTHERWISE
    heard_again(world, ada, path)
    assert problem(ada.ask("PUT", f"{path}/transcript", late), 409)["code"] == "another-version"
    assert texts(ada.get(f"{path}/lines").json)[0] == "Busses"
    assert ada.ask("PUT", f"{path}/transcript", {**late, "version": 2}).json["edition"] == 1
    problem(ada.ask("PUT", f"{path}/transcript", {**late, "version": 0}), 400)


def test_late_events_of_any_version_change_nothing(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    seen: list[Any] = []
    deliver = world.service.pump.deliver

    def remembering(invocation: Any) -> bool:
        seen.append(invocation)
        return deliver(invocation)

    world.service.pump.deliver = remembering  # type: ignore[method-assign]
    heard_again(world, ada, path)
    ada.post(f"{path}/versions/1/use")
    world.service.pump.deliver = deliver  # type: ignore[method-assign]
    before = everything_stored(world)
    late = [one for one in seen if one.handler in {"on_job_event", "on_job_output", "on_upload"}]
    assert late
    for invocation in late:
        world.service.pump.pending.append(invocation)
    world.service.settle()
    now = ada.get(path).json
    assert (now["version"], now["status"], now["edition"]) == (1, "completed", 1)
    assert everything_stored(world).count(path.rpartition("/")[2]) == before.count(path.rpartition("/")[2])


def test_a_hearing_that_comes_to_nothing_leaves_the_old_version_a_step_away_and_says_so(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    world.service.cloud.failing["transcript"] = Message("model", "No model.")
    asset = heard_again(world, ada, path, language="fr")
    assert asset["branches"]["speech"]["status"] == "failed"
    told = "Transcribing it again gave no transcript."
    assert any(told in note["message"] and "Transcript 1" in note["message"] for note in asset["notes"])
    ref = AssetRef(owner_of(ada), asset["id"])
    assert any(told.encode() in mail for mail in world.service.mails(world.service.asset(ref)))
    again = heard_again(world, ada, path, language="fr")
    assert again["again"]["after"] == 1, "it follows what has a transcript"
    assert ada.post(f"{path}/versions/1/use").json["edition"] == 1
    world.service.cloud.failing.clear()
    assert ada.get(f"{path}/lines").json["confirmed"] == 1.0


def test_while_it_is_heard_again_the_old_version_is_still_there_also_by_a_link(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    token = ada.post(f"{path}/shares", {"days": 1}).json["token"]
    begun = ada.post(f"{path}/hear", {"language": "fr"}).json
    assert (begun["status"], begun["version"], begun["again"]["after"]) == ("queued", 2, 1)
    assert texts(ada.get(f"{path}/lines?version=1").json)[0] == "Buses"
    assert ada.get(f"{path}?version=1").json["status"] == "completed"
    assert texts(world.api(None).get(f"/shared/{token}/lines").json)[0] == "Buses"
    assert ada.post(f"{path}/hear", {"language": "fr"}).json["version"] == 2, "asked twice, it is one"
    assert problem(ada.post(f"{path}/hear", {"language": "de"}), 409)["code"] == "at-work"
    assert problem(ada.post(f"{path}/versions/1/use"), 409)["code"] == "at-work"
    assert ada.post(f"{path}/cancel").json["status"] == "failed"
    assert ada.post(f"{path}/versions/1/use").json["version"] == 1
    world.service.settle()
    assert ada.get(path).json["version"] == 1


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_what_was_heard_again_in_vain_is_still_read_by_its_link_as_it_was_before(world: World, how: str) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    stranger, token = world.api(None), ada.post(f"{path}/shares", {"days": 1}).json["token"]
    world.service.cloud.failing["transcript"] = Message("model", "No model.")
    if how == "cancelled":
        ada.post(f"{path}/hear", {"language": "fr"})
        assert ada.post(f"{path}/cancel").json["status"] == "failed"
        world.service.settle()
    else:
        heard_again(world, ada, path, language="fr")
    shared = stranger.get(f"/shared/{token}").json["asset"]
    assert (shared["version"], shared["branches"]["speech"]["status"]) == (1, "done")
    assert texts(stranger.get(f"/shared/{token}/lines").json)[0] == "Buses"
    assert stranger.get(f"/shared/{token}/transcript.vtt").status == 200
    assert "/v1/" in stranger.get(f"/shared/{token}/media/web").json["url"]


def test_who_wants_no_transcript_any_more_shares_none_and_is_told_of_nothing_in_vain(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    token = ada.post(f"{path}/shares", {"days": 1}).json["token"]
    assert ada.post(f"{path}/retry", {"ai_options": {"transcribe": False}}).status == 200
    world.service.settle()
    assert not any("gave no transcript" in note["message"] for note in ada.get(path).json["notes"])
    assert problem(world.api(None).get(f"/shared/{token}/lines"), 404)["code"] == "no-transcript"


def test_words_of_the_lexicon_are_told_to_what_hears_or_not(chooser: World) -> None:
    ada = chooser.api(ADA)
    assert ada.ask("PUT", "/lexicon/en", {"entries": [{"text": "Marais"}]}).status == 200
    path = f"/assets/{chooser.upload(ada, language='en')['id']}"
    assert ada.get(f"{path}/hear").json["words"] == 1
    heard_again(chooser, ada, path, transcriber="other_transcriber")
    heard_again(chooser, ada, path, lexicon=False)
    assert [job.terms for job in chooser.service.cloud.heard_by_other] == [("Marais",), ()]
    assert ada.get(f"{path}/hear").json["heard"]["transcriber"] == "other_transcriber", "as it was heard last"


def test_each_channel_is_heard_by_itself_where_the_engine_that_is_chosen_can(chooser: World) -> None:
    ada = chooser.api(ADA)
    path = f"/assets/{chooser.upload(ada)['id']}"
    wanted = {"channels": "separate"}
    assert problem(ada.post(f"{path}/hear", wanted), 400)["field"] == "channels"
    chooser.service.cloud.calls.clear()
    asset = heard_again(chooser, ada, path, transcriber="other_transcriber", **wanted)
    (job,) = chooser.service.cloud.heard_by_other
    assert job.apart
    assert "transcode.audio" in chooser.service.cloud.calls, "of two channels the sound is another"
    assert "transcode.renditions" not in chooser.service.cloud.calls
    assert asset["status"] == "completed"


def test_what_cannot_be_heard_so_is_refused_and_why(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    wrong = {
        "transcriber": "somebody",
        "track": 7,
        "language": "english!",
        "speakers": 0,
        "channels": "separate",
        "lexicon": "yes",
    }
    for field, value in wrong.items():
        for route in ("hear", "hear/estimate"):
            assert problem(ada.post(f"{path}/{route}", {field: value}), 400)["field"] == field, field
    assert problem(ada.post(f"{path}/hear", {"surprise": 1}), 400)
    assert ada.get(path).json["version"] == 1


def test_what_has_no_sound_cannot_be_heard(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.media = replace(VIDEO, audio=None)
    path = f"/assets/{world.upload(ada)['id']}"
    assert problem(ada.post(f"{path}/hear"), 400)["code"] == "no-sound"
    assert problem(ada.post(f"{path}/hear/estimate"), 400)["code"] == "no-sound"


def test_what_it_will_cost_is_told_and_above_the_limit_it_waits_for_consent() -> None:
    engines = {"TRANSCRIBER": "tests.harness.fake_engines.paid_transcriber"}
    with a_world(COST_LIMIT_USD="1", **engines) as world:
        ada = world.api(ADA)
        path = f"/assets/{world.upload(ada, accept_cost=True)['id']}"
        told = ada.post(f"{path}/hear/estimate", {"language": "fr"}).json
        assert (told["usd"], told["limit_usd"], told["is_over_limit"]) == (2.0, 1.0, True)
        assert told["lines"] == [{"item": "paid.hearing", "usd": 2.0}]
        assert problem(ada.post(f"{path}/hear", {"language": "fr"}), 409)["code"] == "cost-limit"
        assert ada.get(path).json["version"] == 1
        asset = heard_again(world, ada, path, language="fr", accept_cost=True)
        assert (asset["status"], asset["version"], asset["cost"]["usd"]) == ("completed", 2, 2.0)


def test_a_recording_that_is_gone_cannot_be_heard_again(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    world.service.services.uploads.delete_under(keys.UPLOADS_PREFIX)
    assert problem(ada.post(f"{path}/hear"), 409)["code"] == "no-recording"
    assert ada.get(path).json["version"] == 1


def test_nobody_else_finds_any_of_it(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    path = confirmed(world, ada)
    heard_again(world, ada, path)
    for method, route in (
        ("GET", "hear"),
        ("POST", "hear"),
        ("POST", "hear/estimate"),
        ("GET", "versions"),
        ("POST", "versions/1/use"),
        ("GET", "versions/2/carried"),
        ("GET", "lines?version=1"),
        ("GET", "transcript.txt?version=1"),
        ("GET", "media/web?version=1"),
    ):
        body = {} if method == "POST" else None
        assert problem(bob.ask(method, f"{path}/{route}", body), 404)["code"] == "not-found", route
        assert world.api(None).ask(method, f"{path}/{route}", body).status == 401


@pytest.mark.parametrize("number", ["0", "3", "99", "-1", "one", "1.5", "٣", "99999999"])
def test_a_version_that_there_is_not_is_not_found(world: World, number: str) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    assert problem(ada.post(f"{path}/versions/{quote(number)}/use"), 404)["code"] == "no-version"
    assert problem(ada.get(f"{path}/versions/{quote(number)}/carried"), 404)
    assert ada.get(f"{path}/lines?version={quote(number)}").status in {400, 404}


def test_new_content_is_a_new_recording_of_which_no_old_version_is_told(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    heard_again(world, ada, path)
    ref = AssetRef(owner_of(ada), path.rpartition("/")[2])
    world.service.put(world.service.asset(ref), b"another recording")
    world.service.settle()
    assert ada.get(path).json["version"] == 3
    assert [one["version"] for one in ada.get(f"{path}/versions").json["versions"]] == [3]
    assert problem(ada.post(f"{path}/versions/1/use"), 404)["code"] == "no-version"
    assert problem(ada.get(f"{path}/lines?version=2"), 404)["code"] == "no-version"


def test_what_is_old_enough_to_be_deleted_is_no_version_any_more(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    world.service.clock.shift(300 * 24 * 3600)
    heard_again(world, world.api(ADA), path)
    world.service.clock.shift(70 * 24 * 3600)
    ada = world.api(ADA)
    assert [one["version"] for one in ada.get(f"{path}/versions").json["versions"]] == [2]
    assert problem(ada.get(f"{path}/lines?version=1"), 404)["code"] == "no-version"


def test_erased_nothing_of_any_version_is_left(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    world.service.cloud.words = HEARD_OTHERWISE
    heard_again(world, ada, path)
    ada.post(f"{path}/versions/1/use")
    assert ada.ask("DELETE", path).status == 204
    world.service.settle()
    ref = AssetRef(owner_of(ada), path.rpartition("/")[2])
    assert world.service.services.store.get(ref) is None
    assert not world.service.services.outputs.names(f"output/versions/{ref.owner}/")
    assert all(ref.asset_id not in key for key in world.service.services.outputs.names("output/"))
    assert "Busses" not in everything_stored(world)


def test_a_copy_of_all_data_has_every_version_with_how_it_was(world: World) -> None:
    ada = world.api(ADA)
    path = confirmed(world, ada)
    heard_again(world, ada, path)
    owner, services = owner_of(ada), world.service.services
    services.users.note_export(owner, Export("under-way", world.service.now()))
    export(owner, services)
    (key,) = services.outputs.names(keys.exports_of(owner))
    archive = ZipFile(io.BytesIO(services.outputs.read(key) or b""))
    names = set(archive.namelist())
    folder = f"recordings/{path.rpartition('/')[2]}"
    assert {
        f"{folder}/v1/versions/asset.json",
        f"{folder}/v2/versions/carried.json",
        f"{folder}/v1/jobs/transcript/transcript.json",
        f"{folder}/v2/jobs/transcript/transcript.json",
    } <= names
    assert json.loads(archive.read(f"{folder}/v1/versions/asset.json"))["confirmed"] == 1.0


def test_an_engine_that_is_offered_no_more_gives_way_to_the_usual_one(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    ref = AssetRef(owner_of(ada), path.rpartition("/")[2])
    asset = world.service.asset(ref)
    world.service.services.store.retry(asset, replace(asset.options, transcriber="other_transcriber"))
    sweep.sweep(world.service.now() + 10**7, world.service.services)
    world.service.settle()
    assert ada.get(path).json["status"] == "completed"
    assert ada.get(f"{path}/hear").json["heard"]["transcriber"] == "transcriber"
