// Requantisation: accumulators times a real factor, in the fixed-point arithmetic that TFLM defines. The product is
// rounded to 31 fractional bits, ties up; then the shifted result is rounded again, ties away from zero.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_RESCALE_H_
#define SIM_KERNELS_OPTIMIZED_RESCALE_H_

#include <algorithm>
#include <cstdint>

#include "kernels/optimized/dsp.h"
#include "tensorflow/lite/kernels/internal/common.h"
#include "tensorflow/lite/kernels/internal/quantization_util.h"

namespace sim::optimized {

// The range that an output's activation function leaves, and the output's zero point.
struct OutputRange {
  int32_t zero_point;
  int32_t min;
  int32_t max;

  int8_t Clamp(int32_t value) const { return static_cast<int8_t>(std::min(std::max(value, min), max)); }
};

// The factor multiplier * 2^(shift - 31).
struct Rescale {
  int32_t multiplier;
  int16_t shift;
  // -shift where a FastRescaler gives the right result for all values that can occur, else 0.
  int16_t fast_right_shift;

  bool fast() const { return fast_right_shift != 0; }
};

// A factor for values up to `max_value`, whatever their sign.
inline Rescale MakeRescale(double factor, int64_t max_value) {
  Rescale rescale;
  int shift;
  tflite::QuantizeMultiplier(factor, &rescale.multiplier, &shift);
  rescale.shift = static_cast<int16_t>(shift);
  const bool fast = shift < 0 && shift >= -22 && max_value < (1 << 30);
  rescale.fast_right_shift = static_cast<int16_t>(fast ? -shift : 0);
  return rescale;
}

// Any factor, any value.
class ExactRescaler {
 public:
  ExactRescaler(const Rescale& rescale, int32_t zero_point) : rescale_(rescale), zero_point_(zero_point) {}

  // Rarely needed: not worth its code in every place.
  __attribute__((noinline)) int32_t operator()(int32_t value) const {
    return tflite::MultiplyByQuantizedMultiplier(value, rescale_.multiplier, rescale_.shift) + zero_point_;
  }

 private:
  const Rescale& rescale_;
  int32_t zero_point_;
};

#if !SIM_DSP
// (a * b + 2^31) >> 32, for positive `b`.
inline int32_t MultiplyHighRounded(int32_t a, int32_t b) {
#if defined(__ARM_ARCH_6M__)
  // No instruction has 64-bit products here: add those of the halves. Only the high half of `a` has a sign.
  const uint32_t a_low = static_cast<uint32_t>(a) & 0xFFFFu;
  const uint32_t b_low = static_cast<uint32_t>(b) & 0xFFFFu;
  const int32_t a_high = a >> 16;
  const int32_t b_high = b >> 16;
  const int32_t middle = a_high * static_cast<int32_t>(b_low) + static_cast<int32_t>(a_low * b_low >> 16);
  const int32_t low = static_cast<int32_t>(a_low) * b_high + (middle & 0xFFFF);
  return a_high * b_high + (middle >> 16) + (low >> 16) + ((low >> 15) & 1);
#else
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 31)) >> 32);
#endif
}
#endif

// Factors below 1/2: the zero point goes with the rounding constant, which a shift of 22 bits leaves room for.
class FastRescaler {
 public:
  FastRescaler() = default;
  FastRescaler(const Rescale& rescale, int32_t zero_point)
      : multiplier_(rescale.multiplier),
        right_(rescale.fast_right_shift),
        addend_((1 << right_ >> 1) + zero_point * (1 << right_)) {}

  int32_t operator()(int32_t value) const { return OfDoubled(value * 2); }

  // The same of a value that was doubled on the way, for nothing.
  int32_t OfDoubled(int32_t doubled) const {
    const int32_t high = MultiplyHighRounded(doubled, multiplier_);
    const int32_t sign = static_cast<int32_t>(static_cast<uint32_t>(high) >> 31);
    return (high + (addend_ - sign)) >> right_;
  }

 private:
  int32_t multiplier_;
  int32_t right_;
  int32_t addend_;
};

#if SIM_DSP
// An OutputRange for four values at once.
class FourOutputs {
 public:
  explicit FourOutputs(const OutputRange& range)
      : min_(PackBytes(range.min, range.min, range.min, range.min)),
        max_(PackBytes(range.max, range.max, range.max, range.max)) {}

  // The clamped values as bytes of a word, `value0` lowest.
  uint32_t Clamp(int32_t value0, int32_t value1, int32_t value2, int32_t value3) const {
    const uint32_t bytes =
        PackBytes(SaturateToByte(value0), SaturateToByte(value1), SaturateToByte(value2), SaturateToByte(value3));
    return MinBytes(MaxBytes(bytes, min_), max_);
  }

 private:
  uint32_t min_;
  uint32_t max_;
};
#endif

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_RESCALE_H_
