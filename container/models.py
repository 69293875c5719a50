"""The models on a GPU: WhisperX with pyannote, and transformers. Nothing else imports these, and here functions do.

Each is let go of before the next is loaded, so that all fit a card of 16 GB one after the other. What of the packages
is called is held against their source in `tests/container/test_pinned.py`.
"""

import gc
import logging
import math
import os
import tempfile
import wave
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.domain.batched import batched
from chalicelib.speech import summary_prompt
from chalicelib.speech.hints import echoing
from chalicelib.speech.hints import prompt as prompt_of
from chalicelib.speech.toxicity import ToxicKind
from chalicelib.speech.transcripts import is_spaced
from container.contract import Heard, HeardSegment, HeardWord, ModelsMissing, SeenLabel
from container.failures import MEMORY, code_of
from container.weights import Weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_QUIET = {
    "PYANNOTE_METRICS_ENABLED": "0",  # else it tells its makers how long each recording is
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",  # pyannote asks for pickles; none is unpickled
}
_WITHOUT_HUB = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

_PICTURES_AT_ONCE = 16
_SENTENCES_AT_ONCE = 16
_STRETCHES_AT_ONCE = (16, 4, 1)
"""Half minutes that Whisper hears at once: fewer, where there is no memory for more."""

_MOST_NEW_TOKENS = 700
"""Of a summary: 150 words in any script."""

_MOST_TOKENS = 512
"""What classifiers of text read at once; a sentence has at most sixty words."""

_NAMES: Mapping[str, tuple[str, str]] = {
    "nsfw": ("Explicit", ""),
    "explicit": ("Explicit", ""),
    "porn": ("Explicit Nudity", "Explicit"),
    "hentai": ("Explicit Nudity", "Explicit"),
    "sexy": ("Non-Explicit Nudity of Intimate parts and Kissing", ""),
    "violence": ("Violence", ""),
    "gore": ("Graphic Violence", "Violence"),
}
"""What models call what they see: Rekognition's name for it, and its parent's. What is not here is harmless.

https://docs.aws.amazon.com/rekognition/latest/dg/moderation.html
"""

_KINDS: Mapping[str, ToxicKind] = {
    "toxic": ToxicKind.TOXIC,
    "toxicity": ToxicKind.TOXIC,
    "severe_toxic": ToxicKind.TOXIC,
    "severe_toxicity": ToxicKind.TOXIC,
    "label_1": ToxicKind.TOXIC,
    "obscene": ToxicKind.PROFANITY,
    "insult": ToxicKind.INSULT,
    "threat": ToxicKind.THREAT,
    "identity_hate": ToxicKind.HATE_SPEECH,
    "identity_attack": ToxicKind.HATE_SPEECH,
    "sexual_explicit": ToxicKind.SEXUAL,
}
"""What models call what hurts, in our words. What is not here is harmless."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may be set: the `device` ("cuda" or "cpu"; "": the card, which must be there), and Whisper's `compute_type`
    ("default" is float16 on a card). `moderation_labels` and `toxic_labels` are further names of a model's own.
    """

    device: str
    compute_type: str
    moderation_labels: Mapping[str, tuple[str, str]]
    toxic_labels: Mapping[str, ToxicKind]


def create() -> "GpuModels":
    """The models, as the environment says. Raises ModelsMissing for what it says that cannot be."""
    os.environ.update(_QUIET)
    weights = Weights()
    if not weights.are_from_hub:
        os.environ.update(_WITHOUT_HUB)
    for name in ("HF_HOME", "TORCH_HOME", "MPLCONFIGDIR", "NUMBA_CACHE_DIR", "NLTK_DATA"):
        os.environ.setdefault(name, tempfile.gettempdir())
    for package in ("whisperx", "pyannote", "speechbrain"):
        # WhisperX logs what people said where it cannot align it; a handler keeps it from adding its own.
        logger = logging.getLogger(package)
        logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.CRITICAL)
        logger.propagate = False
    return GpuModels(weights, _options(os.environ))


def _options(environment: Mapping[str, str]) -> Options:
    seen, toxic = {}, {}
    for label, name in _pairs(environment, "RAPPORTEUR_JOB_MODERATION_LABELS"):
        kind, _, parent = name.partition("<")
        seen[label] = (kind.strip(), parent.strip())
    for label, name in _pairs(environment, "RAPPORTEUR_JOB_TOXIC_LABELS"):
        try:
            toxic[label] = ToxicKind(name)
        except ValueError as exc:
            raise ModelsMissing(f"RAPPORTEUR_JOB_TOXIC_LABELS: there is no kind {name}.") from exc
    device = environment.get("RAPPORTEUR_JOB_DEVICE", "").strip()
    if device not in {"", "cuda", "cpu"}:
        raise ModelsMissing("RAPPORTEUR_JOB_DEVICE is cuda or cpu.")
    return Options(
        device,
        environment.get("RAPPORTEUR_JOB_COMPUTE_TYPE", "").strip() or "default",
        {**_NAMES, **seen},
        {**_KINDS, **toxic},
    )


