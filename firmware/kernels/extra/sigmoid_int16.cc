// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/sigmoid_int16.h"

#include <cstdlib>

#include "tensorflow/lite/kernels/internal/common.h"
#include "tensorflow/lite/kernels/internal/quantization_util.h"

namespace sim::kernels {
namespace {

// `sigmoid(magnitude / 2^(bits) / 24)` with 16 + `bits` fraction bits, saturated at the end of the table.
int32_t Interpolate(uint32_t magnitude, int bits, int32_t saturated) {
  const uint32_t index = magnitude >> bits;
  if (index >= 255) return saturated;
  const uint32_t low = tflite::sigmoid_table_uint16[index];
  const uint32_t high = tflite::sigmoid_table_uint16[index + 1];
  return static_cast<int32_t>((low << bits) + (magnitude & ((1u << bits) - 1)) * (high - low));
}

}  // namespace

ArgumentScale PowerOfTwoArgument(int left_shift) { return {3 << left_shift, 0}; }

TfLiteStatus PrepareArgumentScale(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output,
                                  int max_left_shift, ArgumentScale* scale) {
  TF_LITE_ENSURE_TYPES_EQ(context, output->type, kTfLiteInt16);
  TF_LITE_ENSURE_EQ(context, input->params.zero_point, 0);
  TF_LITE_ENSURE_EQ(context, output->params.zero_point, 0);
  int output_log2;
  TF_LITE_ENSURE(context, tflite::CheckedLog2(output->params.scale, &output_log2));
  TF_LITE_ENSURE_EQ(context, output_log2, -15);

  int input_log2;
  const bool power_of_two = tflite::CheckedLog2(input->params.scale, &input_log2);
  const int left_shift = 12 + input_log2;
  if (power_of_two && left_shift >= 0 && left_shift <= max_left_shift) {
    *scale = PowerOfTwoArgument(left_shift);
    return kTfLiteOk;
  }
  double factor = static_cast<double>(input->params.scale) * 4096.0 * 3.0;
  scale->shift = 0;
  for (; factor <= 32767.0 / 2.0 && scale->shift <= 30; factor *= 2.0) ++scale->shift;
  scale->multiplier = static_cast<int32_t>(factor);
  return kTfLiteOk;
}

void LogisticInt16(const ArgumentScale& scale, const int16_t* input, int size, int16_t* output) {
  constexpr int32_t kOne = 1 << 25;
  constexpr int32_t kHalfStep = 1 << 9;
  for (int i = 0; i < size; ++i) {
    const int32_t argument = scale.Apply(input[i]);
    const int32_t result = Interpolate(std::abs(argument), 9, 0x7FFF << 10);
    output[i] = static_cast<int16_t>((argument >= 0 ? result + kHalfStep : kOne - result + kHalfStep - 1) >> 10);
  }
}

void TanhInt16(const ArgumentScale& scale, const int16_t* input, int size, int16_t* output) {
  // tanh(x) = 2 sigmoid(2x) - 1
  constexpr int32_t kHalf = 1 << 23;
  constexpr int32_t kHalfStep = 1 << 7;
  for (int i = 0; i < size; ++i) {
    const int32_t argument = scale.Apply(input[i]);
    const int32_t result = Interpolate(std::abs(argument), 8, 0xFFFF << 8);
    output[i] =
        static_cast<int16_t>((argument >= 0 ? result - kHalf + kHalfStep : kHalf - result + kHalfStep - 1) >> 8);
  }
}

}  // namespace sim::kernels
