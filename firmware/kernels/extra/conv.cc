// CONV_2D for int16 activations, and for all types where the filter is grouped (its depth divides the input's).
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/convolution.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

template <typename Accumulator, typename T, typename Weight, typename Finish>
void Convolve(const TfLiteConvParams& params, const ConvolutionData& data, const TfLiteTensor* input_tensor,
              const TfLiteTensor* filter_tensor, const TfLiteTensor* bias_tensor, TfLiteTensor* output_tensor,
              const Finish& finish) {
  const Image in = ImageOf(input_tensor);
  const Image kernel = ImageOf(filter_tensor);  // batches: output channels
  const Image out = ImageOf(output_tensor);
  const T* input = DataOf<T>(input_tensor);
  const Weight* filter = DataOf<Weight>(filter_tensor);
  const Accumulator* bias = DataOf<Accumulator>(bias_tensor);
  T* output = MutableDataOf<T>(output_tensor);
  const int channels_per_group = out.depth / (in.depth / kernel.depth);
  const Accumulator offset = static_cast<Accumulator>(data.input_offset);

  for (int batch = 0; batch < out.batches; ++batch) {
    for (int out_y = 0; out_y < out.height; ++out_y) {
      const int y_origin = out_y * params.stride_height - data.padding.height;
      for (int out_x = 0; out_x < out.width; ++out_x) {
        const int x_origin = out_x * params.stride_width - data.padding.width;
        for (int channel = 0; channel < out.depth; ++channel) {
          const int first_input_channel = channel / channels_per_group * kernel.depth;
          Accumulator sum = 0;
          for (int filter_y = 0; filter_y < kernel.height; ++filter_y) {
            const int in_y = y_origin + filter_y * params.dilation_height_factor;
            if (in_y < 0 || in_y >= in.height) continue;
            for (int filter_x = 0; filter_x < kernel.width; ++filter_x) {
              const int in_x = x_origin + filter_x * params.dilation_width_factor;
              if (in_x < 0 || in_x >= in.width) continue;
              const T* pixel = input + in.At(batch, in_y, in_x) + first_input_channel;
              const Weight* weights = filter + kernel.At(channel, filter_y, filter_x);
              for (int i = 0; i < kernel.depth; ++i) {
                sum += static_cast<Accumulator>(weights[i]) * (static_cast<Accumulator>(pixel[i]) + offset);
              }
            }
          }
          if (bias != nullptr) sum += bias[channel];
          *output++ = finish(sum, channel);
        }
      }
    }
  }
}

struct Conv2D {
  using Data = ConvolutionData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    return input->type == kTfLiteInt16 || ImageOf(input).depth != ImageOf(tflite::GetInput(context, node, 1)).depth;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* filter = tflite::GetInput(context, node, 1);
    const TfLiteConvParams& params = ParamsOf<TfLiteConvParams>(node);
    const Image in = ImageOf(input);
    const Image kernel = ImageOf(filter);
    TF_LITE_ENSURE(context, kernel.depth > 0 && in.depth > 0 && in.depth % kernel.depth == 0);
    TF_LITE_ENSURE_EQ(context, in.batches, ImageOf(tflite::GetOutput(context, node, 0)).batches);
    TF_LITE_ENSURE_EQ(context, kernel.batches % (in.depth / kernel.depth), 0);
    int height, width;
    data->padding = tflite::ComputePaddingHeightWidth(
        params.stride_height, params.stride_width, params.dilation_height_factor, params.dilation_width_factor,
        in.height, in.width, kernel.height, kernel.width, params.padding, &height, &width);
    return PrepareConvolution(context, input, filter, tflite::GetOutput(context, node, 0), params.activation,
                              kernel.batches, data);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* filter = tflite::GetInput(context, node, 1);
    const TfLiteTensor* bias = tflite::GetOptionalInputTensor(context, node, 2);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TfLiteConvParams& params = ParamsOf<TfLiteConvParams>(node);
    switch (input->type) {
      case kTfLiteFloat32:
        Convolve<float, float, float>(params, data, input, filter, bias, output, FloatClamp{data.float_range});
        return kTfLiteOk;
      case kTfLiteInt8:
        Convolve<int32_t, int8_t, int8_t>(params, data, input, filter, bias, output, data.Requantizer<int8_t>());
        return kTfLiteOk;
      case kTfLiteInt16:
        if (AccumulatesIn32Bits(bias)) {
          Convolve<int32_t, int16_t, int8_t>(params, data, input, filter, bias, output,
                                             data.Requantizer<int16_t>());
        } else {
          Convolve<int64_t, int16_t, int8_t>(params, data, input, filter, bias, output,
                                             data.Requantizer<int16_t>());
        }
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "CONV_2D", input->type);
    }
  }
};

}  // namespace

TfLiteRegistration* Register_CONV_2D() {
  return SharedRegistrationOf<Conv2D, tflite::ops::micro::Register_CONV_2D>();
}

}  // namespace sim::kernels
