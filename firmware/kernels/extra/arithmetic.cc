// ADD, SUB and MUL for int16 and int32; SUB for int8 too, whose factors are computed in double precision today.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/broadcast.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

TfLiteStatus PrepareRange(TfLiteContext* context, TfLiteNode* node, TfLiteFusedActivation activation,
                          BinaryData* data) {
  TfLiteTensor* output = tflite::GetOutput(context, node, 0);
  if (output->type == kTfLiteInt32) {
    tflite::CalculateActivationRange(activation, &data->range.min, &data->range.max);
    return kTfLiteOk;
  }
  return tflite::CalculateActivationRangeQuantized(context, activation, output, &data->range.min,
                                                   &data->range.max);
}

// Both inputs are brought to twice the larger scale, with `left_shift` more fraction bits.
void PrepareCommonScale(const TfLiteTensor* input1, const TfLiteTensor* input2, const TfLiteTensor* output,
                        BinaryData* data) {
  data->left_shift = output->type == kTfLiteInt16 ? 15 : 20;
  const double scale1 = input1->params.scale;
  const double scale2 = input2->params.scale;
  const double common = 2 * std::max(scale1, scale2);
  data->rescale1 = RescaleBy(scale1 / common);
  data->rescale2 = RescaleBy(scale2 / common);
  data->output_rescale = RescaleBy(common / ((1 << data->left_shift) * static_cast<double>(output->params.scale)));
}

template <typename Quantized>
TfLiteStatus EvalByType(TfLiteContext* context, TfLiteNode* node, const BinaryData& data, Quantized quantized,
                        int32_t (*plain)(int32_t, int32_t)) {
  const TfLiteType type = tflite::GetOutput(context, node, 0)->type;
  switch (type) {
    case kTfLiteInt8:
      EvalElements<int8_t>(context, node, data, quantized);
      return kTfLiteOk;
    case kTfLiteInt16:
      EvalElements<int16_t>(context, node, data, quantized);
      return kTfLiteOk;
    case kTfLiteInt32:
      EvalElements<int32_t>(context, node, data, plain);
      return kTfLiteOk;
    default:
      return UnsupportedType(context, "arithmetic", type);
  }
}

// Signed overflow of int32 elements wraps, as on the hardware.
int32_t WrappingAdd(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
int32_t WrappingSub(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}
int32_t WrappingMul(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
}

struct Add {
  using Data = BinaryData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    const TfLiteType type = tflite::GetOutput(context, node, 0)->type;
    return type == kTfLiteInt16 || type == kTfLiteInt32;
  }
  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, PrepareShapes(context, node, data));
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    if (output->type == kTfLiteInt32) {  // today's kernel ignores the fused activation here
      data->range = {std::numeric_limits<int32_t>::lowest(), std::numeric_limits<int32_t>::max()};
      return kTfLiteOk;
    }
    PrepareCommonScale(tflite::GetInput(context, node, 0), tflite::GetInput(context, node, 1), output, data);
    return PrepareRange(context, node, ParamsOf<TfLiteAddParams>(node).activation, data);
  }
  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    return EvalByType(
        context, node, data,
        [&data](int32_t a, int32_t b) {
          const int32_t a_scaled = Apply(data.rescale1, (a + data.offset1) * (1 << data.left_shift));
          const int32_t b_scaled = Apply(data.rescale2, (b + data.offset2) * (1 << data.left_shift));
          return Apply(data.output_rescale, a_scaled + b_scaled) + data.output_offset;
        },
        WrappingAdd);
  }
};

struct Sub {
  using Data = BinaryData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    const TfLiteType type = tflite::GetOutput(context, node, 0)->type;
    return type == kTfLiteInt8 || type == kTfLiteInt16 || type == kTfLiteInt32;
  }
  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, PrepareShapes(context, node, data));
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    if (IsQuantized(output)) {
      PrepareCommonScale(tflite::GetInput(context, node, 0), tflite::GetInput(context, node, 1), output, data);
    }
    return PrepareRange(context, node, ParamsOf<TfLiteSubParams>(node).activation, data);
  }
  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    return EvalByType(
        context, node, data,
        [&data](int32_t a, int32_t b) {
          const int32_t a_scaled = Apply(data.rescale1, (a + data.offset1) * (1 << data.left_shift));
          const int32_t b_scaled = Apply(data.rescale2, (b + data.offset2) * (1 << data.left_shift));
          return Apply(data.output_rescale, a_scaled - b_scaled) + data.output_offset;
        },
        WrappingSub);
  }
};

struct Mul {
  using Data = BinaryData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) { return Add::Handles(context, node); }
  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, PrepareShapes(context, node, data));
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    if (IsQuantized(output)) {
      data->output_rescale = RescaleBy(static_cast<double>(tflite::GetInput(context, node, 0)->params.scale) *
                                       tflite::GetInput(context, node, 1)->params.scale / output->params.scale);
    }
    return PrepareRange(context, node, ParamsOf<TfLiteMulParams>(node).activation, data);
  }
  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    return EvalByType(
        context, node, data,
        [&data](int32_t a, int32_t b) {
          return Apply(data.output_rescale, (a + data.offset1) * (b + data.offset2)) + data.output_offset;
        },
        WrappingMul);
  }
};

}  // namespace

TfLiteRegistration* Register_ADD() { return SharedRegistrationOf<Add, tflite::ops::micro::Register_ADD>(); }
TfLiteRegistration* Register_SUB() { return SharedRegistrationOf<Sub, tflite::ops::micro::Register_SUB>(); }
TfLiteRegistration* Register_MUL() { return SharedRegistrationOf<Mul, tflite::ops::micro::Register_MUL>(); }

}  // namespace sim::kernels
