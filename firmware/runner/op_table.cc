// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/op_table.h"

#include "kernels/extra/kernels.h"
#include "kernels/extra/options.h"
#include "kernels/optimized/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace extra = sim::kernels;
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

// An operator that the compact runner does not have. It has those that most small models are made of, as long as a
// model of 16 KiB still fits beside it into the 128 KiB of flash that small parts have.
#if SIM_COMPACT
#define SIM_FULL_ONLY(...)
#else
#define SIM_FULL_ONLY(...) __VA_ARGS__,
#endif

extern "C" {

// Name, greatest version and element types that the kernels implement. Sorted by name.
const sim::Operator sim_op_table[] = {
    SIM_FULL_ONLY(SIM_OPERATOR(ABS, 5, kFloat32 | kInt8 | kInt16, extra))
    SIM_OPTIMIZED(ADD, 5, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(ADD_N, 1, kFloat32 | kInt8, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(ARG_MAX, 2, kFloat32 | kUInt8 | kInt8, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(ARG_MIN, 2, kFloat32 | kUInt8 | kInt8, tflm))
    SIM_OPTIMIZED(AVERAGE_POOL_2D, 3, kFloat32 | kUInt8 | kInt8 | kInt16, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(BATCH_MATMUL, 4, kFloat32 | kInt8 | kInt16, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(BATCH_TO_SPACE_ND, 4, kFloat32 | kInt8, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(CAST, 6, kFloat32 | kInt8 | kInt16 | kInt32 | kBool, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(CEIL, 1, kFloat32, tflm))
    SIM_OPERATOR(CONCATENATION, 4, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32 | kInt64 | kBool, extra),
    SIM_OPTIMIZED(CONV_2D, 8, kFloat32 | kUInt8 | kInt8 | kInt16, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(COS, 1, kFloat32, tflm))
    SIM_OPTIMIZED(DEPTHWISE_CONV_2D, 7, kFloat32 | kUInt8 | kInt8 | kInt16, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(DEPTH_TO_SPACE, 2, kFloat32 | kInt8, extra))
    SIM_OPERATOR(DEQUANTIZE, 3, kUInt8 | kInt8 | kInt16, tflm),
    SIM_FULL_ONLY(SIM_OPERATOR(DIV, 2, kFloat32 | kInt8 | kInt32, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(ELU, 1, kFloat32 | kInt8, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64 | kBool, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(EXP, 1, kFloat32, extra))
    SIM_OPERATOR(EXPAND_DIMS, 1, kAnyType, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(FILL, 4, kAnyType, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(FLOOR, 1, kFloat32, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(FLOOR_DIV, 1, kFloat32, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(FLOOR_MOD, 1, kFloat32, extra))
    SIM_OPTIMIZED(FULLY_CONNECTED, 13, kFloat32 | kUInt8 | kInt8 | kInt16, extra),
    SIM_FULL_ONLY(SIM_PARSED_OPERATOR(GATHER, 7, kAnyType, extra, extra::ParseGather))
    SIM_FULL_ONLY(SIM_OPERATOR(GREATER, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(GREATER_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(HARD_SWISH, 1, kFloat32 | kInt8, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(L2_NORMALIZATION, 2, kFloat32 | kUInt8 | kInt8, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(LEAKY_RELU, 2, kFloat32 | kInt8 | kInt16, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(LESS, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(LESS_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(LOG, 1, kFloat32, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(LOGICAL_AND, 1, kBool, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(LOGICAL_NOT, 1, kBool, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(LOGICAL_OR, 1, kBool, tflm))
    SIM_OPERATOR(LOGISTIC, 3, kFloat32 | kInt8 | kInt16, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(LOG_SOFTMAX, 1, kFloat32, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(MAXIMUM, 4, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32 | kInt64, extra))
    SIM_OPTIMIZED(MAX_POOL_2D, 3, kFloat32 | kUInt8 | kInt8 | kInt16, extra),
    SIM_OPTIMIZED(MEAN, 3, kFloat32 | kInt8 | kInt16, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(MINIMUM, 4, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32 | kInt64, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(MIRROR_PAD, 3, kAnyType, extra))
    SIM_FULL_ONLY(SIM_OPTIMIZED(MUL, 7, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(NEG, 1, kFloat32, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(NOT_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64 | kBool, tflm))
    SIM_OPERATOR(PACK, 4, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32 | kInt64 | kBool, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(PAD, 4, kAnyType, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(PADV2, 4, kAnyType, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(PRELU, 1, kFloat32 | kUInt8 | kInt8, tflm))
    SIM_OPERATOR(QUANTIZE, 3, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(REDUCE_MAX, 3, kFloat32 | kInt8, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(REDUCE_MIN, 3, kFloat32 | kInt8, extra))
    SIM_OPERATOR(RELU, 3, kFloat32 | kUInt8 | kInt8 | kInt16, extra),
    SIM_OPERATOR(RELU6, 3, kFloat32 | kUInt8 | kInt8 | kInt16, extra),
    SIM_OPERATOR(RESHAPE, 1, kAnyType, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(RESIZE_BILINEAR, 4, kFloat32 | kInt8, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(RESIZE_NEAREST_NEIGHBOR, 4, kFloat32 | kUInt8 | kInt8 | kInt16, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(ROUND, 1, kFloat32, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(RSQRT, 1, kFloat32, tflm))
    SIM_OPERATOR(SHAPE, 1, kAnyType, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(SIN, 1, kFloat32, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(SLICE, 6, kAnyType, extra))
    SIM_OPTIMIZED(SOFTMAX, 3, kFloat32 | kUInt8 | kInt8 | kInt16, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(SPACE_TO_BATCH_ND, 4, kFloat32 | kInt8, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(SPACE_TO_DEPTH, 2, kFloat32 | kInt8, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(SPLIT, 4, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(SPLIT_V, 2, kAnyType, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(SQRT, 1, kFloat32, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(SQUARE, 1, kFloat32, tflm))
    SIM_FULL_ONLY(SIM_OPERATOR(SQUARED_DIFFERENCE, 2, kFloat32 | kInt8 | kInt16 | kInt32, extra))
    SIM_OPERATOR(SQUEEZE, 2, kAnyType, extra),
    SIM_OPERATOR(STRIDED_SLICE, 7, kAnyType, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(SUB, 5, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(SUM, 2, kFloat32 | kInt8 | kInt16, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(SVDF, 3, kFloat32 | kInt8, tflm))
    SIM_OPERATOR(TANH, 3, kFloat32 | kInt8 | kInt16, extra),
    SIM_FULL_ONLY(SIM_OPERATOR(TRANSPOSE, 6, kAnyType, extra))
    SIM_FULL_ONLY(SIM_PARSED_OPERATOR(TRANSPOSE_CONV, 5, kFloat32 | kInt8 | kInt16, extra, extra::ParseTransposeConv))
    SIM_FULL_ONLY(SIM_OPERATOR(UNIDIRECTIONAL_SEQUENCE_LSTM, 4, kFloat32 | kInt8 | kInt16, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(UNPACK, 4, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32 | kBool, extra))
    SIM_FULL_ONLY(SIM_OPERATOR(ZEROS_LIKE, 1, kAnyType, extra))
};

const uint32_t sim_op_table_length = sizeof(sim_op_table) / sizeof(sim_op_table[0]);

}  // extern "C"
