// Operators that take a box out of their input, or put it into a larger one: SLICE, PAD, PADV2, MIRROR_PAD.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/extra/box.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

// Element `i` of an int32 or int64 tensor.
int IndexAt(const TfLiteTensor* tensor, int i) {
  return tensor->type == kTfLiteInt64 ? static_cast<int>(DataOf<int64_t>(tensor)[i]) : DataOf<int32_t>(tensor)[i];
}

bool IsIndex(const TfLiteTensor* tensor) { return tensor->type == kTfLiteInt32 || tensor->type == kTfLiteInt64; }

struct Slice {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), 3);
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* begin = tflite::GetInput(context, node, 1);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE(context, IsIndex(begin) && SizeOf(begin) == input->dims->size);
    TF_LITE_ENSURE_EQ(context, output->dims->size, input->dims->size);
    TF_LITE_ENSURE(context, input->dims->size <= kMaxDimensions);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* begin = tflite::GetInput(context, node, 1);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    Shape input_shape, box;
    ExtendedShape(input, &input_shape);
    ExtendedShape(output, &box);  // the model gives it: sizes of -1 are resolved there
    const Strides strides = StridesOf(input_shape);
    const int lead = kMaxDimensions - input->dims->size;
    int first = 0;
    for (int axis = 0; axis < input->dims->size; ++axis) {
      const int at = IndexAt(begin, axis);
      TF_LITE_ENSURE(context, at >= 0 && at + box.dims[lead + axis] <= input->dims->data[axis]);
      first += at * strides.step[lead + axis];
    }
    return CopyBox(context, input, first, strides, box, output);
  }
};

TfLiteStatus PreparePadding(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input = tflite::GetInput(context, node, 0);
  const TfLiteTensor* paddings = tflite::GetInput(context, node, 1);
  const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
  TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
  TF_LITE_ENSURE(context, input->dims->size <= kMaxDimensions && input->dims->size == output->dims->size);
  TF_LITE_ENSURE(context, IsIndex(paddings) && SizeOf(paddings) == 2 * input->dims->size);
  for (int axis = 0; axis < input->dims->size; ++axis) {
    const int before = IndexAt(paddings, 2 * axis);
    const int after = IndexAt(paddings, 2 * axis + 1);
    TF_LITE_ENSURE(context, before >= 0 && after >= 0);
    TF_LITE_ENSURE_EQ(context, before + input->dims->data[axis] + after, output->dims->data[axis]);
  }
  return kTfLiteOk;
}

// PAD and PADV2 for the types that the runtime's kernel lacks, with the zero point or a given value.
struct Pad {
  using Data = NoData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    return !IsCopiedByRuntime(input->type) || input->dims->size > 4;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    return PreparePadding(context, node);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* paddings = tflite::GetInput(context, node, 1);
    const TfLiteTensor* value = tflite::GetOptionalInputTensor(context, node, 2);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    Shape box, output_shape;
    ExtendedShape(input, &box);
    ExtendedShape(output, &output_shape);
    const Strides strides = StridesOf(output_shape);
    const int lead = kMaxDimensions - input->dims->size;
    int first = 0;
    for (int axis = 0; axis < input->dims->size; ++axis) {
      first += IndexAt(paddings, 2 * axis) * strides.step[lead + axis];
    }
    return WithElementType(context, input->type, [&](auto zero) {
      using T = decltype(zero);
      const T* source = DataOf<T>(input);
      T* target = MutableDataOf<T>(output);
      const T fill = value == nullptr ? static_cast<T>(output->params.zero_point) : *DataOf<T>(value);
      std::fill_n(target, SizeOf(output), fill);
      ForEachElement(box, strides, strides, [&](int in, int out, int) { target[first + out] = source[in]; });
    });
  }
};

struct MirrorPad {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    return PreparePadding(context, node);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* paddings = tflite::GetInput(context, node, 1);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    // Reflection leaves the edge out, symmetry repeats it.
    const int skipped = ParamsOf<TfLiteMirrorPaddingParams>(node).mode == kTfLiteMirrorPaddingReflect ? 1 : 0;
    const int rank = input->dims->size;
    return WithElementType(context, input->type, [&](auto zero) {
      using T = decltype(zero);
      for (int out = 0; out < SizeOf(output); ++out) {
        int rest = out, in = 0, step = 1;
        for (int axis = rank - 1; axis >= 0; --axis) {
          const int size = input->dims->data[axis];
          int at = rest % output->dims->data[axis] - IndexAt(paddings, 2 * axis);
          rest /= output->dims->data[axis];
          if (at < 0) at = -at - 1 + skipped;
          if (at >= size) at = 2 * size - 1 - skipped - at;
          in += std::min(std::max(at, 0), size - 1) * step;
          step *= size;
        }
        MutableDataOf<T>(output)[out] = DataOf<T>(input)[in];
      }
    });
  }
};

}  // namespace

TfLiteRegistration* Register_MIRROR_PAD() { return RegistrationOf<MirrorPad>(); }
TfLiteRegistration* Register_PAD() { return SharedRegistrationOf<Pad, tflite::ops::micro::Register_PAD>(); }
TfLiteRegistration* Register_PADV2() { return SharedRegistrationOf<Pad, tflite::ops::micro::Register_PADV2>(); }
TfLiteRegistration* Register_SLICE() { return RegistrationOf<Slice>(); }

}  // namespace sim::kernels
