// SOFTMAX over the last dimension: each exponential is computed once and kept for the division.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fixedpoint/fixedpoint.h"
#include "kernels/extra/kernels.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/rescale.h"
#include "kernels/optimized/tflm_api.h"
#include "tensorflow/lite/c/builtin_op_data.h"

namespace sim::optimized {
namespace {

constexpr int kDifferenceIntegerBits = 5;
constexpr int kSumIntegerBits = 12;

using Difference = gemmlowp::FixedPoint<int32_t, kDifferenceIntegerBits>;
using Fraction = gemmlowp::FixedPoint<int32_t, 0>;

struct Softmax {
  struct Data {
    int32_t multiplier;
    int32_t left_shift;
    int32_t min_difference;  // what is further below the maximum counts as nothing
    int exponentials_scratch;
  };

  static TfLiteRegistration* Reference() { return kernels::Register_SOFTMAX(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const auto& params = *static_cast<const TfLiteSoftmaxParams*>(node->builtin_data);
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* output = Output(context, node);
    if (!IsInt8(input) || !IsInt8(output) || Rank(input) < 1 || Depth(input) <= 0 ||
        input->bytes != output->bytes || output->params.zero_point != -128 ||
        output->params.scale != 1.0f / 256) {
      return false;
    }
    int left_shift;
    tflite::PreprocessSoftmaxScaling(static_cast<double>(params.beta), static_cast<double>(input->params.scale),
                                     kDifferenceIntegerBits, &data->multiplier, &left_shift);
    data->left_shift = left_shift;
    data->min_difference = -tflite::CalculateInputRadius(kDifferenceIntegerBits, left_shift);
    return RequestScratch(context, Depth(input) * sizeof(int32_t), &data->exponentials_scratch);
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = Input(context, node, 0);
    TfLiteTensor* output = Output(context, node);
    const int depth = Depth(input);
    int32_t* exponentials = Scratch<int32_t>(context, data.exponentials_scratch);
    for (size_t start = 0; start < input->bytes; start += depth) {
      RunRow(data, input->data.int8 + start, depth, exponentials, output->data.int8 + start);
    }
  }

 private:
  static int Depth(const TfLiteTensor* input) { return Dim(input, Rank(input) - 1); }

  static void RunRow(const Data& data, const int8_t* in, int depth, int32_t* exponentials, int8_t* out) {
    const int32_t max = *std::max_element(in, in + depth);
    int32_t sum = 0;
    for (int i = 0; i < depth; ++i) {
      const int32_t difference = in[i] - max;
      exponentials[i] = 0;
      if (difference >= data.min_difference) {
        const int32_t scaled =
            tflite::MultiplyByQuantizedMultiplierGreaterThanOne(difference, data.multiplier, data.left_shift);
        const Fraction exponential = gemmlowp::exp_on_negative_values(Difference::FromRaw(scaled));
        exponentials[i] = exponential.raw();
        sum += gemmlowp::Rescale<kSumIntegerBits>(exponential).raw();
      }
    }
    int bits_over_unit;
    const Fraction reciprocal = Fraction::FromRaw(tflite::GetReciprocal(sum, kSumIntegerBits, &bits_over_unit));
    for (int i = 0; i < depth; ++i) {
      const Fraction share = reciprocal * Fraction::FromRaw(exponentials[i]);
      const int32_t value = gemmlowp::RoundingDivideByPOT(share.raw(), bits_over_unit + 31 - 8) - 128;
      out[i] = static_cast<int8_t>(std::min<int32_t>(value, 127));
    }
  }
};

}  // namespace

TfLiteRegistration* Register_SOFTMAX() { return WithReference<Softmax>::Registration(); }

}  // namespace sim::optimized
