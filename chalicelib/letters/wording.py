"""What mails say in the language of who reads them: sentences, plural forms, dates, numbers. Pure, but for its files.

The sentences are looked up in the catalogues beside this file (`translations/{language}.po`, gettext's format,
https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html); English stands in the code and in the templates.
Everything else comes from the Unicode CLDR, by way of Babel (https://babel.pocoo.org).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import Translations
from babel.units import format_unit

from chalicelib.domain.media import in_units
from chalicelib.domain.tracks import Moment, Page, Place, clock
from chalicelib.letters.letter import Reader
from chalicelib.message import Message, filled
from chalicelib.speech.speakers import number_of

_CATALOGUES = Path(__file__).parent / "translations"
_FALLBACK = "en"
_FONTS = "-apple-system, BlinkMacSystemFont, Segoe UI, Roboto, Helvetica, Arial"


@dataclass(frozen=True, slots=True)
class _Language:
    """`locale` as Babel writes it, `html` as BCP 47 does; `fonts` are for the script; `word_break` is CSS's.

    `time` is how the time of a day is written: a length or a pattern of the CLDR's
    (https://www.unicode.org/reports/tr35/tr35-dates.html#Date_Format_Patterns).
    """

    locale: str
    html: str
    fonts: str = ""
    word_break: str = "normal"
    time: str = "short"


_LANGUAGES = {
    "en": _Language("en", "en"),
    "fr": _Language("fr", "fr"),
    "ko": _Language(
        "ko", "ko", "Apple SD Gothic Neo, Malgun Gothic, Noto Sans KR, Noto Sans CJK KR", "keep-all", "aaaa h:mm"
    ),
    "ja": _Language("ja", "ja", "Hiragino Sans, Yu Gothic UI, Meiryo, Noto Sans JP, Noto Sans CJK JP"),
    "zh": _Language("zh_Hans", "zh-Hans", "PingFang SC, Microsoft YaHei, Noto Sans SC, Noto Sans CJK SC"),
}

LANGUAGES = tuple(_LANGUAGES)
"""The languages that mails are written in; all but English have a catalogue."""

LOCALES = tuple(language.locale for language in _LANGUAGES.values())
"""The names of their locales with Babel."""


def mark(message: str) -> str:
    """`message` as it is: it is looked up later, and so must stand in the catalogues."""
    return message


RENDITIONS = {
    "web": mark("Film, 720p (MP4)"),
    "phone": mark("Film, 1080p (MP4)"),
    "audio": mark("Sound (MP3)"),
    "gif": mark("Short moving preview (GIF)"),
    "speech": mark("Sound, uncompressed (WAV)"),
    "thumbnail": mark("Small picture (JPEG)"),
    "picture": mark("Picture for the screen (JPEG)"),
}
"""What renditions are called, by their presets' names."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How one reader is spoken to: in `language`, with the times of the zone `time_zone`."""

    language: str
    time_zone: str

    @classmethod
    def of(cls, reader: Reader) -> "Wording":
        """The wording for `reader`, in English where their language is unknown, in UTC where their zone is."""
        code = reader.language.replace("_", "-").partition("-")[0].lower()
        return cls(code if code in _LANGUAGES else _FALLBACK, reader.time_zone)

    @property
    def html_language(self) -> str:
        """The language as HTML's `lang` has it (BCP 47)."""
        return _LANGUAGES[self.language].html

    @property
    def fonts(self) -> str:
        """CSS's list of font families. No name is in quotes: none has signs or digits that would need them."""
        return ", ".join(part for part in (_FONTS, _LANGUAGES[self.language].fonts, "sans-serif") if part)

    @property
    def word_break(self) -> str:
        """CSS's `word-break`: Korean is broken between words, as English is."""
        return _LANGUAGES[self.language].word_break

    def gettext(self, message: str, **values: str) -> str:
        """`message` in the language, with `values` in it where it says `%(name)s`."""
        return translations(self.language).gettext(message) % values

    def ngettext(self, one: str, many: str, count: int, **values: str) -> str:
        """The form of the message that goes with `count`, which stands in it as `%(count)s`."""
        found = translations(self.language).ngettext(one, many, count)
        return found % ({"count": self.number(count)} | values)

    def sentence(self, message: Message) -> str:
        """The sentence of a message, with its values as they are written in the language; in English where it has no
        translation, its code where it has no sentence.
        """
        shown = {name: self._shown(name.rpartition("_")[2], value) for name, value in message.values.items()}
        return filled(translations(self.language).gettext(message.english or message.code), shown)

    def document(self, message: Message) -> dict[str, Any]:
        """A message for programs that show it: its `code`, its sentence as `message`, its `values` as they are."""

        def known(value: object) -> object:
            if isinstance(value, tuple):
                return [known(one) for one in value]
            return self.document(value) if isinstance(value, Message) else value

        values = {name: known(value) for name, value in message.values.items()}
        return {"code": message.code, "message": self.sentence(message), "values": values}

    def _shown(self, kind: str, value: object) -> str:
        """A value of a message, whose name says what `kind` it is (see `Message`)."""
        match kind, value:
            case _, Message():
                return self.sentence(value)
            case _, tuple():
                return self.list([self._shown(kind, one) for one in value])
            case "language" | "languages", str():
                return self.language_name(value)
            case "rendition", str():
                return self.gettext(RENDITIONS[value]) if value in RENDITIONS else value
            case "bytes", int():
                return self.size(value)
            case "seconds", int() | float():
                return self.duration(value)
            case "time" | "times", int() | float():
                return clock(value)
            case "usd", int() | float():
                return self.money(Decimal(str(value)))
            case _, int() | float():
                return self.number(value)
        return str(value)

    def pair(self, label: str, value: str) -> str:
        """`label` and its `value` on one line: Positive: 31%."""
        return self.gettext("%(label)s: %(value)s", label=label, value=value)

    def speaker(self, label: str) -> str:
        """A speaker's name, or the number that an engine gave: Speaker 1."""
        number = number_of(label)
        return label if number is None else self.gettext("Speaker %(number)s", number=self.number(number))

    def place(self, place: Place | None) -> str:
        """Where something is said: 4:05, or page 3; nothing of what is said of the whole."""
        match place:
            case Moment(start):
                return clock(start)
            case Page(number):
                return self.gettext("page %(number)s", number=self.number(number))
        return ""

    def date(self, day: date) -> str:
        """November 21, 2026."""
        return format_date(day, "long", locale=self._locale)

    def moment(self, seconds: float) -> str:
        """A time (seconds since the epoch) as the reader's clocks show it: November 21, 2026, 3:05 AM.

        Who has not said where they live is told that it is UTC.
        """
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(_zone(self.time_zone))
        day = format_date(moment, "long", locale=self._locale)
        time = format_time(moment, _LANGUAGES[self.language].time, locale=self._locale)
        zone = " UTC" if self.time_zone == "UTC" else ""
        return str(self._locale.datetime_formats["long"]).replace("{1}", day).replace("{0}", time) + zone

    def number(self, number: float) -> str:
        """1,234 or 2.5."""
        return format_decimal(number, locale=self._locale)

    def percent(self, share: float) -> str:
        """A share from 0 to 1 in whole percent: 31%."""
        return format_percent(share, locale=self._locale)

    def money(self, usd: Decimal) -> str:
        """An amount of US dollars: $0.52."""
        return format_currency(usd, "USD", locale=self._locale)

    def size(self, size: int) -> str:
        """A number of bytes, in powers of 1000: 24.3 MB."""
        number, unit = in_units(size)
        return self._unit(number, f"digital-{unit}", "short")

    def duration(self, seconds: float) -> str:
        """A length in seconds, as two units at most: 12 min, 34 sec."""
        minutes, second = divmod(int(seconds), 60)
        hours, minute = divmod(minutes, 60)
        parts = [(hours, "duration-hour"), (minute, "duration-minute"), (second, "duration-second")]
        named = [self._unit(value, unit, "short") for value, unit in parts[: 2 if hours else 3] if value]
        return self.list(named, "unit-short") if named else self._unit(0, "duration-second", "short")

    def list(self, items: Sequence[str], style: str = "standard") -> str:
        """Ada, Ben, and Cleo."""
        return format_list(items, style, locale=self._locale)  # type: ignore[arg-type] # a Literal of Babel's own

    def language_name(self, code: str) -> str:
        """What a language is called, by its BCP 47 code: English (United States). The code itself if it has no name."""
        parts = code.replace("_", "-").split("-")
        name = self._locale.languages.get(parts[0].lower())
        if name is None:
            return code
        regions = [self._locale.territories.get(part.upper()) for part in parts[1:]]
        region = next((region for region in regions if region), None)
        return f"{name} ({region})" if region else name

    @property
    def _locale(self) -> Locale:
        return _locale_of(self.language)

    def _unit(self, value: float, unit: str, length: str) -> str:
        return format_unit(value, unit, length, locale=self._locale)  # type: ignore[arg-type] # as above


@lru_cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language of `LANGUAGES`, read from its .po file; English has none."""
    if language == _FALLBACK:
        return NullTranslations()
    with (_CATALOGUES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=_LANGUAGES[language].locale)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@lru_cache
def _locale_of(language: str) -> Locale:
    return Locale.parse(_LANGUAGES[language].locale)


@lru_cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return UTC
