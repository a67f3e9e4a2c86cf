"""Our kernels compute what today's TensorFlow Lite Micro does, over shapes, axes, scales and zero points."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import operator_cases as oc
from tests.support.todays_runtime import assert_same_outputs

pytest.importorskip("tflite_micro.python.tflite_micro.runtime")

EVERY_TYPE = ("float32", "int8", "int16")

few_examples = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


def _families() -> dict[str, st.SearchStrategy[oc.Case]]:
    families: dict[str, st.SearchStrategy[oc.Case]] = {}
    for dtype in EVERY_TYPE:
        families |= {
            f"convolution {dtype}": oc.convolutions(dtype),
            f"depthwise convolution {dtype}": oc.depthwise_convolutions(dtype),
            f"transposed convolution {dtype}": oc.transposed_convolutions(dtype),
            f"fully connected {dtype}": oc.fully_connected_layers(dtype),
            f"batch matrix product {dtype}": oc.batch_matmuls(dtype),
            f"LSTM {dtype}": oc.sequence_lstms(dtype),
            f"pooling {dtype}": oc.pools(dtype),
            f"mean {dtype}": oc.means(dtype),
            f"softmax {dtype}": oc.softmaxes(dtype),
            f"transpose {dtype}": oc.transposes(dtype),
            f"leaky relu {dtype}": oc.leaky_relus(dtype),
        }
        for name in ("ADD", "SUB", "MUL"):
            families[f"{name} {dtype}"] = oc.elementwise_operators(name, dtype)
        for name in ("ABS", "LOGISTIC", "TANH", "RELU", "RELU6"):
            families[f"{name} {dtype}"] = oc.unary_operators(name, dtype)
        families[f"nearest neighbour {dtype}"] = oc.resizes("RESIZE_NEAREST_NEIGHBOR", dtype)
    for dtype in ("float32", "int8"):
        families[f"bilinear resize {dtype}"] = oc.resizes("RESIZE_BILINEAR", dtype)
        families[f"hard swish {dtype}"] = oc.unary_operators("HARD_SWISH", dtype)
        families[f"ELU {dtype}"] = oc.unary_operators("ELU", dtype)
    return families


FAMILIES = _families()


@pytest.mark.parametrize("family", FAMILIES)
@few_examples
@given(data=st.data(), reference_kernels=st.booleans())
def test_a_family_of_operators_agrees_with_todays_runtime(
    family: str, data: st.DataObject, reference_kernels: bool
) -> None:
    case = data.draw(FAMILIES[family])
    assert_same_outputs(case.model(), reference_kernels=reference_kernels)


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "cortex-m7f", "cortex-m33f"])
@settings(few_examples, max_examples=12)
@given(case=st.one_of(*FAMILIES.values()))
def test_every_core_class_agrees_with_todays_runtime(core: str, case: oc.Case) -> None:
    assert_same_outputs(case.model(), core)
