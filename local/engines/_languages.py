"""The language of each half minute that Whisper hears, where a recording changes from one to another.

Whisper tells for each piece how likely each language is, and is easily wrong about a short or noisy one. So it goes on
in the recording's own language unless another is much likelier. Pieces are up to thirty seconds long: a sentence in
between is heard in the language around it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.speech.hints import echoing

SPACELESS = frozenset(("zh", "yue", "ja", "th", "lo", "my", "km", "bo"))
"""The languages that are written without spaces, by Whisper's codes."""

_SURE, _UNLIKELY = 0.8, 0.1
"""From what probability on another language is taken, and up to which of the recording's own."""

_LONG_ENOUGH = 3.0  # seconds

Ranked = Sequence[tuple[str, float]]
"""Whisper's tokens for languages ("<|fr|>") with their probabilities, the likeliest first."""


def chosen(ranked: Ranked, own: str, seconds: float) -> str:
    """The code of the language in which a piece of so many seconds should be heard; `own` is the recording's.

    One that is written with spaces is never taken for one without: their words are found in other ways.
    """
    likely = {token.strip("<|>"): probability for token, probability in ranked}
    best = max(likely, key=lambda code: likely[code])
    is_other = likely[best] >= _SURE and likely.get(own, 0.0) <= _UNLIKELY and seconds >= _LONG_ENOUGH
    return best if is_other and (best in SPACELESS) is (own in SPACELESS) else own


class Guard:
    """Stands before CTranslate2's Whisper. While `pieces` are set, it answers which language each is to be heard in."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - the package has no types
        self._model = model
        self.own = ""
        self.pieces: Sequence[Mapping[str, float]] = ()
        self.languages: list[str] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._model, name)

    def detect_language(self, encoded: Any) -> list[Ranked]:  # noqa: ANN401
        """See ctranslate2.models.Whisper."""
        found: list[Ranked] = self._model.detect_language(encoded)
        if not self.pieces:
            return found
        lengths = [piece["duration"] for piece in self.pieces]
        self.languages = [chosen(ranked, self.own, seconds) for ranked, seconds in zip(found, lengths, strict=True)]
        return [[(f"<|{code}|>", 1.0)] for code in self.languages]


def pipeline(model: Any) -> Any:  # noqa: ANN401 - the package has no types
    """faster-whisper's batched pipeline; `languages` are those of the last recording's pieces, by their first frame."""
    from faster_whisper import BatchedInferencePipeline

    class Pipeline(BatchedInferencePipeline):  # type: ignore[misc]
        languages: dict[int, str]

        def forward(self, features: Any, tokenizer: Any, chunks_metadata: Any, options: Any) -> Any:  # noqa: ANN401
            found = self._heard(features, tokenizer, chunks_metadata, options)
            stretches = (
                (" ".join(segment["text"] for segment in segments), piece["duration"])
                for piece, segments in zip(chunks_metadata, found, strict=True)
            )
            doubtful = echoing(stretches, options.hotwords)
            if doubtful:  # without being told of anything, it says what it hears
                pieces = [chunks_metadata[number] for number in doubtful]
                plain = self._heard(features[doubtful], tokenizer, pieces, replace(options, hotwords=None))
                for number, segments in zip(doubtful, plain, strict=True):
                    found[number] = segments
            return found

        def _heard(self, features: Any, tokenizer: Any, chunks_metadata: Any, options: Any) -> Any:  # noqa: ANN401
            guard = self.model.model
            guard.own, guard.pieces, guard.languages = tokenizer.language_code, chunks_metadata, []
            try:
                found = super().forward(features, tokenizer, chunks_metadata, options)
            finally:
                guard.pieces = ()
            frames = [int(piece["offset"] * self.model.frames_per_second) for piece in chunks_metadata]
            self.languages |= dict(zip(frames, guard.languages, strict=False))
            return found

    model.model = Guard(model.model)
    made = Pipeline(model)
    made.languages = {}
    return made
