// Operators that join tensors along an axis or take them apart: CONCATENATION, PACK, UNPACK, SPLIT_V; GATHER.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "kernels/extra/element_size.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"
#include "kernels/extra/options.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

bool IsInt16OrBool(const TfLiteTensor* tensor) { return tensor->type == kTfLiteInt16 || tensor->type == kTfLiteBool; }

int PositiveAxis(int axis, int rank) { return axis < 0 ? axis + rank : axis; }

int Product(const TfLiteIntArray* dims, int first, int last) {
  int product = 1;
  for (int i = first; i < last; ++i) product *= dims->data[i];
  return product;
}

// Moves blocks between one tensor and several parts of it: of each outer index, part after part. `block(i)` is the
// size of part i's block in bytes, `part(i)` its data.
template <typename Block, typename Part, typename Move>
void ForEachBlock(int outer, int parts, uint8_t* whole, Block block, Part part, Move move) {
  for (int i = 0; i < outer; ++i) {
    for (int j = 0; j < parts; ++j) {
      const int bytes = block(j);
      move(whole, part(j) + i * bytes, bytes);
      whole += bytes;
    }
  }
}

void Join(uint8_t* whole, uint8_t* part, int bytes) { std::memcpy(whole, part, bytes); }
void Part(uint8_t* whole, uint8_t* part, int bytes) { std::memcpy(part, whole, bytes); }

struct Concatenation {
  using Data = NoData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return IsInt16OrBool(tflite::GetInput(context, node, 0));
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteConcatenationParams& params = ParamsOf<TfLiteConcatenationParams>(node);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE_EQ(context, params.activation, kTfLiteActNone);
    const int axis = PositiveAxis(params.axis, output->dims->size);
    TF_LITE_ENSURE(context, axis >= 0 && axis < output->dims->size);
    int total = 0;
    for (int i = 0; i < tflite::NumInputs(node); ++i) {
      const TfLiteTensor* input = tflite::GetInput(context, node, i);
      TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
      TF_LITE_ENSURE_EQ(context, input->dims->size, output->dims->size);
      TF_LITE_ENSURE_EQ(context, input->params.zero_point, output->params.zero_point);
      total += SizeOf(input);
    }
    TF_LITE_ENSURE_EQ(context, total, SizeOf(output));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const int axis = PositiveAxis(ParamsOf<TfLiteConcatenationParams>(node).axis, output->dims->size);
    const int outer = Product(output->dims, 0, axis);
    const auto input = [&](int i) { return tflite::GetInput(context, node, i); };
    ForEachBlock(
        outer, tflite::NumInputs(node), MutableDataOf<uint8_t>(output),
        [&](int i) { return SizeOf(input(i)) / outer * ElementBytes(output->type); },
        [&](int i) { return static_cast<uint8_t*>(input(i)->data.data); }, Join);
    return kTfLiteOk;
  }
};

struct Pack {
  using Data = NoData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return IsInt16OrBool(tflite::GetInput(context, node, 0));
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const int axis = PositiveAxis(ParamsOf<TfLitePackParams>(node).axis, output->dims->size);
    TF_LITE_ENSURE(context, axis >= 0 && axis < output->dims->size);
    for (int i = 0; i < tflite::NumInputs(node); ++i) {
      const TfLiteTensor* input = tflite::GetInput(context, node, i);
      TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
      TF_LITE_ENSURE_EQ(context, SizeOf(input) * tflite::NumInputs(node), SizeOf(output));
    }
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const int axis = PositiveAxis(ParamsOf<TfLitePackParams>(node).axis, output->dims->size);
    const int outer = Product(output->dims, 0, axis);
    const int bytes = SizeOf(output) / outer / tflite::NumInputs(node) * ElementBytes(output->type);
    ForEachBlock(
        outer, tflite::NumInputs(node), MutableDataOf<uint8_t>(output), [bytes](int) { return bytes; },
        [&](int i) { return static_cast<uint8_t*>(tflite::GetInput(context, node, i)->data.data); }, Join);
    return kTfLiteOk;
  }
};

