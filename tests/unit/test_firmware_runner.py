"""The runner's side of the contract with the host, on the prebuilt images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.firmware.mailbox import MAX_TENSORS, RunnerError
from tests.support import single_operator as so
from tests.support.mini_board import RunnerFailedError
from tests.support.runner_models import UNICORN_CORES, boot, chain_of_additions
from tests.support.tflite_builder import ModelBuilder

INPUT = np.arange(8, dtype=np.float32)


def failure_of(model: bytes, **options: object) -> RunnerFailedError:
    with pytest.raises(RunnerFailedError) as caught:
        boot(model, **options)
    return caught.value


@pytest.mark.parametrize("core", UNICORN_CORES)
def test_every_operator_of_every_inference_is_marked_in_order(core: str) -> None:
    board = boot(chain_of_additions(5), core)
    for _ in range(3):
        board.infer([INPUT])
        assert board.operator_order == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("core", UNICORN_CORES)
def test_inferences_follow_each_other_with_new_inputs(core: str) -> None:
    board = boot(chain_of_additions(3), core)
    for factor in (1, -2, 7):
        (output,) = board.infer([factor * INPUT])
        assert np.frombuffer(output, np.float32).tolist() == (factor * INPUT + 3).tolist()


def test_the_answer_describes_inputs_outputs_and_tensors() -> None:
    board = boot(chain_of_additions(2, elements=6))
    answer = board.answer
    assert answer.error is RunnerError.NONE
    assert [region.size_bytes for region in answer.inputs + answer.outputs] == [24, 24]
    assert answer.tensors.count == 4  # the constant, the input and two sums
    assert answer.log == ""
    assert board.read_word(answer.tensors.data_pointer_address(1)) == answer.inputs[0].address
    assert board.read_word(answer.tensors.data_pointer_address(3)) == answer.outputs[0].address


def test_the_arena_that_was_used_is_enough() -> None:
    model = so.conv_2d()
    used = boot(model).answer.arena_used_bytes
    assert boot(model, arena_bytes=-(-used // 16) * 16).answer.arena_used_bytes == used


@settings(max_examples=40, deadline=None)
@given(fraction=st.floats(0, 0.97))
def test_any_smaller_arena_is_reported_as_too_small(fraction: float) -> None:
    model = so.conv_2d()
    used = boot(model).answer.arena_used_bytes
    failure = failure_of(model, arena_bytes=int(fraction * used) // 16 * 16)
    assert failure.answer.error is RunnerError.ARENA_TOO_SMALL


def test_an_operator_in_a_newer_version_is_reported_with_its_index() -> None:
    builder = ModelBuilder()
    a, b, c = (builder.tensor((4,), "float32") for _ in range(3))
    builder.operator("ADD", [a, a], [b], {"activation": "NONE"})
    builder.operator("ADD", [b, b], [c], {"activation": "NONE"}, version=99)
    failure = failure_of(builder.build([a], [c]))
    assert failure.answer.error is RunnerError.UNSUPPORTED_OPERATOR
    assert failure.answer.failed_op_index == 1
    assert "ADD" in failure.answer.log


@pytest.mark.parametrize("name", ["MY_OWN_OPERATOR", "CUMSUM"])
def test_custom_and_later_operators_are_reported(name: str) -> None:
    builder = ModelBuilder()
    a, b = (builder.tensor((4,), "float32") for _ in range(2))
    builder.operator(name, [a], [b])
    failure = failure_of(builder.build([a], [b]))
    assert failure.answer.error is RunnerError.UNSUPPORTED_OPERATOR
    assert failure.answer.failed_op_index == 0


def test_an_operator_that_cannot_be_prepared_is_reported_with_its_index_and_a_message() -> None:
    builder = ModelBuilder()
    a, b, c = (builder.tensor((4,), "float32") for _ in range(3))
    builder.operator("ADD", [a, a], [b], {"activation": "NONE"})
    builder.operator("CONCATENATION", [b] * 11, [c], {"axis": 0, "activation": "NONE"})  # takes ten at most
    failure = failure_of(builder.build([a], [c]))
    assert failure.answer.error is RunnerError.ALLOCATE
    assert failure.answer.failed_op_index == 1
    assert "CONCATENATION" in failure.answer.log


def test_an_operator_that_fails_at_run_time_is_reported_with_its_index() -> None:
    builder = ModelBuilder()
    a, b = builder.tensor((4,), "float32"), builder.tensor((4,), "float32")
    c, d = builder.tensor((4,), "bool"), builder.tensor((4,), "bool")
    builder.operator("ADD", [a, a], [b], {"activation": "NONE"})
    builder.operator("MAXIMUM", [c, c], [d])  # truth values have no order
    board = boot(builder.build([a, c], [b, d]))
    with pytest.raises(RunnerFailedError) as caught:
        board.infer([np.zeros(4, np.float32), np.zeros(4, np.bool_)])
    assert caught.value.answer.error is RunnerError.INVOKE
    assert caught.value.answer.failed_op_index == 1


def test_another_schema_version_is_reported() -> None:
    model = bytearray(chain_of_additions(1))
    root = int.from_bytes(model[:4], "little")
    vtable = root - int.from_bytes(model[root : root + 4], "little", signed=True)
    version = root + int.from_bytes(model[vtable + 4 : vtable + 6], "little")
    assert model[version] == 3
    model[version] = 4
    assert failure_of(bytes(model)).answer.error is RunnerError.MODEL_SCHEMA


def test_more_inputs_than_the_mailbox_has_room_for_are_reported() -> None:
    builder = ModelBuilder()
    inputs = [builder.tensor((1,), "float32") for _ in range(MAX_TENSORS + 1)]
    total = inputs[0]
    for addend in inputs[1:]:
        previous, total = total, builder.tensor((1,), "float32")
        builder.operator("ADD", [previous, addend], [total], {"activation": "NONE"})
    assert failure_of(builder.build(inputs, [total])).answer.error is RunnerError.TOO_MANY_TENSORS


def test_a_mailbox_without_magic_is_reported() -> None:
    assert failure_of(chain_of_additions(1), magic=0).answer.error is RunnerError.BAD_MAILBOX


def test_the_flag_selects_the_reference_kernels() -> None:
    model = so.conv_2d((1, 6, 6, 8), 8)
    counts = {}
    for reference in (False, True):
        board = boot(model, reference_kernels=reference, profile=True)
        board.infer([np.zeros(6 * 6 * 8, np.int8)])
        counts[reference] = board.instructions()[0]
    assert counts[False] < counts[True] / 2


@pytest.mark.parametrize("core", UNICORN_CORES)
def test_start_up_enables_what_the_core_has(core: str) -> None:
    board = boot(chain_of_additions(1), core, ram_base=0x2001_0000)
    vtor, ccr, cpacr = (board.read_word(0xE000_E000 + offset) for offset in (0xD08, 0xD14, 0xD88))
    assert vtor == 0x0800_0000
    assert bool(cpacr & 0xF << 20) == core.endswith("f")
    assert bool(ccr & 0x3 << 16) == (core == "cortex-m7f")
