// STRIDED_SLICE for the types that the runtime's kernel lacks.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/extra/box.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

// The axes of `begin`, `end` and `strides` are those of the input:
// new axes and ellipses need the runtime's kernel.
struct StridedSlice {
  using Data = NoData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return !IsCopiedByRuntime(tflite::GetInput(context, node, 0)->type);
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteStridedSliceParams& params = ParamsOf<TfLiteStridedSliceParams>(node);
    TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), 4);
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TF_LITE_ENSURE(context, input->dims->size <= kMaxDimensions);
    TF_LITE_ENSURE_MSG(context, params.ellipsis_mask == 0 && params.new_axis_mask == 0,
                       "STRIDED_SLICE with ellipsis or new axis.");
    for (int i = 1; i < 4; ++i) {
      TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetInput(context, node, i)->type, kTfLiteInt32);
      TF_LITE_ENSURE(context, SizeOf(tflite::GetInput(context, node, i)) <= input->dims->size);
    }
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TfLiteStridedSliceParams& params = ParamsOf<TfLiteStridedSliceParams>(node);
    Shape box;
    ExtendedShape(input, &box);
    Strides strides = StridesOf(box);
    const int lead = kMaxDimensions - input->dims->size;
    int first = 0, count = 1;
    for (int axis = 0; axis < SizeOf(tflite::GetInput(context, node, 1)); ++axis) {
      const int size = input->dims->data[axis];
      const int step = DataOf<int32_t>(tflite::GetInput(context, node, 3))[axis];
      TF_LITE_ENSURE(context, step != 0);
      // The masks let a side open; positions count from the end when negative, and are cut at the edges.
      const int lowest = step > 0 ? 0 : -1;
      const int highest = step > 0 ? size : size - 1;
      const auto position = [&](int input_index, int mask, int open) {
        if (mask & (1 << axis)) return open;
        const int at = DataOf<int32_t>(tflite::GetInput(context, node, input_index))[axis];
        return std::min(std::max(at < 0 ? at + size : at, lowest), highest);
      };
      const int begin = position(1, params.begin_mask, step > 0 ? 0 : size - 1);
      int end = position(2, params.end_mask, step > 0 ? size : -1);
      if (params.shrink_axis_mask & (1 << axis)) {
        TF_LITE_ENSURE(context, begin >= 0 && begin < size);
        end = begin + (step > 0 ? 1 : -1);
      }
      box.dims[lead + axis] = std::max(0, (end - begin + step - (step > 0 ? 1 : -1)) / step);
      first += begin * strides.step[lead + axis];
      strides.step[lead + axis] *= step;
    }
    for (int dim : box.dims) count *= dim;
    TF_LITE_ENSURE_EQ(context, count, SizeOf(output));
    return CopyBox(context, input, first, strides, box, output);
  }
};

}  // namespace

TfLiteRegistration* Register_STRIDED_SLICE() {
  return SharedRegistrationOf<StridedSlice, tflite::ops::micro::Register_STRIDED_SLICE>();
}

}  // namespace sim::kernels
