// DIV, FLOOR_DIV, FLOOR_MOD and SQUARED_DIFFERENCE; MAXIMUM and MINIMUM for int16.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/extra/broadcast.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

template <typename T, typename Operation>
void EvalUnclamped(TfLiteContext* context, TfLiteNode* node, const BinaryData& data, Operation operation) {
  const T* input1 = DataOf<T>(tflite::GetInput(context, node, 0));
  const T* input2 = DataOf<T>(tflite::GetInput(context, node, 1));
  T* output = MutableDataOf<T>(tflite::GetOutput(context, node, 0));
  ForEachElement(data.output_shape, data.strides1, data.strides2,
                 [&](int out, int at1, int at2) { output[out] = operation(input1[at1], input2[at2]); });
}

template <bool kMax>
struct Extreme {
  using Data = BinaryData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return tflite::GetInput(context, node, 0)->type == kTfLiteInt16;
  }
  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    return PrepareShapes(context, node, data);
  }
  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    EvalUnclamped<int16_t>(context, node, data,
                           [](int16_t a, int16_t b) { return kMax ? std::max(a, b) : std::min(a, b); });
    return kTfLiteOk;
  }
};

struct Div {
  struct Data {
    BinaryData binary;
    Range<float> float_range;
  };

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    BinaryData& binary = data->binary;
    TF_LITE_ENSURE_OK(context, PrepareShapes(context, node, &binary));
    const TfLiteFusedActivation activation = ParamsOf<TfLiteDivParams>(node).activation;
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    tflite::CalculateActivationRange(activation, &data->float_range.min, &data->float_range.max);
    if (output->type != kTfLiteInt8) {
      tflite::CalculateActivationRange(activation, &binary.range.min, &binary.range.max);
      return kTfLiteOk;
    }
    binary.output_rescale =
        RescaleBy(static_cast<double>(tflite::GetInput(context, node, 0)->params.scale /
                                      (tflite::GetInput(context, node, 1)->params.scale * output->params.scale)));
    return tflite::CalculateActivationRangeQuantized(context, activation, output, &binary.range.min,
                                                     &binary.range.max);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteType type = tflite::GetOutput(context, node, 0)->type;
    bool by_zero = false;
    switch (type) {
      case kTfLiteFloat32:
        EvalUnclamped<float>(context, node, data.binary,
                             [&data](float a, float b) { return data.float_range.Clamp(a / b); });
        break;
      case kTfLiteInt32:
        EvalElements<int32_t>(context, node, data.binary, [&by_zero](int32_t a, int32_t b) {
          by_zero |= b == 0;
          return b == 0 ? 0 : static_cast<int32_t>(static_cast<int64_t>(a) / b);
        });
        break;
      case kTfLiteInt8:
        EvalElements<int8_t>(context, node, data.binary, [&](int32_t a, int32_t b) {
          by_zero |= b + data.binary.offset2 == 0;
          return Quotient(data.binary, a + data.binary.offset1, b + data.binary.offset2);
        });
        break;
      default:
        return UnsupportedType(context, "DIV", type);
    }
    TF_LITE_ENSURE_MSG(context, !by_zero, "DIV by zero.");
    return kTfLiteOk;
  }

 private:
  // The quotient by way of the divisor's reciprocal, scaled such that no bit is lost before the last step.
  static int32_t Quotient(const BinaryData& data, int32_t dividend, int32_t divisor) {
    if (divisor == 0) return 0;
    if (divisor < 0) {
      dividend = -dividend;
      divisor = -divisor;
    }
    int reciprocal_shift;
    const int32_t reciprocal = tflite::GetReciprocal(divisor, 31, &reciprocal_shift);
    const int headroom = tflite::CountLeadingSignBits(dividend);
    const int32_t quotient = tflite::MultiplyByQuantizedMultiplierGreaterThanOne(dividend, reciprocal, headroom);
    const int shift = data.output_rescale.shift - reciprocal_shift - headroom;
    if (shift < -31) return data.output_offset;  // today's kernel shifts nevertheless, which is undefined
    return data.output_offset + tflite::MultiplyByQuantizedMultiplierSmallerThanOneExp(
                                    quotient, data.output_rescale.multiplier, shift);
  }
};

