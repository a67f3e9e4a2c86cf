// MUL.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/kernels.h"
#include "kernels/optimized/elementwise.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/rescale.h"
#include "tensorflow/lite/c/builtin_op_data.h"

namespace sim::optimized {
namespace {

struct Mul {
  struct Data {
    Rescale product;
    int32_t activation_min;
    int32_t activation_max;
  };

  static TfLiteRegistration* Reference() { return kernels::Register_MUL(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const auto& params = *static_cast<const TfLiteMulParams*>(node->builtin_data);
    const TfLiteTensor* operand1 = Input(context, node, 0);
    const TfLiteTensor* operand2 = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    if (!IsInt8(operand1) || !IsInt8(operand2) || !IsInt8(output) || !CanPair(operand1, operand2, output)) {
      return false;
    }
    const double product_scale =
        static_cast<double>(operand1->params.scale) * static_cast<double>(operand2->params.scale);
    data->product = MakeRescale(product_scale / static_cast<double>(output->params.scale), 255 * 255);
    return tflite::CalculateActivationRangeQuantized(context, params.activation, output, &data->activation_min,
                                                     &data->activation_max) == kTfLiteOk;
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    if (data.product.fast()) {
      Multiply<FastRescaler>(context, node, data);
    } else {
      Multiply<ExactRescaler>(context, node, data);
    }
  }

 private:
  template <typename Rescaler>
  static void Multiply(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* operand1 = Input(context, node, 0);
    const TfLiteTensor* operand2 = Input(context, node, 1);
    TfLiteTensor* output = Output(context, node);
    const int32_t zero_point1 = operand1->params.zero_point;
    const int32_t zero_point2 = operand2->params.zero_point;
    const OutputRange range = {output->params.zero_point, data.activation_min, data.activation_max};
    const Rescaler finish(data.product, range.zero_point);
    ForEachPair(operand1, operand2, output, [&](int8_t a, int8_t b) {
      return range.Clamp(finish((a - zero_point1) * (b - zero_point2)));
    });
  }
};

}  // namespace

TfLiteRegistration* Register_MUL() { return WithReference<Mul>::Registration(); }

}  // namespace sim::optimized
