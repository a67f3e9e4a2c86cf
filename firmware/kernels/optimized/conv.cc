// CONV_2D: each output pixel's window becomes a column. Two columns at a time meet the rows of weights two by two; with
// vector instructions one column at a time meets four rows.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "kernels/extra/kernels.h"
#include "kernels/optimized/channels.h"
#include "kernels/optimized/dot.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/products.h"
#include "kernels/optimized/rows_mve.h"
#include "kernels/optimized/window.h"

namespace sim::optimized {
namespace {

Window ConvWindow(const TfLiteNode* node, const TfLiteTensor* input, const TfLiteTensor* weights,
                  const TfLiteTensor* output) {
  const auto& params = *static_cast<const TfLiteConvParams*>(node->builtin_data);
  return MakeWindow(input, output, Dim(weights, 1), Dim(weights, 2), params.stride_height, params.stride_width,
                    params.dilation_height_factor, params.dilation_width_factor, params.padding);
}

// Input channels that belong together; with fewer weights per tap than input channels, there are several such groups.
struct ChannelGroup {
  int first;
  int count;
};

// The values under one window as bytes, in the order of the weights.
class WindowReader {
 public:
  WindowReader(const Window& window, int8_t zero_point, int8_t* buffer)
      : window_(window), zero_point_(zero_point), buffer_(buffer) {}

  // A window of one tap lies in the image as it is.
  static bool NeedsBuffer(const Window& window) { return window.y.taps * window.x.taps != 1; }

  const int8_t* Read(const int8_t* image, int out_y, int out_x, const ChannelGroup& channels) {
    const int y = window_.y.Origin(out_y);
    const int x = window_.x.Origin(out_x);
    if (!NeedsBuffer(window_)) {
      return Pixel(image, y, x) + channels.first;
    }
    const Taps rows = window_.y.Inside(y);
    const Taps columns = window_.x.Inside(x);
    int8_t* target = buffer_;
    if (columns.count() < window_.x.taps || rows.count() < window_.y.taps) {
      std::memset(target, zero_point_, window_.y.taps * window_.x.taps * channels.count);
    }
    // Neighbouring taps of all channels are one run of bytes.
    const bool runs = window_.x.dilation == 1 && channels.count == window_.input_channels;
    for (int row = rows.begin; row < rows.end; ++row) {
      const int8_t* source = Pixel(image, y + row * window_.y.dilation, x) + channels.first;
      int8_t* row_target = target + row * window_.x.taps * channels.count;
      if (runs) {
        Copy(row_target + columns.begin * channels.count, source + columns.begin * channels.count,
             columns.count() * channels.count);
        continue;
      }
      for (int column = columns.begin; column < columns.end; ++column) {
        Copy(row_target + column * channels.count,
             source + column * window_.x.dilation * window_.input_channels, channels.count);
      }
    }
    return buffer_;
  }

 private:
  const int8_t* Pixel(const int8_t* image, int y, int x) const {
    return image + (y * window_.x.input_size + x) * window_.input_channels;
  }

  static void Copy(int8_t* target, const int8_t* source, int size_bytes) {
#if SIM_MVE
    CopyBytes(target, source, size_bytes);
#elif defined(__ARM_FEATURE_UNALIGNED)
    for (; size_bytes >= 16; size_bytes -= 16) {
      const uint32_t words[4] = {LoadWord(source), LoadWord(source + 4), LoadWord(source + 8), LoadWord(source + 12)};
      for (int i = 0; i < 4; ++i) {
        StoreWord(target + 4 * i, words[i]);
      }
      target += 16;
      source += 16;
    }
    for (; size_bytes >= 4; size_bytes -= 4) {
      StoreWord(target, LoadWord(source));
      target += 4;
      source += 4;
    }
    for (; size_bytes > 0; --size_bytes) {
      *target++ = *source++;
    }
#else
    std::memcpy(target, source, size_bytes);
#endif
  }

