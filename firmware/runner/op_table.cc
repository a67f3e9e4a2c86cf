// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/op_table.h"

#include "kernels/optimized/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace optimized = sim::optimized;
namespace tflm = tflite::ops::micro;

using sim::kAnyType;
using sim::kBool;
using sim::kFloat32;
using sim::kInt16;
using sim::kInt32;
using sim::kInt64;
using sim::kInt8;
using sim::kUInt8;

// One kernel, out of namespace `origin`, with options that the function `parse` reads.
#define SIM_PARSED_OPERATOR(name, max_version, types, origin, parse) \
  { #name, tflite::BuiltinOperator_##name, max_version, types, parse, origin::Register_##name, nullptr }

// One kernel, out of namespace `origin`.
#define SIM_OPERATOR(name, max_version, types, origin) \
  SIM_PARSED_OPERATOR(name, max_version, types, origin, tflite::ParseOpData)

// A reference kernel out of namespace `origin`, and an optimized one.
#define SIM_OPTIMIZED(name, max_version, types, origin) \
  { #name, tflite::BuiltinOperator_##name, max_version, types, tflite::ParseOpData, origin::Register_##name, \
    optimized::Register_##name }

extern "C" {

// Name, greatest version and element types that the kernels implement. Sorted by name.
const sim::Operator sim_op_table[] = {
    SIM_OPERATOR(ABS, 1, kFloat32, tflm),
    SIM_OPTIMIZED(ADD, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(ARG_MAX, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(ARG_MIN, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPTIMIZED(AVERAGE_POOL_2D, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(CEIL, 1, kFloat32, tflm),
    SIM_OPERATOR(CONCATENATION, 3, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm),
    SIM_OPTIMIZED(CONV_2D, 3, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(COS, 1, kFloat32, tflm),
    SIM_OPTIMIZED(DEPTHWISE_CONV_2D, 3, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(DEQUANTIZE, 3, kUInt8 | kInt8 | kInt16, tflm),
    SIM_OPERATOR(EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64 | kBool, tflm),
    SIM_OPERATOR(FLOOR, 1, kFloat32, tflm),
    SIM_OPTIMIZED(FULLY_CONNECTED, 4, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(GREATER, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm),
    SIM_OPERATOR(GREATER_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm),
    SIM_OPERATOR(L2_NORMALIZATION, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(LESS, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm),
    SIM_OPERATOR(LESS_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm),
    SIM_OPERATOR(LOG, 1, kFloat32, tflm),
    SIM_OPERATOR(LOGICAL_AND, 1, kBool, tflm),
    SIM_OPERATOR(LOGICAL_NOT, 1, kBool, tflm),
    SIM_OPERATOR(LOGICAL_OR, 1, kBool, tflm),
    SIM_OPERATOR(LOGISTIC, 2, kFloat32 | kInt8, tflm),
    SIM_OPERATOR(MAXIMUM, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm),
    SIM_OPTIMIZED(MAX_POOL_2D, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPTIMIZED(MEAN, 2, kFloat32, tflm),
    SIM_OPERATOR(MINIMUM, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm),
    SIM_OPTIMIZED(MUL, 3, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(NEG, 1, kFloat32, tflm),
    SIM_OPERATOR(NOT_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64 | kBool, tflm),
    SIM_OPERATOR(PACK, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm),
    SIM_OPERATOR(PAD, 2, kFloat32 | kUInt8 | kInt8 | kInt32, tflm),
    SIM_OPERATOR(PADV2, 2, kFloat32 | kUInt8 | kInt8 | kInt32, tflm),
    SIM_OPERATOR(PRELU, 1, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(QUANTIZE, 2, kFloat32 | kInt16, tflm),
    SIM_OPERATOR(RELU, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(RELU6, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(RESHAPE, 1, kAnyType, tflm),
    SIM_OPERATOR(RESIZE_NEAREST_NEIGHBOR, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(ROUND, 1, kFloat32, tflm),
    SIM_OPERATOR(RSQRT, 1, kFloat32, tflm),
    SIM_OPERATOR(SIN, 1, kFloat32, tflm),
    SIM_OPTIMIZED(SOFTMAX, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(SPLIT, 4, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32, tflm),
    SIM_OPERATOR(SQRT, 1, kFloat32, tflm),
    SIM_OPERATOR(SQUARE, 1, kFloat32, tflm),
    SIM_OPERATOR(STRIDED_SLICE, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(SUB, 2, kFloat32 | kUInt8 | kInt8, tflm),
    SIM_OPERATOR(SVDF, 3, kFloat32 | kInt8, tflm),
    SIM_OPERATOR(TANH, 2, kFloat32 | kInt8, tflm),
    SIM_OPERATOR(UNPACK, 2, kFloat32 | kUInt8 | kInt8 | kInt32, tflm),
};

const uint32_t sim_op_table_length = sizeof(sim_op_table) / sizeof(sim_op_table[0]);

}  // extern "C"
