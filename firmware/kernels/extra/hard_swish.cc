// HARD_SWISH, x * min(max(x + 3, 0), 6) / 6, for float32 and int8.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"

namespace sim::kernels {
namespace {

// A Rescale whose multiplier has 15 bits.
struct Rescale16 {
  int16_t multiplier;
  int shift;
};

Rescale16 Rescale16By(double factor) {
  const Rescale rescale = RescaleBy(factor);
  constexpr int32_t kHalf = 1 << 15;
  const int32_t multiplier = rescale.multiplier >= std::numeric_limits<int32_t>::max() - kHalf
                                 ? std::numeric_limits<int16_t>::max()
                                 : (rescale.multiplier + kHalf) >> 16;
  return {static_cast<int16_t>(multiplier), rescale.shift};
}

int16_t ShiftLeftSaturating(int16_t value, int amount) {
  const int64_t shifted = static_cast<int64_t>(value) * (1 << amount);
  return static_cast<int16_t>(std::min<int64_t>(32767, std::max<int64_t>(-32768, shifted)));
}

// 2ab / 2^16 towards zero; rounding it instead would bias the results.
int16_t TruncatingDoublingHighMultiply(int16_t a, int16_t b) {
  if (a == b && a == std::numeric_limits<int16_t>::min()) return std::numeric_limits<int16_t>::max();
  return static_cast<int16_t>(static_cast<int32_t>(a) * b / (1 << 15));
}

struct HardSwish {
  struct Data {
    int16_t input_zero_point, output_zero_point;
    Rescale16 to_output;  // from the input with 7 more fraction bits
    Rescale16 to_gate;  // likewise, such that 3.0 becomes 2^15
  };

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
    if (input->type != kTfLiteInt8) return kTfLiteOk;
    const float fine_scale = (1.0f / 128.0f) * input->params.scale;
    data->input_zero_point = static_cast<int16_t>(input->params.zero_point);
    data->output_zero_point = static_cast<int16_t>(output->params.zero_point);
    data->to_output = Rescale16By(static_cast<double>(fine_scale / output->params.scale));
    data->to_gate = Rescale16By(static_cast<double>(fine_scale / (3.0f / 32768.0f)));
    TF_LITE_ENSURE(context, data->to_output.shift <= 0);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    switch (input->type) {
      case kTfLiteFloat32:
        for (int i = 0; i < SizeOf(input); ++i) {
          const float value = DataOf<float>(input)[i];
          MutableDataOf<float>(output)[i] = value * std::min(6.0f, std::max(0.0f, value + 3)) / 6;
        }
        return kTfLiteOk;
      case kTfLiteInt8:
        for (int i = 0; i < SizeOf(input); ++i) {
          MutableDataOf<int8_t>(output)[i] = Quantized(data, DataOf<int8_t>(input)[i]);
        }
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "HARD_SWISH", input->type);
    }
  }

 private:
  static int8_t Quantized(const Data& data, int8_t raw) {
    using gemmlowp::RoundingDivideByPOT;
    using gemmlowp::SaturatingRoundingDoublingHighMul;
    const int16_t fine = static_cast<int16_t>((raw - data.input_zero_point) * (1 << 7));
    const int16_t unshifted = SaturatingRoundingDoublingHighMul(fine, data.to_output.multiplier);
    // The gate, first as x/3 saturated to [-1, 1): all left shifts but the last come before the multiplication.
    int16_t gate = fine;
    if (data.to_gate.shift > 0) gate = ShiftLeftSaturating(gate, data.to_gate.shift - 1);
    gate = SaturatingRoundingDoublingHighMul(gate, data.to_gate.multiplier);
    if (data.to_gate.shift > 0) gate = ShiftLeftSaturating(gate, 1);
    if (data.to_gate.shift < 0) gate = RoundingDivideByPOT(gate, -data.to_gate.shift);
    gate = static_cast<int16_t>((gate + (1 << 15)) >> 1);  // to [0, 1)
    const int16_t result =
        RoundingDivideByPOT(TruncatingDoublingHighMultiply(gate, unshifted), -data.to_output.shift);
    return Saturate<int8_t>(static_cast<int16_t>(result + data.output_zero_point));
  }
};

}  // namespace

TfLiteRegistration* Register_HARD_SWISH() { return RegistrationOf<HardSwish>(); }

}  // namespace sim::kernels
