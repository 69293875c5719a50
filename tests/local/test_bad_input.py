"""Whatever is uploaded, through the whole service with its real engines: each gets a clear end and exactly one mail."""

import email
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

import pytest

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, BranchStatus, Options, ReportState, Status
from chalicelib.speech.tracks import CAPTIONS
from local.runtime import Runtime
from tests.harness import stills
from tests.harness.heif import heif
from tests.harness.media import cut_in_half, ffmpeg, make_audio, make_video

pytestmark = pytest.mark.xdist_group("bad input")  # all stories are told by one service

EMAIL = "owner@rapporteur.example"
LIMIT = 4_000_000
NAMES = {
    "spaces": "two  words and more.wav",
    "signs": "a+b %20 100%.wav",
    "quotes": 'it\'s "quoted" `so`.wav',
    "shell": "x; rm -rf $(HOME) && y | z.wav",
    "emoji": "🎤🇫🇷.wav",
    "korean": "한국어 토론.wav",
    "long": "x" * 296 + ".wav",
    "climbing": "../../../etc/passwd.wav",
    "html": "<script>alert(1)<img src=x onerror=alert(2)>.wav",
}

STILLS = {
    "drawing.png": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "bomb.png": stills.png_that_says(60_000, 60_000),
    "cut.jpg": stills.saved(stills.picture((1000, 800)), quality=95)[:9000],
    "dot.png": stills.saved(stills.picture((1, 1)), "PNG"),
    "locked.pdf": stills.locked_pdf(),
    "long.pdf": stills.pdf(3001),
    "picture.jpg": stills.saved(stills.picture((2400, 1600), "CMYK")),
    "moving.gif": stills.animated_gif(),
    "script.pdf": stills.pdf(2, "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"),
}


@dataclass
class Story:
    """How an upload ended: the asset, its mails, its report page and its captions."""

    asset: Asset
    mails: list[EmailMessage]
    page: str
    captions: str | None

    @property
    def text(self) -> str:
        (mail,) = self.mails
        body = mail.get_body(("plain",))
        assert body is not None
        return cast(str, body.get_content())


@dataclass
class Uploads:
    folder: Path
    files: dict[str, tuple[str, Path]] = field(default_factory=dict)

    def add(self, story: str, path: Path, name: str | None = None) -> None:
        self.files[story] = (name or path.name, path)


def prepare(folder: Path) -> Uploads:
    uploads = Uploads(folder)
    good = make_audio(folder / "good.wav", 1.0, rate=16_000)
    uploads.add("good", good)
    uploads.add("same", good)
    uploads.add("same again", good)
    for story, name in NAMES.items():
        uploads.add(story, good, name)
    empty = folder / "empty.mp4"
    empty.touch()
    uploads.add("empty", empty)
    text = folder / "text.mp4"
    text.write_text("This is a letter.\n" * 50)
    uploads.add("text", text)
    uploads.add("half", cut_in_half(make_video(folder / "half.mp4")))
    (folder / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    ffmpeg("-i", folder / "words.srt", folder / "no-streams.mkv")
    uploads.add("no streams", folder / "no-streams.mkv")
    uploads.add("no sound", make_video(folder / "no-sound.mp4", 1.0, sound=False))
    uploads.add("silence", make_audio(folder / "silence.flac", 1800, "anullsrc=r=16000:cl=mono", 16_000))
    uploads.add("ending", text, "letter.docx")
    uploads.add("no ending", text, "letter")
    uploads.add("no length", cut_samples(good, folder / "no-length.wav"))
    for name, body in STILLS.items():
        (folder / name).write_bytes(body)
        uploads.add(name, folder / name)
    uploads.add("phone.heic", heif(folder / "phone.heic", 2, 1))
    big = folder / "big.wav"
    with big.open("wb") as file:
        file.truncate(LIMIT + 1)
    uploads.add("too large", big)
    return uploads


def cut_samples(source: Path, target: Path) -> Path:
    """A WAV with a header and not one sample."""
    header = source.read_bytes()[:36]
    target.write_bytes(header[:4] + (36).to_bytes(4, "little") + header[8:36] + b"data\0\0\0\0")
    return target


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Story]]:
    uploads = prepare(tmp_path_factory.mktemp("bad"))
    with Runtime(
        {"MAX_UPLOAD_BYTES": str(LIMIT), "TRANSCRIBER": "local.engines.pocketsphinx", "DIARIZER": ""}
    ) as runtime:
        assets = {
            story: runtime.upload(path, "owner", Options(email=EMAIL, presets=("web", "audio")), name)
            for story, (name, path) in uploads.files.items()
        }
        runtime.run()
        assert runtime.pump.dropped == []
        yield {story: tell(runtime, asset) for story, asset in assets.items()}


