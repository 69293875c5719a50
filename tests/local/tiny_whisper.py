"""A Whisper model of random weights, made on the spot: it hears nonsense, but by the real library, in a second.

Its vocabulary is small, so the library takes it for an English-only model.
"""

from pathlib import Path

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperSpec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

WIDTH, HEADS, MELS = 16, 2, 80


def make(folder: Path) -> Path:
    """Write the model into `folder`, as `ct2-transformers-converter` would."""
    tokenizer = small_tokenizer()
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    words = [word for word, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    chance = np.random.default_rng(1)

    def weights(*shape: int) -> np.ndarray:
        return chance.normal(0, 0.1, shape).astype("float32")

    def linear(layer: object, outputs: int, inputs: int) -> None:
        layer.weight, layer.bias = weights(outputs, inputs), weights(outputs)

    def norm(layer: object) -> None:
        layer.gamma, layer.beta = np.ones(WIDTH, "float32"), np.zeros(WIDTH, "float32")

    def attention(layer: object, *outputs: int) -> None:
        norm(layer.layer_norm)
        for part, size in zip(layer.linear, outputs, strict=True):
            linear(part, size, WIDTH)

    def feed_forward(layer: object) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, 4 * WIDTH, WIDTH)
        linear(layer.linear_1, WIDTH, 4 * WIDTH)

    spec = WhisperSpec(1, HEADS, 1, HEADS)
    for convolution, inputs in ((spec.encoder.conv1, MELS), (spec.encoder.conv2, WIDTH)):
        convolution.weight, convolution.bias = weights(WIDTH, inputs, 3), weights(WIDTH)
    spec.encoder.position_encodings.encodings = weights(1500, WIDTH)
    spec.decoder.position_encodings.encodings = weights(448, WIDTH)
    spec.decoder.embeddings.weight = weights(len(words), WIDTH)
    spec.decoder.projection.weight = weights(len(words), WIDTH)
    for side in (spec.encoder, spec.decoder):
        norm(side.layer_norm)
        attention(side.layer[0].self_attention, 3 * WIDTH, WIDTH)
        feed_forward(side.layer[0].ffn)
    attention(spec.decoder.layer[0].attention, WIDTH, 2 * WIDTH, WIDTH)
    spec.register_vocabulary(words)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokenizer.token_to_id("<|endoftext|>")]
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{code}|>") for code in _LANGUAGE_CODES]
    spec.config.alignment_heads = [[0, head] for head in range(HEADS)]
    spec.validate()
    spec.save(str(folder))
    return folder


def small_tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[])
    tokenizer = Tokenizer(letters)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tasks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    times = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    special = [f"<|{name}|>" for name in ("endoftext", "startoftranscript", *_LANGUAGE_CODES, *tasks)]
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens(times)
    return tokenizer
