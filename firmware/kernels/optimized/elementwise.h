// Operators on two int8 tensors, element by element: the smaller one may repeat over the leading dimensions.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_ELEMENTWISE_H_
#define SIM_KERNELS_OPTIMIZED_ELEMENTWISE_H_

#include <algorithm>
#include <cstdint>

#include "kernels/optimized/tflm_api.h"

namespace sim::optimized {

// Bytes after which an operand starts again: all of them, those of the trailing dimensions that it has in common with
// the output, or one. 0: it repeats in some other way.
inline int PeriodOf(const TfLiteTensor* operand, const TfLiteTensor* output) {
  int period = 1;
  int axis = 1;
  for (; axis <= Rank(operand); ++axis) {
    const int size = Dim(operand, Rank(operand) - axis);
    if (axis > Rank(output) || size != Dim(output, Rank(output) - axis)) {
      break;
    }
    period *= size;
  }
  return period == static_cast<int>(operand->bytes) ? period : 0;
}

inline bool CanPair(const TfLiteTensor* operand1, const TfLiteTensor* operand2, const TfLiteTensor* output) {
  const int size = static_cast<int>(output->bytes);
  const int period1 = PeriodOf(operand1, output);
  const int period2 = PeriodOf(operand2, output);
  return period1 != 0 && period2 != 0 && (period1 == size || period2 == size);
}

// Calls `operation(int8 of operand1, int8 of operand2)` for every element of `output`. CanPair must hold.
template <typename Operation>
void ForEachPair(const TfLiteTensor* operand1, const TfLiteTensor* operand2, TfLiteTensor* output,
                 const Operation& operation) {
  const int size = static_cast<int>(output->bytes);
  const int period = static_cast<int>(std::min(operand1->bytes, operand2->bytes));
  int8_t* out = output->data.int8;
  if (period == 1) {
    const int step1 = operand1->bytes == 1 ? 0 : 1;
    const int step2 = operand2->bytes == 1 ? 0 : 1;
    for (int i = 0; i < size; ++i) {
      out[i] = operation(operand1->data.int8[i * step1], operand2->data.int8[i * step2]);
    }
    return;
  }
  for (int start = 0; start < size; start += period) {
    const int8_t* in1 = operand1->data.int8 + (static_cast<int>(operand1->bytes) == size ? start : 0);
    const int8_t* in2 = operand2->data.int8 + (static_cast<int>(operand2->bytes) == size ? start : 0);
    for (int i = 0; i < period; ++i) {
      out[start + i] = operation(in1[i], in2[i]);
    }
  }
}

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_ELEMENTWISE_H_
