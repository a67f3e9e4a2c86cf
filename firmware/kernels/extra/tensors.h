// Tensors and shapes as the kernels see them.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_TENSORS_H_
#define SIM_KERNELS_EXTRA_TENSORS_H_

#include <cstdint>

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/kernels/kernel_util.h"

namespace sim::kernels {

// As many dimensions as today's broadcasting operators take.
constexpr int kMaxDimensions = 6;

template <typename T>
const T* DataOf(const TfLiteTensor* tensor) {
  return tensor == nullptr ? nullptr : static_cast<const T*>(tensor->data.data);
}

template <typename T>
T* MutableDataOf(TfLiteTensor* tensor) {
  return static_cast<T*>(tensor->data.data);
}

inline int SizeOf(const TfLiteTensor* tensor) { return static_cast<int>(tflite::NumElements(tensor)); }

inline bool IsQuantized(const TfLiteTensor* tensor) {
  return tensor->type == kTfLiteInt8 || tensor->type == kTfLiteInt16;
}

// A shape extended with leading ones to kMaxDimensions, so that loops have a fixed depth.
struct Shape {
  int dims[kMaxDimensions];
};

// False when the tensor has more dimensions than a Shape holds.
bool ExtendedShape(const TfLiteTensor* tensor, Shape* shape);

// Row-major element strides.
struct Strides {
  int step[kMaxDimensions];
};

Strides StridesOf(const Shape& shape);

// Strides that walk `shape` along the dimensions of `output`: 0 where `shape` is repeated.
// False when the shapes do not broadcast.
bool BroadcastStrides(const Shape& shape, const Shape& output, Strides* strides);

// Calls `visit(output_index, index_a, index_b)` for all elements of `shape` in row-major order.
template <typename Visit>
void ForEachElement(const Shape& shape, const Strides& a, const Strides& b, Visit visit) {
  const int* d = shape.dims;
  int out = 0;
  for (int i0 = 0; i0 < d[0]; ++i0) {
    for (int i1 = 0; i1 < d[1]; ++i1) {
      for (int i2 = 0; i2 < d[2]; ++i2) {
        for (int i3 = 0; i3 < d[3]; ++i3) {
          for (int i4 = 0; i4 < d[4]; ++i4) {
            int at_a = i0 * a.step[0] + i1 * a.step[1] + i2 * a.step[2] + i3 * a.step[3] + i4 * a.step[4];
            int at_b = i0 * b.step[0] + i1 * b.step[1] + i2 * b.step[2] + i3 * b.step[3] + i4 * b.step[4];
            for (int i5 = 0; i5 < d[5]; ++i5) {
              visit(out++, at_a, at_b);
              at_a += a.step[5];
              at_b += b.step[5];
            }
          }
        }
      }
    }
  }
}

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_TENSORS_H_
