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

// The weights in their order; and for windows of three columns, shifted by one column to either side, see below.
constexpr int kTapTables = 3;

// What one tap multiplies the four channels by, widened and doubled: channels 0 and 2, and channels 1 and 3.
struct TapWeights {
  uint32_t even;
  uint32_t odd;
};

// Doubled sums of the four channels.
struct LaneSums {
  int32_t lane[kLanes];
};

#define SIM_DEPTHWISE_TAP(address, even_offset, odd_offset)       \
  "ldr %[odd], " address "\n\t"                                   \
  "ldr %[even_weights], [%[taps], #" even_offset "]\n\t"          \
  "ldr %[odd_weights], [%[taps], #" odd_offset "]\n\t"            \
  "sxtab16 %[even], %[offsets], %[odd]\n\t"                       \
  "sxtab16 %[odd], %[offsets], %[odd], ror #8\n\t"                \
  "smlabb %[sum0], %[even], %[even_weights], %[sum0]\n\t"         \
  "smlabb %[sum1], %[odd], %[odd_weights], %[sum1]\n\t"           \
  "smlatt %[sum2], %[even], %[even_weights], %[sum2]\n\t"         \
  "smlatt %[sum3], %[odd], %[odd_weights], %[sum3]\n\t"

#define SIM_DEPTHWISE_ROW(even0, odd0, even1, odd1, even2, odd2)          \
  SIM_DEPTHWISE_TAP("[%[row]]", even0, odd0)                              \
  SIM_DEPTHWISE_TAP("[%[row], %[tap_bytes]]", even1, odd1)                \
  SIM_DEPTHWISE_TAP("[%[row], %[tap_bytes], lsl #1]", even2, odd2)

// Adds `rows` rows of three taps of channels that have inputs of their own. Addresses grow by `tap_bytes` from tap to
// tap and by `row_bytes` from row to row. The three taps of a row take 30 cycles on a Cortex-M4. Operands that are only
// read are declared as changed: GCC runs out of registers otherwise.
inline void AddRowsOfThree(const int8_t* row, int row_bytes, int tap_bytes, const TapWeights* taps, uint32_t offsets,
                           int rows, LaneSums* sums) {
  int32_t sum0 = sums->lane[0];
  int32_t sum1 = sums->lane[1];
  int32_t sum2 = sums->lane[2];
  int32_t sum3 = sums->lane[3];
  uint32_t even, odd, even_weights, odd_weights;
  for (; rows >= 3; rows -= 3) {
    asm volatile(
        SIM_DEPTHWISE_ROW("0", "4", "8", "12", "16", "20")
        "add %[row], %[row_bytes]\n\t"
        SIM_DEPTHWISE_ROW("24", "28", "32", "36", "40", "44")
        "add %[row], %[row_bytes]\n\t"
        SIM_DEPTHWISE_ROW("48", "52", "56", "60", "64", "68")
        : [sum0] "+r"(sum0), [sum1] "+r"(sum1), [sum2] "+r"(sum2), [sum3] "+r"(sum3), [row] "+&r"(row),
          [even] "=&r"(even), [odd] "=&r"(odd), [even_weights] "=&r"(even_weights), [odd_weights] "=&r"(odd_weights),
          [tap_bytes] "+r"(tap_bytes), [row_bytes] "+r"(row_bytes), [offsets] "+r"(offsets)
        : [taps] "r"(taps)
        : "memory");
    row += row_bytes;
    taps += 9;
  }
  for (; rows > 0; --rows) {
    asm volatile(
        SIM_DEPTHWISE_ROW("0", "4", "8", "12", "16", "20")
        : [sum0] "+r"(sum0), [sum1] "+r"(sum1), [sum2] "+r"(sum2), [sum3] "+r"(sum3), [even] "=&r"(even),
          [odd] "=&r"(odd), [even_weights] "=&r"(even_weights), [odd_weights] "=&r"(odd_weights)
        : [row] "r"(row), [taps] "r"(taps), [tap_bytes] "r"(tap_bytes), [offsets] "r"(offsets)
        : "memory");
    row += row_bytes;
    taps += 3;
  }
  *sums = {{sum0, sum1, sum2, sum3}};
}

#undef SIM_DEPTHWISE_ROW
#undef SIM_DEPTHWISE_TAP

// True when the rescaling of all four channels is fast: DepthwiseLanes know no other.
inline bool HaveFastLanes(const Channels& channels, int first_channel) {
  const Rescale* rescales = channels.rescales + first_channel;
  return rescales[0].fast() && rescales[1].fast() && rescales[2].fast() && rescales[3].fast();
}

