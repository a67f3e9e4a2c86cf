// SOFTMAX for int16, by tables of exp(x) and 1/(1+x).
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/kernels/internal/cppmath.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

// 512 steps over the int16 range, and the value at its end.
constexpr int kTableSteps = 512;
constexpr int kTableSize = kTableSteps + 1;

// Samples `function` over [low, high] in Q0.15, each lowered by half of what linear interpolation gets wrong at the
// middle of its step. Single precision, as in the runtime of today.
template <typename Function>
void FillTable(float low, float high, Function function, int16_t* table) {
  constexpr float kOne = 32768.0f;
  const float step = (high - low) / kTableSteps;
  for (int i = 0; i < kTableSteps; ++i) {
    const float at = low + static_cast<float>(i) * step;
    const float value = function(at);
    const float middle = function(at + step / 2);
    const float next = function(low + static_cast<float>(i + 1) * step);
    const float sample = tflite::TfLiteRound(value * kOne);
    const float interpolated = tflite::TfLiteRound((next * kOne + tflite::TfLiteRound(value * kOne)) / 2);
    const float bias = tflite::TfLiteRound((interpolated - tflite::TfLiteRound(middle * kOne)) / 2);
    table[i] = static_cast<int16_t>(std::min(std::max(sample - bias, -32768.0f), 32767.0f));
  }
  table[kTableSteps] =
      static_cast<int16_t>(std::min(std::max(tflite::TfLiteRound(function(high) * kOne), -32768.0f), 32767.0f));
}

int16_t LookUp(const int16_t* table, int16_t value) {
  const int index = 256 + (value >> 7);
  const int16_t slope = static_cast<int16_t>(table[index + 1] - table[index]);
  return static_cast<int16_t>(table[index] + ((slope * (value & 0x7F) + 64) >> 7));
}

struct SoftmaxInt16 {
  struct Data {
    Rescale rescale;  // of differences: 65535 stands for 10.0
    int16_t* exp_table;
    int16_t* reciprocal_table;
  };

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return tflite::GetInput(context, node, 0)->type == kTfLiteInt16;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE_TYPES_EQ(context, output->type, kTfLiteInt16);
    TF_LITE_ENSURE_EQ(context, input->params.zero_point, 0);
    TF_LITE_ENSURE_EQ(context, output->params.zero_point, 0);
    TF_LITE_ENSURE(context, std::abs(output->params.scale * 32768.0f - 1.0f) < 0.001f);
    data->exp_table = AllocatePersistent<int16_t>(context, kTableSize);
    data->reciprocal_table = AllocatePersistent<int16_t>(context, kTableSize);
    TF_LITE_ENSURE(context, data->exp_table != nullptr && data->reciprocal_table != nullptr);
    const float exp_step = 10.0f / 65535;
    const float reciprocal_step = 1.0f / 65535;
    FillTable(exp_step * (-32768 - 32767), 0.0f, [](float x) { return std::exp(x); }, data->exp_table);
    FillTable(0.0f, reciprocal_step * (32767 + 32768), [](float x) { return 1.0f / (1.0f + x); },
              data->reciprocal_table);
    data->rescale = RescaleBy(static_cast<double>(input->params.scale) *
                              static_cast<double>(ParamsOf<TfLiteSoftmaxParams>(node).beta) / (10.0 / 65535.0));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* tensor = tflite::GetInput(context, node, 0);
    const int16_t* input = DataOf<int16_t>(tensor);
    int16_t* output = MutableDataOf<int16_t>(tflite::GetOutput(context, node, 0));
    const int depth = tensor->dims->data[tensor->dims->size - 1];
    for (int row = 0; row < SizeOf(tensor) / depth; ++row, input += depth, output += depth) {
      const int16_t largest = *std::max_element(input, input + depth);
      int32_t sum = 0;  // Q16.15
      for (int i = 0; i < depth; ++i) {
        const int32_t difference = Apply(data.rescale, static_cast<int32_t>(input[i]) - largest);
        output[i] = LookUp(data.exp_table, Saturate<int16_t>(difference + 32767));
        sum += output[i];
      }
      // The sum is a power of two times (1 + x) with x in [0, 1); the table wants x recentred on int16.
      const int leading_zeros = __builtin_clz(static_cast<uint32_t>(sum));
      const int32_t mantissa =
          static_cast<int32_t>(((static_cast<int64_t>(sum) << (leading_zeros - 1)) + (1 << 13)) >> 14);
      const int16_t reciprocal =
          LookUp(data.reciprocal_table, Saturate<int16_t>(mantissa - (1 << 15) - (1 << 16)));
      const int shift = 31 - leading_zeros;
      for (int i = 0; i < depth; ++i) {
        const int64_t product = static_cast<int64_t>(output[i]) * reciprocal;
        const int32_t result = static_cast<int32_t>((product + (1 << (shift - 1))) >> shift);
        output[i] = static_cast<int16_t>(std::min(std::max(result, int32_t{0}), int32_t{32767}));
      }
    }
    return kTfLiteOk;
  }
};

}  // namespace

TfLiteRegistration* Register_SOFTMAX() {
  return SharedRegistrationOf<SoftmaxInt16, tflite::ops::micro::Register_SOFTMAX>();
}

}  // namespace sim::kernels
