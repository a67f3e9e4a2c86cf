// DEPTHWISE_CONV_2D for int16 activations, and for the nodes that the 2020 kernel computes wrongly: it ignores the
// fused activation of int8, and the dilation when it pads.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/convolution.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

template <typename Accumulator, typename T, typename Weight, typename Finish>
void Convolve(TfLiteContext* context, TfLiteNode* node, const ConvolutionData& data, const Finish& finish) {
  const TfLiteTensor* filter_tensor = tflite::GetInput(context, node, 1);
  const TfLiteDepthwiseConvParams& params = ParamsOf<TfLiteDepthwiseConvParams>(node);
  const Image in = ImageOf(tflite::GetInput(context, node, 0));
  const Image kernel = ImageOf(filter_tensor);
  const Image out = ImageOf(tflite::GetOutput(context, node, 0));
  const T* input = DataOf<T>(tflite::GetInput(context, node, 0));
  const Weight* filter = DataOf<Weight>(filter_tensor);
  const Accumulator* bias = DataOf<Accumulator>(tflite::GetOptionalInputTensor(context, node, 2));
  T* output = MutableDataOf<T>(tflite::GetOutput(context, node, 0));
  const int multiplier = out.depth / in.depth;
  const Accumulator offset = static_cast<Accumulator>(data.input_offset);

  for (int batch = 0; batch < out.batches; ++batch) {
    for (int out_y = 0; out_y < out.height; ++out_y) {
      const int y_origin = out_y * params.stride_height - data.padding.height;
      for (int out_x = 0; out_x < out.width; ++out_x) {
        const int x_origin = out_x * params.stride_width - data.padding.width;
        for (int channel = 0; channel < out.depth; ++channel) {
          Accumulator sum = 0;
          for (int filter_y = 0; filter_y < kernel.height; ++filter_y) {
            const int in_y = y_origin + filter_y * params.dilation_height_factor;
            if (in_y < 0 || in_y >= in.height) continue;
            for (int filter_x = 0; filter_x < kernel.width; ++filter_x) {
              const int in_x = x_origin + filter_x * params.dilation_width_factor;
              if (in_x < 0 || in_x >= in.width) continue;
              const Weight weight = filter[kernel.At(0, filter_y, filter_x) + channel];
              const T value = input[in.At(batch, in_y, in_x) + channel / multiplier];
              sum += static_cast<Accumulator>(weight) * (static_cast<Accumulator>(value) + offset);
            }
          }
          if (bias != nullptr) sum += bias[channel];
          *output++ = finish(sum, channel);
        }
      }
    }
  }
}

struct DepthwiseConv2D {
  using Data = ConvolutionData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    const TfLiteDepthwiseConvParams& params = ParamsOf<TfLiteDepthwiseConvParams>(node);
    const TfLiteType type = tflite::GetInput(context, node, 0)->type;
    if (type == kTfLiteUInt8) return false;
    if (params.dilation_width_factor != 1 || params.dilation_height_factor != 1) return true;
    if (type != kTfLiteInt8) return type == kTfLiteInt16;
    Range<int32_t> range;
    return tflite::CalculateActivationRangeQuantized(context, params.activation, tflite::GetOutput(context, node, 0),
                                                     &range.min, &range.max) == kTfLiteOk &&
           (range.min > std::numeric_limits<int8_t>::min() || range.max < std::numeric_limits<int8_t>::max());
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* filter = tflite::GetInput(context, node, 1);
    const TfLiteTensor* bias = tflite::GetOptionalInputTensor(context, node, 2);
    const TfLiteDepthwiseConvParams& params = ParamsOf<TfLiteDepthwiseConvParams>(node);
    const Image in = ImageOf(input);
    const Image kernel = ImageOf(filter);
    TF_LITE_ENSURE(context, in.depth > 0 && kernel.depth % in.depth == 0);
    TF_LITE_ENSURE_EQ(context, in.batches, ImageOf(tflite::GetOutput(context, node, 0)).batches);
    TF_LITE_ENSURE(context, input->type != kTfLiteInt16 || bias == nullptr || bias->type == kTfLiteInt64);
    int height, width;
    data->padding = tflite::ComputePaddingHeightWidth(
        params.stride_height, params.stride_width, params.dilation_height_factor, params.dilation_width_factor,
        in.height, in.width, kernel.height, kernel.width, params.padding, &height, &width);
    return PrepareConvolution(context, input, filter, tflite::GetOutput(context, node, 0), params.activation,
                              kernel.depth, data);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteType type = tflite::GetInput(context, node, 0)->type;
    switch (type) {
      case kTfLiteFloat32:
        Convolve<float, float, float>(context, node, data, FloatClamp{data.float_range});
        return kTfLiteOk;
      case kTfLiteInt8:
        Convolve<int32_t, int8_t, int8_t>(context, node, data, data.Requantizer<int8_t>());
        return kTfLiteOk;
      case kTfLiteInt16:
        Convolve<int64_t, int16_t, int8_t>(context, node, data, data.Requantizer<int16_t>());
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "DEPTHWISE_CONV_2D", type);
    }
  }
};

}  // namespace

TfLiteRegistration* Register_DEPTHWISE_CONV_2D() {
  return SharedRegistrationOf<DepthwiseConv2D, tflite::ops::micro::Register_DEPTHWISE_CONV_2D>();
}

}  // namespace sim::kernels
