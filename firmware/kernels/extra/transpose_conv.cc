// TRANSPOSE_CONV for float32, int8 and int16 activations.
//
// Each output element gathers its inputs, in the order in which TensorFlow Lite's scattering loop adds them, so
// that no buffer of accumulators is needed and float sums come out the same.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/convolution.h"
#include "kernels/extra/kernels.h"
#include "kernels/extra/options.h"

namespace sim::kernels {
namespace {

constexpr int kFilter = 1;
constexpr int kInput = 2;
constexpr int kBias = 3;

// Input positions that reach output position `out` with some filter tap: `in * stride - padding + tap == out`.
struct Reach {
  int first, last;

  Reach(int out, int padding, int stride, int taps, int size)
      : first(std::max(0, (out + padding - taps + stride) / stride)),
        last(std::min(size - 1, (out + padding) / stride)) {
    if (out + padding - taps + 1 <= 0) first = 0;
  }
};

template <typename Accumulator, typename T, typename Weight, typename Bias, typename Finish>
void Scatter(const TransposeConvOptions& options, const ConvolutionData& data, const TfLiteTensor* input_tensor,
             const TfLiteTensor* filter_tensor, const Bias* bias, TfLiteTensor* output_tensor,
             const Finish& finish) {
  const Image in = ImageOf(input_tensor);
  const Image kernel = ImageOf(filter_tensor);  // batches: output channels
  const Image out = ImageOf(output_tensor);
  const T* input = DataOf<T>(input_tensor);
  const Weight* filter = DataOf<Weight>(filter_tensor);
  T* output = MutableDataOf<T>(output_tensor);
  const Accumulator offset = static_cast<Accumulator>(data.input_offset);

  for (int batch = 0; batch < out.batches; ++batch) {
    for (int out_y = 0; out_y < out.height; ++out_y) {
      const Reach rows(out_y, data.padding.height, options.stride_height, kernel.height, in.height);
      for (int out_x = 0; out_x < out.width; ++out_x) {
        const Reach columns(out_x, data.padding.width, options.stride_width, kernel.width, in.width);
        for (int channel = 0; channel < out.depth; ++channel) {
          Accumulator sum = 0;
          for (int in_y = rows.first; in_y <= rows.last; ++in_y) {
            const int filter_y = out_y + data.padding.height - in_y * options.stride_height;
            for (int in_x = columns.first; in_x <= columns.last; ++in_x) {
              const int filter_x = out_x + data.padding.width - in_x * options.stride_width;
              const T* pixel = input + in.At(batch, in_y, in_x);
              const Weight* weights = filter + kernel.At(channel, filter_y, filter_x);
              for (int i = 0; i < in.depth; ++i) {
                sum += static_cast<Accumulator>(weights[i]) * (static_cast<Accumulator>(pixel[i]) + offset);
              }
            }
          }
          if (bias != nullptr) sum += static_cast<Accumulator>(bias[channel]);
          *output++ = finish(sum, channel);
        }
      }
    }
  }
}

struct TransposeConv {
  using Data = ConvolutionData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* filter = tflite::GetInput(context, node, kFilter);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TransposeConvOptions& options = ParamsOf<TransposeConvOptions>(node);
    const Image kernel = ImageOf(filter);
    const Image out = ImageOf(output);
    const Image in = ImageOf(tflite::GetInput(context, node, kInput));
    TF_LITE_ENSURE_EQ(context, kernel.depth, in.depth);
    TF_LITE_ENSURE_EQ(context, in.batches, out.batches);
    int height, width;
    data->padding = tflite::ComputePaddingHeightWidth(options.stride_height, options.stride_width, 1, 1, out.height,
                                                      out.width, kernel.height, kernel.width, options.padding,
                                                      &height, &width);
    return PrepareConvolution(context, tflite::GetInput(context, node, kInput), filter, output, options.activation,
                              kernel.batches, data);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, kInput);
    const TfLiteTensor* filter = tflite::GetInput(context, node, kFilter);
    const TfLiteTensor* bias = tflite::GetOptionalInputTensor(context, node, kBias);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TransposeConvOptions& options = ParamsOf<TransposeConvOptions>(node);
    switch (input->type) {
      case kTfLiteFloat32:
        Scatter<float, float, float>(options, data, input, filter, DataOf<float>(bias), output,
                                     FloatClamp{data.float_range});
        return kTfLiteOk;
      case kTfLiteInt8:
        Scatter<int32_t, int8_t, int8_t>(options, data, input, filter, DataOf<int32_t>(bias), output,
                                         data.Requantizer<int8_t>());
        return kTfLiteOk;
      case kTfLiteInt16:
        if (bias != nullptr && bias->type == kTfLiteInt16) {
          Scatter<int64_t, int16_t, int8_t>(options, data, input, filter, DataOf<int16_t>(bias), output,
                                            data.Requantizer<int16_t>());
        } else if (bias != nullptr && bias->type != kTfLiteInt64) {
          return UnsupportedType(context, "TRANSPOSE_CONV's bias", bias->type);
        } else {
          Scatter<int64_t, int16_t, int8_t>(options, data, input, filter, DataOf<int64_t>(bias), output,
                                            data.Requantizer<int16_t>());
        }
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "TRANSPOSE_CONV", input->type);
    }
  }
};

}  // namespace

TfLiteRegistration* Register_TRANSPOSE_CONV() { return RegistrationOf<TransposeConv>(); }

}  // namespace sim::kernels
