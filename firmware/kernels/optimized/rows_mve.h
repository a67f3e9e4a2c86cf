// Outputs of convolutions and fully connected layers with vector instructions: four rows of int8 weights at a time
// meet one column of int8 inputs, 16 products to an instruction. The inputs keep their zero point; what that adds to
// each sum is folded into the biases (see products.h).
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_ROWS_MVE_H_
#define SIM_KERNELS_OPTIMIZED_ROWS_MVE_H_

#include <algorithm>

#include "kernels/optimized/channels.h"
#include "kernels/optimized/mve.h"

#if SIM_MVE

namespace sim::optimized {

constexpr int kRows = 4;

// The products of four rows, the last of which may be the same one, with a column. Loads and multiplications take turns
// because they overlap; the loop's last pass leaves out the lanes behind `depth`.
inline int32x4_t DotRows(const int8_t* row0, const int8_t* row1, const int8_t* row2, const int8_t* row3,
                         const int8_t* column, int depth) {
  int32_t sum0 = 0;
  int32_t sum1 = 0;
  int32_t sum2 = 0;
  int32_t sum3 = 0;
  asm volatile(
      "dlstp.8 lr, %[depth]\n\t"
      "1:\n\t"
      "vldrb.8 q0, [%[column]], #16\n\t"
      "vldrb.8 q1, [%[row0]], #16\n\t"
      "vmladava.s8 %[sum0], q0, q1\n\t"
      "vldrb.8 q2, [%[row1]], #16\n\t"
      "vmladava.s8 %[sum1], q0, q2\n\t"
      "vldrb.8 q1, [%[row2]], #16\n\t"
      "vmladava.s8 %[sum2], q0, q1\n\t"
      "vldrb.8 q2, [%[row3]], #16\n\t"
      "vmladava.s8 %[sum3], q0, q2\n\t"
      "letp lr, 1b"
      : [sum0] "+Te"(sum0), [sum1] "+Te"(sum1), [sum2] "+Te"(sum2), [sum3] "+Te"(sum3), [column] "+r"(column),
        [row0] "+r"(row0), [row1] "+r"(row1), [row2] "+r"(row2), [row3] "+r"(row3)
      : [depth] "r"(depth)
      : "lr", "q0", "q1", "q2", "memory");
  return int32x4_t{sum0, sum1, sum2, sum3};
}

// Outputs of `count` channels from `first` on. Not inlined: the loop needs every register.
__attribute__((noinline)) inline void MultiplyRows(const int8_t* weights, int depth, const int8_t* column,
                                                   const int32_t* folded_bias, const Channels& channels, int first,
                                                   int count, int8_t* out) {
  const OutputRange& range = channels.range;
  for (int channel = first; count > 0; channel += kRows, count -= kRows) {
    const int8_t* row0 = weights + channel * depth;
    const int8_t* row1 = row0 + (count > 1 ? depth : 0);
    const int8_t* row2 = row1 + (count > 2 ? depth : 0);
    const int8_t* row3 = row2 + (count > 3 ? depth : 0);
    const mve_pred16_t lanes = vctp32q(count);
    int32x4_t values = DotRows(row0, row1, row2, row3, column, depth);
    values = vaddq_s32(values, vldrwq_z_s32(folded_bias + channel, lanes));
    values = LaneRescaler(channels.rescales + channel, 1, lanes)(values);
    values = vqaddq_n_s32(values, range.zero_point);
    values = vminq_s32(vmaxq_s32(values, vdupq_n_s32(range.min)), vdupq_n_s32(range.max));
    vstrbq_p_s32(out + channel, values, lanes);
  }
}

}  // namespace sim::optimized

#endif  // SIM_MVE

#endif  // SIM_KERNELS_OPTIMIZED_ROWS_MVE_H_
