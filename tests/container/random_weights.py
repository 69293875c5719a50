"""Writes weights as the job wants them, of small models that know nothing, with a Python that has its packages.

    PYTHON -m tests.container.random_weights FOLDER [WHISPER]

`WHISPER` is the folder of a Whisper that was converted for CTranslate2, if there is one: else there is none. So the
code of `container/models.py` runs where no weights can be had.
"""

import json
import shutil
import string
import sys
from pathlib import Path
from typing import Any

from container.fetch_weights import note
from container.weights import MANIFEST

CHAT = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"


def tokenizer(signs: list[str]) -> Any:
    """A tokenizer of characters."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    known = {sign: at for at, sign in enumerate([*signs, *string.printable, "…"])}
    plain = Tokenizer(models.WordLevel(known, unk_token="…"))
    plain.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made = PreTrainedTokenizerFast(tokenizer_object=plain, pad_token=signs[0], unk_token="…", eos_token=signs[-1])
    made.add_special_tokens({"additional_special_tokens": signs})
    return made


def moderation(folder: Path) -> None:
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = ViTConfig(**small, image_size=32, patch_size=16, id2label={0: "normal", 1: "nsfw"})
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)


def toxicity(folder: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    made = tokenizer(["<pad>", "</s>"])
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    labels = {0: "toxic", 1: "insult"}
    config = BertConfig(**small, vocab_size=len(made), id2label=labels, problem_type="multi_label_classification")
    BertForSequenceClassification(config).save_pretrained(folder)
    made.save_pretrained(folder)


def summary(folder: Path) -> None:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    made = tokenizer(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    made.chat_template = CHAT
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = Qwen3Config(**small, num_key_value_heads=1, head_dim=16, vocab_size=len(made))
    Qwen3ForCausalLM(config).save_pretrained(folder)
    made.save_pretrained(folder)


def aligner(folder: Path) -> None:
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    known = {sign: at for at, sign in enumerate(["<pad>", "<s>", "</s>", "<unk>", "|", *string.ascii_uppercase, "'"])}
    (folder / "vocab.json").write_text(json.dumps(known))
    letters = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), letters).save_pretrained(folder)
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    widths = {"conv_dim": [16] * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
    Wav2Vec2ForCTC(Wav2Vec2Config(**small, **widths, vocab_size=len(known))).save_pretrained(folder)


def speakers(folder: Path) -> None:
    """As pyannote stores them: a pipeline's description, and checkpoints of its two models."""
    import pyannote.audio
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding.wespeaker import WeSpeakerResNet34
    from pyannote.audio.models.segmentation import PyanNet

    several = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        classes=["speaker#1", "speaker#2", "speaker#3"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    voice = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=3.0, classes=["a", "b"]
    )
    for name, model, told in (("segmentation", PyanNet(), several), ("embedding", WeSpeakerResNet34(), voice)):
        model.specifications = told
        model.build()
        model.setup()
        kept: dict[str, Any] = {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams)}
        model.on_save_checkpoint(kept)
        kept |= {"pytorch-lightning_version": "2.6.0", "epoch": 0, "global_step": 0}
        (folder / name).mkdir(parents=True, exist_ok=True)
        torch.save(kept, folder / name / "pytorch_model.bin")
    _plda(folder / "plda")
    params = {"segmentation": "$model/segmentation", "embedding": "$model/embedding", "plda": "$model/plda"}
    pipeline = {
        "dependencies": {"pyannote.audio": pyannote.audio.__version__},
        "pipeline": {
            "name": "pyannote.audio.pipelines.SpeakerDiarization",
            "params": {**params, "clustering": "VBxClustering"},
        },
        "params": {
            "segmentation": {"min_duration_off": 0.0},
            "clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8},
        },
    }
    (folder / "config.yaml").write_text(json.dumps(pipeline))


def _plda(folder: Path) -> None:
    """How far apart two voices are: in community-1's shapes, with nothing learnt."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(1)
    turned = chance.normal(size=(256, 128))
    np.savez(folder / "xvec_transform.npz", mean1=np.zeros(256), mean2=np.zeros(128), lda=turned)
    np.savez(folder / "plda.npz", mu=np.zeros(128), tr=np.eye(128), psi=np.linspace(2, 1, 128))


def main() -> None:
    root = Path(sys.argv[1])
    made = {"moderation": moderation, "toxicity": toxicity, "summary": summary, "align-en": aligner}
    for role, make in {**made, "speakers": speakers}.items():
        make(root / role)
    if len(sys.argv) > 2:
        (root / "whisper").mkdir(parents=True, exist_ok=True)
        for path in Path(sys.argv[2]).iterdir():
            shutil.copy(path, root / "whisper")
    manifest: dict[str, Any] = {"models": {}, "files": {}}
    for place in root.iterdir():
        if place.is_dir():
            note(place.name, root, manifest)
    (root / MANIFEST).write_text(json.dumps(manifest))


if __name__ == "__main__":
    main()
