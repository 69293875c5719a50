from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from chalicelib.domain.tracks import Moment, Page
from chalicelib.letters.letter import Reader
from chalicelib.letters.rendering import cut, shortened, underlined, wrapped
from chalicelib.letters.wording import Wording

MOMENT = datetime(2026, 11, 20, 18, 5, tzinfo=UTC).timestamp()


def words(language: str, zone: str = "UTC") -> Wording:
    return Wording.of(Reader(language, zone))


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [
        ("en", "UTC", "November 20, 2026, 6:05\u202fPM UTC"),
        ("en", "America/Los_Angeles", "November 20, 2026, 10:05\u202fAM"),
        ("fr", "Europe/Paris", "20 novembre 2026, 19:05"),
        ("ko", "Asia/Seoul", "2026년 11월 21일 오전 3:05"),
        ("ja", "Asia/Tokyo", "2026年11月21日 3:05"),
        ("zh", "Asia/Shanghai", "2026年11月21日 02:05"),
        ("ja", "Nowhere/Land", "2026年11月20日 18:05"),
        ("ja", "../../etc/passwd", "2026年11月20日 18:05"),
    ],
)
def test_a_time_is_told_as_the_readers_clock_shows_it(language: str, zone: str, said: str) -> None:
    assert words(language, zone).moment(MOMENT) == said


@pytest.mark.parametrize(
    ("language", "day", "size", "length", "share", "money", "names", "number"),
    [
        ("en", "November 1, 2026", "24.3 MB", "12 min, 34 sec", "31%", "$1,234.50", "a, b, and c", "1,234"),
        (
            "fr",
            "1 novembre 2026",
            "24,3\u202fMo",
            "12\u202fmin et 34\u202fs",
            "31\u202f%",
            "1\u202f234,50\xa0$US",
            "a, b et c",
            "1\u202f234",
        ),
        ("ko", "2026년 11월 1일", "24.3MB", "12분 34초", "31%", "US$1,234.50", "a, b 및 c", "1,234"),
        ("ja", "2026年11月1日", "24.3 MB", "12 分 34 秒", "31%", "$1,234.50", "a、b、c", "1,234"),
        ("zh", "2026年11月1日", "24.3 MB", "12分钟34秒", "31%", "US$1,234.50", "a、b和c", "1,234"),
    ],
)
def test_dates_and_numbers_are_written_as_the_language_does(
    language: str, day: str, size: str, length: str, share: str, money: str, names: str, number: str
) -> None:
    own = words(language)
    assert own.date(date(2026, 11, 1)) == day
    assert own.size(24_300_000).replace("\xa0", "\u202f") == size
    assert own.duration(754.2).replace("\xa0", "\u202f") == length
    assert own.percent(0.314).replace("\xa0", "\u202f") == share
    assert own.money(Decimal("1234.5")) == money
    assert own.list(["a", "b", "c"]) == names
    assert own.number(1234) == number


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 sec"), (59.9, "59 sec"), (60, "1 min"), (3600, "1 hr"), (3725, "1 hr, 2 min"), (360_000, "100 hr")],
)
def test_a_length_has_the_units_that_matter(seconds: float, said: str) -> None:
    assert words("en").duration(seconds) == said


def test_small_and_large_sizes_have_their_units() -> None:
    assert [words("en").size(size) for size in (1, 999, 1000, 6_200_000_000)] == [
        "0.1 kB",
        "1 kB",
        "1 kB",
        "6.2 GB",
    ]


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [
        ("en", "en-US", "English (United States)"),
        ("fr", "ko-KR", "coréen (Corée du Sud)"),
        ("ko", "en", "영어"),
        ("ja", "zh-CN", "中国語 (中国)"),
        ("zh", "fr_CA", "法语 (加拿大)"),
        ("en", "zh-Hans", "Chinese"),
        ("en", "<b>-US", "<b>-US"),
        ("en", "", ""),
    ],
)
def test_languages_have_their_names(language: str, code: str, name: str) -> None:
    assert words(language).language_name(code) == name


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["The link is valid for 1 day.", "The link is valid for 2 days."]),
        ("fr", ["Le lien est valable 1 jour.", "Le lien est valable 2 jours."]),
        ("ko", ["이 링크는 1일 동안 유효합니다.", "이 링크는 2일 동안 유효합니다."]),
    ],
)
def test_one_and_two_have_their_forms(language: str, said: list[str]) -> None:
    own = words(language)
    one, many = "The link is valid for %(count)s day.", "The link is valid for %(count)s days."
    assert [own.ngettext(one, many, count) for count in (1, 2)] == said


@pytest.mark.parametrize(
    ("language", "page"), [("en", "page 1,234"), ("fr", "page 1\u202f234"), ("ko", "1,234쪽"), ("zh", "第 1,234 页")]
)
def test_a_place_is_a_time_or_a_page_or_nothing(language: str, page: str) -> None:
    assert words(language).place(Page(1234)) == page
    assert [words(language).place(Moment(start, start)) for start in (4.9, 245.0, 3723.0)] == [
        "0:04",
        "4:05",
        "1:02:03",
    ]
    assert words(language).place(None) == ""


def test_nothing_is_singular_in_french_and_plural_in_english() -> None:
    one, many = "%(count)s mail came back.", "%(count)s mails came back."
    assert words("en").ngettext(one, many, 0) == "0 mails came back."
    assert words("fr").ngettext(one, many, 0) == "0 courriel est revenu."


@pytest.mark.parametrize(
    ("asked", "language"), [("fr-CA", "fr"), ("zh_CN", "zh"), ("EN", "en"), ("de", "en"), ("", "en"), ("../fr", "en")]
)
def test_an_unknown_language_is_read_as_english(asked: str, language: str) -> None:
    assert words(asked).language == language


def test_lines_are_wrapped_between_words_and_between_the_characters_of_east_asia() -> None:
    lines = wrapped("word " * 40, "  ").splitlines()
    assert all(len(line) <= 76 for line in lines)
    assert lines[1].startswith("  word")
    japanese = wrapped("文字起こしからプログラムが作成したもので、誤りを含むことがあります。" * 3).splitlines()
    assert len(japanese) == 3
    assert not [line for line in japanese if line[0] in "、。"]
    korean = wrapped("기록은 전과 같이 처리됩니다. " * 6).splitlines()
    assert {word for line in korean for word in line.split()} == {"기록은", "전과", "같이", "처리됩니다."}
    assert wrapped("https://example.org/" + "a" * 100) == "https://example.org/" + "a" * 100
    assert wrapped("one\n\ntwo") == "one\n\ntwo"


def test_headings_are_underlined_as_wide_as_they_are() -> None:
    assert underlined("Summary") == "-------"
    assert underlined("要約") == "----"


def test_texts_are_cut_at_a_word_and_names_keep_their_ending() -> None:
    assert cut("one two three", 9) == "one two…"
    assert cut("一二三四五六七", 4) == "一二三…"
    assert cut("short", 9) == "short"
    assert shortened("n" * 300 + ".mp4").endswith(".mp4")
