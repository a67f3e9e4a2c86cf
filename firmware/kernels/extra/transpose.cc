// TRANSPOSE for elements of any size.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/element_size.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"

namespace sim::kernels {
namespace {

struct Transpose {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* permutation = tflite::GetInput(context, node, 1);
    TF_LITE_ENSURE(context, input->dims->size <= kMaxDimensions);
    TF_LITE_ENSURE_TYPES_EQ(context, permutation->type, kTfLiteInt32);
    TF_LITE_ENSURE_EQ(context, SizeOf(permutation), input->dims->size);
    TF_LITE_ENSURE_EQ(context, SizeOf(input), SizeOf(tflite::GetOutput(context, node, 0)));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const int32_t* permutation = DataOf<int32_t>(tflite::GetInput(context, node, 1));
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    Shape input_shape, shape;
    ExtendedShape(input, &input_shape);
    const Strides input_strides = StridesOf(input_shape);
    // Output dimension i is input dimension permutation[i]; the leading ones stay where they are.
    Strides strides;
    const int lead = kMaxDimensions - input->dims->size;
    for (int i = 0; i < kMaxDimensions; ++i) {
      int from = i;
      if (i >= lead) {
        const int axis = permutation[i - lead];
        TF_LITE_ENSURE(context, axis >= -input->dims->size && axis < input->dims->size);
        from = lead + (axis < 0 ? axis + input->dims->size : axis);
      }
      shape.dims[i] = input_shape.dims[from];
      strides.step[i] = input_strides.step[from];
    }
    return WithElementType(context, input->type, [&](auto zero) {
      using T = decltype(zero);
      const T* source = DataOf<T>(input);
      T* target = MutableDataOf<T>(output);
      ForEachElement(shape, strides, strides, [&](int out, int in, int) { target[out] = source[in]; });
    });
  }
};

}  // namespace

TfLiteRegistration* Register_TRANSPOSE() { return RegistrationOf<Transpose>(); }

}  // namespace sim::kernels
