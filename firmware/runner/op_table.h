// The one list of operators that the runner knows, with the kernels behind them.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNNER_OP_TABLE_H_
#define SIM_RUNNER_OP_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace sim {

// Element types that an operator's kernels handle, as a set of bits: bit n stands for type n of the model format.
constexpr uint32_t kFloat32 = 1u << tflite::TensorType_FLOAT32;
constexpr uint32_t kInt32 = 1u << tflite::TensorType_INT32;
constexpr uint32_t kUInt8 = 1u << tflite::TensorType_UINT8;
constexpr uint32_t kInt64 = 1u << tflite::TensorType_INT64;
constexpr uint32_t kBool = 1u << tflite::TensorType_BOOL;
constexpr uint32_t kInt16 = 1u << tflite::TensorType_INT16;
constexpr uint32_t kInt8 = 1u << tflite::TensorType_INT8;
constexpr uint32_t kAnyType = 0;

using RegistrationGetter = TfLiteRegistration* (*)();

// All words: host tools read the table out of the image.
struct Operator {
  const char* name;
  int32_t builtin_code;
  int32_t max_version;
  uint32_t types;  // of the first input that is no constant
  tflite::MicroOpResolver::BuiltinParseFunction parse;  // of the operator's options
  RegistrationGetter reference;
  RegistrationGetter optimized;  // null when there is only one kernel
};

}  // namespace sim

extern "C" {
extern const sim::Operator sim_op_table[];
extern const uint32_t sim_op_table_length;
}

#endif  // SIM_RUNNER_OP_TABLE_H_
