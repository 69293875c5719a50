"""Captions that somebody has already become an edition of the text, with times; and can be taken back."""

from typing import Any

from chalicelib.speech.transcripts import Word
from tests.api.world import ADA, BOB, World, problem

SRT = """1
00:00:00,400 --> 00:00:02,000
Buses are <i>truly</i> wonderful.

2
00:00:03,000 --> 00:00:04,000
Everybody says so!
"""


def heard(world: World) -> str:
    said = ["Buses", "are", "wonderful", "Every", "body", "says", "so"]
    world.service.cloud.words = [
        Word(0.5 + at / 2, 0.9 + at / 2, text, 0.9, "", "spk_0") for at, text in enumerate(said)
    ]
    return f"/assets/{world.upload(world.api(ADA))['id']}"


def taken(text: str = SRT, **more: Any) -> dict[str, Any]:
    return {"text": text, "file_name": "Le débat.srt", **more}


def test_captions_are_previewed_taken_in_and_taken_back(world: World) -> None:
    ada = world.api(ADA)
    path = heard(world)
    before = ada.get(f"{path}/lines").json["lines"]
    preview = ada.post(f"{path}/captions/preview", taken()).json
    assert preview == {
        "format": "srt",
        "cues": 2,
        "words": 7,
        "agree": 5,
        "heard": 7,
        "unsaid": 2,
        "shift": preview["shift"],
        "is_likely": True,
        "speakers": ["spk_0"],
    }
    assert ada.get(path).json["edition"] == 0, "nothing is changed by looking"
    for _ in range(2):  # the answer was lost
        answer = ada.post(f"{path}/captions", taken(edition=0))
        assert (answer.status, answer.json["edition"], answer.json["editions"]) == (200, 1, 1)
    words = [word for line in ada.get(f"{path}/lines").json["lines"] for word in line["words"]]
    assert [word[2] for word in words] == ["Buses", "are", "truly", "wonderful.", "Everybody", "says", "so!"]
    assert [word[0] for word in words if word[2] in {"Buses", "are", "wonderful.", "says", "so!"}] == [
        *(0.5, 1.0, 1.5),
        *(3.0, 3.5),
    ]
    assert 1.4 <= words[2][0] <= words[2][1] <= 1.5
    assert b"Buses are truly wonderful." in ada.get(f"{path}/transcript.vtt").body
    [edition, _] = ada.get(f"{path}/editions").json["editions"]
    assert (edition["name"], edition["is_yours"], edition["is_open"], edition["confirmed"]) == (
        "Le débat.srt",
        True,
        False,
        0,
    )
    written = [{"text": "Buses.", "speaker": "spk_0"}]
    assert ada.ask("PUT", f"{path}/transcript", {"edition": 1, "lines": written}).json["editions"] == 2, (
        "one of its own"
    )
    back = [{"text": " ".join(word[2] for word in line["words"]), "speaker": line["speaker"]} for line in before]
    assert ada.ask("PUT", f"{path}/transcript", {"edition": 2, "lines": back, "brings_back": 0}).status == 200
    assert ada.get(f"{path}/lines").json["lines"] == before


def test_a_file_of_another_recording_is_told_and_may_be_taken_in_all_the_same(world: World) -> None:
    ada = world.api(ADA)
    path = heard(world)
    other = taken(SRT.replace("Buses are", "Le tram est").replace("Everybody says so", "Tout le monde le dit"))
    preview = ada.post(f"{path}/captions/preview", other).json
    assert (preview["is_likely"], preview["agree"]) == (False, 1)
    assert ada.post(f"{path}/captions", {**other, "edition": 0}).status == 200


def test_what_cannot_be_taken_in_says_why(world: World) -> None:
    ada = world.api(ADA)
    path = heard(world)
    for text, code in (
        ("no captions", "no-captions"),
        ("WEBVTTx\n\n00:00.000 --> 00:01.000\na", "no-captions"),
        ("WEBVTT\n\n00:00.000 --> 00:01.000\n<i></i>", "no-captions"),
        ("é" * 1_100_000, "captions-too-large"),
    ):
        for place in ("captions", "captions/preview"):
            more = {"edition": 0} if place == "captions" else {}
            assert problem(ada.post(f"{path}/{place}", taken(text, **more)), 400)["code"] == code
    assert problem(ada.post(f"{path}/captions", taken(edition=3)), 400)["code"] == "no-edition"
    assert problem(ada.post(f"{path}/captions", taken(edition=0, version=7)), 409)["code"] == "another-version"
    ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": [{"text": "Else."}]})
    assert problem(ada.post(f"{path}/captions", taken(edition=0)), 409)["code"] == "edited-meanwhile"
    problem(world.api(BOB).post(f"{path}/captions", taken(edition=1)), 404)
    announced = ada.post("/assets", {"file_name": "a.mp4", "size": 3}).json["asset"]
    refused = ada.post(f"/assets/{announced['id']}/captions/preview", taken())
    assert problem(refused, 404)["code"] == "no-transcript"


def test_captions_of_a_hostile_hand_stay_text(world: World) -> None:
    ada = world.api(ADA)
    path = heard(world)
    text = (
        "WEBVTT\n\n00:00.000 --> 00:04.000\n<v &lt;script&gt;alert(1)>Buses are &lt;b>bad --&gt; \0\x07\u202e wonderful"
    )
    answer = ada.post(f"{path}/captions", {"text": text, "edition": 0, "file_name": "<img>\n.vtt"})
    assert answer.status == 200
    [line] = ada.get(f"{path}/lines").json["lines"]
    assert (line["speaker"], line["words"][2][2]) == ("<script>alert(1)", "<b>bad")
    vtt = ada.get(f"{path}/transcript.vtt").body.decode()
    assert "<script" not in vtt
    assert vtt.count("-->") == 1
    assert ada.get(f"{path}/editions").json["editions"][0]["name"] == "<img> .vtt"
