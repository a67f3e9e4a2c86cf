// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/optimized/channels.h"

#include <cstdlib>

namespace sim::optimized {
namespace {

// Greatest absolute value of (input - zero point) * weight.
constexpr int64_t kMaxProduct = 255 * 128;

bool IsSymmetric(const TfLiteAffineQuantization& quantization) {
  for (int i = 0; i < quantization.zero_point->size; ++i) {
    if (quantization.zero_point->data[i] != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool PrepareChannels(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* weights,
                     const TfLiteTensor* bias, TfLiteTensor* output, TfLiteFusedActivation activation, int channels,
                     int depth, ChannelData* data) {
  const auto* quantization = static_cast<const TfLiteAffineQuantization*>(weights->quantization.params);
  if (weights->quantization.type != kTfLiteAffineQuantization || quantization == nullptr ||
      (quantization->scale->size != 1 && quantization->scale->size != channels) || !IsSymmetric(*quantization)) {
    return false;
  }
  if (bias != nullptr &&
      (bias->type != kTfLiteInt32 || !IsConstant(bias) || bias->bytes != channels * sizeof(int32_t))) {
    return false;
  }
  Rescale* rescales = AllocatePersistent<Rescale>(context, channels);
  if (rescales == nullptr) {
    return false;
  }
  for (int channel = 0; channel < channels; ++channel) {
    const float weight_scale = quantization->scale->data[quantization->scale->size == 1 ? 0 : channel];
    const double product_scale = static_cast<double>(input->params.scale) * static_cast<double>(weight_scale);
    const int64_t offset = bias == nullptr ? 0 : bias->data.i32[channel];
    rescales[channel] = MakeRescale(product_scale / static_cast<double>(output->params.scale),
                                    depth * kMaxProduct + std::abs(offset));
  }
  data->rescales = rescales;
  return tflite::CalculateActivationRangeQuantized(context, activation, output, &data->activation_min,
                                                   &data->activation_max) == kTfLiteOk;
}

}  // namespace sim::optimized
