// What convolutions and fully connected layers do to each output channel once its products are summed.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_CHANNELS_H_
#define SIM_KERNELS_OPTIMIZED_CHANNELS_H_

#include "kernels/optimized/rescale.h"
#include "kernels/optimized/tflm_api.h"
#include "tensorflow/lite/c/builtin_op_data.h"

namespace sim::optimized {

struct ChannelData {
  const Rescale* rescales;
  int32_t activation_min;
  int32_t activation_max;
};

// Fills `data` for a layer whose outputs are sums of `depth` products and a bias, with a factor for each channel, or
// one for all when the weights have only one scale. False when the arena is full, the weights are not symmetric or the
// bias is only known later.
bool PrepareChannels(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* weights,
                     const TfLiteTensor* bias, TfLiteTensor* output, TfLiteFusedActivation activation, int channels,
                     int depth, ChannelData* data);

// The channels at Invoke.
struct Channels {
  const Rescale* rescales;
  const int32_t* bias;  // null: none
  OutputRange range;
#if SIM_DSP
  FourOutputs four;
#endif

  Channels(const ChannelData& data, const TfLiteTensor* bias_tensor, const TfLiteTensor* output)
      : rescales(data.rescales),
        bias(bias_tensor == nullptr ? nullptr : bias_tensor->data.i32),
        range{output->params.zero_point, data.activation_min, data.activation_max}
#if SIM_DSP
        ,
        four(range)
#endif
  {
  }

  int32_t Bias(int channel) const { return bias == nullptr ? 0 : bias[channel]; }

  // The output of a channel for its sum.
  int8_t Finish(int channel, int32_t sum) const {
    const Rescale& rescale = rescales[channel];
    return range.Clamp(rescale.fast() ? FastRescaler(rescale, range.zero_point)(sum)
                                    : ExactRescaler(rescale, range.zero_point)(sum));
  }
};

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_CHANNELS_H_
