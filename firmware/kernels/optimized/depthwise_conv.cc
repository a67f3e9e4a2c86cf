// DEPTHWISE_CONV_2D: channels in groups of four where the DSP instructions allow it, one by one otherwise.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/optimized/channels.h"
#include "kernels/optimized/depthwise_lanes.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/window.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::optimized {
namespace {

Window DepthwiseWindow(const TfLiteNode* node, const TfLiteTensor* input, const TfLiteTensor* weights,
                       const TfLiteTensor* output) {
  const auto& params = *static_cast<const TfLiteDepthwiseConvParams*>(node->builtin_data);
  return MakeWindow(input, output, Dim(weights, 1), Dim(weights, 2), params.stride_height, params.stride_width,
                    params.dilation_height_factor, params.dilation_width_factor, params.padding);
}

// Output channel `channel` of one image. `image` starts at its input channel, `weights` and `out` at the channel itself.
void RunChannel(const Window& window, const Channels& channels, int channel, const int8_t* weights,
                int32_t input_offset, const int8_t* image, int8_t* out) {
  const int tap_bytes = window.x.dilation * window.input_channels;
  const int row_bytes = window.y.dilation * window.InputRowBytes();
  const int32_t bias = channels.Bias(channel);
  const Rescaler rescaler(channels.rescales[channel]);
  for (int out_y = 0; out_y < window.y.output_size; ++out_y) {
    const int y = window.y.Origin(out_y);
    const Taps rows = window.y.Inside(y);
    for (int out_x = 0; out_x < window.x.output_size; ++out_x) {
      const int x = window.x.Origin(out_x);
      const Taps columns = window.x.Inside(x);
      int32_t sum = bias;
      for (int row = rows.begin; row < rows.end; ++row) {
        const int8_t* source = image + y * window.InputRowBytes() + row * row_bytes + x * window.input_channels +
                               columns.begin * tap_bytes;
        const int8_t* tap = weights + (row * window.x.taps + columns.begin) * window.output_channels;
        for (int count = columns.count(); count > 0; --count) {
          sum += (*source + input_offset) * *tap;
          source += tap_bytes;
          tap += window.output_channels;
        }
      }
      *out = channels.range(rescaler(sum));
      out += window.output_channels;
    }
  }
}

struct DepthwiseConv2D {
  struct Data {
    ChannelData channels;
    int taps_scratch;
  };

  static TfLiteRegistration* Reference() { return tflite::ops::micro::Register_DEPTHWISE_CONV_2D(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const auto& params = *static_cast<const TfLiteDepthwiseConvParams*>(node->builtin_data);
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* weights = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    if (!IsInt8(input) || !IsInt8(weights) || !IsInt8(output) || Rank(input) != 4 || Rank(weights) != 4) {
      return false;
    }
    const Window window = DepthwiseWindow(node, input, weights, output);
    if (window.output_channels % window.input_channels != 0) {
      return false;
    }
    const int taps = window.y.taps * window.x.taps;
    if (!PrepareChannels(context, input, weights, OptionalInput(context, node, 2), output, params.activation,
                         window.output_channels, taps, &data->channels)) {
      return false;
    }
#if SIM_DSP
    return RequestScratch(context, taps * sizeof(TapWeights), &data->taps_scratch);
#else
    return true;
#endif
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* weights_tensor = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    const Window window = DepthwiseWindow(node, input, weights_tensor, output);
    const Channels channels(data.channels, OptionalInput(context, node, 2), output);
    const int8_t* weights = weights_tensor->data.int8;
    const int32_t input_offset = -input->params.zero_point;
    const int multiplier = window.output_channels / window.input_channels;

    for (int batch = 0; batch < window.batches; ++batch) {
      const int8_t* image = input->data.int8 + batch * window.InputBytes();
      int8_t* out = output->data.int8 + batch * window.OutputBytes();
      int channel = 0;
#if SIM_DSP
      TapWeights* taps = Scratch<TapWeights>(context, data.taps_scratch);
      if (multiplier == 1) {
        for (; channel + kLanes <= window.output_channels; channel += kLanes) {
          DepthwiseLanes<false>(window, channels, channel, weights, input_offset, taps)
              .Run(image + channel, out + channel);
        }
      } else if (multiplier % kLanes == 0) {
        for (; channel < window.output_channels; channel += kLanes) {
          DepthwiseLanes<true>(window, channels, channel, weights, input_offset, taps)
              .Run(image + channel / multiplier, out + channel);
        }
      }
#endif
      for (; channel < window.output_channels; ++channel) {
        RunChannel(window, channels, channel, weights + channel, input_offset, image + channel / multiplier,
                   out + channel);
      }
    }
  }
};

}  // namespace

TfLiteRegistration* Register_DEPTHWISE_CONV_2D() { return WithReference<DepthwiseConv2D>::Registration(); }

}  // namespace sim::optimized
