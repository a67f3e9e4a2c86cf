// The one list of operators that the runner knows, with the kernels behind them.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNNER_OP_TABLE_H_
#define SIM_RUNNER_OP_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/c/common.h"

namespace sim {

using RegistrationGetter = TfLiteRegistration* (*)();

// All words: host tools read the table out of the image.
struct Operator {
  const char* name;
  int32_t builtin_code;
  int32_t max_version;
  RegistrationGetter reference;
  RegistrationGetter optimized;  // null when there is only one kernel
};

}  // namespace sim

extern "C" {
extern const sim::Operator sim_op_table[];
extern const uint32_t sim_op_table_length;
}

#endif  // SIM_RUNNER_OP_TABLE_H_
