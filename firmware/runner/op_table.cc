// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/op_table.h"

#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace tflm = tflite::ops::micro;

using sim::kAnyType;
using sim::kBool;
using sim::kFloat32;
using sim::kInt16;
using sim::kInt32;
using sim::kInt64;
using sim::kInt8;
using sim::kUInt8;

#define SIM_OPERATOR(name, max_version, types, reference, optimized) \
  { #name, tflite::BuiltinOperator_##name, max_version, types, reference, optimized }

extern "C" {

// Name, greatest version and element types that the kernels implement, reference kernel, optimized kernel or null.
// Sorted by name.
const sim::Operator sim_op_table[] = {
    SIM_OPERATOR(ABS, 1, kFloat32, tflm::Register_ABS, nullptr),
    SIM_OPERATOR(ADD, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_ADD, nullptr),
    SIM_OPERATOR(ARG_MAX, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_ARG_MAX, nullptr),
    SIM_OPERATOR(ARG_MIN, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_ARG_MIN, nullptr),
    SIM_OPERATOR(AVERAGE_POOL_2D, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_AVERAGE_POOL_2D, nullptr),
    SIM_OPERATOR(CEIL, 1, kFloat32, tflm::Register_CEIL, nullptr),
    SIM_OPERATOR(CONCATENATION, 3, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm::Register_CONCATENATION, nullptr),
    SIM_OPERATOR(CONV_2D, 3, kFloat32 | kUInt8 | kInt8, tflm::Register_CONV_2D, nullptr),
    SIM_OPERATOR(COS, 1, kFloat32, tflm::Register_COS, nullptr),
    SIM_OPERATOR(DEPTHWISE_CONV_2D, 3, kFloat32 | kUInt8 | kInt8, tflm::Register_DEPTHWISE_CONV_2D, nullptr),
    SIM_OPERATOR(DEQUANTIZE, 3, kUInt8 | kInt8 | kInt16, tflm::Register_DEQUANTIZE, nullptr),
    SIM_OPERATOR(EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64 | kBool, tflm::Register_EQUAL, nullptr),
    SIM_OPERATOR(FLOOR, 1, kFloat32, tflm::Register_FLOOR, nullptr),
    SIM_OPERATOR(FULLY_CONNECTED, 4, kFloat32 | kUInt8 | kInt8, tflm::Register_FULLY_CONNECTED, nullptr),
    SIM_OPERATOR(GREATER, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm::Register_GREATER, nullptr),
    SIM_OPERATOR(GREATER_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm::Register_GREATER_EQUAL, nullptr),
    SIM_OPERATOR(L2_NORMALIZATION, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_L2_NORMALIZATION, nullptr),
    SIM_OPERATOR(LESS, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm::Register_LESS, nullptr),
    SIM_OPERATOR(LESS_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm::Register_LESS_EQUAL, nullptr),
    SIM_OPERATOR(LOG, 1, kFloat32, tflm::Register_LOG, nullptr),
    SIM_OPERATOR(LOGICAL_AND, 1, kBool, tflm::Register_LOGICAL_AND, nullptr),
    SIM_OPERATOR(LOGICAL_NOT, 1, kBool, tflm::Register_LOGICAL_NOT, nullptr),
    SIM_OPERATOR(LOGICAL_OR, 1, kBool, tflm::Register_LOGICAL_OR, nullptr),
    SIM_OPERATOR(LOGISTIC, 2, kFloat32 | kInt8, tflm::Register_LOGISTIC, nullptr),
    SIM_OPERATOR(MAXIMUM, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm::Register_MAXIMUM, nullptr),
    SIM_OPERATOR(MAX_POOL_2D, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_MAX_POOL_2D, nullptr),
    SIM_OPERATOR(MEAN, 2, kFloat32, tflm::Register_MEAN, nullptr),
    SIM_OPERATOR(MINIMUM, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm::Register_MINIMUM, nullptr),
    SIM_OPERATOR(MUL, 3, kFloat32 | kUInt8 | kInt8, tflm::Register_MUL, nullptr),
    SIM_OPERATOR(NEG, 1, kFloat32, tflm::Register_NEG, nullptr),
    SIM_OPERATOR(NOT_EQUAL, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64 | kBool, tflm::Register_NOT_EQUAL, nullptr),
    SIM_OPERATOR(PACK, 2, kFloat32 | kUInt8 | kInt8 | kInt32 | kInt64, tflm::Register_PACK, nullptr),
    SIM_OPERATOR(PAD, 2, kFloat32 | kUInt8 | kInt8 | kInt32, tflm::Register_PAD, nullptr),
    SIM_OPERATOR(PADV2, 2, kFloat32 | kUInt8 | kInt8 | kInt32, tflm::Register_PADV2, nullptr),
    SIM_OPERATOR(PRELU, 1, kFloat32 | kUInt8 | kInt8, tflm::Register_PRELU, nullptr),
    SIM_OPERATOR(QUANTIZE, 2, kFloat32 | kInt16, tflm::Register_QUANTIZE, nullptr),
    SIM_OPERATOR(RELU, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_RELU, nullptr),
    SIM_OPERATOR(RELU6, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_RELU6, nullptr),
    SIM_OPERATOR(RESHAPE, 1, kAnyType, tflm::Register_RESHAPE, nullptr),
    SIM_OPERATOR(RESIZE_NEAREST_NEIGHBOR, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_RESIZE_NEAREST_NEIGHBOR, nullptr),
    SIM_OPERATOR(ROUND, 1, kFloat32, tflm::Register_ROUND, nullptr),
    SIM_OPERATOR(RSQRT, 1, kFloat32, tflm::Register_RSQRT, nullptr),
    SIM_OPERATOR(SIN, 1, kFloat32, tflm::Register_SIN, nullptr),
    SIM_OPERATOR(SOFTMAX, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_SOFTMAX, nullptr),
    SIM_OPERATOR(SPLIT, 4, kFloat32 | kUInt8 | kInt8 | kInt16 | kInt32, tflm::Register_SPLIT, nullptr),
    SIM_OPERATOR(SQRT, 1, kFloat32, tflm::Register_SQRT, nullptr),
    SIM_OPERATOR(SQUARE, 1, kFloat32, tflm::Register_SQUARE, nullptr),
    SIM_OPERATOR(STRIDED_SLICE, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_STRIDED_SLICE, nullptr),
    SIM_OPERATOR(SUB, 2, kFloat32 | kUInt8 | kInt8, tflm::Register_SUB, nullptr),
    SIM_OPERATOR(SVDF, 3, kFloat32 | kInt8, tflm::Register_SVDF, nullptr),
    SIM_OPERATOR(TANH, 2, kFloat32 | kInt8, tflm::Register_TANH, nullptr),
    SIM_OPERATOR(UNPACK, 2, kFloat32 | kUInt8 | kInt8 | kInt32, tflm::Register_UNPACK, nullptr),
};

const uint32_t sim_op_table_length = sizeof(sim_op_table) / sizeof(sim_op_table[0]);

}  // extern "C"
