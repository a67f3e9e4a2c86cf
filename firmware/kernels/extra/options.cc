// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/options.h"

#include <new>

#include "tensorflow/lite/schema/schema_generated.h"

namespace sim::kernels {
namespace {

template <typename Value>
Value Field(const tflite::Operator* op, int number, Value default_value) {
  const auto* table = static_cast<const flatbuffers::Table*>(op->builtin_options());
  if (table == nullptr) return default_value;
  return table->GetField<Value>(static_cast<flatbuffers::voffset_t>(4 + 2 * number), default_value);
}

template <typename Options>
TfLiteStatus Store(const Options& options, tflite::BuiltinDataAllocator* allocator, void** builtin_data) {
  void* memory = allocator->Allocate(sizeof(Options), alignof(Options));
  if (memory == nullptr) return kTfLiteError;
  *builtin_data = new (memory) Options(options);
  return kTfLiteOk;
}

}  // namespace

TfLiteStatus ParseTransposeConv(const tflite::Operator* op, tflite::BuiltinOperator, tflite::ErrorReporter*,
                                tflite::BuiltinDataAllocator* allocator, void** builtin_data) {
  TransposeConvOptions options;
  options.padding = Field<int8_t>(op, 0, 0) == tflite::Padding_VALID ? kTfLitePaddingValid : kTfLitePaddingSame;
  options.stride_width = Field<int32_t>(op, 1, 0);
  options.stride_height = Field<int32_t>(op, 2, 0);
  options.activation = static_cast<TfLiteFusedActivation>(Field<int8_t>(op, 3, 0));  // same numbers in both
  if (options.stride_width <= 0 || options.stride_height <= 0) return kTfLiteError;
  return Store(options, allocator, builtin_data);
}

TfLiteStatus ParseGather(const tflite::Operator* op, tflite::BuiltinOperator, tflite::ErrorReporter*,
                         tflite::BuiltinDataAllocator* allocator, void** builtin_data) {
  const GatherOptions options = {Field<int32_t>(op, 0, 0), Field<int32_t>(op, 1, 0)};
  return Store(options, allocator, builtin_data);
}

}  // namespace sim::kernels
