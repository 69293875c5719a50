"""Finds what the mails say, and brings the catalogues up to date with it.

    python -m mails.messages

New messages come in empty, for somebody to translate; what is no longer said goes. `make mails` does this too.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LETTERS = ROOT / "chalicelib" / "letters"
CATALOGUES = LETTERS / "translations"

_KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None}
_MESSAGE = {"Message": (2,)}
"""See `chalicelib/message.py`."""

_JINJA = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "newstyle_gettext": "true"}


def said() -> Catalog:
    """All messages of the letters' templates and code, and of all the code that has something to tell owners, in an
    order that does not change.
    """
    catalogue = Catalog()
    told = [*sorted(ROOT.glob("chalicelib/**/*.py")), *sorted(ROOT.glob("local/**/*.py"))]
    for method, paths, keywords, options in (
        ("python", sorted(LETTERS.glob("*.py")), _KEYWORDS, None),
        ("python", told, _MESSAGE, None),
        ("jinja2.ext:babel_extract", sorted((LETTERS / "templates").glob("*.j2")), _KEYWORDS, _JINJA),
    ):
        for path in paths:
            for _, message, _, _ in extract_from_file(method, path, keywords, options=options):
                catalogue.add(message, locations=[(str(path.relative_to(ROOT)), 0)])
    return catalogue


def written(language: str) -> Catalog:
    """The catalogue of a language as it is in its file."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale={"zh": "zh_Hans"}.get(language, language))


def main() -> int:
    """Bring all catalogues up to date. Returns the exit status."""
    template = said()
    for path in sorted(CATALOGUES.glob("*.po")):
        catalogue = written(path.stem)
        template.creation_date = catalogue.creation_date  # else the file would change each day
        catalogue.update(template, no_fuzzy_matching=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, omit_header=False, no_location=True, ignore_obsolete=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