def tell(runtime: Runtime, uploaded: Asset) -> Story:
    asset = runtime.services.store.get(uploaded.ref)
    assert asset is not None
    raw = runtime.mail_about(keys.job_name(asset.run, keys.Task.REPORT))
    mails = [cast(EmailMessage, email.message_from_bytes(mail, policy=default)) for mail in raw]
    read = runtime.services.outputs.read_text
    page = read(keys.output_key(asset, keys.Folder.REPORT, ".html"))
    return Story(asset, mails, page or "", read(CAPTIONS.key(asset, "vtt")))


def test_every_upload_ends_and_its_owner_is_told_once(stories: dict[str, Story]) -> None:
    for name, story in stories.items():
        assert story.asset.status in {Status.COMPLETED, Status.REJECTED}, name
        assert story.asset.report is ReportState.DELIVERED, name
        assert len(story.mails) == 1, name
        assert story.mails[0]["To"] == EMAIL


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("empty", "empty-file", "is empty"),
        ("text", "unreadable", "cannot be read as a recording"),
        ("half", "unreadable", "cut off"),
        ("no streams", "no-streams", "neither picture nor sound"),
        ("ending", "unsupported-ending", ".docx are not accepted"),
        ("no ending", "no-ending", "without an ending"),
        ("no length", "too-short", "no length"),
        ("too large", "too-large", "at most 4 MB"),
        ("drawing.png", "markup", "SVG"),
        ("bomb.png", "too-many-pixels", "60,000 × 60,000 pixels"),
        ("cut.jpg", "still-unreadable", "cut off"),
        ("dot.png", "too-few-pixels", "1 × 1 pixels"),
        ("locked.pdf", "document-locked", "password"),
        ("long.pdf", "too-many-pages", "3,001 pages"),
    ],
)
def test_bad_input_is_rejected_with_a_clear_sentence(
    stories: dict[str, Story], name: str, code: str, said: str
) -> None:
    story = stories[name]
    assert story.asset.status is Status.REJECTED
    assert story.asset.failure and story.asset.failure.code == code
    assert said in " ".join(story.text.split())
    assert story.mails[0]["Subject"].startswith("Rejected: ")


def test_a_video_without_sound_gets_renditions_and_an_empty_transcript_and_is_told_so(
    stories: dict[str, Story],
) -> None:
    story = stories["no sound"]
    assert story.asset.status is Status.COMPLETED
    assert [rendition.preset for rendition in story.asset.renditions] == ["web"]
    assert story.captions is not None and story.captions.strip() == "WEBVTT"
    assert "no sound" in story.text


def test_half_an_hour_of_silence_has_an_empty_transcript_and_is_told_so(stories: dict[str, Story]) -> None:
    story = stories["silence"]
    assert story.asset.status is Status.COMPLETED
    assert story.asset.branches["speech"].status is BranchStatus.DONE
    assert story.captions is not None and story.captions.strip() == "WEBVTT"
    assert "No speech was heard" in story.text


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("picture.jpg", ["thumbnail", "picture"]),
        ("moving.gif", ["thumbnail"]),
        ("phone.heic", ["thumbnail", "picture"]),
        ("script.pdf", ["thumbnail"]),
    ],
)
def test_a_picture_or_a_document_is_looked_into_and_nothing_is_said_of_sound(
    stories: dict[str, Story], name: str, made: list[str]
) -> None:
    story = stories[name]
    assert story.asset.status is Status.COMPLETED
    assert [rendition.preset for rendition in story.asset.renditions] == made
    assert "sound" not in story.text
    assert ("of its 3 frames the first" in " ".join(story.text.split())) == (name == "moving.gif")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_only_a_name(stories: dict[str, Story], name: str) -> None:
    story = stories[name]
    assert story.asset.status is Status.COMPLETED
    assert story.asset.file_name == NAMES[name]
    assert [rendition.preset for rendition in story.asset.renditions] == ["audio"]


def test_the_same_file_twice_is_two_assets(stories: dict[str, Story]) -> None:
    assert stories["same"].asset.ref != stories["same again"].asset.ref
    assert stories["same"].asset.etag == stories["same again"].asset.etag


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_html_in_a_name_is_inert_in_mail_and_page(stories: dict[str, Story]) -> None:
    story = stories["html"]
    body = story.mails[0].get_body(("html",))
    assert body is not None
    for html in (body.get_content(), story.page):
        assert "alert(1)" in html
        for tag, attributes in Tags(html).found:
            assert tag != "script"
            assert not any(name.startswith("on") for name in attributes)
            assert tag != "img" or attributes["src"] != "x"
