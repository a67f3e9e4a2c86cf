// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/unread_tensors.h"

namespace sim {
namespace {

template <typename Tensors>
bool Contains(const Tensors& tensors, int size, int tensor) {
  for (int i = 0; i < size; ++i) {
    if (tensors[i] == tensor) {
      return true;
    }
  }
  return false;
}

bool IsPlanned(tflite::MicroInterpreter& interpreter, int tensor) {
  const auto& outputs = interpreter.outputs();
  if (Contains(outputs, outputs.size(), tensor)) {
    return true;
  }
  for (size_t i = 0; i < interpreter.operators_size(); ++i) {
    const TfLiteIntArray* inputs = interpreter.node_and_registration(i).node.inputs;
    if (Contains(inputs->data, inputs->size, tensor)) {
      return true;
    }
  }
  return false;
}

}  // namespace

}  // namespace sim
