// QUANTIZE between integer types, and from float32 to int16.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/kernels/internal/cppmath.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

struct Quantize {
  using Data = Rescale;

  // The runtime's kernel turns float32 into int8.
  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return tflite::GetInput(context, node, 0)->type != kTfLiteFloat32 ||
           tflite::GetOutput(context, node, 0)->type == kTfLiteInt16;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE(context, output->params.scale > 0);
    if (input->type != kTfLiteFloat32) {
      TF_LITE_ENSURE(context, input->params.scale > 0);
      *data = RescaleBetween(input, output);
    }
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    switch (input->type) {
      case kTfLiteFloat32:
        FromFloat(input, output);
        return kTfLiteOk;
      case kTfLiteInt8:
        return From<int8_t>(context, data, input, output);
      case kTfLiteUInt8:
        return From<uint8_t>(context, data, input, output);
      case kTfLiteInt16:
        return From<int16_t>(context, data, input, output);
      case kTfLiteInt32:
        return From<int32_t>(context, data, input, output);
      default:
        return UnsupportedType(context, "QUANTIZE", input->type);
    }
  }

 private:
  static void FromFloat(const TfLiteTensor* input, TfLiteTensor* output) {
    for (int i = 0; i < SizeOf(input); ++i) {
      const float scaled = tflite::TfLiteRound(DataOf<float>(input)[i] / output->params.scale);
      MutableDataOf<int16_t>(output)[i] = Saturate<int16_t>(static_cast<int32_t>(scaled) + output->params.zero_point);
    }
  }

  template <typename From_>
  static TfLiteStatus From(TfLiteContext* context, const Data& data, const TfLiteTensor* input,
                           TfLiteTensor* output) {
    switch (output->type) {
      case kTfLiteInt8:
        Requantize<From_, int8_t>(data, input, output);
        return kTfLiteOk;
      case kTfLiteUInt8:
        Requantize<From_, uint8_t>(data, input, output);
        return kTfLiteOk;
      case kTfLiteInt16:
        Requantize<From_, int16_t>(data, input, output);
        return kTfLiteOk;
      case kTfLiteInt32:
        Requantize<From_, int32_t>(data, input, output);
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "QUANTIZE", output->type);
    }
  }

  template <typename From_, typename To>
  static void Requantize(const Data& data, const TfLiteTensor* input, TfLiteTensor* output) {
    for (int i = 0; i < SizeOf(input); ++i) {
      const int32_t value = static_cast<int32_t>(DataOf<From_>(input)[i]) - input->params.zero_point;
      MutableDataOf<To>(output)[i] = Saturate<To>(Apply(data, value) + output->params.zero_point);
    }
  }
};

}  // namespace

TfLiteRegistration* Register_QUANTIZE() {
  return SharedRegistrationOf<Quantize, tflite::ops::micro::Register_QUANTIZE>();
}

}  // namespace sim::kernels
