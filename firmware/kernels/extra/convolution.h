// What CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV share: geometry, and the way from accumulator to output.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_CONVOLUTION_H_
#define SIM_KERNELS_EXTRA_CONVOLUTION_H_

#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"
#include "tensorflow/lite/kernels/padding.h"

namespace sim::kernels {

// One NHWC tensor; empty when the tensor has another number of dimensions.
struct Image {
  int batches, height, width, depth;

  int At(int batch, int y, int x) const { return ((batch * height + y) * width + x) * depth; }
};

inline Image ImageOf(const TfLiteTensor* tensor) {
  const int* dims = tensor->dims->data;
  if (tensor->dims->size != 4) return {0, 0, 0, 0};
  return {dims[0], dims[1], dims[2], dims[3]};
}

// How an accumulator becomes an output element.
template <typename T>
struct ChannelRequantizer {
  const int32_t* multipliers;
  const int32_t* shifts;
  int32_t output_offset;
  Range<int32_t> range;

  template <typename Accumulator>
  T operator()(Accumulator sum, int channel) const {
    const Rescale rescale = {multipliers[channel], shifts[channel]};
    return static_cast<T>(range.Clamp(Apply(rescale, sum) + output_offset));
  }
};

struct FloatClamp {
  Range<float> range;

  float operator()(float sum, int) const { return range.Clamp(sum); }
};

struct ConvolutionData {
  TfLitePaddingValues padding;
  int32_t input_offset;
  int32_t output_offset;
  int32_t* multipliers;
  int32_t* shifts;
  Range<int32_t> range;
  Range<float> float_range;

  template <typename T>
  ChannelRequantizer<T> Requantizer() const {
    return {multipliers, shifts, output_offset, range};
  }
};

// Checks types and sizes, and fills everything but the padding. `channels` is the number of output channels.
TfLiteStatus PrepareConvolution(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                TfLiteTensor* output, TfLiteFusedActivation activation, int channels,
                                ConvolutionData* data);

// The type of an int16 convolution's accumulator: that of its bias, 64 bits without one.
inline bool AccumulatesIn32Bits(const TfLiteTensor* bias) { return bias != nullptr && bias->type == kTfLiteInt32; }

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_CONVOLUTION_H_
