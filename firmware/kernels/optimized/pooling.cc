// AVERAGE_POOL_2D and MAX_POOL_2D.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/extra/kernels.h"
#include "kernels/optimized/dsp.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/patch.h"
#include "kernels/optimized/window.h"

namespace sim::optimized {
namespace {

Window PoolWindow(const TfLiteNode* node, const TfLiteTensor* input, const TfLiteTensor* output) {
  const auto& params = *static_cast<const TfLitePoolParams*>(node->builtin_data);
  return MakeWindow(input, output, params.filter_height, params.filter_width, params.stride_height,
                    params.stride_width, 1, 1, params.padding);
}

struct Average {
  static void Run(const Patch& patch, int channels, int32_t min, int32_t max, int8_t* out) {
    const int32_t pixels = patch.pixels();
    for (int channel = 0; channel < channels; channel += 4) {
      const int count = std::min(4, channels - channel);
      int32_t sums[4];
      SumChannels(patch, channel, count, sums);
      for (int i = 0; i < count; ++i) {
        // To the nearest integer, ties away from zero.
        const int32_t mean = (sums[i] > 0 ? sums[i] + pixels / 2 : sums[i] - pixels / 2) / pixels;
        out[channel + i] = static_cast<int8_t>(std::min(std::max(mean, min), max));
      }
    }
  }
};

struct Maximum {
  static void Run(const Patch& patch, int channels, int32_t min, int32_t max, int8_t* out) {
    int channel = 0;
#if SIM_DSP
    for (; channel + 4 <= channels; channel += 4) {
      uint32_t greatest = PackBytes(min, min, min, min);
      ForEachPixel(patch, channel, [&](const int8_t* pixel) { greatest = MaxBytes(greatest, LoadWord(pixel)); });
      StoreWord(out + channel, MinBytes(greatest, PackBytes(max, max, max, max)));
    }
#endif
    for (; channel < channels; ++channel) {
      int32_t greatest = min;
      ForEachPixel(patch, channel, [&](const int8_t* pixel) { greatest = std::max<int32_t>(greatest, *pixel); });
      out[channel] = static_cast<int8_t>(std::min(greatest, max));
    }
  }
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
    if (!IsInt8(input) || !IsInt8(output) || Rank(input) != 4 || Rank(output) != 4) {
      return false;
    }
    const Window window = PoolWindow(node, input, output);
    return window.IsValid(output) && window.input_channels == window.output_channels &&
           tflite::CalculateActivationRangeQuantized(context, params.activation, output, &data->activation_min,
                                                     &data->activation_max) == kTfLiteOk;
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = Input(context, node, 0);
    TfLiteTensor* output = Output(context, node);
    const Window window = PoolWindow(node, input, output);
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
          Reduction::Run(patch, window.input_channels, data.activation_min, data.activation_max, out);
          out += window.output_channels;
        }
      }
    }
  }
};

}  // namespace

TfLiteRegistration* Register_AVERAGE_POOL_2D() {
  return WithReference<Pool2D<Average, kernels::Register_AVERAGE_POOL_2D>>::Registration();
}

TfLiteRegistration* Register_MAX_POOL_2D() {
  return WithReference<Pool2D<Maximum, kernels::Register_MAX_POOL_2D>>::Registration();
}

}  // namespace sim::optimized
