// Logistic function and hyperbolic tangent of int16 values, by interpolation in the runtime's table of sigmoid(i/24).
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_SIGMOID_INT16_H_
#define SIM_KERNELS_EXTRA_SIGMOID_INT16_H_

#include <cstdint>

#include "tensorflow/lite/c/common.h"

namespace sim::kernels {

// `(value * multiplier + half) >> shift` is the argument in units of 1/(3 * 4096): the table's 24 steps per unit
// times 512.
struct ArgumentScale {
  int32_t multiplier;
  int shift;

  int32_t Apply(int16_t value) const {
    return (value * multiplier + (shift > 0 ? 1 << (shift - 1) : 0)) >> shift;
  }
};

// For an argument in units of 2^-(12 - `left_shift`).
ArgumentScale PowerOfTwoArgument(int left_shift);

// Checks the tensors of LOGISTIC or TANH and finds the scale; power-of-two scales up to `max_left_shift` are exact.
TfLiteStatus PrepareArgumentScale(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output,
                                  int max_left_shift, ArgumentScale* scale);

// Results have 15 fraction bits.
void LogisticInt16(const ArgumentScale& scale, const int16_t* input, int size, int16_t* output);
void TanhInt16(const ArgumentScale& scale, const int16_t* input, int size, int16_t* output);

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_SIGMOID_INT16_H_
