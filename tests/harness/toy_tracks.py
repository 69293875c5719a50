"""A module as a deployment may bring it: it adds a track to those that there are."""

from chalicelib.domain.tracks import Form, Moment, Page, Passage, Track

HOSTILE = '<img src=x onerror="alert(1)"> & </td><script>alert(2)</script>'
QUOTES = Track("quotes", "Quotes <i>& more</i> 100 %", "quotes", (Form("json", "application/json", "quotes.json"),))
TRACKS = (QUOTES,)

PASSAGES = (
    Passage("To be or not to be", Moment(65.5, 70.0), "Hamlet", 0.75),
    Passage(HOSTILE, Page(3), f"by {HOSTILE}"),
    Passage("All of it is a play"),
)
