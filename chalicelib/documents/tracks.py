"""The tracks of what is written in a document."""

from chalicelib.domain.assets import Asset
from chalicelib.domain.links import Part
from chalicelib.domain.tracks import Form, Track
from chalicelib.lazy import stage

BLOCKS = "blocks"
"""The task whose job reads a document; what it leaves is told in `blocks.py`."""

_BRANCH = "document"


def _is_read(asset: Asset) -> bool:
    return _BRANCH in asset.branches


DOCUMENT = Track(
    "document",
    "Text",
    "document",
    (Form("json", "application/json", "document.json"), Form("txt", "text/plain", "document.txt")),
    stage("documents.pages:passages"),
    raw=f"jobs/{BLOCKS}",
    made_of=_is_read,
    is_drawn=True,
    parts=(Part.TRANSCRIPT,),
)
TABLES = Track(
    "tables",
    "Tables",
    "tables",
    (
        Form("json", "application/json", "tables.json"),
        Form("csv", "text/csv", "tables.csv"),
        Form("html", "text/html", "tables.html"),
    ),
    stage("documents.tables:passages"),
    made_of=_is_read,
    is_drawn=True,
    parts=(Part.TRANSCRIPT,),
    is_searched=False,  # the text has the same words
)
PAIRS = Track(
    "pairs",
    "Forms",
    "pairs",
    (Form("json", "application/json", "pairs.json"),),
    stage("documents.pairs:passages"),
    made_of=_is_read,
    is_drawn=True,
    parts=(Part.TRANSCRIPT,),
    is_searched=False,
)

TRACKS = (DOCUMENT, TABLES, PAIRS)
