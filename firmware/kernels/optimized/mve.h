// Requantisation and copying with the vector extension (Cortex-M55): 128-bit registers of 4, 8 or 16 lanes.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_MVE_H_
#define SIM_KERNELS_OPTIMIZED_MVE_H_

#if defined(__ARM_FEATURE_MVE)
#define SIM_MVE 1
#else
#define SIM_MVE 0
#endif

#if SIM_MVE

#include <arm_mve.h>

#include <cstddef>
#include <cstdint>

#include "kernels/optimized/rescale.h"

namespace sim::optimized {

// Byte offsets of four elements that lie `step_bytes` apart.
inline uint32x4_t ElementOffsets(uint32_t step_bytes) { return vmulq_n_u32(vidupq_n_u32(0, 1), step_bytes); }

// What an ExactRescaler does, for four lanes with factors of their own, and without the zero point.
class LaneRescaler {
 public:
  // Lane i takes the factor `rescales[i * step]`; lanes that `lanes` leaves out are undefined.
  LaneRescaler(const Rescale* rescales, int step, mve_pred16_t lanes) {
    const uint32x4_t offsets = ElementOffsets(step * sizeof(Rescale));
    multiplier_ = vldrwq_gather_offset_z_s32(&rescales->multiplier, offsets, lanes);
    const int32x4_t shift = vldrhq_gather_offset_z_s32(&rescales->shift, offsets, lanes);
    const int32x4_t zero = vdupq_n_s32(0);
    left_ = vmaxq_s32(shift, zero);
    minus_right_ = vminq_s32(shift, zero);
  }

  int32x4_t operator()(int32x4_t values) const {
    const int32x4_t high = vqrdmulhq_s32(vshlq_s32(values, left_), multiplier_);
    // The shift rounds ties up; one less where the value is negative rounds them away from zero.
    const int32x4_t minus_sign = vshrq_n_s32(vandq_s32(high, minus_right_), 31);
    return vrshlq_s32(vqaddq_s32(high, minus_sign), minus_right_);
  }

 private:
  int32x4_t multiplier_;
  int32x4_t left_;
  int32x4_t minus_right_;
};

inline void CopyBytes(int8_t* target, const int8_t* source, int size_bytes) {
  for (; size_bytes > 0; size_bytes -= 16) {
    const mve_pred16_t lanes = vctp8q(size_bytes);
    vstrbq_p_s8(target, vldrbq_z_s8(source, lanes), lanes);
    target += 16;
    source += 16;
  }
}

}  // namespace sim::optimized

#endif  // SIM_MVE

#endif  // SIM_KERNELS_OPTIMIZED_MVE_H_
