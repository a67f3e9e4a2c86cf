// What the runner needs of a TensorFlow Lite Micro version: implemented once per API generation.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNNER_RUNTIME_H_
#define SIM_RUNNER_RUNTIME_H_

#include "include/sim_runner_abi.h"

namespace sim {

// Builds the interpreter for the model the mailbox points to and plans its memory. Does not return on failure.
void LoadModel(const sim_runner_mailbox& request);

// Fills in the arena use and the tables of tensors. Call after LoadModel.
void DescribeModel(sim_runner_mailbox* answer);

// Runs the model once and calls the operator markers. Does not return on failure.
void InvokeModel();

}  // namespace sim

#endif  // SIM_RUNNER_RUNTIME_H_
