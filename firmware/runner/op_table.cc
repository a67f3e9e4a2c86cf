// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/op_table.h"

#include "tensorflow/lite/micro/kernels/micro_ops.h"
#include "tensorflow/lite/schema/schema_generated.h"

using namespace tflite::ops::micro;  // NOLINT: the table names some fifty functions of it

#define SIM_OPERATOR(name, max_version, reference, optimized) \
  { #name, tflite::BuiltinOperator_##name, max_version, reference, optimized }

extern "C" {

// Name, greatest version that the kernels implement, reference kernel, optimized kernel. Sorted by name.
const sim::Operator sim_op_table[] = {
    SIM_OPERATOR(ABS, 1, Register_ABS, nullptr),
    SIM_OPERATOR(ADD, 2, Register_ADD, nullptr),
    SIM_OPERATOR(ARG_MAX, 1, Register_ARG_MAX, nullptr),
    SIM_OPERATOR(ARG_MIN, 1, Register_ARG_MIN, nullptr),
    SIM_OPERATOR(AVERAGE_POOL_2D, 2, Register_AVERAGE_POOL_2D, nullptr),
    SIM_OPERATOR(CEIL, 1, Register_CEIL, nullptr),
    SIM_OPERATOR(CONCATENATION, 3, Register_CONCATENATION, nullptr),
    SIM_OPERATOR(CONV_2D, 3, Register_CONV_2D, nullptr),
    SIM_OPERATOR(COS, 1, Register_COS, nullptr),
    SIM_OPERATOR(DEPTHWISE_CONV_2D, 3, Register_DEPTHWISE_CONV_2D, nullptr),
    SIM_OPERATOR(DEQUANTIZE, 2, Register_DEQUANTIZE, nullptr),
    SIM_OPERATOR(EQUAL, 2, Register_EQUAL, nullptr),
    SIM_OPERATOR(FLOOR, 1, Register_FLOOR, nullptr),
    SIM_OPERATOR(FULLY_CONNECTED, 4, Register_FULLY_CONNECTED, nullptr),
    SIM_OPERATOR(GREATER, 2, Register_GREATER, nullptr),
    SIM_OPERATOR(GREATER_EQUAL, 2, Register_GREATER_EQUAL, nullptr),
    SIM_OPERATOR(L2_NORMALIZATION, 1, Register_L2_NORMALIZATION, nullptr),
    SIM_OPERATOR(LESS, 2, Register_LESS, nullptr),
    SIM_OPERATOR(LESS_EQUAL, 2, Register_LESS_EQUAL, nullptr),
    SIM_OPERATOR(LOG, 1, Register_LOG, nullptr),
    SIM_OPERATOR(LOGICAL_AND, 1, Register_LOGICAL_AND, nullptr),
    SIM_OPERATOR(LOGICAL_NOT, 1, Register_LOGICAL_NOT, nullptr),
    SIM_OPERATOR(LOGICAL_OR, 1, Register_LOGICAL_OR, nullptr),
    SIM_OPERATOR(LOGISTIC, 2, Register_LOGISTIC, nullptr),
    SIM_OPERATOR(MAXIMUM, 1, Register_MAXIMUM, nullptr),
    SIM_OPERATOR(MAX_POOL_2D, 2, Register_MAX_POOL_2D, nullptr),
    SIM_OPERATOR(MEAN, 2, Register_MEAN, nullptr),
    SIM_OPERATOR(MINIMUM, 1, Register_MINIMUM, nullptr),
    SIM_OPERATOR(MUL, 3, Register_MUL, nullptr),
    SIM_OPERATOR(NEG, 1, Register_NEG, nullptr),
    SIM_OPERATOR(NOT_EQUAL, 2, Register_NOT_EQUAL, nullptr),
    SIM_OPERATOR(PACK, 2, Register_PACK, nullptr),
    SIM_OPERATOR(PAD, 2, Register_PAD, nullptr),
    SIM_OPERATOR(PADV2, 2, Register_PADV2, nullptr),
    SIM_OPERATOR(PRELU, 1, Register_PRELU, nullptr),
    SIM_OPERATOR(QUANTIZE, 1, Register_QUANTIZE, nullptr),
    SIM_OPERATOR(RELU, 1, Register_RELU, nullptr),
    SIM_OPERATOR(RELU6, 1, Register_RELU6, nullptr),
    SIM_OPERATOR(RESHAPE, 1, Register_RESHAPE, nullptr),
    SIM_OPERATOR(RESIZE_NEAREST_NEIGHBOR, 2, Register_RESIZE_NEAREST_NEIGHBOR, nullptr),
    SIM_OPERATOR(ROUND, 1, Register_ROUND, nullptr),
    SIM_OPERATOR(RSQRT, 1, Register_RSQRT, nullptr),
    SIM_OPERATOR(SIN, 1, Register_SIN, nullptr),
    SIM_OPERATOR(SOFTMAX, 2, Register_SOFTMAX, nullptr),
    SIM_OPERATOR(SPLIT, 3, Register_SPLIT, nullptr),
    SIM_OPERATOR(SQRT, 1, Register_SQRT, nullptr),
    SIM_OPERATOR(SQUARE, 1, Register_SQUARE, nullptr),
    SIM_OPERATOR(STRIDED_SLICE, 1, Register_STRIDED_SLICE, nullptr),
    SIM_OPERATOR(SUB, 2, Register_SUB, nullptr),
    SIM_OPERATOR(SVDF, 3, Register_SVDF, nullptr),
    SIM_OPERATOR(TANH, 1, Register_TANH, nullptr),
    SIM_OPERATOR(UNPACK, 2, Register_UNPACK, nullptr),
};

const uint32_t sim_op_table_length = sizeof(sim_op_table) / sizeof(sim_op_table[0]);

}  // extern "C"
