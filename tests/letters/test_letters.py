"""What must hold for every mail in every language."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import html5lib
import pytest
from babel.messages.catalog import Catalog

from chalicelib.letters.letter import Letter
from chalicelib.letters.rendering import MAX_HTML_BYTES
from chalicelib.letters.report import build
from chalicelib.letters.wording import LANGUAGES
from mails import messages
from mails.compile import TEMPLATES, compiled
from tests.letters.reports import completed, letters, reader_of

TRANSLATED = [language for language in LANGUAGES if language != "en"]
KINDS = list(letters(reader_of("en")))
PLACE = re.compile(r"%\((\w+)\)s")


class Attributes(HTMLParser):
    """All attributes of a page, by tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


@cache
def mails(language: str) -> dict[str, Letter]:
    return letters(reader_of(language))


@pytest.fixture(params=[(language, kind) for language in LANGUAGES for kind in KINDS], ids="-".join)
def letter(request: pytest.FixtureRequest) -> Letter:
    language, kind = request.param
    return mails(language)[kind]


def test_its_html_is_valid(letter: Letter) -> None:
    html5lib.HTMLParser(strict=True).parse(letter.html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_valid_html(language: str) -> None:
    html5lib.HTMLParser(strict=True).parse(build(completed(), reader_of(language)).page)


def test_it_is_small_and_has_nothing_left_to_fill_in(letter: Letter) -> None:
    assert len(letter.html.encode()) < MAX_HTML_BYTES / 2
    for text in (letter.subject, letter.text, letter.html):
        assert not re.search(r"\{\{|\{%|%\(|_j\d|None\b|Undefined|\ue000", text)
    assert letter.subject.replace("\xa0", " ").isprintable()
    assert letter.text.strip()


def test_it_needs_nothing_from_elsewhere(letter: Letter) -> None:
    seen = Attributes(letter.html)
    shown = {f"cid:{picture.cid}" for picture in letter.pictures}
    assert {image["src"] for image in seen.of("img")} == shown
    assert all((image["alt"] or "").strip() for image in seen.of("img"))
    assert not {tag for tag, _ in seen.found} & {"script", "link", "form", "iframe", "object", "base"}
    assert "url(" not in letter.html
    assert "@import" not in letter.html


def test_its_tables_are_for_looks_and_its_styles_on_its_elements(letter: Letter) -> None:
    seen = Attributes(letter.html)
    assert all(table["role"] == "presentation" for table in seen.of("table"))
    assert all("style" in paragraph for paragraph in seen.of("p"))
    assert "prefers-color-scheme: dark" in letter.html
    assert {meta.get("content") for meta in seen.of("meta") if meta.get("name") == "color-scheme"} == {"light dark"}


def test_no_line_of_text_is_wider_than_a_screen(letter: Letter) -> None:
    for line in letter.text.splitlines():
        assert len(line) <= 76 or "https://" in line


@pytest.mark.parametrize(
    ("language", "html"), [("en", "en"), ("fr", "fr"), ("ko", "ko"), ("ja", "ja"), ("zh", "zh-Hans")]
)
def test_it_says_its_language(language: str, html: str) -> None:
    for kind in KINDS:
        assert Attributes(mails(language)[kind].html).of("html") == [{"lang": html}]


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_left_in_english(language: str) -> None:
    english = mails("en")
    for kind, letter in mails(language).items():
        assert letter.subject != english[kind].subject
        footer = letter.text[letter.text.rindex("-" * 40) :]
        assert "Sent by" not in footer
        assert "Change how" not in footer


def test_the_templates_are_what_their_sources_compile_to() -> None:
    for name, text in compiled().items():
        assert (TEMPLATES / name).read_text() == text, f"{name} is old: run `make mails`"
    assert {path.name for path in Path(TEMPLATES).glob("*.html.j2")} == set(compiled())


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_all_that_is_said_and_nothing_else(language: str) -> None:
    said = {message.id for message in messages.said() if message.id}
    written = messages.written(language)
    assert {message.id for message in written if message.id} == said
    assert not written.obsolete
    for message in written:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(strings), message.id
        assert not message.fuzzy or not message.id, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_holds_what_its_message_holds(language: str) -> None:
    for message in messages.written(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if not ids[0]:
            continue
        for number, string in enumerate(strings):
            meant = ids[-1] if number == len(strings) - 1 else ids[0]
            assert set(PLACE.findall(string)) == set(PLACE.findall(meant)), message.id
            assert "%" not in PLACE.sub("", string), message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_as_many_plural_forms_as_its_language(language: str) -> None:
    written = messages.written(language)
    usual = Catalog(locale={"zh": "zh_Hans"}.get(language, language))
    assert (written.num_plurals, written.plural_expr) == (usual.num_plurals, usual.plural_expr)
    for message in written:
        if isinstance(message.id, tuple):
            assert len(message.string) == usual.num_plurals, message.id
