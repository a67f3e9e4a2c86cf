// FULLY_CONNECTED for int16 and int8 activations. The 2020 kernel knows no int16 and no scale per output channel, takes the
// second dimension of the output for the number of units, and multiplies scales in single precision; today's in double.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/convolution.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

bool IsPerChannel(const TfLiteTensor* filter) {
  return filter->quantization.type == kTfLiteAffineQuantization &&
         static_cast<TfLiteAffineQuantization*>(filter->quantization.params)->scale->size > 1;
}

struct FullyConnected {
  struct Data {
    ConvolutionData channels;  // only with one scale per channel
    Rescale rescale;
    int32_t input_offset, filter_offset, output_offset;
    Range<int32_t> range;
    bool per_channel;
  };

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    return input->type == kTfLiteInt16 || input->type == kTfLiteInt8;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* filter = tflite::GetInput(context, node, 1);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TfLiteFusedActivation activation = ParamsOf<TfLiteFullyConnectedParams>(node).activation;
    TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
    TF_LITE_ENSURE_TYPES_EQ(context, filter->type, kTfLiteInt8);
    TF_LITE_ENSURE(context, filter->dims->size == 2 && output->dims->size > 0);
    const int units = filter->dims->data[0];
    TF_LITE_ENSURE_EQ(context, output->dims->data[output->dims->size - 1], units);
    TF_LITE_ENSURE_EQ(context, SizeOf(output) / units * filter->dims->data[1], SizeOf(input));
    data->per_channel = IsPerChannel(filter);
    if (data->per_channel) {
      return PrepareConvolution(context, input, filter, output, activation, filter->dims->data[0], &data->channels);
    }
    const double product_scale = static_cast<double>(input->params.scale) * filter->params.scale;
    TF_LITE_ENSURE(context, product_scale >= 0.0 && output->params.scale > 0.0f);
    data->rescale = RescaleBy(product_scale / output->params.scale);
    data->input_offset = -input->params.zero_point;
    data->filter_offset = -filter->params.zero_point;
    data->output_offset = output->params.zero_point;
    return tflite::CalculateActivationRangeQuantized(context, activation, output, &data->range.min,
                                                     &data->range.max);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* bias = tflite::GetOptionalInputTensor(context, node, 2);
    if (input->type == kTfLiteInt8) {
      Multiply<int32_t, int8_t>(context, node, data);
    } else if (AccumulatesIn32Bits(bias)) {
      Multiply<int32_t, int16_t>(context, node, data);
    } else {
      Multiply<int64_t, int16_t>(context, node, data);
    }
    return kTfLiteOk;
  }

 private:
  template <typename Accumulator, typename T>
  static void Multiply(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* filter_tensor = tflite::GetInput(context, node, 1);
    TfLiteTensor* output_tensor = tflite::GetOutput(context, node, 0);
    const T* input = DataOf<T>(tflite::GetInput(context, node, 0));
    const int8_t* filter = DataOf<int8_t>(filter_tensor);
    const Accumulator* bias = DataOf<Accumulator>(tflite::GetOptionalInputTensor(context, node, 2));
    T* output = MutableDataOf<T>(output_tensor);
    const int units = filter_tensor->dims->data[0];
    const int depth = filter_tensor->dims->data[filter_tensor->dims->size - 1];
    const ChannelRequantizer<T> finish = data.channels.Requantizer<T>();
    const int32_t input_offset = data.per_channel ? data.channels.input_offset : data.input_offset;

    for (int batch = 0; batch < SizeOf(output_tensor) / units; ++batch, input += depth) {
      for (int unit = 0; unit < units; ++unit) {
        Accumulator sum = 0;
        for (int i = 0; i < depth; ++i) {
          sum += (filter[unit * depth + i] + data.filter_offset) * (input[i] + input_offset);
        }
        if (bias != nullptr) sum += bias[unit];
        *output++ = data.per_channel
                        ? finish(sum, unit)
                        : static_cast<T>(data.range.Clamp(Apply(data.rescale, sum) + data.output_offset));
      }
    }
  }
};

}  // namespace

TfLiteRegistration* Register_FULLY_CONNECTED() {
  return SharedRegistrationOf<FullyConnected, tflite::ops::micro::Register_FULLY_CONNECTED>();
}

}  // namespace sim::kernels