def _pairs(environment: Mapping[str, str], name: str) -> Iterator[tuple[str, str]]:
    """`label=name,…`"""
    for one in filter(None, (part.strip() for part in environment.get(name, "").split(","))):
        label, equals, value = one.partition("=")
        if not equals or not label.strip() or not value.strip():
            raise ModelsMissing(f"{name}: {one} is not label=name.")
        yield label.strip().lower(), value.strip()


class GpuModels:
    """See `container/contract.py`."""

    def __init__(self, weights: Weights, options: Options) -> None:
        self._weights = weights
        self._options = options

    # ---- pictures

    def look(self, pictures: Iterable[Path]) -> Iterator[list[SeenLabel]]:
        """See the contract."""
        import torch
        from PIL import Image
        from transformers import AutoImageProcessor, AutoModelForImageClassification

        folder, device = self._weights.bring("moderation"), self._device()
        processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, use_fast=False)
        with self._freed():
            model = AutoModelForImageClassification.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            names = self._known(model, self._options.moderation_labels, "RAPPORTEUR_JOB_MODERATION_LABELS")
            model = model.to(device).eval()
            for some in batched(pictures, _PICTURES_AT_ONCE):
                opened = []
                for path in some:
                    with Image.open(path) as picture:
                        opened.append(picture.convert("RGB"))
                given = processor(images=opened, return_tensors="pt").to(device)
                with torch.inference_mode():
                    scores = self._scores(model, model(**given).logits)
                for of_one in scores:
                    yield [SeenLabel(name, parent, 100 * of_one[number]) for number, (name, parent) in names.items()]
            del model

    def _known(self, model: Any, known: Mapping[str, Any], setting: str) -> dict[int, Any]:  # noqa: ANN401
        """What the model's classes are called here, by their numbers."""
        labels = {int(number): str(label).strip().lower() for number, label in model.config.id2label.items()}
        found = {number: known[label] for number, label in labels.items() if label in known}
        if not found:
            raise ModelsMissing(f"What the model tells apart has no name here: set {setting}.")
        return found

    def _scores(self, model: Any, logits: Any) -> list[list[float]]:  # noqa: ANN401
        """From 0 to 1: of classes of which one is true, or each by itself."""
        is_each = model.config.problem_type == "multi_label_classification" or logits.shape[-1] == 1
        scores = logits.float().sigmoid() if is_each else logits.float().softmax(-1)
        found: list[list[float]] = scores.cpu().tolist()
        return found

    # ---- sound

    def hear(
        self,
        sound: Path,
        language: str | None,
        speakers: int | None,
        progress: Callable[[float], None],
        terms: Sequence[str] = (),
    ) -> Heard:
        """See the contract. What is not aligned has the times of its stretch; who speaks may stay open."""
        audio = _samples(sound)
        code = language.partition("-")[0].lower() if language else None
        # What it prints may be what people said.
        with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing):
            heard = self._transcribed(audio, (code, prompt_of(terms)), lambda share: progress(0.6 * share))
            left_out = []
            segments: list[dict[str, Any]] = heard["segments"]
            if segments:
                aligned = self._aligned(segments, heard["language"], audio)
                left_out += [] if aligned is not None else ["alignment"]
                segments = segments if aligned is None else aligned
                progress(0.75)
                labelled = self._labelled(segments, audio, speakers)
                left_out += [] if labelled is not None else ["speakers"]
                segments = segments if labelled is None else labelled
        progress(1.0)
        found = tuple(filter(None, map(_segment, segments)))
        return Heard(found, language or (heard["language"] if found else None), tuple(left_out))

    def _transcribed(
        self, audio: "NDArray[np.float32]", given: tuple[str | None, str | None], progress: Callable[[float], None]
    ) -> dict[str, Any]:
        """What is said; it is `given` the language, and what is likely to be said, as far as that is known."""
        import whisperx

        folder, device = self._weights.bring("whisper"), self._device()
        if not (folder / "tokenizer.json").is_file():  # it would be fetched from the hub
            raise ModelsMissing("whisper/tokenizer.json is missing.")

        code, told = given

        def load(language: str | None) -> Any:  # noqa: ANN401 - the package has no types
            return whisperx.load_model(
                str(folder),
                device,
                compute_type=self._options.compute_type,
                language=language,
                asr_options={"hotwords": told},
                vad_method="pyannote",
                local_files_only=True,
                threads=os.cpu_count() or 1,
            )

        with self._freed(), self._trusting():
            try:
                model = load(code)
            except ValueError:  # a language that Whisper has no code for: it hears what it can
                model = load(None)
            for number, at_once in enumerate(_STRETCHES_AT_ONCE, 1):
                try:
                    found: dict[str, Any] = model.transcribe(
                        audio, batch_size=at_once, progress_callback=lambda percent: progress(percent / 100)
                    )
                    break
                except RuntimeError as exc:
                    if code_of(exc) != MEMORY or number == len(_STRETCHES_AT_ONCE):
                        raise
                self._free()
            doubtful = echoing(map(_said_in, found["segments"]), told)
            if doubtful:
                # It goes on with what it was told in the place of what is said: there it is not told.
                model.options = replace(model.options, hotwords=None)
                plain: list[dict[str, Any]] = model.transcribe(audio, batch_size=at_once)["segments"]
                found["segments"] = _without(doubtful, found["segments"], plain)
            del model
        return found

    def _aligned(
        self, segments: Sequence[Mapping[str, Any]], language: str, audio: "NDArray[np.float32]"
    ) -> list[dict[str, Any]] | None:
        """The segments with their words, each with its times; None if that cannot be."""
        import whisperx
        from whisperx import alignment

        # It cuts what is said into sentences by data that it would download; that is done here afterwards.
        alignment.nltk_load = lambda name: _Whole()
        try:
            folder, device = self._weights.bring(f"align-{language}"), self._device()
            with self._freed():
                model, metadata = whisperx.load_align_model(
                    language_code=language, device=device, model_name=str(folder), model_cache_only=True
                )
                result = whisperx.align(segments, model, metadata, audio, device, return_char_alignments=False)
                del model
        except Exception as exc:  # noqa: BLE001 - words without times are worth having, whatever it was
            self._missed("alignment", exc)
            return None
        found: list[dict[str, Any]] = result["segments"]
        return found

    def _labelled(
        self, segments: list[dict[str, Any]], audio: "NDArray[np.float32]", speakers: int | None
    ) -> list[dict[str, Any]] | None:
        """The segments with who says them; None if that cannot be."""
        from whisperx.diarize import DiarizationPipeline, assign_word_speakers

        try:
            folder = self._weights.bring("speakers")
            with self._freed(), self._trusting():
                pipeline = DiarizationPipeline(model_name=str(folder), device=self._device())
                turns = pipeline(audio, num_speakers=speakers)
                del pipeline
            result = assign_word_speakers(turns, {"segments": segments})
        except Exception as exc:  # noqa: BLE001 - see above
            self._missed("speakers", exc)
            return None
        found: list[dict[str, Any]] = result["segments"]
        return found

    # ---- text

    def rate(self, sentences: Sequence[str], language: str | None) -> list[dict[str, float]]:
        """See the contract."""
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        folder, device = self._weights.bring("toxicity"), self._device()
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        rated = []
        with self._freed():
            model = AutoModelForSequenceClassification.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            kinds = self._known(model, self._options.toxic_labels, "RAPPORTEUR_JOB_TOXIC_LABELS")
            model = model.to(device).eval()
            for some in batched(sentences, _SENTENCES_AT_ONCE):
                given = tokenizer(
                    list(some), return_tensors="pt", padding=True, truncation=True, max_length=_MOST_TOKENS
                ).to(device)
                with torch.inference_mode():
                    scores = self._scores(model, model(**given).logits)
                for of_one in scores:
                    found: dict[str, float] = {}
                    for number, kind in kinds.items():
                        found[kind.value] = max(found.get(kind.value, 0.0), of_one[number])
                    rated.append(found)
            del model
        return rated

    def sum_up(self, text: str, language: str | None) -> str:
        """See the contract. It says what is likeliest, and so the same each time."""
        import torch

        tokenizer, model = self._writer()
        reserved = {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}
        given = tokenizer.apply_chat_template(
            summary_prompt.messages(text, reserved), add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(model.device)
        # Some tokenizers give more, which some models do not take.
        asked = {name: given[name] for name in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            written = model.generate(**asked, max_new_tokens=_MOST_NEW_TOKENS, do_sample=False)
        # Only what is new: with its signs gone, where the question ends could not be told.
        return str(tokenizer.decode(written[0][given["input_ids"].shape[1] :], skip_special_tokens=True)).strip()

    _written_with: tuple[Any, Any] | None = None

    def _writer(self) -> tuple[Any, Any]:
        """The model that sums up: it is asked several times, and stays until the program ends."""
        if self._written_with is None:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer

            folder, device = self._weights.bring("summary"), self._device()
            is_fine = device == "cuda" and torch.cuda.get_device_capability()[0] >= _AMPERE
            kind = torch.bfloat16 if is_fine else torch.float16 if device == "cuda" else torch.float32
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=kind,
                device_map=device,  # straight onto the card: the machine has less memory than it
            )
            self._written_with = tokenizer, model.eval()
        return self._written_with

    # ---- the machine

    def _device(self) -> str:
        import torch

        if self._options.device == "cpu":
            return "cpu"
        if not torch.cuda.is_available():
            raise ModelsMissing("There is no GPU, or no driver for it: RAPPORTEUR_JOB_DEVICE=cpu does without, slowly.")
        return "cuda"

    @contextmanager
    def _freed(self) -> Iterator[None]:
        """Whatever is loaded within is let go of."""
        self._written_with = None
        self._free()
        try:
            yield
        finally:
            self._free()

    def _free(self) -> None:
        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    @contextmanager
    def _trusting(self) -> Iterator[None]:
        """Have pyannote's files read with `weights_only`: what they hold beside weights are these plain values."""
        import collections
        import typing

        import torch
        from omegaconf.base import ContainerMetadata, Metadata
        from omegaconf.listconfig import ListConfig
        from omegaconf.nodes import AnyNode
        from pyannote.audio.core.model import Introspection
        from pyannote.audio.core.task import Problem, Resolution, Specifications
        from torch.torch_version import TorchVersion

        plain: list[Any] = [list, int, dict, typing.Any, collections.defaultdict, TorchVersion]
        plain += [Metadata, ContainerMetadata, ListConfig, AnyNode]
        plain += [Introspection, Problem, Resolution, Specifications]
        with torch.serialization.safe_globals(plain):
            yield

    def _missed(self, what: str, raised: Exception) -> None:
        said = str(raised) if isinstance(raised, ModelsMissing) else type(raised).__name__
        _log.warning("%s is left out: %s", what, said)


_AMPERE = 8
"""The first cards with bfloat16: https://developer.nvidia.com/cuda-gpus"""


class _Whole:
    """In the place of NLTK's cutter of sentences: a stretch of speech is one."""

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]


