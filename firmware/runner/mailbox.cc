// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/mailbox.h"

// `noipa` keeps the empty functions apart: identical ones would be folded into one address or inlined.
#define SIM_MARKER __attribute__((noipa, used))

extern "C" {

__attribute__((section(".noinit"), used)) sim_runner_mailbox sim_mailbox;

SIM_MARKER void sim_mark_ready() {}
SIM_MARKER void sim_mark_invoke_begin() {}
SIM_MARKER void sim_mark_invoke_end() {}
SIM_MARKER void sim_mark_op_begin(uint32_t) {}
SIM_MARKER void sim_mark_op_end(uint32_t) {}
SIM_MARKER void sim_mark_done() {}
SIM_MARKER void sim_mark_failed() {}

}  // extern "C"

namespace sim {

void Log(const char* text) {
  for (; *text != '\0' && sim_mailbox.log_length < SIM_RUNNER_LOG_BYTES; ++text) {
    sim_mailbox.log[sim_mailbox.log_length++] = *text;
  }
}

void Fail(sim_runner_error error, uint32_t op_index) {
  sim_mailbox.error = error;
  sim_mailbox.failed_op_index = op_index;
  sim_mark_failed();
  for (;;) {
    __asm__ volatile("wfi");
  }
}

}  // namespace sim
