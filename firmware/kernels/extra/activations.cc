// RELU for int8 (today's rescales) and int16, RELU6 for int16, ABS for both, LEAKY_RELU, ELU.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdlib>

#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/kernels/internal/cppmath.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

template <typename T, typename Function>
void ForEach(TfLiteContext* context, TfLiteNode* node, Function function) {
  const TfLiteTensor* tensor = tflite::GetInput(context, node, 0);
  const T* input = DataOf<T>(tensor);
  T* output = MutableDataOf<T>(tflite::GetOutput(context, node, 0));
  for (int i = 0; i < SizeOf(tensor); ++i) output[i] = function(input[i]);
}

TfLiteStatus EnsureSameType(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input = tflite::GetInput(context, node, 0);
  const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
  TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
  TF_LITE_ENSURE_EQ(context, SizeOf(input), SizeOf(output));
  return kTfLiteOk;
}

struct Relu {
  struct Data {
    int32_t input_zero_point, output_zero_point;
    Rescale rescale;
  };

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return IsQuantized(tflite::GetInput(context, node, 0));
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, EnsureSameType(context, node));
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    data->input_zero_point = input->params.zero_point;
    data->output_zero_point = output->params.zero_point;
    data->rescale = RescaleBetween(input, output);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    if (tflite::GetInput(context, node, 0)->type == kTfLiteInt8) {
      ForEach<int8_t>(context, node, [&data](int8_t value) { return Rectified<int8_t>(data, value); });
    } else {
      ForEach<int16_t>(context, node, [&data](int16_t value) { return Rectified<int16_t>(data, value); });
    }
    return kTfLiteOk;
  }

 private:
  template <typename T>
  static T Rectified(const Data& data, T value) {
    const int32_t result = data.output_zero_point + Apply(data.rescale, int32_t{value} - data.input_zero_point);
    return Saturate<T>(std::max(data.output_zero_point, result));
  }
};

struct Relu6 {
  using Data = Range<int16_t>;

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return tflite::GetInput(context, node, 0)->type == kTfLiteInt16;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, EnsureSameType(context, node));
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const float six = std::round(6.0f / input->params.scale) + static_cast<float>(input->params.zero_point);
    data->min = static_cast<int16_t>(input->params.zero_point);
    data->max = static_cast<int16_t>(std::min(six, 32767.0f));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    ForEach<int16_t>(context, node, [&data](int16_t value) { return data.Clamp(value); });
    return kTfLiteOk;
  }
};

struct LeakyRelu {
  struct Data {
    int32_t input_zero_point, output_zero_point;
    Rescale positive, negative;
    bool negative_slope;  // alpha is negative: `negative` holds its magnitude
  };

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, EnsureSameType(context, node));
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    if (!IsQuantized(input)) return kTfLiteOk;
    const float alpha = ParamsOf<TfLiteLeakyReluParams>(node).alpha;
    data->input_zero_point = input->params.zero_point;
    data->output_zero_point = output->params.zero_point;
    data->positive = RescaleBetween(input, output);
    data->negative = RescaleBy(static_cast<double>(input->params.scale) * static_cast<double>(alpha) /
                               static_cast<double>(output->params.scale));
    data->negative_slope = data->negative.multiplier < 0;
    if (data->negative_slope) data->negative.multiplier = -data->negative.multiplier;
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteType type = tflite::GetInput(context, node, 0)->type;
    switch (type) {
      case kTfLiteFloat32: {
        const float alpha = ParamsOf<TfLiteLeakyReluParams>(node).alpha;
        ForEach<float>(context, node, [alpha](float value) { return value > 0 ? value : value * alpha; });
        return kTfLiteOk;
      }
      case kTfLiteInt8:
        ForEach<int8_t>(context, node, [&data](int8_t value) { return Quantized<int8_t>(data, value); });
        return kTfLiteOk;
      case kTfLiteInt16:
        ForEach<int16_t>(context, node, [&data](int16_t value) { return Quantized<int16_t>(data, value); });
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "LEAKY_RELU", type);
    }
  }

 private:
  template <typename T>
  static T Quantized(const Data& data, T raw) {
    const int32_t value = raw - data.input_zero_point;
    int32_t result = Apply(value >= 0 ? data.positive : data.negative, value);
    if (value < 0 && data.negative_slope) result = -result;
    return Saturate<T>(result + data.output_zero_point);
  }
};

struct Elu {
  struct Data {
    int8_t table[256];
  };

  static float Function(float value) { return value < 0.0f ? std::exp(value) - 1.0f : value; }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, EnsureSameType(context, node));
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    if (input->type != kTfLiteInt8) return kTfLiteOk;
    const float inverse_scale = 1 / output->params.scale;
    for (int32_t value = -128; value <= 127; ++value) {
      const float real = Function(input->params.scale * static_cast<float>(value - input->params.zero_point));
      const float rounded = tflite::TfLiteRound(real * inverse_scale) + static_cast<float>(output->params.zero_point);
      data->table[static_cast<uint8_t>(value)] = Saturate<int8_t>(static_cast<int32_t>(rounded));
    }
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteType type = tflite::GetInput(context, node, 0)->type;
    switch (type) {
      case kTfLiteFloat32:
        ForEach<float>(context, node, Function);
        return kTfLiteOk;
      case kTfLiteInt8:
        ForEach<int8_t>(context, node, [&data](int8_t value) { return data.table[static_cast<uint8_t>(value)]; });
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "ELU", type);
    }
  }
};

struct Abs {
  struct Data {
    int32_t input_zero_point, output_zero_point;
    bool rescales;
    Rescale rescale;
  };

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return IsQuantized(tflite::GetInput(context, node, 0));
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, EnsureSameType(context, node));
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    data->input_zero_point = input->params.zero_point;
    data->output_zero_point = output->params.zero_point;
    data->rescales = input->params.scale != output->params.scale;
    data->rescale = RescaleBetween(input, output);
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    if (tflite::GetInput(context, node, 0)->type == kTfLiteInt8) {
      ForEach<int8_t>(context, node, [&data](int8_t value) { return Magnitude<int8_t>(data, value); });
    } else {
      ForEach<int16_t>(context, node, [&data](int16_t value) { return Magnitude<int16_t>(data, value); });
    }
    return kTfLiteOk;
  }

 private:
  template <typename T>
  static T Magnitude(const Data& data, T raw) {
    const int32_t value = std::abs(raw - data.input_zero_point);
    return Saturate<T>((data.rescales ? Apply(data.rescale, value) : value) + data.output_zero_point);
  }
};

}  // namespace

TfLiteRegistration* Register_ABS() { return SharedRegistrationOf<Abs, tflite::ops::micro::Register_ABS>(); }
TfLiteRegistration* Register_ELU() { return RegistrationOf<Elu>(); }
TfLiteRegistration* Register_LEAKY_RELU() { return RegistrationOf<LeakyRelu>(); }
TfLiteRegistration* Register_RELU() { return SharedRegistrationOf<Relu, tflite::ops::micro::Register_RELU>(); }
TfLiteRegistration* Register_RELU6() { return SharedRegistrationOf<Relu6, tflite::ops::micro::Register_RELU6>(); }

}  // namespace sim::kernels
