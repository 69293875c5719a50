"""Names that people gave to the speakers of one transcript of a recording, for the same voices in another. Pure.

Who is whom follows from when they speak: engines tell no voice by the same label twice.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from chalicelib.speech.speakers import number_of
from chalicelib.speech.transcripts import Transcript, Word

SAME_FROM = 0.7
"""Share of the speech time of either, from 0 to 1, in which both must speak to be the same voice."""


def names_for(new: Transcript, old: Transcript) -> dict[str, str]:
    """By the labels of speakers in `new` who have no name yet, the names that people gave to the same voices in `old`.

    A speaker's voice is that of the old one with whom they share the most time, in seconds of what each says, if it is
    at least `SAME_FROM` of the time of both. No name is given to two, nor is one that somebody in `new` has already.
    """
    seconds = _seconds(old, new)
    names: dict[str, str] = {}
    is_looked_at = set()
    for (was, now), shared in sorted(seconds.items(), key=lambda pair: -pair[1]):
        if was is None or now is None or now in is_looked_at or number_of(now) is None:
            continue
        is_looked_at.add(now)
        is_same = shared >= SAME_FROM * max(seconds[was, None], seconds[None, now])
        if is_same and number_of(was) is None and was not in (*names.values(), *new.speakers):
            names[now] = was
    return names


def named(transcript: Transcript, names: Mapping[str, str]) -> Transcript:
    """`transcript`, whose speakers of these labels are called by these names."""
    if not names.keys() & set(transcript.speakers):
        return transcript

    def called(word: Word) -> Word:
        return replace(word, speaker=names.get(word.speaker, word.speaker)) if word.speaker is not None else word

    segments = (replace(segment, words=tuple(map(called, segment.words))) for segment in transcript.segments)
    return replace(transcript, segments=tuple(segments))


def _seconds(old: Transcript, new: Transcript) -> dict[tuple[str | None, str | None], float]:
    """Seconds in which a speaker of `old` and one of `new` both speak; with None in place of one, all of the other."""
    changes: list[tuple[float, int, str, int]] = []
    for side, transcript in enumerate((old, new)):
        for segment in transcript.segments:
            if segment.speaker is not None:
                changes += [(segment.start, side, segment.speaker, 1), (segment.end, side, segment.speaker, -1)]
    speaking: tuple[Counter[str], Counter[str]] = Counter(), Counter()  # in how many segments at this moment
    found: dict[tuple[str | None, str | None], float] = {}
    before = 0.0
    for at, side, speaker, step in sorted(changes, key=lambda change: change[0]):
        for pair in product((*speaking[0], None), (*speaking[1], None)) if at > before else ():
            found[pair] = found.get(pair, 0.0) + at - before
        before = at
        speaking[side][speaker] += step
        if not speaking[side][speaker]:
            del speaking[side][speaker]
    return found
