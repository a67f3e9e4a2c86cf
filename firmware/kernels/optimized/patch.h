// Sums and other reductions over a rectangle of an NHWC image, for one channel or four.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_PATCH_H_
#define SIM_KERNELS_OPTIMIZED_PATCH_H_

#include <cstdint>

#include "kernels/optimized/dsp.h"

namespace sim::optimized {

struct Patch {
  const int8_t* first;  // first channel of the upper left pixel
  int rows;
  int columns;
  int row_bytes;
  int pixel_bytes;

  int pixels() const { return rows * columns; }
};

// Calls `visit` with the address of `channel` in every pixel.
template <typename Visit>
inline void ForEachPixel(const Patch& patch, int channel, const Visit& visit) {
  const int8_t* row = patch.first + channel;
  for (int y = 0; y < patch.rows; ++y) {
    const int8_t* pixel = row;
    for (int x = 0; x < patch.columns; ++x) {
      visit(pixel);
      pixel += patch.pixel_bytes;
    }
    row += patch.row_bytes;
  }
}

inline int32_t SumChannel(const Patch& patch, int channel) {
  int32_t sum = 0;
  ForEachPixel(patch, channel, [&](const int8_t* pixel) { sum += *pixel; });
  return sum;
}

// Sums of `count` channels, 4 at most, from `channel` on.
inline void SumChannels(const Patch& patch, int channel, int count, int32_t* sums) {
#if SIM_DSP
  constexpr int kMaxPixels = 255;  // sums of as many bytes stay within 16 bits
  if (count == 4 && patch.pixels() <= kMaxPixels) {
    uint32_t even = 0;
    uint32_t odd = 0;
    ForEachPixel(patch, channel, [&](const int8_t* pixel) {
      const uint32_t bytes = LoadWord(pixel);
      even = AddWidenedEven(even, bytes);
      odd = AddWidenedOdd(odd, bytes);
    });
    sums[0] = static_cast<int16_t>(even);
    sums[1] = static_cast<int16_t>(odd);
    sums[2] = static_cast<int32_t>(even) >> 16;
    sums[3] = static_cast<int32_t>(odd) >> 16;
    return;
  }
#endif
  for (int i = 0; i < count; ++i) {
    sums[i] = SumChannel(patch, channel + i);
  }
}

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_PATCH_H_
