// Depthwise convolution of eight output channels at a time, with vector instructions.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_DEPTHWISE_MVE_H_
#define SIM_KERNELS_OPTIMIZED_DEPTHWISE_MVE_H_

#include "kernels/optimized/channels.h"
#include "kernels/optimized/mve.h"
#include "kernels/optimized/window.h"

#if SIM_MVE

namespace sim::optimized {

constexpr int kVectorLanes = 8;

// Channels 0, 2, 4 and 6 of the eight, and channels 1, 3, 5 and 7: the lanes that widening products give.
struct VectorSums {
  int32x4_t even;
  int32x4_t odd;
};

// One tap, whose inputs were loaded to q4.
#define SIM_DEPTHWISE_TAP                           \
  "vldrb.s16 q5, [%[tap]]\n\t"                      \
  "vadd.i16 q4, q4, %[offset]\n\t"                  \
  "add %[source], %[tap_bytes]\n\t"                 \
  "vmullb.s16 q6, q4, q5\n\t"                       \
  "add %[tap], %[channels]\n\t"                     \
  "vmullt.s16 q4, q4, q5\n\t"                       \
  "vadd.i32 %q[even], %q[even], q6\n\t"             \
  "vadd.i32 %q[odd], %q[odd], q4\n\t"

// Eight neighbouring output channels. With `kOwnInputs` each of them has an input channel of its own; otherwise
// `multiplier` neighbours share one.
template <bool kOwnInputs>
class DepthwiseVector {
 public:
  // `weights` are those of all channels.
  DepthwiseVector(const Window& window, const Channels& channels, int first_channel, const int8_t* weights,
                  int32_t input_offset, int multiplier)
      : window_(window),
        weights_(weights + first_channel),
        input_offset_(static_cast<int16_t>(input_offset)),
        row_bytes_(window.y.dilation * window.InputRowBytes()),
        tap_bytes_(window.x.dilation * window.input_channels),
        range_(channels.range),
        even_rescaler_(channels.rescales + first_channel, 2, kAllLanes),
        odd_rescaler_(channels.rescales + first_channel + 1, 2, kAllLanes) {
    for (int lane = 0; lane < kVectorLanes; ++lane) {
      sources_[lane] = static_cast<uint16_t>((first_channel + lane) / multiplier);
    }
    bias_ = {vdupq_n_s32(0), vdupq_n_s32(0)};
    if (channels.bias != nullptr) {
      const uint32x4_t offsets = ElementOffsets(2 * sizeof(int32_t));
      bias_.even = vldrwq_gather_offset_s32(channels.bias + first_channel, offsets);
      bias_.odd = vldrwq_gather_offset_s32(channels.bias + first_channel + 1, offsets);
    }
  }

  // `image` starts at the first input channel of all, `out` at the first of the eight output channels.
  void Run(const int8_t* image, int8_t* out) const {
    if (kOwnInputs) {
      image += sources_[0];
    }
    for (int out_y = 0; out_y < window_.y.output_size; ++out_y) {
      const int y = window_.y.Origin(out_y);
      const Taps rows = window_.y.Inside(y);
      const int8_t* row = image + y * window_.InputRowBytes() + rows.begin * row_bytes_;
      const int8_t* row_weights = weights_ + rows.begin * window_.x.taps * window_.output_channels;
      int x = window_.x.Origin(0);
      for (int out_x = 0; out_x < window_.x.output_size; ++out_x) {
        const Taps columns = window_.x.Inside(x);
        const int8_t* source = row + x * window_.input_channels + columns.begin * tap_bytes_;
        const int8_t* tap = row_weights + columns.begin * window_.output_channels;
        vstrbq_s16(out, Finish(Sum(source, tap, rows.count(), columns.count())));
        out += window_.output_channels;
        x += window_.x.stride;
      }
    }
  }

 private:
  static constexpr mve_pred16_t kAllLanes = 0xFFFF;

  // The loop is not left to the compiler, which would spill in it.
  VectorSums Sum(const int8_t* source, const int8_t* tap, int rows, int columns) const {
    const uint16x8_t sources = vldrhq_u16(sources_);
    const int channels = window_.output_channels;
    int32x4_t even = bias_.even;
    int32x4_t odd = bias_.odd;
    for (; rows > 0 && columns > 0; --rows) {
      const int8_t* row_source = source;
      const int8_t* row_tap = tap;
      if constexpr (kOwnInputs) {
        asm volatile("dls lr, %[columns]\n\t"
                     "1:\n\t"
                     "vldrb.s16 q4, [%[source]]\n\t"
                     SIM_DEPTHWISE_TAP
                     "le lr, 1b"
                     : [even] "+w"(even), [odd] "+w"(odd), [source] "+l"(row_source), [tap] "+l"(row_tap)
                     : [columns] "r"(columns), [offset] "r"(input_offset_), [tap_bytes] "r"(tap_bytes_),
                       [channels] "r"(channels)
                     : "lr", "q4", "q5", "q6", "memory");
      } else {
        asm volatile("dls lr, %[columns]\n\t"
                     "1:\n\t"
                     "vldrb.s16 q4, [%[source], %q[sources]]\n\t"
                     SIM_DEPTHWISE_TAP
                     "le lr, 1b"
                     : [even] "+w"(even), [odd] "+w"(odd), [source] "+r"(row_source), [tap] "+l"(row_tap)
                     : [columns] "r"(columns), [offset] "r"(input_offset_), [tap_bytes] "r"(tap_bytes_),
                       [channels] "r"(channels), [sources] "w"(sources)
                     : "lr", "q4", "q5", "q6", "memory");
      }
      source += row_bytes_;
      tap += window_.x.taps * channels;
    }
    return {even, odd};
  }

  int16x8_t Finish(const VectorSums& sums) const {
    int16x8_t values = vqmovnbq_s32(vdupq_n_s16(0), even_rescaler_(sums.even));
    values = vqmovntq_s32(values, odd_rescaler_(sums.odd));
    values = vqaddq_n_s16(values, static_cast<int16_t>(range_.zero_point));
    values = vmaxq_s16(values, vdupq_n_s16(static_cast<int16_t>(range_.min)));
    return vminq_s16(values, vdupq_n_s16(static_cast<int16_t>(range_.max)));
  }

  const Window& window_;
  const int8_t* weights_;
  int16_t input_offset_;
  int row_bytes_;
  int tap_bytes_;
  OutputRange range_;
  LaneRescaler even_rescaler_;
  LaneRescaler odd_rescaler_;
  VectorSums bias_;
  uint16_t sources_[kVectorLanes];  // input channel of each output channel
};

#undef SIM_DEPTHWISE_TAP

}  // namespace sim::optimized

#endif  // SIM_MVE

#endif  // SIM_KERNELS_OPTIMIZED_DEPTHWISE_MVE_H_
