from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.firmware import mailbox
from sim.firmware.mailbox import MailboxAnswer, MailboxRequest, RunnerError, TensorRegion

INCLUDE = Path(__file__).parents[2] / "firmware" / "include"

# Fills every field with a value of its own and writes the raw structure, as the C compiler lays it out.
FILL = r"""
#include <stdio.h>
#include <string.h>
#include "sim_runner_abi.h"
int main(void) {
  static struct sim_runner_mailbox m;
  m.magic = SIM_RUNNER_MAGIC; m.abi_version = SIM_RUNNER_ABI_VERSION; m.flags = SIM_FLAG_REFERENCE_KERNELS;
  m.model_address = 11; m.model_size_bytes = 12; m.arena_address = 13; m.arena_size_bytes = 14;
  m.error = SIM_ERROR_INVOKE; m.failed_op_index = 21; m.arena_used_bytes = 22;
  m.input_count = 2; m.output_count = SIM_RUNNER_MAX_TENSORS;
  m.tensor_count = 23; m.tensors_address = 1000; m.tensor_stride_bytes = 64; m.tensor_data_offset_bytes = 4;
  for (unsigned i = 0; i < SIM_RUNNER_MAX_TENSORS; ++i) {
    m.inputs[i].address = 100 + i; m.inputs[i].size_bytes = 200 + i;
    m.outputs[i].address = 300 + i; m.outputs[i].size_bytes = 400 + i;
  }
  strcpy(m.log, "hello"); m.log_length = 5; m.log[SIM_RUNNER_LOG_BYTES - 1] = '!';
  fwrite(&m, sizeof m, 1, stdout);
  return 0;
}
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    directory = tmp_path_factory.mktemp("abi")
    (directory / "fill.c").write_text(FILL)
    program = directory / "fill"
    subprocess.run([compiler, f"-I{INCLUDE}", directory / "fill.c", "-o", program], check=True)
    return subprocess.run([program], check=True, capture_output=True).stdout


def test_a_request_has_the_layout_of_the_c_header(filled: bytes) -> None:
    request = MailboxRequest(11, 12, 13, 14, reference_kernels=True).pack()
    assert filled.startswith(request)
    assert len(filled) == mailbox.MAILBOX_BYTES


def test_an_answer_is_read_where_the_c_header_puts_it(filled: bytes) -> None:
    answer = MailboxAnswer.unpack(filled)
    assert answer.error is RunnerError.INVOKE
    assert (answer.failed_op_index, answer.arena_used_bytes) == (21, 22)
    assert answer.inputs == (TensorRegion(100, 200), TensorRegion(101, 201))
    assert len(answer.outputs) == mailbox.MAX_TENSORS
    assert answer.outputs[-1] == TensorRegion(300 + mailbox.MAX_TENSORS - 1, 400 + mailbox.MAX_TENSORS - 1)
    assert answer.tensors.count == 23
    assert answer.tensors.data_pointer_address(2) == 1000 + 2 * 64 + 4
    assert answer.log == "hello"


def test_the_error_codes_are_those_of_the_c_header() -> None:
    header = (INCLUDE / "sim_runner_abi.h").read_text()
    for error in RunnerError:
        assert f"SIM_ERROR_{error.name} = {error.value}," in header
    assert header.count("SIM_ERROR_") == len(RunnerError)


def test_no_failing_operator_reads_as_none(filled: bytes) -> None:
    position = filled.index((21).to_bytes(4, "little"))
    none = filled[:position] + b"\xff" * 4 + filled[position + 4 :]
    assert MailboxAnswer.unpack(none).failed_op_index is None
