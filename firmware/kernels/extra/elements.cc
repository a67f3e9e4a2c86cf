// Operators element by element: CAST, EXP, ADD_N, FILL, ZEROS_LIKE; LOG_SOFTMAX for float32; RESIZE_NEAREST_NEIGHBOR for int16.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/extra/element_size.h"
#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/kernels/internal/reference/resize_nearest_neighbor.h"
#include "tensorflow/lite/kernels/internal/tensor_ctypes.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

struct Cast {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    TF_LITE_ENSURE_EQ(context, SizeOf(tflite::GetInput(context, node, 0)),
                      SizeOf(tflite::GetOutput(context, node, 0)));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    switch (input->type) {
      case kTfLiteFloat32:
        return From<float>(context, input, output);
      case kTfLiteInt8:
        return From<int8_t>(context, input, output);
      case kTfLiteInt16:
        return From<int16_t>(context, input, output);
      case kTfLiteInt32:
        return From<int32_t>(context, input, output);
      case kTfLiteBool:
        return From<bool>(context, input, output);
      default:
        return UnsupportedType(context, "CAST", input->type);
    }
  }

 private:
  template <typename Source>
  static TfLiteStatus From(TfLiteContext* context, const TfLiteTensor* input, TfLiteTensor* output) {
    switch (output->type) {
      case kTfLiteFloat32:
        Convert<Source, float>(input, output);
        return kTfLiteOk;
      case kTfLiteInt8:
        Convert<Source, int8_t>(input, output);
        return kTfLiteOk;
      case kTfLiteInt16:
        Convert<Source, int16_t>(input, output);
        return kTfLiteOk;
      case kTfLiteInt32:
        Convert<Source, int32_t>(input, output);
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "CAST", output->type);
    }
  }

  template <typename Source, typename Target>
  static void Convert(const TfLiteTensor* input, TfLiteTensor* output) {
    for (int i = 0; i < SizeOf(input); ++i) {
      MutableDataOf<Target>(output)[i] = static_cast<Target>(DataOf<Source>(input)[i]);
    }
  }
};

struct Exp {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetInput(context, node, 0)->type, kTfLiteFloat32);
    TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetOutput(context, node, 0)->type, kTfLiteFloat32);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    float* output = MutableDataOf<float>(tflite::GetOutput(context, node, 0));
    for (int i = 0; i < SizeOf(input); ++i) output[i] = std::exp(DataOf<float>(input)[i]);
    return kTfLiteOk;
  }
};

struct AddN {
  struct Data {
    int32_t input_offset, output_offset;
    Rescale input, output;
  };

  static constexpr int kLeftShift = 20;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* first = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    for (int i = 0; i < tflite::NumInputs(node); ++i) {
      const TfLiteTensor* input = tflite::GetInput(context, node, i);
      TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
      TF_LITE_ENSURE_EQ(context, SizeOf(input), SizeOf(output));
      TF_LITE_ENSURE(context, output->type != kTfLiteInt8 || (input->params.scale == first->params.scale &&
                                                              input->params.zero_point == first->params.zero_point));
    }
    if (output->type != kTfLiteInt8) return kTfLiteOk;
    data->input_offset = -first->params.zero_point;
    data->output_offset = output->params.zero_point;
    const double common = 2 * static_cast<double>(first->params.scale);
    data->input = RescaleBy(0.5);
    data->output = RescaleBy(common / ((1 << kLeftShift) * static_cast<double>(output->params.scale)));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    if (output->type != kTfLiteFloat32 && output->type != kTfLiteInt8) {
      return UnsupportedType(context, "ADD_N", output->type);
    }
    for (int i = 0; i < SizeOf(output); ++i) {
      if (output->type == kTfLiteFloat32) {
        float sum = 0;
        for (int j = 0; j < tflite::NumInputs(node); ++j) sum += DataOf<float>(tflite::GetInput(context, node, j))[i];
        MutableDataOf<float>(output)[i] = sum;
      } else {
        int32_t sum = Scaled(data, 0);  // today's kernel starts with a raw zero, not with a real one
        for (int j = 0; j < tflite::NumInputs(node); ++j) {
          sum += Scaled(data, DataOf<int8_t>(tflite::GetInput(context, node, j))[i]);
        }
        MutableDataOf<int8_t>(output)[i] = Saturate<int8_t>(Apply(data.output, sum) + data.output_offset);
      }
    }
    return kTfLiteOk;
  }

 private:
  static int32_t Scaled(const Data& data, int32_t value) {
    return Apply(data.input, (value + data.input_offset) * (1 << kLeftShift));
  }
};

