// AVERAGE_POOL_2D and MAX_POOL_2D.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/optimized/dsp.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/window.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::optimized {
namespace {

// The pixels of one window that lie on the image.
struct Patch {
  const int8_t* first;  // first channel of the upper left pixel
  int rows;
  int columns;
  int row_bytes;
  int pixel_bytes;

  int pixels() const { return rows * columns; }
};

template <typename Visit>
inline void ForEachPixel(const Patch& patch, int channel, Visit visit) {
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

struct Average {
  // As many pixels as sums of bytes stay within 16 bits for.
  static constexpr int kMaxLanePixels = 255;

  static int8_t One(const Patch& patch, int channel, int32_t min, int32_t max) {
    int32_t sum = 0;
    ForEachPixel(patch, channel, [&](const int8_t* pixel) { sum += *pixel; });
    return Finish(sum, patch.pixels(), min, max);
  }

#if SIM_DSP
  static bool TakesFour(const Patch& patch) { return patch.pixels() <= kMaxLanePixels; }

  static uint32_t Four(const Patch& patch, int channel, int32_t min, int32_t max) {
    uint32_t even = 0;
    uint32_t odd = 0;
    ForEachPixel(patch, channel, [&](const int8_t* pixel) {
      const uint32_t bytes = LoadWord(pixel);
      even = AddWidenedEven(even, bytes);
      odd = AddWidenedOdd(odd, bytes);
    });
    const int count = patch.pixels();
    return PackBytes(Finish(static_cast<int16_t>(even), count, min, max), Finish(static_cast<int16_t>(odd), count, min, max),
                     Finish(static_cast<int32_t>(even) >> 16, count, min, max),
                     Finish(static_cast<int32_t>(odd) >> 16, count, min, max));
  }
#endif

 private:
  // The mean, rounded to the nearest integer, ties away from zero.
  static int8_t Finish(int32_t sum, int32_t count, int32_t min, int32_t max) {
    const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
    return static_cast<int8_t>(std::min(std::max(mean, min), max));
  }
};

struct Maximum {
  static int8_t One(const Patch& patch, int channel, int32_t min, int32_t max) {
    int32_t greatest = min;
    ForEachPixel(patch, channel, [&](const int8_t* pixel) { greatest = std::max<int32_t>(greatest, *pixel); });
    return static_cast<int8_t>(std::min(greatest, max));
  }

#if SIM_DSP
  static bool TakesFour(const Patch&) { return true; }

  static uint32_t Four(const Patch& patch, int channel, int32_t min, int32_t max) {
    uint32_t greatest = PackBytes(min, min, min, min);
    ForEachPixel(patch, channel, [&](const int8_t* pixel) { greatest = MaxBytes(greatest, LoadWord(pixel)); });
    return MinBytes(greatest, PackBytes(max, max, max, max));
  }
#endif
};

template <typename Reduction, TfLiteRegistration* (*kReference)()>
struct Pool2D {
  struct Data {
    int32_t activation_min;
    int32_t activation_max;
  };

  static TfLiteRegistration* Reference() { return kReference(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const auto& params = *static_cast<const TfLitePoolParams*>(node->builtin_data);
    const TfLiteTensor* input = Input(context, node, 0);
    TfLiteTensor* output = Output(context, node);
    return IsInt8(input) && IsInt8(output) && Rank(input) == 4 &&
           tflite::CalculateActivationRangeQuantized(context, params.activation, output, &data->activation_min,
                                                     &data->activation_max) == kTfLiteOk;
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const auto& params = *static_cast<const TfLitePoolParams*>(node->builtin_data);
    const TfLiteTensor* input = Input(context, node, 0);
    TfLiteTensor* output = Output(context, node);
    const Window window = MakeWindow(input, output, params.filter_height, params.filter_width, params.stride_height,
                                     params.stride_width, 1, 1, params.padding);
    int8_t* out = output->data.int8;
    for (int batch = 0; batch < window.batches; ++batch) {
      const int8_t* image = input->data.int8 + batch * window.InputBytes();
      for (int out_y = 0; out_y < window.y.output_size; ++out_y) {
        const int y = window.y.Origin(out_y);
        const Taps rows = window.y.Inside(y);
        for (int out_x = 0; out_x < window.x.output_size; ++out_x) {
          const int x = window.x.Origin(out_x);
          const Taps columns = window.x.Inside(x);
          const Patch patch = {
              image + (y + rows.begin) * window.InputRowBytes() + (x + columns.begin) * window.input_channels,
              rows.count(), columns.count(), window.InputRowBytes(), window.input_channels};
          Pool(patch, window.input_channels, data, out);
          out += window.output_channels;
        }
      }
    }
  }

 private:
  static void Pool(const Patch& patch, int channels, const Data& data, int8_t* out) {
    int channel = 0;
#if SIM_DSP
    if (Reduction::TakesFour(patch)) {
      for (; channel + 4 <= channels; channel += 4) {
        StoreWord(out + channel, Reduction::Four(patch, channel, data.activation_min, data.activation_max));
      }
    }
#endif
    for (; channel < channels; ++channel) {
      out[channel] = Reduction::One(patch, channel, data.activation_min, data.activation_max);
    }
  }
};

}  // namespace

TfLiteRegistration* Register_AVERAGE_POOL_2D() {
  return WithReference<Pool2D<Average, tflite::ops::micro::Register_AVERAGE_POOL_2D>>::Registration();
}

TfLiteRegistration* Register_MAX_POOL_2D() {
  return WithReference<Pool2D<Maximum, tflite::ops::micro::Register_MAX_POOL_2D>>::Registration();
}

}  // namespace sim::optimized
