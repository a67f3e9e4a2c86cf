"""The optimized int8 kernels compute what TensorFlow Lite Micro's own interpreter does, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.firmware.manifest import load_manifest
from tests.support import operator_cases as oc
from tests.support import single_operator as so
from tests.support.mini_board import MiniBoard
from tests.support.qemu_board import QemuBoard
from tests.support.runner_models import UNICORN_CORES, boot
from tests.support.tflite_builder import ModelBuilder

runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")

Array = npt.NDArray[Any]

FAMILIES = {
    "convolution": oc.convolutions(),
    "depthwise convolution": oc.depthwise_convolutions(),
    "fully connected": oc.fully_connected_layers(),
    "pooling": oc.pools(),
    "add": oc.elementwise_operators("ADD"),
    "mul": oc.elementwise_operators("MUL"),
    "mean": oc.means(),
    "softmax": oc.softmaxes(),
}
ANY_OPERATOR = st.one_of(*FAMILIES.values())

slow_enough = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Reference:
    """The interpreter of the ``tflite-micro`` package with one model."""

    def __init__(self, model: bytes) -> None:
        self._interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)

    def input_shape(self, index: int) -> tuple[int, ...]:
        return tuple(self._interpreter.get_input_details(index)["shape"])

    def infer(self, inputs: list[Array]) -> Array:
        for index, values in enumerate(inputs):
            self._interpreter.set_input(values, index)
        self._interpreter.invoke()
        output: Array = self._interpreter.get_output(0)
        return output


def assert_equal_outputs(model: bytes, core: str = "cortex-m4f", *, reference_kernels: bool = False) -> None:
    """Boot a runner and compare its outputs with those of the reference."""
    assert_board_is_exact(boot(model, core, reference_kernels=reference_kernels), model)


def assert_board_is_exact(board: MiniBoard | QemuBoard, model: bytes) -> None:
    """Compare random inputs and the most negative ones, one after the other in the same runner."""
    reference = Reference(model)
    shapes = [reference.input_shape(i) for i in range(len(board.answer.inputs))]
    rng = np.random.default_rng(0)
    for inputs in (
        [rng.integers(-128, 128, size=shape, dtype=np.int8) for shape in shapes],
        [np.full(shape, -128, np.int8) for shape in shapes],
    ):
        expected = reference.infer(inputs)
        (output,) = board.infer(inputs)
        np.testing.assert_array_equal(np.frombuffer(output, np.int8).reshape(expected.shape), expected)


@pytest.mark.parametrize("family", FAMILIES)
@settings(slow_enough, max_examples=20)
@given(data=st.data())
def test_any_int8_operator_is_exact(family: str, data: st.DataObject) -> None:
    assert_equal_outputs(data.draw(FAMILIES[family]).model())


@pytest.mark.parametrize("core", [core for core in UNICORN_CORES if core != "cortex-m4f"])
@settings(slow_enough, max_examples=30)
@given(case=ANY_OPERATOR)
def test_any_int8_operator_is_exact_on_every_core(core: str, case: oc.Case) -> None:
    assert_equal_outputs(case.model(), core)


@pytest.mark.parametrize("family", FAMILIES)
@settings(slow_enough, max_examples=8)
@given(data=st.data())
def test_any_int8_operator_is_exact_with_vector_instructions(family: str, data: st.DataObject) -> None:
    model = data.draw(FAMILIES[family]).model()
    with QemuBoard(load_manifest().image("cortex-m55").path, model) as board:
        assert_board_is_exact(board, model)


@settings(slow_enough, max_examples=30)
@given(case=ANY_OPERATOR)
def test_reference_kernels_agree(case: oc.Case) -> None:
    assert_equal_outputs(case.model(), reference_kernels=True)


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4f"])
@pytest.mark.parametrize("output_scale", [1e-4, 2e-2, 1e7])
@pytest.mark.parametrize("build", [so.conv_2d, so.depthwise_conv_2d, so.fully_connected])
def test_factors_beyond_the_fast_rescaling_are_exact(build: Any, output_scale: float, core: str) -> None:
    assert_equal_outputs(build(output_scale=output_scale), core)


@pytest.mark.parametrize("depth", range(1, 20))
def test_every_remainder_of_the_inner_loops_is_exact(depth: int) -> None:
    assert_equal_outputs(so.conv_2d((1, 3, 3, depth), 3, (1, 1)))
    assert_equal_outputs(so.fully_connected((1, depth), depth))
    assert_equal_outputs(so.depthwise_conv_2d((1, 3, 3, depth)))


@pytest.mark.parametrize("width", range(1, 7))
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_depthwise_windows_of_three_columns_are_exact_at_both_borders(
    width: int, stride: int, dilation: int
) -> None:
    model = so.depthwise_conv_2d(
        (1, 4, width, 8),
        stride=(stride, stride) if dilation == 1 else (1, 1),
        dilation=(dilation, dilation),
    )
    assert_equal_outputs(model)


@pytest.mark.parametrize("multiplier", [4, 8])
def test_depthwise_channels_that_share_an_input_are_exact(multiplier: int) -> None:
    assert_equal_outputs(so.depthwise_conv_2d((2, 6, 5, 2), multiplier, (4, 3), stride=(2, 2)))


def test_pools_of_more_pixels_than_fit_16_bit_sums_are_exact() -> None:
    for name in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        assert_equal_outputs(so.pool_2d(name, (1, 17, 16, 5), (17, 16), stride=(1, 1)))
    assert_equal_outputs(so.mean((1, 17, 16, 5)))


@pytest.mark.parametrize(
    "shapes", [((2, 3, 4, 8), (8,)), ((2, 3, 8), (1,)), ((3, 1), (1, 4)), ((4,), (2, 3, 4))]
)
def test_broadcast_operands_are_exact(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    for name in ("ADD", "MUL"):
        assert_equal_outputs(so.elementwise(name, shapes))


@pytest.mark.parametrize("reference_kernels", [False, True])
def test_one_scale_for_all_weights_is_multiplied_in_double_precision(reference_kernels: bool) -> None:
    """Sums next to the middle between two outputs show the last bits of the factor."""
    input_scale, weight_scale, output_scale = np.float32(0.024759196), np.float32(0.0025441993), 1.9571787
    product = input_scale * weight_scale
    middles = np.round((np.arange(-60, 60) + 0.5) * output_scale / float(product)).astype(int)
    sums = (middles[:, None] + np.arange(-1, 2)).ravel()
    builder = ModelBuilder()
    x = builder.tensor((1, 1), "int8", scale=input_scale, zero_point=0)
    weights = builder.tensor(
        (len(sums), 1), "int8", scale=weight_scale, zero_point=0, data=np.zeros((len(sums), 1))
    )
    bias = builder.tensor((len(sums),), "int32", scale=product, zero_point=0, data=sums)
    y = builder.tensor((1, len(sums)), "int8", scale=output_scale, zero_point=0)
    builder.operator("FULLY_CONNECTED", [x, weights, bias], [y], {"activation": "NONE"}, version=4)
    assert_equal_outputs(builder.build([x], [y]), reference_kernels=reference_kernels)
