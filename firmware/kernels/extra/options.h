// Operator options that the 2020 schema does not know, read from the flatbuffer by their field numbers.
//
// Field numbers are those of TensorFlow Lite's public schema, version 3. The parse functions have the signature of
// the runtime's own (`MicroOpResolver::BuiltinParseFunction`).
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_OPTIONS_H_
#define SIM_KERNELS_EXTRA_OPTIONS_H_

#include "tensorflow/lite/c/builtin_op_data.h"
#include "tensorflow/lite/core/api/flatbuffer_conversions.h"

namespace sim::kernels {

struct TransposeConvOptions {
  TfLitePadding padding;
  int stride_width;
  int stride_height;
  TfLiteFusedActivation activation;  // since operator version 4
};

struct GatherOptions {
  int axis;
  int batch_dims;  // since operator version 5
};

TfLiteStatus ParseTransposeConv(const tflite::Operator* op, tflite::BuiltinOperator, tflite::ErrorReporter*,
                                tflite::BuiltinDataAllocator* allocator, void** builtin_data);
TfLiteStatus ParseGather(const tflite::Operator* op, tflite::BuiltinOperator, tflite::ErrorReporter*,
                         tflite::BuiltinDataAllocator* allocator, void** builtin_data);

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_OPTIONS_H_
