// The fixed-point arithmetic of quantised TensorFlow Lite operators, as today's TensorFlow Lite Micro rounds it.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_FIXED_POINT_H_
#define SIM_KERNELS_EXTRA_FIXED_POINT_H_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/kernels/internal/common.h"
#include "tensorflow/lite/kernels/internal/quantization_util.h"

namespace sim::kernels {

// A real factor as `multiplier * 2^(shift - 31)`.
struct Rescale {
  int32_t multiplier;
  int shift;
};

inline Rescale RescaleBy(double factor) {
  Rescale rescale;
  tflite::QuantizeMultiplier(factor, &rescale.multiplier, &rescale.shift);
  return rescale;
}

// From the scale of one tensor to that of another.
inline Rescale RescaleBetween(const TfLiteTensor* from, const TfLiteTensor* to) {
  return RescaleBy(static_cast<double>(from->params.scale) / static_cast<double>(to->params.scale));
}

// 32-bit accumulators: a rounding doubling high multiplication, then a rounding shift.
inline int32_t Apply(const Rescale& rescale, int32_t value) {
  return tflite::MultiplyByQuantizedMultiplier(value, rescale.multiplier, rescale.shift);
}

// 64-bit accumulators: the multiplier is rounded to 16 bits, and saturated where that would overflow
// (the runtime's own function lacks the saturation).
inline int32_t Apply(const Rescale& rescale, int64_t value) {
  const int32_t reduced = rescale.multiplier < 0x7FFF0000 ? (rescale.multiplier + (1 << 15)) >> 16 : 0x7FFF;
  const int total_shift = 15 - rescale.shift;
  return static_cast<int32_t>((value * reduced + (int64_t{1} << (total_shift - 1))) >> total_shift);
}

template <typename T>
T Saturate(int32_t value) {
  return static_cast<T>(std::min<int32_t>(std::numeric_limits<T>::max(),
                                          std::max<int32_t>(std::numeric_limits<T>::min(), value)));
}

// Bounds of a fused activation, in quantised or real units.
template <typename T>
struct Range {
  T min;
  T max;

  T Clamp(T value) const { return std::min(std::max(value, min), max); }
};

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_FIXED_POINT_H_
