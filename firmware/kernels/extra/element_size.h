// Operators that only move elements care for their size, not for their type.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_ELEMENT_SIZE_H_
#define SIM_KERNELS_EXTRA_ELEMENT_SIZE_H_

#include <cstdint>

#include "kernels/extra/kernel.h"

namespace sim::kernels {

// Bytes of one element, or 0 for a type that the runtime's tensors cannot hold.
inline int ElementBytes(TfLiteType type) {
  switch (type) {
    case kTfLiteBool:
    case kTfLiteInt8:
    case kTfLiteUInt8:
      return 1;
    case kTfLiteInt16:
      return 2;
    case kTfLiteFloat32:
    case kTfLiteInt32:
      return 4;
    case kTfLiteInt64:
      return 8;
    default:
      return 0;
  }
}

// Calls `function` with a zero of an unsigned type that is as large as one element.
template <typename Function>
TfLiteStatus WithElementType(TfLiteContext* context, TfLiteType type, Function function) {
  switch (ElementBytes(type)) {
    case 1:
      function(uint8_t{0});
      return kTfLiteOk;
    case 2:
      function(uint16_t{0});
      return kTfLiteOk;
    case 4:
      function(uint32_t{0});
      return kTfLiteOk;
    case 8:
      function(uint64_t{0});
      return kTfLiteOk;
    default:
      return UnsupportedType(context, "copying", type);
  }
}

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_ELEMENT_SIZE_H_