def _samples(sound: Path) -> "NDArray[np.float32]":
    import numpy as np

    with wave.open(str(sound)) as recording:
        data = recording.readframes(recording.getnframes())
    samples: NDArray[np.float32] = np.frombuffer(data, "<i2").astype(np.float32)
    samples /= 32768
    return samples


def _segment(told: Mapping[str, Any]) -> HeardSegment | None:
    """A segment of WhisperX's, aligned or not."""
    start, end = _number(told.get("start")), _number(told.get("end"))
    if start is None or end is None:
        return None
    logarithm = _number(told.get("avg_logprob"))
    score = None if logarithm is None else math.exp(min(logarithm, 0.0))
    words = [
        HeardWord(
            str(word.get("word", "")),
            _number(word.get("start")),
            _number(word.get("end")),
            score if (of_word := _number(word.get("score"))) is None else of_word,
            word.get("speaker"),
        )
        for word in told.get("words") or ()
    ] or [HeardWord(text, score=score) for text in _pieces(str(told.get("text", "")))]
    return HeardSegment(start, max(start, end), tuple(words), told.get("speaker")) if words else None


def _said_in(segment: Mapping[str, Any]) -> tuple[str, float]:
    start, end = _number(segment.get("start")) or 0.0, _number(segment.get("end")) or 0.0
    return str(segment.get("text", "")), end - start


def _without(
    doubtful: Sequence[int], found: Sequence[dict[str, Any]], plain: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What was heard with the knowledge of what is likely; where that is an echo of it, what was heard without."""
    if len(found) != len(plain):
        return list(plain)
    return [plain[number] if number in doubtful else one for number, one in enumerate(found)]


def _pieces(text: str) -> Iterator[str]:
    """The words of a text, as it is written: between spaces, and between the signs of scripts that have none."""
    for part in text.split():
        begun = 0
        for at in range(1, len(part)):
            if not is_spaced(part[at - 1], part[at]):
                yield part[begun:at]
                begun = at
        yield part[begun:]


def _number(value: object) -> float | None:
    """NaN stands for what is not known; numpy's numbers are none of Python's."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None
