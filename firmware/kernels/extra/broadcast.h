// What operators of two broadcast inputs share.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_BROADCAST_H_
#define SIM_KERNELS_EXTRA_BROADCAST_H_

#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"

namespace sim::kernels {

// An operator uses what it needs of this.
struct BinaryData {
  Shape output_shape;
  Strides strides1, strides2;
  int32_t offset1, offset2, output_offset;
  int left_shift;
  Rescale rescale1, rescale2, output_rescale;
  Range<int32_t> range;
};

inline TfLiteStatus PrepareShapes(TfLiteContext* context, TfLiteNode* node, BinaryData* data) {
  TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), 2);
  const TfLiteTensor* input1 = tflite::GetInput(context, node, 0);
  const TfLiteTensor* input2 = tflite::GetInput(context, node, 1);
  const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
  TF_LITE_ENSURE_TYPES_EQ(context, input1->type, input2->type);
  TF_LITE_ENSURE_TYPES_EQ(context, input1->type, output->type);
  Shape shape1, shape2;
  TF_LITE_ENSURE(context, ExtendedShape(input1, &shape1) && ExtendedShape(input2, &shape2) &&
                              ExtendedShape(output, &data->output_shape));
  TF_LITE_ENSURE(context, BroadcastStrides(shape1, data->output_shape, &data->strides1) &&
                              BroadcastStrides(shape2, data->output_shape, &data->strides2));
  data->offset1 = -input1->params.zero_point;
  data->offset2 = -input2->params.zero_point;
  data->output_offset = output->params.zero_point;
  return kTfLiteOk;
}

// Evaluates `operation` on all pairs of elements, and clamps what comes out.
template <typename T, typename Operation>
void EvalElements(TfLiteContext* context, TfLiteNode* node, const BinaryData& data, Operation operation) {
  const T* input1 = DataOf<T>(tflite::GetInput(context, node, 0));
  const T* input2 = DataOf<T>(tflite::GetInput(context, node, 1));
  T* output = MutableDataOf<T>(tflite::GetOutput(context, node, 0));
  ForEachElement(data.output_shape, data.strides1, data.strides2, [&](int out, int at1, int at2) {
    output[out] = static_cast<T>(data.range.Clamp(operation(input1[at1], input2[at2])));
  });
}

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_BROADCAST_H_