struct Unpack {
  using Data = NoData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return IsInt16OrBool(tflite::GetInput(context, node, 0));
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const int axis = PositiveAxis(ParamsOf<TfLiteUnpackParams>(node).axis, input->dims->size);
    TF_LITE_ENSURE(context, axis >= 0 && axis < input->dims->size);
    for (int i = 0; i < tflite::NumOutputs(node); ++i) {
      const TfLiteTensor* output = tflite::GetOutput(context, node, i);
      TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
      TF_LITE_ENSURE_EQ(context, SizeOf(output) * tflite::NumOutputs(node), SizeOf(input));
    }
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const int axis = PositiveAxis(ParamsOf<TfLiteUnpackParams>(node).axis, input->dims->size);
    const int outer = Product(input->dims, 0, axis);
    const int bytes = SizeOf(input) / outer / tflite::NumOutputs(node) * ElementBytes(input->type);
    ForEachBlock(
        outer, tflite::NumOutputs(node), static_cast<uint8_t*>(input->data.data), [bytes](int) { return bytes; },
        [&](int i) { return MutableDataOf<uint8_t>(tflite::GetOutput(context, node, i)); }, Part);
    return kTfLiteOk;
  }
};

struct SplitV {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), 3);
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* axis_tensor = tflite::GetInput(context, node, 2);
    TF_LITE_ENSURE_MSG(context, tflite::IsConstantTensor(axis_tensor), "SPLIT_V with an axis that is no constant.");
    const int axis = PositiveAxis(*DataOf<int32_t>(axis_tensor), input->dims->size);
    TF_LITE_ENSURE(context, axis >= 0 && axis < input->dims->size);
    int total = 0;
    for (int i = 0; i < tflite::NumOutputs(node); ++i) {
      const TfLiteTensor* output = tflite::GetOutput(context, node, i);
      TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
      total += SizeOf(output);
    }
    TF_LITE_ENSURE_EQ(context, total, SizeOf(input));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const int axis = PositiveAxis(*DataOf<int32_t>(tflite::GetInput(context, node, 2)), input->dims->size);
    const int outer = Product(input->dims, 0, axis);
    const auto output = [&](int i) { return tflite::GetOutput(context, node, i); };
    ForEachBlock(
        outer, tflite::NumOutputs(node), static_cast<uint8_t*>(input->data.data),
        [&](int i) { return SizeOf(output(i)) / outer * ElementBytes(input->type); },
        [&](int i) { return MutableDataOf<uint8_t>(output(i)); }, Part);
    return kTfLiteOk;
  }
};

struct Gather {
  struct Data {
    int axis, batch_dims;
  };

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), 2);
    const GatherOptions& options = ParamsOf<GatherOptions>(node);
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* indices = tflite::GetInput(context, node, 1);
    TF_LITE_ENSURE_TYPES_EQ(context, indices->type, kTfLiteInt32);
    data->axis = PositiveAxis(options.axis, input->dims->size);
    data->batch_dims = PositiveAxis(options.batch_dims, indices->dims->size);
    TF_LITE_ENSURE(context, data->axis >= 0 && data->axis < input->dims->size);
    TF_LITE_ENSURE(context, data->batch_dims >= 0 && data->batch_dims <= data->axis &&
                                data->batch_dims <= indices->dims->size);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* index_tensor = tflite::GetInput(context, node, 1);
    const int batches = Product(input->dims, 0, data.batch_dims);
    const int outer = Product(input->dims, data.batch_dims, data.axis);
    const int size = input->dims->data[data.axis];
    const int bytes = Product(input->dims, data.axis + 1, input->dims->size) * ElementBytes(input->type);
    const int count = Product(index_tensor->dims, data.batch_dims, index_tensor->dims->size);
    const int32_t* indices = DataOf<int32_t>(index_tensor);
    const uint8_t* source = static_cast<const uint8_t*>(input->data.data);
    uint8_t* target = MutableDataOf<uint8_t>(tflite::GetOutput(context, node, 0));
    for (int batch = 0; batch < batches; ++batch, indices += count) {
      for (int i = 0; i < outer; ++i, source += size * bytes) {
        for (int j = 0; j < count; ++j, target += bytes) {
          TF_LITE_ENSURE(context, indices[j] >= 0 && indices[j] < size);
          std::memcpy(target, source + indices[j] * bytes, bytes);
        }
      }
    }
    return kTfLiteOk;
  }
};

}  // namespace

TfLiteRegistration* Register_CONCATENATION() {
  return SharedRegistrationOf<Concatenation, tflite::ops::micro::Register_CONCATENATION>();
}
TfLiteRegistration* Register_GATHER() { return RegistrationOf<Gather>(); }
TfLiteRegistration* Register_PACK() { return SharedRegistrationOf<Pack, tflite::ops::micro::Register_PACK>(); }
TfLiteRegistration* Register_SPLIT_V() { return RegistrationOf<SplitV>(); }
TfLiteRegistration* Register_UNPACK() { return SharedRegistrationOf<Unpack, tflite::ops::micro::Register_UNPACK>(); }

}  // namespace sim::kernels
