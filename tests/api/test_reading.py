"""What readers get: lines with words' times, what was found, files; search; and links for readers without account."""

import io
import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import docx
import pytest
import requests

from chalicelib.api import downloads
from chalicelib.domain.media import MediaInfo, Picture
from chalicelib.domain.rights import GIVEN_AWAY
from chalicelib.speech.transcripts import Word
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.harness.fakes import FOREIGN, WORDS


def called(disposition: str) -> tuple[str, str]:
    """How a file is to be kept, and under what name (RFC 6266)."""
    how, _, name = disposition.partition("; ")
    assert name.isascii()
    return how, unquote(name.partition("filename*=UTF-8''")[2])


def test_lines_have_their_words_with_times_and_say_where_spaces_stand(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.words = [
        Word(0.5, 0.9, "Buses", 0.5, ",", "spk_0"),
        Word(1.0, 1.4, "야간", 0.9, "", "spk_0"),
        Word(1.5, 1.9, "時刻", 0.9, "", "spk_1"),
        Word(2.0, 2.4, "表", 0.9, "。", "spk_1"),
    ]
    path = f"/assets/{world.upload(ada)['id']}"
    found = ada.get(f"{path}/lines").json
    assert (found["edition"], found["editions"], found["speakers"]) == (0, 0, ["spk_0", "spk_1"])
    assert [line["words"] for line in found["lines"]] == [
        [[0.5, 0.9, "Buses,", 0.5, ""], [1.0, 1.4, "야간", 0.9, " "]],
        [[1.5, 1.9, "時刻", 0.9, ""], [2.0, 2.4, "表。", 0.9, ""]],
    ]
    written = [{"text": "Night buses, 야간", "speaker": "Ada"}, {"text": "時刻表。", "speaker": "spk_1"}]
    assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": written}).json["edition"] == 1
    corrected = ada.get(f"{path}/lines").json
    assert (corrected["edition"], corrected["editions"], corrected["speakers"]) == (1, 1, ["Ada", "spk_1"])
    assert corrected["lines"][0]["words"][1][:3] == [0.5, 0.9, "buses,"]
    assert ada.get(f"{path}/lines?edition=0").json["lines"] == found["lines"]
    for edition, lines in ((1, []), (2, written)):
        assert ada.ask("PUT", f"{path}/transcript", {"edition": edition, "lines": lines}).json["edition"] == edition + 1
    assert ada.get(f"{path}/lines").json["lines"] == corrected["lines"], "timed by what was heard"


def test_what_somebody_stands_behind_is_told_and_kept_in_the_transcript(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.words = [
        Word(0.5, 0.9, "The", 0.9, "", "spk_0"),
        Word(1.0, 1.4, "knight", 0.4, "", "spk_0"),
        Word(1.5, 1.9, "bus", 0.9, ".", "spk_0"),
    ]
    path = f"/assets/{world.upload(ada)['id']}"
    heard = ada.get(f"{path}/lines").json
    assert (heard["confirmed"], "confirmed" in heard["lines"][0]) == (0.0, False)
    body = {"edition": 0, "lines": [{"text": "The night bus.", "speaker": "spk_0"}]}
    assert ada.ask("PUT", f"{path}/transcript", body).json["edition"] == 1
    assert ada.ask("PUT", f"{path}/transcript", body).json["edition"] == 1, "sent again, since its answer was lost"
    body |= {"edition": 1, "confirmed": [{"start": 1.4, "end": 2.0}]}
    assert ada.ask("PUT", f"{path}/transcript", body).json["edition"] == 2
    found = ada.get(f"{path}/lines").json
    assert (round(found["confirmed"], 2), found["lines"][0]["confirmed"]) == (0.67, [1, 2])
    results = ada.get(f"{path}/transcript.json").json["results"]
    assert len({one["by"] for one in results["rapporteur_confirmations"]}) == 1
    body |= {"edition": 2, "confirmed": [], "unconfirmed": [{"start": 0.0, "end": 9.0}]}
    assert ada.ask("PUT", f"{path}/transcript", body).status == 200
    assert ada.get(f"{path}/lines").json["confirmed"] == 0.0
    for wrong in ([{"start": -1, "end": 2}], [{"start": 0}], "all", [{"start": 0, "end": "x"}]):
        assert problem(ada.ask("PUT", f"{path}/transcript", body | {"confirmed": wrong}), 400)["field"]


def test_who_confirmed_what_and_what_else_was_heard_is_told_to_the_owner_alone(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.words = [
        Word(0.5, 0.9, "The", 0.9),
        Word(1.0, 1.4, "knight", 0.4, alternatives=("night", "nite")),
        Word(1.5, 1.9, "bus", 0.3, ".", alternatives=("buzz",)),
        Word(2.0, 2.4, "Here", 0.9, alternatives=("hear",)),
    ]
    path = f"/assets/{world.upload(ada)['id']}"
    heard = ada.get(f"{path}/lines").json
    assert [line.get("alternatives") for line in heard["lines"]] == [{"1": ["night", "nite"], "2": ["buzz"]}, None]
    assert "confirmations" not in heard
    lines = [{"text": "The knight bus."}, {"text": "Here"}]
    for edition, span in enumerate(((1.0, 1.4), (0.5, 0.9), (2.0, 2.4))):
        right = [{"start": span[0], "end": span[1]}]
        body = {"edition": edition, "lines": lines, "confirmed": right}
        assert ada.ask("PUT", f"{path}/transcript", body).json["edition"] == edition + 1
        world.service.clock.shift(100)
    found = ada.get(f"{path}/lines").json
    owner = ada.get("/me").json["owner"]
    assert {one["by"] for one in found["confirmations"]} == {owner}
    by = [(line["confirmed"], line["confirmed_by"], line.get("alternatives")) for line in found["lines"]]
    # A word that is confirmed is uncertain no more; what it was taken for is told no more.
    assert [(confirmed, sum(count for _, count in runs), others) for confirmed, runs, others in by] == [
        ([0, 1], 2, {"2": ["buzz"]}),
        ([0], 1, None),
    ]
    token = ada.ask("POST", f"{path}/shares", {"days": 1}).json["token"]
    shared = world.api(None).get(f"/shared/{token}/lines")
    assert shared.json["lines"][0]["confirmed"] == [0, 1]
    assert (owner.encode() in shared.body, b"confirmed_by" in shared.body) == (False, False)


def test_strangers_read_what_is_said_and_never_what_else_it_was_heard_as(world: World) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    world.service.cloud.words = [
        Word(0.5, 0.9, "Thou", 0.4, heard="Bedlam"),
        Word(1.0, 1.4, "knight", 0.4, ".", alternatives=("Nightjar", "Nitrate")),
        *(replace(word, start=word.start + 5, end=word.end + 5) for word in WORDS),
    ]
    path = f"/assets/{world.upload(ada)['id']}"
    own = ada.get(f"{path}/lines").body
    assert (b"Bedlam" in own, b"Nightjar" in own) == (True, True)
    shared = f"/shared/{ada.post(f'{path}/shares', {'days': 1}).json['token']}"
    tracks = [f"/tracks/{track['name']}" for track in stranger.get(f"{shared}/tracks").json["tracks"]]
    for what in ("", "/lines", "/analysis", "/transcript.vtt", "/tracks", *tracks):
        found = stranger.get(f"{shared}{what}")
        assert found.status == 200
        assert not [word for word in (b"Bedlam", b"Nightjar", b"Nitrate") if word in found.body], what


def test_lines_can_be_written_where_nothing_was_heard_and_stay_as_they_were_sent(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.words = []
    asset = world.upload(ada)
    path = f"/assets/{asset['id']}"
    assert ada.get(f"{path}/lines").json["lines"] == []
    sent = ["« Oui »", "…", "東京　大阪 AIの", "— a\u00a0b  c", "می\u200cخواهم 👩\u200d🚀"]
    body = {"edition": 0, "lines": [{"text": text} for text in [*sent, " \n"]]}
    assert ada.ask("PUT", f"{path}/transcript", body).status == 200
    lines = ada.get(f"{path}/lines").json["lines"]
    assert ["".join(space + text for _, _, text, _, space in line["words"]) for line in lines] == sent
    starts = [line["start"] for line in lines]
    assert starts == sorted(set(starts)) and lines[-1]["end"] == asset["duration"]
    assert ada.get(f"{path}/transcript.txt").body.decode() == f"[0:00:00] {' '.join(sent)}\n"
    halved = json.dumps(body).replace("Oui", "\\ud800").encode()
    assert problem(ada.ask("PUT", f"{path}/transcript", halved), 400)["code"] == "not-text"


def test_what_is_too_much_for_a_function_is_fetched_from_s3(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    whole = ada.get(f"{path}/lines").json
    monkeypatch.setattr(downloads, "LARGEST_BODY", 10)
    for name in ("lines", "transcript.json", "transcript.txt"):
        answer = ada.get(f"{path}/{name}")
        assert answer.status == 303
        assert requests.get(answer.headers["location"], timeout=10).status_code == 200
    elsewhere = requests.get(ada.get(f"{path}/lines").headers["location"], timeout=10).json()
    assert elsewhere == whole


def test_the_transcript_comes_in_every_format_by_its_ending(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada, 'debate <1>.mp4')['id']}/transcript"
    assert ada.get(f"{path}.json").json["results"]["items"]
    assert ada.get(f"{path}.txt").body == ada.get(f"{path}?format=txt").body
    assert ada.get(f"{path}.srt").headers["content-type"].startswith("application/x-subrip")
    assert ada.get(f"{path}.vtt").body.startswith(b"WEBVTT")
    answer = ada.get(f"{path}.docx")
    assert answer.status == 303
    sent = requests.get(answer.headers["location"], timeout=10)
    assert called(sent.headers["Content-Disposition"]) == ("attachment", "debate <1>.docx")
    for ending in ("json", "txt", "srt", "vtt"):
        assert called(ada.get(f"{path}.{ending}").headers["content-disposition"]) == ("inline", f"debate <1>.{ending}")
    paragraphs = [paragraph.text for paragraph in docx.Document(io.BytesIO(sent.content)).paragraphs]
    assert paragraphs == ["debate <1>.mp4", "0:00  Buses are wonderful. Nobody hates them."]


def test_what_was_found_is_told_with_the_summary(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)
    assert (asset["language"], asset["mood"]) == ("en-US", "POSITIVE")
    found = ada.get(f"/assets/{asset['id']}/analysis").json
    assert found["summary"] == "Buses are wonderful."
    assert found["mood"] == "POSITIVE"
    assert found["score"] == {"positive": 0.7, "negative": 0.1, "neutral": 0.1, "mixed": 0.1}
    assert [segment["start"] for segment in found["segments"]] == [0.5, 3.0]
    assert found["key_phrases"] == [{"text": "Buses", "score": 0.9, "times": [0.5]}]
    assert "entities" not in found


def test_a_summary_is_told_where_no_engine_knows_the_language(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.failing["analyze"] = FOREIGN
    asset = world.upload(ada)
    assert asset["branches"]["language"]["status"] == "skipped"
    found = ada.get(f"/assets/{asset['id']}/analysis").json
    assert (found["summary"], found["language"]) == ("Buses are wonderful.", "en-US")
    assert {"mood", "score", "engine"}.isdisjoint(found)
    assert (found["segments"], found["key_phrases"]) == ([], [])


def test_all_files_can_be_downloaded_and_are_called_after_the_recording(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)
    files = {file["name"]: file for file in ada.get(f"/assets/{asset['id']}/files").json["files"]}
    assert set(files) == {
        "web.mp4",
        "phone.mp4",
        "audio.mp3",
        "preview.gif",
        "speech.wav",
        "transcript.json",
        "transcript.txt",
        "captions.srt",
        "captions.vtt",
        "analysis.json",
        "summary.txt",
        "summary.json",
        "report.html",
    }
    for name, file in files.items():
        sent = requests.get(file["url"], timeout=10)
        assert (sent.status_code, len(sent.content)) == (200, file["size"])
        assert called(sent.headers["Content-Disposition"]) == ("attachment", f"debate {name}")


def test_search_finds_where_it_was_said_in_ones_own_recordings_only(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    world.upload(bob)
    first = world.upload(ada)
    world.service.clock.shift(1)
    world.service.cloud.words = [Word(2.0, 2.5, "Nobody", 0.9), Word(2.5, 3.0, "came", 0.9, ".")]
    second = world.upload(ada)
    found = ada.get("/search?q=NOBODY").json
    assert [hit["asset"]["id"] for hit in found["hits"]] == [second["id"], first["id"]]
    match = {"start": 2.0, "end": 2.5, "text": "Nobody came.", "track": "transcript", "marks": [[0, 6]]}
    assert (found["hits"][0]["matches"], found["hits"][0]["count"]) == ([match], 1)
    assert [hit["asset"]["id"] for hit in ada.get("/search?q=wonderful.%20nobody").json["hits"]] == [first["id"]]
    assert ada.get("/search?q=tram").json == {"hits": [], "left": 0, "is_being_made": False}
    lines = [{"text": "A tram is wonderful."}]
    ada.ask("PUT", f"/assets/{first['id']}/transcript", {"edition": 0, "lines": lines})
    ada.post(f"/assets/{first['id']}/transcript/left")
    world.service.settle()
    assert [hit["asset"]["id"] for hit in ada.get("/search?q=tram").json["hits"]] == [first["id"]]
    assert problem(ada.get("/search?q=a"), 400)["field"] == "q"


def test_a_link_lets_anybody_read_along_until_it_ends(world: World) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    asset = world.upload(ada, "secret plans.mp4")
    path = f"/assets/{asset['id']}"
    ada.ask("PATCH", path, {"title": "A debate", "tags": ["private"]})
    made = ada.post(f"{path}/shares", {"days": 2})
    assert made.status == 201
    shared = f"/shared/{made.json['token']}"
    seen = stranger.get(shared).json
    assert seen["asset"]["title"] == "A debate"
    assert "secret" not in str(seen)
    assert "private" not in str(seen)
    assert ADA not in str(seen)
    assert "cost" not in seen["asset"]
    assert stranger.get(f"{shared}/lines").json == ada.get(f"{path}/lines").json
    assert stranger.get(f"{shared}/analysis").json == ada.get(f"{path}/analysis").json
    assert stranger.get(f"{shared}/transcript.vtt").body.startswith(b"WEBVTT")
    media = stranger.get(f"{shared}/media/web").json["url"]
    assert "secret" not in media
    got = requests.get(media, timeout=10)
    assert got.status_code == 200
    assert called(got.headers["Content-Disposition"]) == ("inline", "A debate.mp4")
    assert problem(stranger.get(f"{shared}/media/upload"), 404)["code"] == "no-rendition"
    assert [share["id"] for share in ada.get(f"{path}/shares").json["shares"]] == [made.json["id"]]

    world.service.clock.shift(2 * 24 * 3600 + 1)
    problem(stranger.get(shared), 404)
    assert world.api(ADA).get(f"{path}/shares").json == {"shares": []}


def test_a_link_can_be_revoked_and_opens_nothing_else(world: World) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    asset, other = world.upload(ada), world.upload(ada)
    made: dict[str, Any] = ada.post(f"/assets/{asset['id']}/shares").json
    owner = ada.get("/me").json["owner"]
    assert owner in made["token"]
    forged = made["token"][:-1] + ("0" if made["token"][-1] != "0" else "1")
    for token in (forged, made["token"].replace("share_", "key_"), "share_", "x"):
        assert problem(stranger.get(f"/shared/{token}"), 404)["code"] == "no-share"
    stranger.token = made["token"]
    assert stranger.get("/assets").status == 401, "a link is no key"
    problem(ada.ask("DELETE", f"/assets/{other['id']}/shares/{made['id']}"), 404)
    assert ada.ask("DELETE", f"/assets/{asset['id']}/shares/{made['id']}").status == 204
    stranger.token = None
    problem(stranger.get(f"/shared/{made['token']}"), 404)


def test_the_mood_of_named_speakers_is_told_to_the_owner_alone_and_only_where_it_may_be() -> None:
    for setting, told in (("true", {"Ada"}), ("false", set())):
        with a_world(SPEAKER_MOODS=setting) as world:
            ada = world.api(ADA)
            world.service.cloud.words = [
                Word(0.5, 0.9, "Buses", 0.9, ".", "spk_0"),
                Word(1.0, 1.4, "No", 0.9, ".", "spk_1"),
            ]
            path = f"/assets/{world.upload(ada)['id']}"
            assert ada.get(f"{path}/analysis").json.get("speaker_moods", {}) == {}
            named = [{"text": "Buses.", "speaker": "Ada"}, {"text": "No.", "speaker": "spk_1"}]
            assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": named}).status == 200
            found = ada.get(f"{path}/analysis").json.get("speaker_moods", {})
            assert set(found) == told
            assert all(mood["mood"] == "POSITIVE" for mood in found.values())
            token = ada.post(f"{path}/shares", {"days": 1}).json["token"]
            bob = world.api(BOB)
            for role in GIVEN_AWAY:
                assert ada.post(f"{path}/people", {"address": BOB, "role": role}).status == 201
                assert bob.get(f"{path}/analysis").json.get("speaker_moods", {}) == {}, role
            assert world.api(None).get(f"/shared/{token}/analysis").json.get("speaker_moods", {}) == {}


@pytest.mark.parametrize(
    ("media", "content_type", "name"),
    [
        (MediaInfo("jpeg", 0.0, picture=Picture(320, 200)), "image/jpeg", "A plan.jpg"),
        (MediaInfo("png", 0.0, picture=Picture(320, 200)), "image/png", "A plan.png"),
        (MediaInfo("pdf", 0.0, pages=2), "application/pdf", "A plan.pdf"),
    ],
)
def test_a_picture_or_document_is_shown_as_what_it_was_found_to_be(
    world: World, media: MediaInfo, content_type: str, name: str
) -> None:
    world.service.cloud.media = media
    ada = world.api(ADA)
    asset = world.upload(ada, "secret.png", b"<script>alert(1)</script>", content_type="text/html")
    assert (asset["kind"], asset["duration"]) == ("document" if media.pages else "image", 0.0)
    assert "renditions" not in asset["branches"], "this transcoder makes no smaller ones, and there is no talk of it"
    ada.ask("PATCH", f"/assets/{asset['id']}", {"title": "A plan"})
    token = ada.post(f"/assets/{asset['id']}/shares", {"days": 1}).json["token"]
    for whose in (ada.get(f"/assets/{asset['id']}/media/upload"), world.api(None).get(f"/shared/{token}/media/upload")):
        address = whose.json["url"]
        got = requests.get(address, timeout=10)
        assert got.status_code == 200
        assert got.headers["Content-Type"] == content_type
        assert called(got.headers["Content-Disposition"]) == ("inline", name)
        assert "secret" not in address
    problem(world.api(BOB).get(f"/assets/{asset['id']}/media/upload"), 404)


@pytest.mark.parametrize("container", ["tiff", "heif"])
def test_what_browsers_do_not_show_is_not_offered_to_be_shown(world: World, container: str) -> None:
    world.service.cloud.media = MediaInfo(container, 0.0, picture=Picture(320, 200))
    ada = world.api(ADA)
    asset = world.upload(ada, "scan.tif")
    assert problem(ada.get(f"/assets/{asset['id']}/media/upload"), 404)["code"] == "no-rendition"
