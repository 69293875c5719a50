"""A track of its own, of passages that stand at times and on pages. Its engine writes it, in the folder of its jobs."""

from chalicelib.domain.tracks import Form, Moment, Page, Passage, Track

HOSTILE = '<img src=x onerror="alert(1)"> & <script>alert(2)</script>'

COUNTS = Track("counts", "Counts", "jobs/counting", (Form("json", "application/json", "counts.json"),))


def passages(words: int) -> list[Passage]:
    """What there is to say of so many words."""
    return [
        Passage(f"{words} words were counted", Moment(0.5, 2.0), "talk", 0.9),
        Passage("a bead on a slide", Page(3), HOSTILE),
        Passage(HOSTILE),
    ]
