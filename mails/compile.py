"""Compiles the mails' templates: mail programs heed styles on elements better than in stylesheets.

    python -m mails.compile

What is written in `mails/*.html.j2` with classes goes to `chalicelib/letters/templates/` with the styles of
`style.css` on each element. What only a rule for a kind of screen can say (`screens.css`) stays a stylesheet, whose
place in a template is `<!-- screens -->`. While the styles are put in, Jinja's own marks are hidden: in a tag behind a
word, elsewhere behind a comment, which an HTML parser leaves where it is, also between the rows of a table.
"""

import re
import sys
from pathlib import Path

from css_inline import CSSInliner

SOURCES = Path(__file__).parent
TEMPLATES = SOURCES.parent / "chalicelib" / "letters" / "templates"

_MARK = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_HIDDEN = re.compile(r"\ue000(\d+)\ue001")
_TAG = re.compile(r"<[A-Za-z/][^>]*>")
_COMMENT = re.compile(r"(?:<!--|&lt;!--)j(\d+)j(?:-->|--&gt;)|_j(\d+)j_")
_CLASS = re.compile(r' class="([^"]*)"')
_SCREENS = "<!-- screens -->"
_DECLARED = re.compile(r'(?<=style=")[^"]*')


def compiled() -> dict[str, str]:
    """The compiled templates by file name."""
    style = (SOURCES / "style.css").read_text()
    screens = (SOURCES / "screens.css").read_text()
    return {path.name: _compile(path.read_text(), style, screens) for path in sorted(SOURCES.glob("*.html.j2"))}


def main() -> int:
    """Write them. Returns the exit status."""
    for name, text in compiled().items():
        (TEMPLATES / name).write_text(text)
    return 0


def _compile(source: str, style: str, screens: str) -> str:
    marks: list[str] = []

    def hide(match: re.Match[str]) -> str:
        marks.append(match[0])
        return f"\ue000{len(marks) - 1}\ue001"

    hidden = _MARK.sub(hide, source)
    hidden = _TAG.sub(lambda tag: _HIDDEN.sub(r"_j\1j_", tag[0]), hidden)
    hidden = _HIDDEN.sub(r"<!--j\1j-->", hidden)
    inliner = CSSInliner(load_remote_stylesheets=False)
    if "<html" in hidden:
        hidden = hidden.replace("</head>", f"<style>{style}</style></head>")
        inlined = inliner.inline(hidden)
    else:
        inlined = inliner.inline_fragment(hidden, style)
    inlined = _DECLARED.sub(lambda found: re.sub(r"(?<=[:;]) +", "", found[0]).rstrip(";"), inlined)
    inlined = _CLASS.sub(lambda found: _kept(found[1], screens), inlined)
    inlined = _COMMENT.sub(lambda found: marks[int(found[1] or found[2])], inlined)
    return inlined.replace(_SCREENS, f"<style>\n{screens}</style>").rstrip("\n") + "\n"


def _kept(classes: str, screens: str) -> str:
    """Those of an element's classes that a stylesheet still speaks of."""
    kept = " ".join(name for name in classes.split() if re.search(rf"\.{re.escape(name)}\b", screens))
    return f' class="{kept}"' if kept else ""


if __name__ == "__main__":
    sys.exit(main())
