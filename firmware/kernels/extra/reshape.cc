// RESHAPE, SQUEEZE and EXPAND_DIMS: the same elements under another shape, which the model gives. SHAPE.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"

namespace sim::kernels {
namespace {

struct CopyElements {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
    TF_LITE_ENSURE_EQ(context, SizeOf(input), SizeOf(output));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    if (input->data.data != output->data.data) std::memcpy(output->data.data, input->data.data, input->bytes);
    return kTfLiteOk;
  }
};

struct ShapeOf {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE_TYPES_EQ(context, output->type, kTfLiteInt32);
    TF_LITE_ENSURE_EQ(context, SizeOf(output), tflite::GetInput(context, node, 0)->dims->size);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteIntArray* dims = tflite::GetInput(context, node, 0)->dims;
    int32_t* output = MutableDataOf<int32_t>(tflite::GetOutput(context, node, 0));
    for (int i = 0; i < dims->size; ++i) output[i] = dims->data[i];
    return kTfLiteOk;
  }
};

}  // namespace

TfLiteRegistration* Register_EXPAND_DIMS() { return RegistrationOf<CopyElements>(); }
TfLiteRegistration* Register_RESHAPE() { return RegistrationOf<CopyElements>(); }
TfLiteRegistration* Register_SHAPE() { return RegistrationOf<ShapeOf>(); }
TfLiteRegistration* Register_SQUEEZE() { return RegistrationOf<CopyElements>(); }

}  // namespace sim::kernels
