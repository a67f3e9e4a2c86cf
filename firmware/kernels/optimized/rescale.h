// Requantisation: accumulators times a real factor, in the fixed-point arithmetic that TFLM defines (the product is
// rounded to 31 fractional bits, then the shifted result is rounded again, ties away from zero).
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_RESCALE_H_
#define SIM_KERNELS_OPTIMIZED_RESCALE_H_

#include <algorithm>
#include <cstdint>

#include "kernels/optimized/dsp.h"
#include "tensorflow/lite/kernels/internal/quantization_util.h"

namespace sim::optimized {

// The factor multiplier * 2^(shift - 31).
struct Rescale {
  int32_t multiplier;
  int32_t shift;
};

inline Rescale MakeRescale(double factor) {
  Rescale rescale;
  int shift;
  tflite::QuantizeMultiplier(factor, &rescale.multiplier, &shift);
  rescale.shift = shift;
  return rescale;
}

// Greatest absolute value that a Rescaler takes.
inline int32_t RescalerLimit(const Rescale& rescale) { return ((1 << 30) - 1) >> std::max<int32_t>(rescale.shift, 0); }

// Applies a Rescale to values within its limit, from constants unpacked once.
class Rescaler {
 public:
  Rescaler() = default;
  explicit Rescaler(const Rescale& rescale)
      : multiplier_(rescale.multiplier),
        left_(std::max<int32_t>(rescale.shift, 0) + 1),
        right_(left_ - 1 - rescale.shift),
        round_((1u << right_) >> 1),
        sign_mask_(-right_ >> 31) {}

  int32_t operator()(int32_t value) const {
#if SIM_DSP
    const int32_t high = MultiplyHighRounded(value << left_, multiplier_);
#else
    const int64_t product = static_cast<int64_t>(value << left_) * multiplier_;
    const int32_t high = static_cast<int32_t>((product + (int64_t{1} << 31)) >> 32);
#endif
    return (high + round_ + ((high >> 31) & sign_mask_)) >> right_;
  }

 private:
  int32_t multiplier_;
  int32_t left_;       // one more than the shift: the high word of a doubled product has 31 fractional bits
  int32_t right_;
  int32_t round_;
  int32_t sign_mask_;  // all ones when there is a shift to round: ties of negative values go down
};

// Where rescaled values land: the output's zero point and the range its activation function leaves.
struct OutputRange {
  int32_t zero_point;
  int32_t min;
  int32_t max;

  int8_t operator()(int32_t value) const {
    return static_cast<int8_t>(std::min(std::max(value + zero_point, min), max));
  }
};

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_RESCALE_H_
