// BATCH_MATMUL for float32, int8 and int16, with broadcast batches.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"

namespace sim::kernels {
namespace {

constexpr int kRow = kMaxDimensions - 2;
constexpr int kColumn = kMaxDimensions - 1;

struct BatchMatMul {
  struct Data {
    Shape output;
    Strides lhs, rhs;  // with rows and columns swapped where the model says so
    int depth;
    int32_t lhs_offset, rhs_offset, output_offset;
    Rescale rescale;
  };

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* lhs = tflite::GetInput(context, node, 0);
    const TfLiteTensor* rhs = tflite::GetInput(context, node, 1);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TfLiteBatchMatMulParams& params = ParamsOf<TfLiteBatchMatMulParams>(node);
    TF_LITE_ENSURE_TYPES_EQ(context, lhs->type, rhs->type);
    TF_LITE_ENSURE_TYPES_EQ(context, lhs->type, output->type);
    TF_LITE_ENSURE(context, lhs->dims->size >= 2 && rhs->dims->size >= 2);
    Shape lhs_shape, rhs_shape;
    TF_LITE_ENSURE(context, ExtendedShape(lhs, &lhs_shape) && ExtendedShape(rhs, &rhs_shape) &&
                                ExtendedShape(output, &data->output));
    const int lhs_row = params.adj_x ? kColumn : kRow;
    const int rhs_row = params.adj_y ? kColumn : kRow;
    data->depth = lhs_shape.dims[kRow + kColumn - lhs_row];
    TF_LITE_ENSURE_EQ(context, rhs_shape.dims[rhs_row], data->depth);
    TF_LITE_ENSURE_EQ(context, data->output.dims[kRow], lhs_shape.dims[lhs_row]);
    TF_LITE_ENSURE_EQ(context, data->output.dims[kColumn], rhs_shape.dims[kRow + kColumn - rhs_row]);

    TF_LITE_ENSURE(context, BatchStrides(lhs_shape, data->output, params.adj_x, &data->lhs));
    TF_LITE_ENSURE(context, BatchStrides(rhs_shape, data->output, params.adj_y, &data->rhs));
    if (IsQuantized(lhs)) {
      double factor = 0.0;
      TF_LITE_ENSURE_OK(context,
                        tflite::GetQuantizedConvolutionMultipler(context, lhs, rhs, output, &factor));
      data->rescale = RescaleBy(factor);
      data->lhs_offset = -lhs->params.zero_point;
      data->rhs_offset = -rhs->params.zero_point;
      data->output_offset = output->params.zero_point;
    }
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteType type = tflite::GetInput(context, node, 0)->type;
    switch (type) {
      case kTfLiteFloat32:
        Multiply<float, float>(context, node, data, [](float sum) { return sum; });
        return kTfLiteOk;
      case kTfLiteInt8:
        Multiply<int8_t, int32_t>(context, node, data, [&data](int32_t sum) {
          return Saturate<int8_t>(Apply(data.rescale, sum) + data.output_offset);
        });
        return kTfLiteOk;
      case kTfLiteInt16:
        Multiply<int16_t, int64_t>(context, node, data, [&data](int64_t sum) {
          return Saturate<int16_t>(Apply(data.rescale, sum) + data.output_offset);
        });
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "BATCH_MATMUL", type);
    }
  }

 private:
  // Strides over the batches as broadcast, then over rows and columns.
  static bool BatchStrides(const Shape& shape, const Shape& output, bool transposed, Strides* strides) {
    const Strides plain = StridesOf(shape);
    Shape batches = shape;
    batches.dims[kRow] = output.dims[kRow];
    batches.dims[kColumn] = output.dims[kColumn];
    if (!BroadcastStrides(batches, output, strides)) return false;
    for (int i = 0; i < kRow; ++i) {
      if (strides->step[i] != 0) strides->step[i] = plain.step[i];
    }
    strides->step[kRow] = plain.step[transposed ? kColumn : kRow];
    strides->step[kColumn] = plain.step[transposed ? kRow : kColumn];
    return true;
  }

  template <typename T, typename Sum, typename Finish>
  static void Multiply(TfLiteContext* context, TfLiteNode* node, const Data& data, Finish finish) {
    const T* lhs = DataOf<T>(tflite::GetInput(context, node, 0));
    const T* rhs = DataOf<T>(tflite::GetInput(context, node, 1));
    T* output = MutableDataOf<T>(tflite::GetOutput(context, node, 0));
    const Sum lhs_offset = static_cast<Sum>(data.lhs_offset);
    const Sum rhs_offset = static_cast<Sum>(data.rhs_offset);
    Strides lhs_start = data.lhs;  // the left matrix does not move with the output's column, nor the right one
    Strides rhs_start = data.rhs;  // with its row
    lhs_start.step[kColumn] = 0;
    rhs_start.step[kRow] = 0;
    ForEachElement(data.output, lhs_start, rhs_start, [&](int out, int at_lhs, int at_rhs) {
      Sum sum = 0;
      for (int i = 0; i < data.depth; ++i) {
        sum += (static_cast<Sum>(lhs[at_lhs + i * data.lhs.step[kColumn]]) + lhs_offset) *
               (static_cast<Sum>(rhs[at_rhs + i * data.rhs.step[kRow]]) + rhs_offset);
      }
      output[out] = finish(sum);
    });
  }
};

}  // namespace

TfLiteRegistration* Register_BATCH_MATMUL() { return RegistrationOf<BatchMatMul>(); }

}  // namespace sim::kernels