struct Fill {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* value = tflite::GetInput(context, node, 1);
    TF_LITE_ENSURE_EQ(context, SizeOf(value), 1);
    TF_LITE_ENSURE_TYPES_EQ(context, value->type, tflite::GetOutput(context, node, 0)->type);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* value = tflite::GetInput(context, node, 1);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    return WithElementType(context, value->type, [&](auto zero) {
      using T = decltype(zero);
      std::fill_n(MutableDataOf<T>(output), SizeOf(output), *DataOf<T>(value));
    });
  }
};

struct ZerosLike {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext*, TfLiteNode*, Data*) { return kTfLiteOk; }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    std::memset(output->data.data, 0, output->bytes);
    return kTfLiteOk;
  }
};

struct LogSoftmax {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetInput(context, node, 0)->type, kTfLiteFloat32);
    TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetOutput(context, node, 0)->type, kTfLiteFloat32);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* tensor = tflite::GetInput(context, node, 0);
    const float* input = DataOf<float>(tensor);
    float* output = MutableDataOf<float>(tflite::GetOutput(context, node, 0));
    const int depth = tensor->dims->data[tensor->dims->size - 1];
    for (int row = 0; row < SizeOf(tensor) / depth; ++row, input += depth, output += depth) {
      const float largest = *std::max_element(input, input + depth);
      float sum = 0;
      for (int i = 0; i < depth; ++i) sum += std::exp(input[i] - largest);
      const float log_sum = std::log(sum);
      for (int i = 0; i < depth; ++i) output[i] = input[i] - largest - log_sum;
    }
    return kTfLiteOk;
  }
};

struct ResizeNearestNeighbor {
  using Data = NoData;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return tflite::GetInput(context, node, 0)->type == kTfLiteInt16;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE(context, input->dims->size == 4 && output->dims->size == 4);
    TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
    TF_LITE_ENSURE_EQ(context, SizeOf(tflite::GetInput(context, node, 1)), 2);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const auto& options = ParamsOf<TfLiteResizeNearestNeighborParams>(node);
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* size = tflite::GetInput(context, node, 1);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    tflite::ResizeNearestNeighborParams params;
    params.align_corners = options.align_corners;
    params.half_pixel_centers = options.half_pixel_centers;
    tflite::reference_ops::ResizeNearestNeighbor(params, tflite::GetTensorShape(input), DataOf<int16_t>(input),
                                                 tflite::GetTensorShape(size), DataOf<int32_t>(size),
                                                 tflite::GetTensorShape(output), MutableDataOf<int16_t>(output));
    return kTfLiteOk;
  }
};

}  // namespace

TfLiteRegistration* Register_ADD_N() { return RegistrationOf<AddN>(); }
TfLiteRegistration* Register_CAST() { return RegistrationOf<Cast>(); }
TfLiteRegistration* Register_EXP() { return RegistrationOf<Exp>(); }
TfLiteRegistration* Register_FILL() { return RegistrationOf<Fill>(); }
TfLiteRegistration* Register_LOG_SOFTMAX() { return RegistrationOf<LogSoftmax>(); }
TfLiteRegistration* Register_RESIZE_NEAREST_NEIGHBOR() {
  return SharedRegistrationOf<ResizeNearestNeighbor, tflite::ops::micro::Register_RESIZE_NEAREST_NEIGHBOR>();
}
TfLiteRegistration* Register_ZEROS_LIKE() { return RegistrationOf<ZerosLike>(); }

}  // namespace sim::kernels
