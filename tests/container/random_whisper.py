"""Writes a Whisper of random weights as transformers has it, with a manifest, by a Python that has the job's packages.

    PYTHON -m tests.container.random_whisper FOLDER [TOKENIZER]

`TOKENIZER` is the `tokenizer.json` of a real Whisper; without one, a tokenizer of letters is made.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from container.fetch_weights import note
from container.train import ROLE
from container.weights import MANIFEST
from tests.local import tiny_whisper


def make(folder: Path, tokenizer: Path | None) -> None:
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )

    folder.mkdir(parents=True)
    if tokenizer is None:
        tiny_whisper.small_tokenizer().save(str(folder / "tokenizer.json"))
    else:
        shutil.copyfile(tokenizer, folder / "tokenizer.json")
    letters = WhisperTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    known = letters.get_vocab()
    begin, end = known["<|startoftranscript|>"], known["<|endoftext|>"]
    small: dict[str, Any] = {f"{side}_{what}": size for side in ("encoder", "decoder") for what, size in _SMALL.items()}
    config = WhisperConfig(
        **small,
        d_model=16,
        num_mel_bins=80,
        vocab_size=max(known.values()) + 1,
        decoder_start_token_id=begin,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=[],
        begin_suppress_tokens=[end],
    )
    torch.manual_seed(1)
    model = WhisperForConditionalGeneration(config)
    codes = [token for token in known if token.startswith("<|") and token[2:-2].isalpha() and len(token) in {6, 7}]
    model.generation_config = GenerationConfig(
        suppress_tokens=[], begin_suppress_tokens=[end], lang_to_id={code: known[code] for code in codes}
    )
    model.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)


_SMALL = {"layers": 2, "attention_heads": 2, "ffn_dim": 32}


def main() -> None:
    root = Path(sys.argv[1])
    make(root / ROLE, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    manifest: dict[str, Any] = {"models": {}, "files": {}}
    note(ROLE, root, manifest)
    (root / MANIFEST).write_text(json.dumps(manifest))


if __name__ == "__main__":
    main()
