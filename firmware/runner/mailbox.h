// The runner's side of the mailbox: log and failure.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNNER_MAILBOX_H_
#define SIM_RUNNER_MAILBOX_H_

#include <cstdint>

#include "include/sim_runner_abi.h"

namespace sim {

constexpr uint32_t kNoOperator = 0xFFFFFFFFu;

// Appends text to the mailbox's log; what does not fit is dropped.
void Log(const char* text);

// Publishes the error and halts.
[[noreturn]] void Fail(sim_runner_error error, uint32_t op_index = kNoOperator);

}  // namespace sim

#endif  // SIM_RUNNER_MAILBOX_H_
