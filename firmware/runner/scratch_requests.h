// Scratch buffers for any number of operators.
//
// The runtime of July 2020 takes requests for scratch buffers only in one go: it refuses them once anything else was
// allocated after the first. These functions hold the requests back until every operator is prepared.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNNER_SCRATCH_REQUESTS_H_
#define SIM_RUNNER_SCRATCH_REQUESTS_H_

#include <cstdint>

#include "tensorflow/lite/c/common.h"

namespace sim {

// Call before operator `operator_index` is prepared: its requests are answered with an index, and kept in the arena.
void HoldScratchRequests(TfLiteContext* context, uint32_t operator_index);

// Call when the last operator is prepared.
TfLiteStatus PassScratchRequests(TfLiteContext* context);

}  // namespace sim

#endif  // SIM_RUNNER_SCRATCH_REQUESTS_H_
