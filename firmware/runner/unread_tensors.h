// Memory for tensors that nothing reads.
//
// The runtime of July 2020 plans no memory for a tensor that no operator reads and that is no output of the model: it
// takes it for an error. Converters write such tensors: outputs that nobody wants, and tensors that only carry scales.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNNER_UNREAD_TENSORS_H_
#define SIM_RUNNER_UNREAD_TENSORS_H_

#include "tensorflow/lite/micro/micro_interpreter.h"

namespace sim {

// Call once, while an operator is prepared: gives those tensors memory of their own, which takes them out of the plan.
TfLiteStatus AllocateUnreadTensors(TfLiteContext* context, const tflite::MicroInterpreter& interpreter);

}  // namespace sim

#endif  // SIM_RUNNER_UNREAD_TENSORS_H_
