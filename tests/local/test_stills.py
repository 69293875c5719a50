"""Pictures and documents, looked into by both probers, and made smaller; what somebody means ill gets a sentence."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from PIL import Image

from chalicelib.domain import presets
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import ACCEPTED, PDF, PICTURES, MediaInfo, Picture
from chalicelib.engines.probing import mediaconvert
from chalicelib.errors import MediaRejected
from chalicelib.seams.transcoding import TranscodingJob, TranscodingOutput
from local.engines import _stills
from local.engines import ffmpeg as transcoder
from local.engines._subprocess import Limits
from local.engines.pyav import PyavProber
from tests.engines.stubs import context
from tests.harness import stills
from tests.harness.heif import SIZE, heif
from tests.harness.media import ffmpeg as run_ffmpeg
from tests.local.engines_on_a_machine import BUCKET, Bench, bench

Prober = Callable[[Path], MediaInfo]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


@pytest.fixture(params=["local", "aws"])
def probe(request: pytest.FixtureRequest) -> Prober:
    prober: Prober = request.getfixturevalue(request.param)
    return prober


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Prober]:
    with bench(tmp_path) as running:
        yield lambda path: PyavProber().probe(running.put(path))


@pytest.fixture
def aws() -> Iterator[Prober]:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="uploads")
        prober = mediaconvert.create(context())

        def ask(path: Path) -> MediaInfo:
            prober.aws.s3.put_object(Bucket="uploads", Key=path.name, Body=path.read_bytes())
            return prober.probe(S3Object("uploads", path.name))

        yield ask


def refused(probe: Prober, path: Path, body: bytes) -> str:
    path.write_bytes(body)
    with pytest.raises(MediaRejected) as caught:
        probe(path)
    return caught.value.code


@pytest.mark.parametrize("container", sorted({*PICTURES, PDF}))
def test_a_still_is_seen_for_what_it_is_whatever_it_is_called(here: Bench, container: str) -> None:
    path = stills.make_still(here.folder / f"still.{ACCEPTED[container][0]}", container)
    found = PyavProber().probe(here.put(path.rename(path.with_suffix(".mp4"))))
    assert (found.container, found.duration, found.video, found.audio) == (container, 0.0, None, None)
    assert found.picture == (None if container == PDF else Picture(*SIZE))
    assert found.pages == {PDF: 2, "tiff": 1}.get(container)


@pytest.mark.parametrize("container", ["jpeg", "png", "tiff", PDF])
def test_both_probers_see_the_same(probe: Prober, tmp_path: Path, container: str) -> None:
    found = probe(stills.make_still(tmp_path / "still.bin", container))
    assert found.picture == (None if container == PDF else Picture(*SIZE))
    assert found.pages == {PDF: 2, "tiff": 1}.get(container)


def test_a_film_of_one_frame_and_one_of_more_than_six_hours_are_films(here: Bench) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:r=1", "-frames:v", "1", here.folder / "one.mp4")
    drawn = "testsrc2=s=128x96:r=1/5:d=21660"
    run_ffmpeg("-f", "lavfi", "-i", drawn, "-c:v", "mpeg4", "-q:v", "9", here.folder / "long.mkv")
    one, long = (PyavProber().probe(here.put(here.folder / name)) for name in ("one.mp4", "long.mkv"))
    assert one.video and one.picture is None
    assert long.video and long.duration == pytest.approx(21_660, abs=6)


def test_a_picture_stands_upright(probe: Prober, tmp_path: Path) -> None:
    (tmp_path / "side.jpg").write_bytes(stills.turned_jpeg())
    assert probe(tmp_path / "side.jpg").picture == Picture(SIZE[1], SIZE[0])


@pytest.mark.parametrize(("columns", "turns", "seen"), [(1, 0, (320, 200)), (2, 0, (640, 200)), (2, 3, (200, 640))])
def test_a_picture_of_a_phone_is_put_together_and_stands_upright(
    here: Bench, columns: int, turns: int, seen: tuple[int, int]
) -> None:
    source = here.put(heif(here.folder / "phone.heic", columns, turns))
    media = PyavProber().probe(source)
    assert media == MediaInfo("heif", 0.0, picture=Picture(*seen))
    made = made_of(here, source, media, (presets.PICTURE,))["picture"]
    corners = [made.getpixel((x, y)) for y in (5, made.height - 5) for x in (5, made.width - 5)]
    assert [isinstance(one, tuple) and min(one) > 230 for one in corners].index(True) == (1 if turns else 0)


def test_a_tiff_has_pages(probe: Prober, tmp_path: Path) -> None:
    (tmp_path / "pages.tif").write_bytes(stills.pages_of_tiff(3))
    assert probe(tmp_path / "pages.tif").pages == 3


def test_a_picture_for_print_is_a_picture(probe: Prober, tmp_path: Path) -> None:
    (tmp_path / "print.jpg").write_bytes(stills.saved(stills.picture(mode="CMYK")))
    assert probe(tmp_path / "print.jpg").picture == Picture(*SIZE)


def test_a_document_with_a_script_is_read_and_nothing_is_run(probe: Prober, tmp_path: Path) -> None:
    script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    (tmp_path / "script.pdf").write_bytes(stills.pdf(1, script))
    assert probe(tmp_path / "script.pdf").pages == 1


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "markup"),
        ("page.jpg", b"\n <!DOCTYPE html><html></html>", "markup"),
        ("one.png", stills.saved(stills.picture((1, 1)), "PNG"), "too-few-pixels"),
        ("bomb.png", stills.png_that_says(40_000, 40_000), "too-many-pixels"),
        ("large.png", stills.png_that_says(12_000, 8_400), "too-many-pixels"),
        ("locked.pdf", stills.locked_pdf(), "document-locked"),
        ("long.pdf", stills.pdf(3001), "too-many-pages"),
        ("cut.pdf", stills.pdf(2)[:200], "still-unreadable"),
        ("head.jpg", stills.saved(stills.picture())[:20], "still-unreadable"),
        ("loop.tif", b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "still-unreadable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_gets_a_sentence(probe: Prober, tmp_path: Path, name: str, body: bytes, code: str) -> None:
    assert refused(probe, tmp_path / name, body) == code


def test_a_document_that_says_it_has_few_pages_is_counted_before_it_costs(tmp_path: Path, aws: Prober) -> None:
    path = tmp_path / "lies.pdf"
    path.write_bytes(stills.pdf(5, said=1))
    assert aws(path).pages == 5
    assert refused(aws, path, stills.pdf(3001, said=1)) == "too-many-pages"
    assert refused(aws, path, stills.pdf(2).replace(b"/Kids [4 0 R", b"/Kids [2 0 R")) == "still-unreadable"


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_document_that_only_may_not_be_changed_is_read(probe: Prober, tmp_path: Path, algorithm: str) -> None:
    (tmp_path / "rights.pdf").write_bytes(stills.locked_pdf("", algorithm))
    assert probe(tmp_path / "rights.pdf").pages == 1


def test_what_cannot_be_unlocked_on_lambda_counts_as_locked(tmp_path: Path) -> None:
    """There is no `cryptography` there, which AES takes."""
    (tmp_path / "locked.pdf").write_bytes(stills.locked_pdf("", "AES-256"))
    code = (
        "import sys; sys.modules['cryptography'] = sys.modules['Crypto'] = None\n"
        "from chalicelib.engines.probing._stills import still\n"
        "from chalicelib.errors import MediaRejected\n"
        "try: still('pdf', open(sys.argv[1], 'rb'))\n"
        "except MediaRejected as exc: print(exc.code)\n"
    )
    told = subprocess.run([sys.executable, "-c", code, tmp_path / "locked.pdf"], capture_output=True, text=True)
    assert told.stdout == "document-locked\n", told.stderr


def test_of_a_document_the_first_page_is_drawn_small(here: Bench) -> None:
    path = here.folder / "paper.pdf"
    path.write_bytes(stills.pdf(2))
    source = here.put(path)
    media = PyavProber().probe(source)
    assert [plan.preset for plan in presets.chosen(presets.DEFAULT_NAMES, media)] == [presets.THUMBNAIL]
    small = made_of(here, source, media, (presets.THUMBNAIL,))["thumbnail"]
    assert small.size == (371, 480)
    assert len(set(small.convert("L").tobytes())) > 1  # there is something on it


def test_what_takes_too_much_is_said_as_such(here: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_stills, "_LIMITS", Limits(memory=64 * 1024**2))
    path = here.folder / "large.png"
    stills.picture((6000, 6000)).save(path)
    with pytest.raises(MediaRejected) as caught:
        PyavProber().probe(here.put(path))
    assert caught.value.code == "work-memory"


def test_a_document_without_pages_is_refused(probe: Prober, tmp_path: Path) -> None:
    assert refused(probe, tmp_path / "empty.pdf", stills.pdf(0)) in {"no-pages", "still-unreadable"}


def test_a_picture_that_is_cut_off_is_refused_where_it_is_decoded(here: Bench) -> None:
    body = stills.saved(stills.picture((1000, 800)), quality=95)
    path = here.folder / "cut.jpg"
    path.write_bytes(body[: len(body) // 2])
    with pytest.raises(MediaRejected) as caught:
        PyavProber().probe(here.put(path))
    assert caught.value.code == "still-unreadable"


def test_what_aws_does_not_read_is_refused_there(probe: Prober, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "moving.gif").write_bytes(stills.animated_gif())
    if request.node.callspec.params["probe"] == "aws":
        assert refused(probe, tmp_path / "moving.gif", stills.animated_gif()) == "unsupported-container"
    else:
        assert probe(tmp_path / "moving.gif").picture == Picture(*SIZE, frames=3)


@pytest.mark.parametrize(
    ("container", "body"),
    [
        ("jpeg", stills.turned_jpeg()),
        ("jpeg", stills.saved(stills.picture((2400, 1600), "CMYK"))),
        ("png", stills.saved(stills.picture(mode="RGBA"), "PNG")),
        ("gif", stills.animated_gif()),
        ("tiff", stills.pages_of_tiff()),
    ],
    ids=["turned", "for print", "see-through", "moving", "pages"],
)
def test_smaller_pictures_are_made_upright_and_never_larger(here: Bench, container: str, body: bytes) -> None:
    path = here.folder / "source.bin"
    path.write_bytes(body)
    source = here.put(path)
    media = PyavProber().probe(source)
    assert media.container == container
    made = made_of(here, source, media, presets.STILLS)
    assert media.picture is not None
    for preset in presets.STILLS:
        image = made[preset.name]
        assert max(image.size) == min(preset.still or 0, max(media.picture.width, media.picture.height))
        assert (image.width > image.height) == (media.picture.width > media.picture.height)


def made_of(
    here: Bench, source: S3Object, media: MediaInfo, wanted: tuple[presets.Preset, ...]
) -> dict[str, Image.Image]:
    """The pictures that the transcoder makes, by preset."""
    outputs = tuple(TranscodingOutput(preset.name, S3Object(BUCKET, f"output/{preset.name}.jpg")) for preset in wanted)
    assert transcoder.create(None).start(TranscodingJob("job", source, media, outputs)) is None
    result = here.result()
    assert result.outcome.failure is None
    made = {}
    for preset, output in zip(wanted, result.outcome.outputs, strict=True):
        with Image.open(here.folder / preset.export_name) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (output.width, output.height))
            made[preset.name] = image.copy()
    return made
