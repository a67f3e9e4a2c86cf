// FULLY_CONNECTED: one column of inputs meets the rows of weights, four at a time.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/kernels.h"
#include "kernels/optimized/channels.h"
#include "kernels/optimized/dot.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/products.h"
#include "kernels/optimized/rows_mve.h"

namespace sim::optimized {
namespace {

#if !SIM_MVE
// Outputs of four channels from `first` on, or of one only.
void MultiplyRows(const int8_t* weights, int depth, int count, const int16_t* column, const Channels& channels,
                  int first, int8_t* out) {
  DotFourByOne sums = {};
  for (int i = 0; i < count; ++i) {
    sums.row[i] = channels.Bias(first + i);
  }
  const int stride = count == 1 ? 0 : depth;  // a row on its own is computed four times
  AddDot(weights + first * depth, stride, column, depth, &sums);
  for (int i = 0; i < count; ++i) {
    out[first + i] = channels.Finish(first + i, sums.row[i]);
  }
}
#endif

struct FullyConnected {
  struct Data {
    ChannelData channels;
    ProductData products;
  };

  static TfLiteRegistration* Reference() { return kernels::Register_FULLY_CONNECTED(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const auto& params = *static_cast<const TfLiteFullyConnectedParams*>(node->builtin_data);
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* weights = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    if (!IsInt8(input) || !IsInt8(weights) || !IsInt8(output) || Rank(weights) != 2 ||
        params.weights_format != kTfLiteFullyConnectedWeightsFormatDefault) {
      return false;
    }
    const size_t outputs = Dim(weights, 0);
    const size_t depth = Dim(weights, 1);
    if (outputs == 0 || depth == 0 || output->bytes % outputs != 0 || input->bytes != output->bytes / outputs * depth) {
      return false;
    }
    return PrepareChannels(context, input, weights, OptionalInput(context, node, 2), output, params.activation,
                           outputs, depth, &data->channels) &&
           PrepareProducts(context, input, weights, OptionalInput(context, node, 2), outputs, depth, 1,
                           &data->products);
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* weights = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    const Channels channels(data.channels, OptionalInput(context, node, 2), output);
    const int outputs = Dim(weights, 0);
    const int depth = Dim(weights, 1);
    const int batches = static_cast<int>(output->bytes) / outputs;
#if !SIM_MVE
    int16_t* column = Scratch<int16_t>(context, data.products.columns_scratch);
#endif

    for (int batch = 0; batch < batches; ++batch) {
#if SIM_MVE
      MultiplyRows(weights->data.int8, depth, input->data.int8 + batch * depth, data.products.folded_bias, channels, 0,
                   outputs, output->data.int8 + batch * outputs);
#else
      WidenColumn(input->data.int8 + batch * depth, depth, -input->params.zero_point, 1, column);
      int8_t* out = output->data.int8 + batch * outputs;
      int channel = 0;
      for (; channel + 4 <= outputs; channel += 4) {
        MultiplyRows(weights->data.int8, depth, 4, column, channels, channel, out);
      }
      for (; channel < outputs; ++channel) {
        MultiplyRows(weights->data.int8, depth, 1, column, channels, channel, out);
      }
#endif
    }
  }
};

}  // namespace

TfLiteRegistration* Register_FULLY_CONNECTED() { return WithReference<FullyConnected>::Registration(); }

}  // namespace sim::optimized
