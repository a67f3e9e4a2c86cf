// Depthwise convolution of four output channels at a time, with DSP instructions.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_DEPTHWISE_LANES_H_
#define SIM_KERNELS_OPTIMIZED_DEPTHWISE_LANES_H_

#include "kernels/optimized/channels.h"
#include "kernels/optimized/dsp.h"
#include "kernels/optimized/window.h"

#if SIM_DSP

namespace sim::optimized {

constexpr int kLanes = 4;

// What one tap multiplies the four channels by, widened: channels 0 and 2, and channels 1 and 3.
struct TapWeights {
  uint32_t even;
  uint32_t odd;
};

// Four neighbouring output channels. Their inputs are four neighbouring channels, or one that all of them share.
template <bool kSharedInput>
class DepthwiseLanes {
 public:
  // `taps` has room for the window's taps; `weights` are those of all channels.
  DepthwiseLanes(const Window& window, const Channels& channels, int first_channel, const int8_t* weights,
                 int32_t input_offset, TapWeights* taps)
      : window_(window), channels_(channels), taps_(taps), first_(first_channel), offsets_(Pair(input_offset)) {
    const int tap_count = window.y.taps * window.x.taps;
    for (int tap = 0; tap < tap_count; ++tap) {
      const uint32_t bytes = LoadWord(weights + tap * window.output_channels + first_channel);
      taps[tap] = {WidenEven(bytes), WidenOdd(bytes)};
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      bias_[lane] = channels.Bias(first_channel + lane);
      rescalers_[lane] = Rescaler(channels.rescales[first_channel + lane]);
    }
    min_ = static_cast<uint32_t>(static_cast<uint8_t>(channels.range.min)) * 0x01010101u;
    max_ = static_cast<uint32_t>(static_cast<uint8_t>(channels.range.max)) * 0x01010101u;
  }

  // `image` starts at the first input channel, `out` at the first output channel.
  void Run(const int8_t* image, int8_t* out) const {
    for (int out_y = 0; out_y < window_.y.output_size; ++out_y) {
      const int y = window_.y.Origin(out_y);
      const Taps rows = window_.y.Inside(y);
      const int8_t* row = image + (y + rows.begin * window_.y.dilation) * window_.InputRowBytes();
      const TapWeights* row_taps = taps_ + rows.begin * window_.x.taps;
      int x = window_.x.Origin(0);
      for (int out_x = 0; out_x < window_.x.output_size; ++out_x) {
        const Taps columns = window_.x.Inside(x);
        const int8_t* source = row + (x + columns.begin * window_.x.dilation) * window_.input_channels;
        Sums sums = {bias_[0], bias_[1], bias_[2], bias_[3]};
        if (columns.count() == 3) {
          AddRows<3>(source, row_taps, rows.count(), 3, &sums);
        } else {
          AddRows<0>(source, row_taps + columns.begin, rows.count(), columns.count(), &sums);
        }
        StoreWord(out, Finish(sums));
        out += window_.output_channels;
        x += window_.x.stride;
      }
    }
  }

 private:
  struct Sums {
    int32_t lane[kLanes];
  };

  // `kCount` taps in each row, or `count` when kCount is 0.
  template <int kCount>
  void AddRows(const int8_t* row, const TapWeights* row_taps, int rows, int count, Sums* sums) const {
    const int row_bytes = window_.y.dilation * window_.InputRowBytes();
    const int tap_bytes = window_.x.dilation * window_.input_channels;
    Sums total = *sums;
    for (; rows > 0; --rows) {
      if constexpr (kCount != 0) {
        for (int tap = 0; tap < kCount; ++tap) {
          AddTap(row + tap * tap_bytes, row_taps[tap], &total);
        }
      } else {
        const int8_t* source = row;
        for (int tap = 0; tap < count; ++tap) {
          AddTap(source, row_taps[tap], &total);
          source += tap_bytes;
        }
      }
      row += row_bytes;
      row_taps += window_.x.taps;
    }
    *sums = total;
  }

  void AddTap(const int8_t* source, const TapWeights& tap, Sums* sums) const {
    uint32_t even, odd;
    if constexpr (kSharedInput) {
      even = odd = Pair(*source + static_cast<int16_t>(offsets_));
    } else {
      const uint32_t bytes = LoadWord(source);
      even = AddWidenedEven(offsets_, bytes);
      odd = AddWidenedOdd(offsets_, bytes);
    }
    sums->lane[0] = MultiplyAddLow(even, tap.even, sums->lane[0]);
    sums->lane[1] = MultiplyAddLow(odd, tap.odd, sums->lane[1]);
    sums->lane[2] = MultiplyAddHigh(even, tap.even, sums->lane[2]);
    sums->lane[3] = MultiplyAddHigh(odd, tap.odd, sums->lane[3]);
  }

  uint32_t Finish(const Sums& sums) const {
    int32_t bytes[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) {
      bytes[lane] = SaturateToByte(rescalers_[lane](sums.lane[lane]) + channels_.range.zero_point);
    }
    return MinBytes(MaxBytes(PackBytes(bytes[0], bytes[1], bytes[2], bytes[3]), min_), max_);
  }

  const Window& window_;
  const Channels& channels_;
  const TapWeights* taps_;
  int first_;
  uint32_t offsets_;
  uint32_t min_;
  uint32_t max_;
  int32_t bias_[kLanes];
  Rescaler rescalers_[kLanes];
};

}  // namespace sim::optimized

#endif  // SIM_DSP

#endif  // SIM_KERNELS_OPTIMIZED_DEPTHWISE_LANES_H_
