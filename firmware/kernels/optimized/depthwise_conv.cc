// DEPTHWISE_CONV_2D: channels in groups of eight where there are vector instructions, of four where the DSP
// instructions allow it, one by one otherwise.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/kernels.h"
#include "kernels/optimized/channels.h"
#include "kernels/optimized/depthwise_lanes.h"
#include "kernels/optimized/depthwise_mve.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/window.h"

namespace sim::optimized {
namespace {

Window DepthwiseWindow(const TfLiteNode* node, const TfLiteTensor* input, const TfLiteTensor* weights,
                       const TfLiteTensor* output) {
  const auto& params = *static_cast<const TfLiteDepthwiseConvParams*>(node->builtin_data);
  return MakeWindow(input, output, Dim(weights, 1), Dim(weights, 2), params.stride_height, params.stride_width,
                    params.dilation_height_factor, params.dilation_width_factor, params.padding);
}

struct Layer {
  Window window;
  Channels channels;
  const int8_t* weights;
  int32_t input_offset;
  int multiplier;  // output channels of each input channel
#if SIM_DSP && !SIM_MVE
  TapWeights* taps;  // scratch
#endif
};

// The output channels from `first` to `end` of one image.
void RunOneByOne(const Layer& layer, int first, int end, const int8_t* image, int8_t* out) {
  const Window& window = layer.window;
  const int tap_bytes = window.x.dilation * window.input_channels;
  const int row_bytes = window.y.dilation * window.InputRowBytes();
  for (int out_y = 0; out_y < window.y.output_size; ++out_y) {
    const int y = window.y.Origin(out_y);
    const Taps rows = window.y.Inside(y);
    const int8_t* row = image + y * window.InputRowBytes() + rows.begin * row_bytes;
    for (int out_x = 0; out_x < window.x.output_size; ++out_x) {
      const int x = window.x.Origin(out_x);
      const Taps columns = window.x.Inside(x);
      const int8_t* corner = row + x * window.input_channels + columns.begin * tap_bytes;
      const int8_t* weights =
          layer.weights + (rows.begin * window.x.taps + columns.begin) * window.output_channels;
      for (int channel = first; channel < end; ++channel) {
        const int input_channel = layer.multiplier == 1 ? channel : channel / layer.multiplier;
        const int8_t* row_source = corner + input_channel;
        const int8_t* row_tap = weights + channel;
        int32_t sum = layer.channels.Bias(channel);
        for (int row_count = rows.count(); row_count > 0; --row_count) {
          const int8_t* source = row_source;
          const int8_t* tap = row_tap;
          for (int count = columns.count(); count > 0; --count) {
            sum += (*source + layer.input_offset) * *tap;
            source += tap_bytes;
            tap += window.output_channels;
          }
          row_source += row_bytes;
          row_tap += window.x.taps * window.output_channels;
        }
        out[channel] = layer.channels.Finish(channel, sum);
      }
      out += window.output_channels;
    }
  }
}

#if SIM_MVE

// The outputs of one image.
void RunImage(const Layer& layer, const int8_t* image, int8_t* out) {
  const int channels = layer.window.output_channels;
  if (channels < kVectorLanes) {
    RunOneByOne(layer, 0, channels, image, out);
    return;
  }
  for (int channel = 0; channel < channels; channel += kVectorLanes) {
    const int first = std::min(channel, channels - kVectorLanes);  // the last eight may overlap those before
    const auto run = [&](const auto& vector) { vector.Run(image, out + first); };
    if (layer.multiplier == 1) {
      run(DepthwiseVector<true>(layer.window, layer.channels, first, layer.weights, layer.input_offset, 1));
    } else {
      run(DepthwiseVector<false>(layer.window, layer.channels, first, layer.weights, layer.input_offset,
                                 layer.multiplier));
    }
  }
}

#else  // SIM_MVE

#if SIM_DSP
template <bool kSharedInput>
void RunLanes(const Layer& layer, int channel, const int8_t* image, int8_t* out) {
  const int input_channel = channel / layer.multiplier;
  DepthwiseLanes<kSharedInput>(layer.window, layer.channels, channel, layer.weights, layer.input_offset, layer.taps)
      .Run(image + input_channel, out + channel);
}
#endif

// The outputs of one image.
void RunImage(const Layer& layer, const int8_t* image, int8_t* out) {
  int channel = 0;
#if SIM_DSP
  const bool own_inputs = layer.multiplier == 1;
  if (own_inputs || layer.multiplier % kLanes == 0) {
    for (; channel + kLanes <= layer.window.output_channels; channel += kLanes) {
      if (!HaveFastLanes(layer.channels, channel)) {
        RunOneByOne(layer, channel, channel + kLanes, image, out);
      } else if (own_inputs) {
        RunLanes<false>(layer, channel, image, out);
      } else {
        RunLanes<true>(layer, channel, image, out);
      }
    }
  }
#endif
  RunOneByOne(layer, channel, layer.window.output_channels, image, out);
}

#endif  // SIM_MVE

struct DepthwiseConv2D {
  struct Data {
    ChannelData channels;
    int taps_scratch;
  };

  static TfLiteRegistration* Reference() { return kernels::Register_DEPTHWISE_CONV_2D(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const auto& params = *static_cast<const TfLiteDepthwiseConvParams*>(node->builtin_data);
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* weights = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    if (!IsInt8(input) || !IsInt8(weights) || !IsInt8(output) || Rank(input) != 4 || Rank(weights) != 4 ||
        Rank(output) != 4) {
      return false;
    }
    const Window window = DepthwiseWindow(node, input, weights, output);
    if (!window.IsValid(output) || Dim(weights, 3) != window.output_channels ||
        window.output_channels % window.input_channels != 0) {
      return false;
    }
    const int taps = window.y.taps * window.x.taps;
    if (!PrepareChannels(context, input, weights, OptionalInput(context, node, 2), output, params.activation,
                         window.output_channels, taps, &data->channels)) {
      return false;
    }
#if SIM_DSP && !SIM_MVE
    return RequestScratch(context, kTapTables * taps * sizeof(TapWeights), &data->taps_scratch);
#else
    return true;
#endif
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* weights = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    const Layer layer = {DepthwiseWindow(node, input, weights, output),
                   Channels(data.channels, OptionalInput(context, node, 2), output),
                   weights->data.int8,
                   -input->params.zero_point,
                   Dim(output, 3) / Dim(input, 3),
#if SIM_DSP && !SIM_MVE
                   Scratch<TapWeights>(context, data.taps_scratch)
#endif
    };
    const Window& window = layer.window;
    for (int batch = 0; batch < window.batches; ++batch) {
      RunImage(layer, input->data.int8 + batch * window.InputBytes(), output->data.int8 + batch * window.OutputBytes());
    }
  }
};

}  // namespace

TfLiteRegistration* Register_DEPTHWISE_CONV_2D() { return WithReference<DepthwiseConv2D>::Registration(); }

}  // namespace sim::optimized