// Four neighbouring output channels. Their inputs are four neighbouring channels, or one that all of them share.
//
// Windows of three columns that lack their first or last one at the image's border take the three columns next to it,
// with the weights shifted the same way and zero for the column that came in.
template <bool kSharedInput>
class DepthwiseLanes {
 public:
  // `taps` has room for kTapTables times the window's taps; `weights` are those of all channels.
  DepthwiseLanes(const Window& window, const Channels& channels, int first_channel, const int8_t* weights,
                 int32_t input_offset, TapWeights* taps)
      : window_(window),
        taps_(taps),
        offsets_(Pair(input_offset)),
        row_bytes_(window.y.dilation * window.InputRowBytes()),
        tap_bytes_(window.x.dilation * window.input_channels),
        three_columns_(!kSharedInput && window.x.taps == 3),
        outputs_(channels.four) {
    const int tap_count = window.y.taps * window.x.taps;
    for (int tap = 0; tap < tap_count; ++tap) {
      const uint32_t bytes = LoadWord(weights + tap * window.output_channels + first_channel);
      taps[tap] = {DoublePair(WidenEven(bytes)), DoublePair(WidenOdd(bytes))};
    }
    if (three_columns_) {
      for (int tap = 0; tap < tap_count; tap += 3) {
        TapWeights* first_missing = taps + tap_count + tap;
        TapWeights* last_missing = first_missing + tap_count;
        first_missing[0] = taps[tap + 1];
        first_missing[1] = taps[tap + 2];
        first_missing[2] = {0, 0};
        last_missing[0] = {0, 0};
        last_missing[1] = taps[tap];
        last_missing[2] = taps[tap + 1];
      }
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      bias_.lane[lane] = 2 * channels.Bias(first_channel + lane);
      rescalers_[lane] = FastRescaler(channels.rescales[first_channel + lane], channels.range.zero_point);
    }
  }

  // `image` starts at the first input channel, `out` at the first output channel.
  void Run(const int8_t* image, int8_t* out) const {
    for (int out_y = 0; out_y < window_.y.output_size; ++out_y) {
      const int y = window_.y.Origin(out_y);
      const Taps rows = window_.y.Inside(y);
      const int8_t* row = image + y * window_.InputRowBytes() + rows.begin * row_bytes_;
      const TapWeights* row_taps = taps_ + rows.begin * window_.x.taps;
      int x = window_.x.Origin(0);
      for (int out_x = 0; out_x < window_.x.output_size; ++out_x) {
        StoreWord(out, Finish(Sum(row, row_taps, rows.count(), x)));
        out += window_.output_channels;
        x += window_.x.stride;
      }
    }
  }

 private:
  // `row` is the image's left border in the window's first row, `x` the window's first column.
  LaneSums Sum(const int8_t* row, const TapWeights* row_taps, int rows, int x) const {
    LaneSums sums = bias_;
    if (three_columns_ && rows > 0) {
      const int tap_count = window_.y.taps * 3;
      const int dilation = window_.x.dilation;
      int first = x;
      const TapWeights* taps = row_taps;
      if (x < 0) {
        first += dilation;
        taps += tap_count;
      } else if (x + 2 * dilation >= window_.x.input_size) {
        first -= dilation;
        taps += 2 * tap_count;
      }
      if (first >= 0 && first + 2 * dilation < window_.x.input_size) {
        AddRowsOfThree(row + first * window_.input_channels, row_bytes_, tap_bytes_, taps, offsets_, rows, &sums);
        return sums;
      }
    }
    const Taps columns = window_.x.Inside(x);
    row += x * window_.input_channels + columns.begin * tap_bytes_;
    row_taps += columns.begin;
    for (; rows > 0; --rows) {
      const int8_t* source = row;
      for (int tap = 0; tap < columns.count(); ++tap) {
        AddTap(source, row_taps[tap], &sums);
        source += tap_bytes_;
      }
      row += row_bytes_;
      row_taps += window_.x.taps;
    }
    return sums;
  }

  void AddTap(const int8_t* source, const TapWeights& tap, LaneSums* sums) const {
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

  uint32_t Finish(const LaneSums& sums) const {
    return outputs_.Clamp(rescalers_[0].OfDoubled(sums.lane[0]), rescalers_[1].OfDoubled(sums.lane[1]),
                          rescalers_[2].OfDoubled(sums.lane[2]), rescalers_[3].OfDoubled(sums.lane[3]));
  }

  const Window& window_;
  const TapWeights* taps_;
  uint32_t offsets_;
  int row_bytes_;
  int tap_bytes_;
  bool three_columns_;
  FourOutputs outputs_;
  LaneSums bias_;
  FastRescaler rescalers_[kLanes];
};

}  // namespace sim::optimized

#endif  // SIM_DSP

#endif  // SIM_KERNELS_OPTIMIZED_DEPTHWISE_LANES_H_
