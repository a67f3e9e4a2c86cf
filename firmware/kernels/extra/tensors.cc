// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/tensors.h"

namespace sim::kernels {

bool ExtendedShape(const TfLiteTensor* tensor, Shape* shape) {
  const int rank = tensor->dims->size;
  if (rank > kMaxDimensions) return false;
  for (int i = 0; i < kMaxDimensions; ++i) {
    const int axis = i - (kMaxDimensions - rank);
    shape->dims[i] = axis < 0 ? 1 : tensor->dims->data[axis];
  }
  return true;
}

Strides StridesOf(const Shape& shape) {
  Strides strides;
  int step = 1;
  for (int i = kMaxDimensions - 1; i >= 0; --i) {
    strides.step[i] = step;
    step *= shape.dims[i];
  }
  return strides;
}

bool BroadcastStrides(const Shape& shape, const Shape& output, Strides* strides) {
  *strides = StridesOf(shape);
  for (int i = 0; i < kMaxDimensions; ++i) {
    if (shape.dims[i] == output.dims[i]) continue;
    if (shape.dims[i] != 1) return false;
    strides->step[i] = 0;
  }
  return true;
}

}  // namespace sim::kernels
