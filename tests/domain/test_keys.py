"""Keys and job names: put together and taken apart in one module, whatever a file is called."""

import re
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset, AssetRef, RunRef, Status, new_asset_id
from chalicelib.storage.tracks import TRACKS

REF = AssetRef("owner-1", "0123456789abcdef")
NAMES = [
    "debate.mp4",
    "with space.mp4",
    "a+b%20c.mp4",
    "quote'\"s.mp4",
    "semi;colon && rm -rf $(HOME) `id`.mp4",
    "🎤 토론 討論.mp4",
    "x" * 300 + ".mp4",
    "토" * 300 + ".mp4",
    "../../etc/passwd.mp4",
    "..\\..\\x.mp4",
    "..",
    ".",
    "/",
    " ",
    "line\nbreak\r\n.mp4",
    "nul\0.mp4",
    "right\u202eto left.mp4",
    "<script>alert(1)</script>.mp4",
    "audio transcribe output input.mp4",
    ".mp4",
    "ending." + "e" * 300,
    "\ud800broken.mp4",
]


def asset(name: str, version: int = 1) -> Asset:
    return Asset(REF, name, keys.upload_key(REF, name), Status.QUEUED, 0.0, version=version)


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_gives_keys_that_lead_back_to_the_asset(name: str) -> None:
    uploaded = asset(name, version=3)
    assert keys.parse_upload_key(uploaded.input_key) == REF
    key = keys.output_key(uploaded, "captions", ".srt")
    parsed = keys.parse_output_key(key)
    assert parsed is not None
    assert (parsed.folder, parsed.run) == ("captions", RunRef(REF, 3))
    assert str(parsed) == key
    assert len(key.encode()) <= 1024


@given(st.text(max_size=400), st.integers(1, 99))
def test_no_file_name_at_all_can_leave_its_folder(name: str, version: int) -> None:
    uploaded = asset(name, version)
    assert keys.parse_upload_key(uploaded.input_key) == REF
    assert uploaded.input_key.count("/") == 3
    assert "/../" not in uploaded.input_key + "/"
    uploaded.input_key.encode()
    parsed = keys.parse_output_key(keys.output_key(uploaded, "web", ".mp4"))
    assert parsed is not None
    assert parsed.run == RunRef(REF, version)


@given(st.text(max_size=60), st.sampled_from(["", ".mp4", ".MP4", ".m4a", ".ï", ".a b", ".mp4$", "." + "x" * 30]))
def test_no_key_holds_what_its_owner_calls_a_file(name: str, ending: str) -> None:
    """What every service takes for a key, and fills nothing into: no space, no sign, no letter beyond ASCII."""
    uploaded = asset(name + ending)
    folders = [*keys.Folder, *(preset.name for preset in presets.ALL), *(track.folder for track in TRACKS)]
    for key in (uploaded.input_key, *(keys.output_key(uploaded, folder, ".mp4") for folder in folders)):
        assert re.fullmatch(r"[A-Za-z0-9/._-]{1,250}", key)
    assert re.fullmatch(r"recording(\.[a-z0-9]{1,10})?", uploaded.input_key.rpartition("/")[2])


@pytest.mark.parametrize(
    ("name", "title", "called"),
    [
        ("Zoë's 50 % + 1 & more.mkv", None, "Zoë's 50 % + 1 & more.mp4"),
        ("debate.mp4", "Budget 2.0: first/second", "Budget 2.0: first-second.mp4"),
        ("debate.mp4", "토론 3월", "토론 3월.mp4"),
        ("../..", None, "recording.mp4"),
        (".mp4", None, "recording.mp4"),
        ("a.wav.MP4 .", None, "a.mp4"),
        ("x.mkv", "Talk.WAV", "Talk.mp4"),
        ("x.mkv", "Notes.docx", "Notes.mp4"),
        ("x.mkv", "Version 2.0", "Version 2.0.mp4"),
        ("x.mkv", "Intro to node.js.", "Intro to node.js.mp4"),
        ("x.mkv", ".wav", "recording.mp4"),
        ("x.mkv", "x\uff0e\uff57\uff41\uff56", "x.mp4"),
        ("x.mkv", "so\u2026mp4", "so\u2026mp4.mp4"),
        ("x.mkv", " \u200b", "recording.mp4"),
    ],
)
def test_what_is_downloaded_is_called_as_its_owner_calls_the_recording(
    name: str, title: str | None, called: str
) -> None:
    assert keys.download_name(replace(asset(name), title=title), ".mp4") == called


def test_job_names_lead_back_to_the_run_and_fit_transcribes_rule() -> None:
    for task in keys.Task:
        assert keys.parse_job_name(keys.job_name(RunRef(REF, 7), task)) == (RunRef(REF, 7), task, None, None)
        name = keys.job_name(RunRef(REF, 7), task, 12)
        assert keys.parse_job_name(name) == (RunRef(REF, 7), task, 12, None)
        assert re.fullmatch(r"[0-9a-zA-Z._-]{1,200}", name)


@pytest.mark.parametrize(
    "name", ["", "x", "a.b.c.d", "owner-1.0123456789abcdef.v0.audio", "o/1.0123456789abcdef.v1.audio"]
)
def test_other_peoples_jobs_are_nobodys(name: str) -> None:
    assert keys.parse_job_name(name) is None


@pytest.mark.parametrize(
    "key", ["", "input/", "input/a/b", "input/o/0123456789abcdef/x/y", "output/web/o/0123456789abcdef/x.mp4"]
)
def test_other_keys_are_nobodys(key: str) -> None:
    assert keys.parse_upload_key(key) is None
    assert keys.parse_output_key(key) is None


def test_ids_sort_by_the_time_of_their_making() -> None:
    ids = [new_asset_id(now) for now in (1.0, 2.0, 1e9, 1.8e9)]
    assert ids == sorted(ids)
    assert len({new_asset_id() for _ in range(1000)}) == 1000
