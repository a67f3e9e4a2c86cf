// Copying boxes of elements of any type.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_BOX_H_
#define SIM_KERNELS_EXTRA_BOX_H_

#include "kernels/extra/element_size.h"
#include "kernels/extra/kernel.h"

namespace sim::kernels {

// The types that the slicing and padding kernels of the 2020 runtime know.
inline bool IsCopiedByRuntime(TfLiteType type) {
  return type == kTfLiteFloat32 || type == kTfLiteUInt8 || type == kTfLiteInt8;
}

// Copies `output[...] = input[first + ... * strides]`.
inline TfLiteStatus CopyBox(TfLiteContext* context, const TfLiteTensor* input, int first, const Strides& strides,
                     const Shape& box, TfLiteTensor* output) {
  return WithElementType(context, input->type, [&](auto zero) {
    using T = decltype(zero);
    const T* source = DataOf<T>(input) + first;
    T* target = MutableDataOf<T>(output);
    ForEachElement(box, strides, strides, [&](int out, int in, int) { target[out] = source[in]; });
  });
}

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_BOX_H_
