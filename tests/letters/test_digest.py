from dataclasses import replace

import pytest

from chalicelib.domain.assets import Status
from chalicelib.letters import digest
from chalicelib.letters.digest import DigestEntry, Remarks, build_digest
from chalicelib.letters.letter import Reader
from chalicelib.letters.rendering import MAX_HTML_BYTES
from chalicelib.letters.wording import LANGUAGES
from chalicelib.message import Message
from tests.letters.reports import BRANCHES, asset, broken, digest_entries, entry, preview

INJECTED = '<script>alert("x")</script>'


def failed(number: int) -> DigestEntry:
    message = "The work on this came to no end, also when it was started again."
    unmade = {"status": Status.FAILED, "failure": Message("took-too-long", message), "media": None, "branches": {}}
    return replace(entry(number, file_name=f"failed-{number}.mp4", **unmade), summary=None)


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("en", "Your recording", "Your 2 recordings"),
        ("fr", "Votre enregistrement", "Vos 2 enregistrements"),
        ("ko", "기록 1개", "기록 2개"),
        ("ja", "録音・録画 1 件", "録音・録画 2 件"),
        ("zh", "您的 1 条记录", "您的 2 条记录"),
    ],
)
def test_one_and_two_recordings_are_counted_as_the_language_does(language: str, one: str, two: str) -> None:
    for count, said in ((1, one), (2, two)):
        letter = build_digest([entry(number) for number in range(count)], Reader(language))
        assert f">{said}</h1>" in letter.html
        assert letter.text.startswith(f"{said}\n")


def test_a_recording_is_told_with_how_it_ended_its_mood_its_summary_and_a_link() -> None:
    letter = build_digest([entry(1, title="Should buses be free?")], Reader("en", "Asia/Seoul"))
    assert letter.subject == "Digest: Should buses be free?"
    for form in (letter.text, letter.html):
        assert "Ready · 12 min, 34 sec · September 21, 2026, 11:13\u202fPM" in form
        assert "Mixed" in form
        assert "The guests spoke about the new park" in form
        assert "https://rapporteur.example.org/#/asset/0190a0b0c0d0e001" in form
        assert "Of them" not in form
    assert "background-color:#e8a33d" in letter.html


def test_what_went_wrong_comes_first_and_says_why() -> None:
    letter = build_digest([entry(1, title="Good"), failed(2), entry(3)], Reader("en"))
    assert letter.subject == "Digest: failed-2.mp4 and 2 more"
    assert letter.html.index("failed-2.mp4</h2>") < letter.html.index("Good</h2>")
    assert "Of them: 2 ready and 1 failed." in letter.html
    assert "The work on this came to no end" in letter.text
    korean = build_digest([failed(2)], Reader("ko"))
    assert "다시 시작했지만 처리가 끝나지 않았습니다." in korean.html


def test_a_branch_that_failed_is_told_with_the_rest() -> None:
    branches = {**asset().branches, "language": broken("language", "The model gave no summary.")}
    letter = build_digest([entry(1, branches=branches)], Reader("en"))
    assert "The summary and analysis could not be made: The model gave no summary." in letter.html


def test_previews_are_pictures_with_words_for_who_does_not_see_them() -> None:
    letter = build_digest(digest_entries(), Reader("en"))
    assert [(picture.cid, picture.content_type, picture.file_name) for picture in letter.pictures] == [
        ("preview-2@rapporteur", "image/gif", "preview-2.gif"),
        ("preview-3@rapporteur", "image/gif", "preview-3.gif"),
    ]
    assert 'src="cid:preview-2@rapporteur"' in letter.html
    assert 'alt="A picture of Should buses be free?"' in letter.html


def test_previews_that_are_too_much_or_no_gif_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "MAX_PREVIEW_BYTES", len(preview()) + 10)
    entries = [replace(entry(number), preview=preview()) for number in (1, 2)]
    assert len(build_digest(entries, Reader()).pictures) == 1
    assert build_digest([replace(entry(1), preview=b"<svg/>")], Reader()).pictures == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_thirty_are_told_in_full_and_the_rest_by_name_as_far_as_there_is_room(language: str) -> None:
    long = [
        replace(entry(number, title=f"{number} " + "긴 제목 " * 60), summary="요약입니다 " * 400, preview=preview())
        for number in range(900)
    ]
    letter = build_digest(long, Reader(language))
    assert len(letter.html.encode()) < MAX_HTML_BYTES
    assert letter.html.count("<h2") == 30
    named = letter.html.count('href="https://rapporteur.example.org/#/asset/') - 30
    assert 0 < named < 870
    if language == "en":
        assert f"and {870 - named} more" in letter.html
        assert f"and {870 - named} more" in letter.text
        assert letter.subject.endswith("and 899 more")


@pytest.mark.parametrize("language", LANGUAGES)
def test_thirty_that_all_failed_at_length_fit(language: str) -> None:
    branches = {branch: broken(branch, "그는 " * 900) for branch in BRANCHES}
    worst = [
        replace(
            entry(number, title="제목 " * 90, branches=branches, status=Status.FAILED),
            preview=preview(),
            link="x" * 200,
        )
        for number in range(31)
    ]
    letter = build_digest(worst, Reader(language))
    assert len(letter.html.encode()) < MAX_HTML_BYTES
    assert letter.html.count("<h2") == 30


def test_what_users_wrote_is_only_text() -> None:
    branches = {**asset().branches, "language": broken("language", INJECTED)}
    hostile = replace(
        entry(1, title=INJECTED + "\u202e", branches=branches),
        summary=INJECTED,
        link='https://x/"><b>',
        preview=preview(),
    )
    letter = build_digest([hostile, *(replace(hostile) for _ in range(31))], Reader())
    assert "<script" not in letter.html
    assert "<b>" not in letter.html
    assert "\u202e" not in letter.html + letter.text + letter.subject
    assert letter.html.count("&lt;script&gt;") >= 90


def test_without_pages_there_are_no_links() -> None:
    letter = build_digest([replace(entry(1), link=None)], Reader())
    assert "href" not in letter.html
    assert "Read along" not in letter.text


def test_comments_are_counted_and_told_last_also_where_nothing_has_ended() -> None:
    said = [Remarks(INJECTED, 1, 2, "https://rapporteur.example.org/#/asset/1")]
    alone, beside = (build_digest(entries, Reader(), said) for entries in ((), [entry()]))
    for letter in (alone, beside):
        assert "1 new comment · 2 comments of yours were resolved" in letter.html
        assert "1 new comment · 2 comments of yours were resolved" in letter.text
        assert INJECTED not in letter.html
        assert 'href="https://rapporteur.example.org/#/asset/1"' in letter.html
    assert alone.text.startswith("Comments\n")
    assert "come to an end" not in alone.html
    assert beside.text.index("debate.mp4") < beside.text.index("Comments") < beside.text.index("1 new comment")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_digest_with_very_many_comments_fits(language: str) -> None:
    said = [Remarks("토론" * 200, number, 3, "https://rapporteur.example.org/#/asset/1") for number in range(300)]
    letter = build_digest([failed(number) for number in range(40)], Reader(language), said)
    assert len(letter.html.encode()) < MAX_HTML_BYTES
