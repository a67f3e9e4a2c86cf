// The runner's sequence: read the mailbox, load the model, then answer one inference after the other.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/mailbox.h"
#include "runner/runtime.h"

namespace {

void ClearAnswer(sim_runner_mailbox* mailbox) {
  mailbox->error = SIM_ERROR_NONE;
  mailbox->failed_op_index = sim::kNoOperator;
  mailbox->arena_used_bytes = 0;
  mailbox->input_count = 0;
  mailbox->output_count = 0;
  mailbox->tensor_count = 0;
  mailbox->log_length = 0;
}

bool RequestIsValid(const sim_runner_mailbox& mailbox) {
  return mailbox.magic == SIM_RUNNER_MAGIC && mailbox.abi_version == SIM_RUNNER_ABI_VERSION &&
         mailbox.model_address != 0 && mailbox.arena_address != 0;
}

}  // namespace

int main() {
  ClearAnswer(&sim_mailbox);
  if (!RequestIsValid(sim_mailbox)) {
    sim::Fail(SIM_ERROR_BAD_MAILBOX);
  }
  sim::LoadModel(sim_mailbox);
  sim::DescribeModel(&sim_mailbox);
  for (;;) {
    sim_mark_ready();
    sim_mark_invoke_begin();
    sim::InvokeModel();
    sim_mark_invoke_end();
    sim_mark_done();
  }
}
