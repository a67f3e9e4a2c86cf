// ADD: both operands are brought to a common scale with 20 bits to spare, added, and brought to the output's scale.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/extra/kernels.h"
#include "kernels/optimized/elementwise.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/rescale.h"
#include "tensorflow/lite/c/builtin_op_data.h"

namespace sim::optimized {
namespace {

constexpr int kSpareBits = 20;
constexpr int32_t kMaxOperand = 255 << kSpareBits;

// One operand on the common scale, which is twice the greater one of the two operands': a factor of 1/2 at most.
class OperandScale {
 public:
  OperandScale(const Rescale& rescale, int32_t zero_point)
      : halves_(rescale.shift == 0),
        zero_point_(zero_point),
        rescaler_(rescale, 0) {}

  static bool Takes(const Rescale& rescale) { return rescale.fast() || rescale.shift == 0; }

  int32_t operator()(int8_t value) const {
    const int32_t shifted = (value - zero_point_) * (1 << kSpareBits);
    return halves_ ? shifted / 2 : rescaler_(shifted);
  }

 private:
  bool halves_;  // the factor is 1/2 exactly
  int32_t zero_point_;
  FastRescaler rescaler_;
};

struct Add {
  struct Data {
    Rescale operand1;
    Rescale operand2;
    Rescale sum;
    int32_t activation_min;
    int32_t activation_max;
  };

  static TfLiteRegistration* Reference() { return kernels::Register_ADD(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const auto& params = *static_cast<const TfLiteAddParams*>(node->builtin_data);
    const TfLiteTensor* operand1 = Input(context, node, 0);
    const TfLiteTensor* operand2 = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    if (!IsInt8(operand1) || !IsInt8(operand2) || !IsInt8(output) || !CanPair(operand1, operand2, output)) {
      return false;
    }
    const double scale1 = static_cast<double>(operand1->params.scale);
    const double scale2 = static_cast<double>(operand2->params.scale);
    const double common = 2 * std::max(scale1, scale2);
    data->operand1 = MakeRescale(scale1 / common, kMaxOperand);
    data->operand2 = MakeRescale(scale2 / common, kMaxOperand);
    data->sum = MakeRescale(common / ((1 << kSpareBits) * static_cast<double>(output->params.scale)), kMaxOperand);
    return OperandScale::Takes(data->operand1) && OperandScale::Takes(data->operand2) && data->sum.fast() &&
           tflite::CalculateActivationRangeQuantized(context, params.activation, output, &data->activation_min,
                                                     &data->activation_max) == kTfLiteOk;
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* operand1 = Input(context, node, 0);
    const TfLiteTensor* operand2 = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    const OutputRange range = {output->params.zero_point, data.activation_min, data.activation_max};
    const OperandScale scale1(data.operand1, operand1->params.zero_point);
    const OperandScale scale2(data.operand2, operand2->params.zero_point);
    const FastRescaler finish(data.sum, range.zero_point);
    ForEachPair(operand1, operand2, output,
                [&](int8_t a, int8_t b) { return range.Clamp(finish(scale1(a) + scale2(b))); });
  }
};

}  // namespace

TfLiteRegistration* Register_ADD() { return WithReference<Add>::Registration(); }

}  // namespace sim::optimized
