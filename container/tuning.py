"""How Whisper is taught: LoRA (https://arxiv.org/abs/2106.09685) on what it attends by, with transformers and peft.

Heavy packages are imported by functions, and by `train.py` alone. Weights stay as they are (float32) and are computed
with in half precision on a card; what is learnt is merged into them at the end, and converted for CTranslate2.
"""

import logging
import math
import os
import shutil
import time
import wave
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.domain.batched import batched
from container import failures
from container.contract import ModelsMissing
from container.failures import Failed
from container.train import RATE, Clock, Interrupted, Pair, State, Told, checkpoints, note, order

if TYPE_CHECKING:
    import torch

_log = logging.getLogger("container.train")
_TARGETS = ["q_proj", "v_proj"]
_IGNORED = -100
"""Of a token that is not learnt, by torch's and transformers' convention."""

_LONGEST_STEP = 1.0
"""The most that a step may change: gradients are cut to this norm."""

_NEEDED = ("tokenizer.json", "preprocessor_config.json")
"""What faster-whisper reads beside the weights."""


class Tuning:
    """One training, from the weights in `base`; its checkpoints are in `kept`."""

    def __init__(self, base: Path, told: Told, kept: Path, clock: Clock) -> None:
        import torch
        from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizerFast

        for name in _NEEDED:
            if not (base / name).is_file():
                raise ModelsMissing(f"{base.name}/{name} is missing.")
        self._base, self._told, self._kept, self._clock = base, told, kept, clock
        self._device = _device()
        self._dtype = _dtype(self._device)
        self._ears = WhisperFeatureExtractor.from_pretrained(base, local_files_only=True)
        try:
            self._tokenizer = WhisperTokenizerFast.from_pretrained(
                base, local_files_only=True, language=told.language, task="transcribe"
            )
            _ = self._tokenizer.prefix_tokens  # it looks only now whether it knows the language
        except ValueError as exc:
            raise Failed(failures.BAD_REQUEST, f"Whisper has no language {told.language}.") from exc
        # Without use_safetensors transformers would also read a pickle.
        self._plain = WhisperForConditionalGeneration.from_pretrained(
            base, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        )
        self._plain.config.use_cache = False
        if self._device != "cpu":  # half the memory for a third more time: a large model fits a card of 24 GB
            self._plain.gradient_checkpointing_enable({"use_reentrant": False})
        self._state = State()
        self._began = 0.0
        self._model: Any = None
        self._pairs = self._looked = 0
        self._seconds = 0.0

    # ---- learning

    def run(self, train: Sequence[Pair], test: Sequence[Pair]) -> "Tuning":
        """Teach. Raises Failed, and Interrupted when a checkpoint has been left."""
        import torch
        from peft import LoraConfig, get_peft_model

        told = self._told
        train = self._fitting(train)
        test = self._fitting(test[: told.most_looked])
        if not train:
            raise Failed(failures.UNREADABLE, "Every text is longer than Whisper can write at once.")
        self._pairs, self._looked = len(train), len(test)
        self._seconds = sum(pair.seconds for pair in train)
        torch.manual_seed(told.seed)
        self._model = get_peft_model(
            self._plain,
            LoraConfig(r=told.rank, lora_alpha=told.alpha, lora_dropout=told.dropout, target_modules=_TARGETS),
        ).to(self._device)
        learning = [one for one in self._model.parameters() if one.requires_grad]
        self._optimizer = torch.optim.AdamW(learning, lr=told.learning_rate)
        self._scaler = torch.amp.GradScaler(enabled=self._dtype is torch.float16)
        self._resume()
        self._began = time.monotonic() - self._state.spent
        try:
            self._learn(train, test)
        except Interrupted:
            self._keep()
            raise
        return self

    def _learn(self, train: Sequence[Pair], test: Sequence[Pair]) -> None:
        told, state = self._told, self._state
        if test and not state.looks:
            self._look(test)  # what it is before it learns anything
        at_once = told.batch * told.gather
        while state.epoch < told.epochs and not self._is_enough():
            self._freeze(state.epoch < told.frozen_epochs)
            numbers = order(len(train), told, state.epoch)
            while state.at < len(numbers) and not self._is_enough():
                chosen = [train[number] for number in numbers[state.at : state.at + at_once]]
                loss = self._step(chosen)
                state.step += 1
                state.at += len(chosen)
                state.spent = time.monotonic() - self._began
                _log.info("step=%d epoch=%d train_loss=%.4f", state.step, state.epoch, loss)
                if state.step % told.look_every == 0:
                    if test:
                        self._look(test)
                    self._keep()
                self._clock.check()
            if state.at >= len(numbers):
                state.epoch, state.at = state.epoch + 1, 0
        if test and state.step % told.look_every:
            self._look(test)
        self._keep()

    def _is_enough(self) -> bool:
        state, told = self._state, self._told
        if time.monotonic() - self._began >= told.seconds:
            _log.info("it has had its time")
            return True
        since = len(state.looks) - 1 - min(range(len(state.looks)), key=state.looks.__getitem__) if state.looks else 0
        return since >= told.patience

    def _freeze(self, is_frozen: bool) -> None:
        """The encoder, which hears, comes later than the decoder, which writes."""
        for name, parameter in self._model.named_parameters():
            if "lora_" in name and ".encoder." in name:
                parameter.requires_grad_(not is_frozen)

    def _step(self, chosen: Sequence[Pair]) -> float:
        import torch

        told, state = self._told, self._state
        torch.manual_seed(told.seed * 1_000_003 + state.step)  # the same for whoever goes on after another
        self._model.train()
        warmed = min((state.step + 1) / max(told.warm_up, 1), 1.0)
        for group in self._optimizer.param_groups:
            group["lr"] = told.learning_rate * warmed
        self._optimizer.zero_grad(set_to_none=True)
        whole = 0.0
        for some in batched(chosen, told.batch):
            self._clock.check()
            loss = self._loss(some) * (len(some) / len(chosen))
            if not math.isfinite(loss.item()):
                raise Failed(failures.BROKEN, "What is learnt has become no number: learning_rate may be too high.")
            self._scaler.scale(loss).backward()
            whole += loss.item()
        self._scaler.unscale_(self._optimizer)
        learning = [one for one in self._model.parameters() if one.requires_grad]
        torch.nn.utils.clip_grad_norm_(learning, _LONGEST_STEP)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        return whole

    def _look(self, test: Sequence[Pair]) -> None:
        """Note how well it does what it was not taught; keep what does best."""
        import torch

        self._model.eval()
        whole = 0.0
        with torch.inference_mode():
            for some in batched(test, self._told.batch):
                self._clock.check()
                whole += self._loss(some).item() * len(some)
        state, loss = self._state, whole / len(test)
        state.looks.append(loss)
        _log.info("step=%d test_loss=%.4f", state.step, loss)
        if state.best is None or loss < state.best:
            state.best, state.best_at = loss, state.step
            self._keep()

    def _loss(self, pairs: Sequence[Pair]) -> "torch.Tensor":
        import numpy as np
        import torch

        given = self._ears([_samples(pair.sound) for pair in pairs], sampling_rate=RATE, return_tensors="np")
        tokens = [self._tokens(pair.text) for pair in pairs]
        labels = np.full((len(tokens), max(map(len, tokens))), _IGNORED, dtype=np.int64)
        for row, one in zip(labels, tokens, strict=True):
            row[: len(one)] = one
        with self._half():
            found = self._model(
                input_features=torch.from_numpy(given["input_features"]).to(self._device),
                labels=torch.from_numpy(labels).to(self._device),
            )
        loss: torch.Tensor = found.loss.float()
        return loss

    def _half(self) -> AbstractContextManager[Any]:
        import torch

        return nullcontext() if self._dtype is torch.float32 else torch.autocast(self._device, dtype=self._dtype)

    def _tokens(self, text: str) -> list[int]:
        """What is to be written: language, task, text and end. The first of all is what the model begins with."""
        tokens: list[int] = self._tokenizer(text).input_ids
        return tokens[1:] if tokens[0] == self._plain.config.decoder_start_token_id else tokens

    def _fitting(self, pairs: Sequence[Pair]) -> list[Pair]:
        most = self._plain.config.max_target_positions
        found = [pair for pair in pairs if len(self._tokens(pair.text)) <= most]
        if len(found) < len(pairs):
            _log.info("%d texts are too long", len(pairs) - len(found))
        return found

    # ---- checkpoints

    def _keep(self) -> None:
        """Leave a checkpoint: what was learnt, and how far it is."""
        import torch
        from peft import get_peft_model_state_dict
        from safetensors.torch import save_file

        place = self._kept / f"step-{self._state.step:08}"
        with_it = self._kept / f".step-{os.getpid()}"
        shutil.rmtree(with_it, ignore_errors=True)
        with_it.mkdir(parents=True)
        learnt = {name: one.detach().cpu().contiguous() for name, one in get_peft_model_state_dict(self._model).items()}
        save_file(learnt, with_it / "adapter.safetensors")
        torch.save(
            {"optimizer": self._optimizer.state_dict(), "scaler": self._scaler.state_dict()}, with_it / "rest.pt"
        )
        shutil.rmtree(place, ignore_errors=True)
        with_it.rename(place)
        note(place, self._state)

    def _resume(self) -> None:
        import torch

        for state, place in checkpoints(self._kept):
            self._load(place)
            # Of numbers alone: nothing is unpickled that could run.
            rest = torch.load(place / "rest.pt", map_location=self._device, weights_only=True)
            self._optimizer.load_state_dict(rest["optimizer"])
            self._scaler.load_state_dict(rest["scaler"])
            self._state = replace(state, looks=list(state.looks))
            _log.info("goes on from step %d", state.step)
            return

    def _load(self, place: Path) -> None:
        from peft import set_peft_model_state_dict
        from safetensors.torch import load_file

        set_peft_model_state_dict(self._model, load_file(place / "adapter.safetensors", device=str(self._device)))

    # ---- what comes of it

    def convert(self, into: Path, between: Path) -> Path:
        """The model of what did best, as CTranslate2 wants it, in the folder `into`."""
        from ctranslate2.converters import TransformersConverter

        if self._state.best is not None and self._state.best_at != self._state.step:
            for state, place in checkpoints(self._kept):
                if state.step == self._state.best_at:
                    self._load(place)
        whole = self._model.merge_and_unload().cpu()
        whole.config.use_cache = True
        whole.save_pretrained(between, safe_serialization=True)
        self._tokenizer.save_pretrained(between)
        self._ears.save_pretrained(between)
        # Its own file, so that it is the same that the base has.
        shutil.copyfile(self._base / "tokenizer.json", between / "tokenizer.json")
        converter = TransformersConverter(str(between), copy_files=list(_NEEDED), trust_remote_code=False)
        converter.convert(str(into), quantization=self._told.quantization)
        shutil.rmtree(between, ignore_errors=True)
        return into

    def figures(self) -> dict[str, Any]:
        """What the model is: what it was told, what it learnt from, and how it went."""
        state = self._state
        return {
            "told": asdict(self._told),
            "pairs": self._pairs,
            "seconds": round(self._seconds, 1),
            "looked_at": self._looked,
            "steps": state.step,
            "epochs": state.epoch,
            "spent": round(state.spent, 1),
            "looks": [round(one, 4) for one in state.looks],
            "used_step": state.best_at if state.best is not None else state.step,
        }


def _device() -> str:
    import torch

    wanted = os.environ.get("RAPPORTEUR_JOB_DEVICE", "").strip()
    if wanted not in {"", "cpu", "cuda"}:
        raise ModelsMissing("RAPPORTEUR_JOB_DEVICE is cuda or cpu.")
    if wanted == "cpu":
        return wanted
    if not torch.cuda.is_available():
        raise ModelsMissing("There is no GPU: RAPPORTEUR_JOB_DEVICE=cpu does without, slowly.")
    return "cuda"


def _dtype(device: str) -> "torch.dtype":
    import torch

    if device == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def _samples(sound: Path) -> Any:  # noqa: ANN401 - numpy's array
    import numpy as np

    with wave.open(str(sound), "rb") as opened:
        data = opened.readframes(opened.getnframes())
    return np.frombuffer(data, dtype="<i2").astype("float32") / 32768
