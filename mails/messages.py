"""Finds what the mails say, and brings the catalogues up to date with it.

    python -m mails.messages

New messages come in empty, for somebody to translate; what is no longer said goes. `make mails` does this too.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

LETTERS = Path(__file__).parent.parent / "chalicelib" / "letters"
CATALOGUES = LETTERS / "translations"

_KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None}
_JINJA = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "newstyle_gettext": "true"}


def said() -> Catalog:
    """All messages of the templates and of the code, in an order that does not change."""
    catalogue = Catalog()
    for path in [*sorted(LETTERS.glob("*.py")), *sorted((LETTERS / "templates").glob("*.j2"))]:
        is_code = path.suffix == ".py"
        method = "python" if is_code else "jinja2.ext:babel_extract"
        for _, message, _, _ in extract_from_file(method, path, _KEYWORDS, options=None if is_code else _JINJA):
            catalogue.add(message, locations=[(str(path.relative_to(LETTERS)), 0)])
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
