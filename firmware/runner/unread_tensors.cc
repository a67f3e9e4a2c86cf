// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/unread_tensors.h"

namespace sim {
namespace {

bool IsRead(const tflite::MicroInterpreter& interpreter, int tensor) {
  for (const int32_t output : interpreter.outputs()) {
    if (output == tensor) {
      return true;
    }
  }
  for (size_t i = 0; i < interpreter.operators_size(); ++i) {
    const TfLiteIntArray* inputs = interpreter.node_and_registration(i).node.inputs;
    for (int j = 0; j < inputs->size; ++j) {
      if (inputs->data[j] == tensor) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

TfLiteStatus AllocateUnreadTensors(TfLiteContext* context, const tflite::MicroInterpreter& interpreter) {
  for (size_t i = 0; i < context->tensors_size; ++i) {
    TfLiteTensor& tensor = context->tensors[i];
    const bool has_memory = tensor.data.data != nullptr || tensor.is_variable;
    if (!has_memory && !IsRead(interpreter, static_cast<int>(i))) {
      TF_LITE_ENSURE_STATUS(context->AllocatePersistentBuffer(context, tensor.bytes, &tensor.data.data));
    }
  }
  return kTfLiteOk;
}

}  // namespace sim
