// LOGISTIC and TANH for int16.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"
#include "kernels/extra/sigmoid_int16.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

template <void (*Function)(const ArgumentScale&, const int16_t*, int, int16_t*), int kMaxLeftShift>
struct SigmoidLike {
  using Data = ArgumentScale;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return tflite::GetInput(context, node, 0)->type == kTfLiteInt16;
  }
  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    return PrepareArgumentScale(context, tflite::GetInput(context, node, 0), tflite::GetOutput(context, node, 0),
                                kMaxLeftShift, data);
  }
  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    Function(data, DataOf<int16_t>(input), SizeOf(input),
             MutableDataOf<int16_t>(tflite::GetOutput(context, node, 0)));
    return kTfLiteOk;
  }
};

}  // namespace

TfLiteRegistration* Register_LOGISTIC() {
  return SharedRegistrationOf<SigmoidLike<LogisticInt16, 0>, tflite::ops::micro::Register_LOGISTIC>();
}
TfLiteRegistration* Register_TANH() {
  return SharedRegistrationOf<SigmoidLike<TanhInt16, 1>, tflite::ops::micro::Register_TANH>();
}

}  // namespace sim::kernels
