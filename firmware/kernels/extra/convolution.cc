// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/convolution.h"

namespace sim::kernels {

TfLiteStatus PrepareConvolution(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                TfLiteTensor* output, TfLiteFusedActivation activation, int channels,
                                ConvolutionData* data) {
  TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
  TF_LITE_ENSURE(context, channels > 0 && output->dims->size > 0);
  TF_LITE_ENSURE_EQ(context, output->dims->data[output->dims->size - 1], channels);
  if (input->type == kTfLiteFloat32) {
    TF_LITE_ENSURE_TYPES_EQ(context, filter->type, kTfLiteFloat32);
    tflite::CalculateActivationRange(activation, &data->float_range.min, &data->float_range.max);
    return kTfLiteOk;
  }
  TF_LITE_ENSURE_TYPES_EQ(context, filter->type, kTfLiteInt8);
  data->multipliers = AllocatePersistent<int32_t>(context, channels);
  data->shifts = AllocatePersistent<int32_t>(context, channels);
  TF_LITE_ENSURE(context, data->multipliers != nullptr && data->shifts != nullptr);
  // One factor per channel: double products of the single-precision scales; a lone scale counts for all channels.
  TF_LITE_ENSURE_EQ(context, filter->quantization.type, kTfLiteAffineQuantization);
  const TfLiteFloatArray* scales = static_cast<TfLiteAffineQuantization*>(filter->quantization.params)->scale;
  TF_LITE_ENSURE(context, scales->size == 1 || scales->size == channels);
  for (int i = 0; i < channels; ++i) {
    const double filter_scale = scales->data[scales->size == 1 ? 0 : i];
    const Rescale rescale = RescaleBy(static_cast<double>(input->params.scale) * filter_scale /
                                      static_cast<double>(output->params.scale));
    data->multipliers[i] = rescale.multiplier;
    data->shifts[i] = rescale.shift;
  }
  data->input_offset = -input->params.zero_point;
  data->output_offset = output->params.zero_point;
  return tflite::CalculateActivationRangeQuantized(context, activation, output, &data->range.min,
                                                   &data->range.max);
}

}  // namespace sim::kernels