template <float (*kFunction)(float, float)>
struct FloatBinary {
  using Data = BinaryData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetInput(context, node, 0)->type, kTfLiteFloat32);
    return PrepareShapes(context, node, data);
  }
  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    EvalUnclamped<float>(context, node, data, kFunction);
    return kTfLiteOk;
  }
};

float FloorQuotient(float a, float b) {
  return static_cast<float>(std::floor(static_cast<double>(a) / static_cast<double>(b)));
}

// The remainder with the sign of the divisor.
float FloorRemainder(float a, float b) {
  const float remainder = std::fmod(a, b);
  return remainder != 0 && (b < 0) != (remainder < 0) ? remainder + b : remainder;
}

struct SquaredDifference {
  using Data = BinaryData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, PrepareShapes(context, node, data));
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    if (!IsQuantized(output)) return kTfLiteOk;
    // Seven more bits of int8 differences still have squares of 31 bits.
    data->left_shift = output->type == kTfLiteInt8 ? 7 : 0;
    const double scale1 = tflite::GetInput(context, node, 0)->params.scale;
    const double scale2 = tflite::GetInput(context, node, 1)->params.scale;
    const double common = 2.0 * std::max(scale1, scale2);
    data->rescale1 = RescaleBy(scale1 / common);
    data->rescale2 = RescaleBy(scale2 / common);
    data->output_rescale = RescaleBy(
        common * common / static_cast<double>(static_cast<float>(1 << (2 * data->left_shift)) * output->params.scale));
    data->range = output->type == kTfLiteInt8 ? Range<int32_t>{-128, 127} : Range<int32_t>{-32768, 32767};
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const auto quantized = [&data](int32_t a, int32_t b) {
      const int32_t a_scaled = Apply(data.rescale1, (a + data.offset1) * (1 << data.left_shift));
      const int32_t b_scaled = Apply(data.rescale2, (b + data.offset2) * (1 << data.left_shift));
      const int32_t difference = a_scaled - b_scaled;
      return Apply(data.output_rescale, difference * difference) + data.output_offset;
    };
    const TfLiteType type = tflite::GetOutput(context, node, 0)->type;
    switch (type) {
      case kTfLiteFloat32:
        EvalUnclamped<float>(context, node, data, [](float a, float b) { return (a - b) * (a - b); });
        return kTfLiteOk;
      case kTfLiteInt32:
        EvalUnclamped<uint32_t>(context, node, data, [](uint32_t a, uint32_t b) { return (a - b) * (a - b); });
        return kTfLiteOk;
      case kTfLiteInt8:
        EvalElements<int8_t>(context, node, data, quantized);
        return kTfLiteOk;
      case kTfLiteInt16:
        EvalElements<int16_t>(context, node, data, quantized);
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "SQUARED_DIFFERENCE", type);
    }
  }
};

}  // namespace

TfLiteRegistration* Register_DIV() { return RegistrationOf<Div>(); }
TfLiteRegistration* Register_FLOOR_DIV() { return RegistrationOf<FloatBinary<FloorQuotient>>(); }
TfLiteRegistration* Register_FLOOR_MOD() { return RegistrationOf<FloatBinary<FloorRemainder>>(); }
TfLiteRegistration* Register_MAXIMUM() {
  return SharedRegistrationOf<Extreme<true>, tflite::ops::micro::Register_MAXIMUM>();
}
TfLiteRegistration* Register_MINIMUM() {
  return SharedRegistrationOf<Extreme<false>, tflite::ops::micro::Register_MINIMUM>();
}
TfLiteRegistration* Register_SQUARED_DIFFERENCE() { return RegistrationOf<SquaredDifference>(); }

}  // namespace sim::kernels