  const Window& window_;
  int8_t zero_point_;
  int8_t* buffer_;
};

#if !SIM_MVE

// Outputs of neighbouring channels with fast rescaling for two columns; `output1` is null when there is one column.
inline void StorePair(const Channels& channels, const DotTwoByTwo& sums, int channel, int8_t* output0,
                      int8_t* output1) {
  const FastRescaler rescaler0(channels.rescales[channel], channels.range.zero_point);
  const FastRescaler rescaler1(channels.rescales[channel + 1], channels.range.zero_point);
  const int32_t values[4] = {rescaler0(sums.row0_column0), rescaler1(sums.row1_column0),
                             rescaler0(sums.row0_column1), rescaler1(sums.row1_column1)};
#if SIM_DSP
  const uint32_t bytes = channels.four.Clamp(values[0], values[1], values[2], values[3]);
  StoreHalf(output0 + channel, bytes);
  if (output1 != nullptr) {
    StoreHalf(output1 + channel, bytes >> 16);
  }
#else
  output0[channel] = channels.range.Clamp(values[0]);
  output0[channel + 1] = channels.range.Clamp(values[1]);
  if (output1 != nullptr) {
    output1[channel] = channels.range.Clamp(values[2]);
    output1[channel + 1] = channels.range.Clamp(values[3]);
  }
#endif
}

// Outputs of `channel_count` channels from `first_channel` on.
void MultiplyColumns(const int8_t* weights, int depth, const int16_t* columns, const Channels& channels,
                     int first_channel, int channel_count, int8_t* output0, int8_t* output1) {
  const int end = first_channel + channel_count;
  for (int channel0 = first_channel; channel0 < end; channel0 += 2) {
    const int channel1 = channel0 + 1 < end ? channel0 + 1 : channel0;  // an odd last channel is its own neighbour
    const int32_t bias0 = channels.Bias(channel0);
    const int32_t bias1 = channels.Bias(channel1);
    DotTwoByTwo sums = {bias0, bias0, bias1, bias1};
    AddDot(weights + channel0 * depth, weights + channel1 * depth, columns, depth, &sums);
    if (channel1 != channel0 && channels.rescales[channel0].fast() && channels.rescales[channel1].fast()) {
      StorePair(channels, sums, channel0, output0, output1);
      continue;
    }
    output0[channel0] = channels.Finish(channel0, sums.row0_column0);
    output0[channel1] = channels.Finish(channel1, sums.row1_column0);
    if (output1 != nullptr) {
      output1[channel0] = channels.Finish(channel0, sums.row0_column1);
      output1[channel1] = channels.Finish(channel1, sums.row1_column1);
    }
  }
}

#endif  // !SIM_MVE

struct Conv2D {
  struct Data {
    ChannelData channels;
    ProductData products;
    int window_scratch;
  };

  static TfLiteRegistration* Reference() { return kernels::Register_CONV_2D(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const auto& params = *static_cast<const TfLiteConvParams*>(node->builtin_data);
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* weights = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    if (!IsInt8(input) || !IsInt8(weights) || !IsInt8(output) || Rank(input) != 4 || Rank(weights) != 4 ||
        Rank(output) != 4) {
      return false;
    }
    const Window window = ConvWindow(node, input, weights, output);
    const int group_channels = Dim(weights, 3);
    if (!window.IsValid(output) || group_channels <= 0 || Dim(weights, 0) != window.output_channels ||
        window.input_channels % group_channels != 0 ||
        window.output_channels % (window.input_channels / group_channels) != 0) {
      return false;
    }
    const int depth = window.y.taps * window.x.taps * group_channels;
    return PrepareChannels(context, input, weights, OptionalInput(context, node, 2), output, params.activation,
                           window.output_channels, depth, &data->channels) &&
           PrepareProducts(context, input, weights, OptionalInput(context, node, 2), window.output_channels, depth, 2,
                           &data->products) &&
           (!WindowReader::NeedsBuffer(window) || RequestScratch(context, depth, &data->window_scratch));
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* weights = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    const Window window = ConvWindow(node, input, weights, output);
    const Channels channels(data.channels, OptionalInput(context, node, 2), output);
    const int32_t zero_point = input->params.zero_point;
#if !SIM_MVE
    int16_t* columns = Scratch<int16_t>(context, data.products.columns_scratch);
#endif
    WindowReader reader(window, static_cast<int8_t>(zero_point),
                        WindowReader::NeedsBuffer(window) ? Scratch<int8_t>(context, data.window_scratch) : nullptr);

    const int group_channels = Dim(weights, 3);
    const int groups = window.input_channels / group_channels;
    const int group_outputs = window.output_channels / groups;
    const int depth = window.y.taps * window.x.taps * group_channels;
    const int pixels = window.y.output_size * window.x.output_size;

    for (int batch = 0; batch < window.batches; ++batch) {
      const int8_t* image = input->data.int8 + batch * window.InputBytes();
      int8_t* out = output->data.int8 + batch * window.OutputBytes();
      for (int group = 0; group < groups; ++group) {
        const ChannelGroup inputs = {group * group_channels, group_channels};
        int y = 0;
        int x = 0;
#if SIM_MVE
        for (int pixel = 0; pixel < pixels; ++pixel) {
          MultiplyRows(weights->data.int8, depth, reader.Read(image, y, x, inputs), data.products.folded_bias, channels,
                       group * group_outputs, group_outputs, out + pixel * window.output_channels);
          if (++x == window.x.output_size) {
            x = 0;
            ++y;
          }
        }
#else
        for (int pixel = 0; pixel < pixels; pixel += 2) {
          int8_t* outputs[2] = {out + pixel * window.output_channels, nullptr};
          for (int i = 0; i < 2 && pixel + i < pixels; ++i) {
            outputs[i] = outputs[0] + i * window.output_channels;
            WidenColumn(reader.Read(image, y, x, inputs), depth, -zero_point, 2, columns + i * kGroup);
            if (++x == window.x.output_size) {
              x = 0;
              ++y;
            }
          }
          MultiplyColumns(weights->data.int8, depth, columns, channels, group * group_outputs, group_outputs,
                          outputs[0], outputs[1]);
        }
#endif
      }
    }
  }
};

}  // namespace

TfLiteRegistration* Register_CONV_2D() { return WithReference<Conv2D>::Registration(); }

}  // namespace sim::optimized
