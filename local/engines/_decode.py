"""The program that a decoding worker runs: pieces of a WAV file in, words out, one JSON line each.

In:  `[path, first sample, number of samples]`. Out: `[[word, start, end, confidence], …]`, times in seconds from the
start of the piece. It ends when its input does, so it never outlives the process that started it.

It is a program of its own, and not a `multiprocessing` target, so that a worker holds the model and nothing else: a
spawned child imports its parent's main module, which here is the whole service.
"""

import json
import re
import sys
import wave
from collections.abc import Iterator

from pocketsphinx import Decoder

_FRAMES_PER_SECOND = 100
_VARIANT = re.compile(r"\(\d+\)$")


def _words(decoder: Decoder, samples: bytes) -> Iterator[tuple[str, float, float, float]]:
    # Forget the noise and the voice of the piece before, and take this one whole: what is heard in a piece must not
    # depend on which pieces the same worker had before.
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()
    for heard in decoder.seg() or ():
        if heard.word[0] not in "<[":  # silences and noises
            word = _VARIANT.sub("", heard.word)
            start, end = heard.start_frame / _FRAMES_PER_SECOND, (heard.end_frame + 1) / _FRAMES_PER_SECOND
            yield word, start, end, min(heard.prob, 1.0)


def main() -> None:
    """Answer every line of the standard input until there is no more."""
    decoder = Decoder(loglevel="FATAL")
    for line in sys.stdin:
        path, first, count = json.loads(line)
        with wave.open(path) as recording:
            recording.setpos(first)
            samples = recording.readframes(count)
        print(json.dumps(list(_words(decoder, samples))), flush=True)


if __name__ == "__main__":
    main()
