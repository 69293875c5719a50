"""The talk of `samples/debate.txt` as Amazon Transcribe would tell of it, in the shapes that AWS documents.

Shapes: https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html (plain),
https://docs.aws.amazon.com/transcribe/latest/dg/diarization.html (speakers; the older form, whose items have no
label of their own) and https://docs.aws.amazon.com/transcribe/latest/dg/channel-id.html (channels, the older form too).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.harness.places import ROOT

TEXT = (ROOT / "samples" / "debate.txt").read_text()
TURNS = [turn.split("\n") for turn in TEXT.strip().split("\n\n")]
SENTENCES = [sentence for turn in TURNS for sentence in turn]

_LETTER, _WORD, _SENTENCE, _HANDOVER = 0.06, 0.1, 0.4, 0.7
"""Seconds that a letter takes, that a word takes beyond its letters, and of silence after a sentence and a turn."""


@dataclass(frozen=True)
class Spoken:
    """One word or one mark: who says it (0 or 1), in which turn, and for a word from when to when, in seconds."""

    text: str
    speaker: int
    turn: int
    start: float | None = None
    end: float | None = None

    def item(self) -> dict[str, Any]:
        """Its item in a document."""
        if self.start is None:
            return {"alternatives": [{"confidence": "0.0", "content": self.text}], "type": "punctuation"}
        alternatives = [{"confidence": "0.98", "content": self.text}]
        return {**self.times(), "alternatives": alternatives, "type": "pronunciation"}

    def times(self) -> dict[str, str]:
        """Start and end, as Transcribe writes numbers."""
        return {"start_time": str(self.start), "end_time": str(self.end)}


def spoken() -> Iterator[Spoken]:
    """Everything that is said, in order."""
    now = 0.3
    for turn, sentences in enumerate(TURNS):
        for sentence in sentences:
            for written in sentence.split():
                word = written.rstrip(".,?")
                end = round(now + _WORD + _LETTER * len(word), 2)
                yield Spoken(word, turn % 2, turn, now, end)
                if mark := written[len(word) :]:
                    yield Spoken(mark, turn % 2, turn)
                now = end
            now = round(now + _SENTENCE, 2)
        now = round(now + _HANDOVER, 2)


def plain() -> dict[str, Any]:
    """A result in which nobody is told from anybody."""
    return _document("plain", {})


def speakers() -> dict[str, Any]:
    """A result with speaker labels, a segment for each turn."""
    said = [part for part in spoken() if part.start is not None]
    segments = []
    for turn in range(len(TURNS)):
        words = [word for word in said if word.turn == turn]
        label = f"spk_{turn % 2}"
        span = {"start_time": words[0].times()["start_time"], "end_time": words[-1].times()["end_time"]}
        items = [{**word.times(), "speaker_label": label} for word in words]
        segments.append({**span, "speaker_label": label, "items": items})
    return _document("speakers", {"speaker_labels": {"speakers": 2, "segments": segments}})


def channels() -> dict[str, Any]:
    """A result with a channel for each of the two."""
    items = {f"ch_{channel}": [part.item() for part in spoken() if part.speaker == channel] for channel in range(2)}
    labelled = [{"channel_label": label, "items": own} for label, own in items.items()]
    return _document("channels", {"channel_labels": {"channels": labelled, "number_of_channels": 2}})


def _document(name: str, labels: dict[str, Any]) -> dict[str, Any]:
    results = {"transcripts": [{"transcript": " ".join(SENTENCES)}], **labels}
    results["items"] = [part.item() for part in spoken()]
    return {"jobName": name, "accountId": "123456789012", "results": results, "status": "COMPLETED"}
