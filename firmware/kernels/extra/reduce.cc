// MEAN, SUM, REDUCE_MAX and REDUCE_MIN over any axes.
//
// Each output element gathers its inputs in memory order, so that no buffer of partial sums is needed and float sums
// come out as in the runtime, which scatters.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"

namespace sim::kernels {
namespace {

struct ReduceData {
  Shape kept;  // the input's dimensions, 1 where reduced
  Shape reduced;  // 1 where kept
  Strides strides;
  int count;  // inputs per output
  int32_t input_zero_point, output_zero_point;
  Rescale rescale;
};

TfLiteStatus PrepareAxes(TfLiteContext* context, TfLiteNode* node, ReduceData* data) {
  TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), 2);
  const TfLiteTensor* input = tflite::GetInput(context, node, 0);
  const TfLiteTensor* axes = tflite::GetInput(context, node, 1);
  const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
  TF_LITE_ENSURE_TYPES_EQ(context, axes->type, kTfLiteInt32);
  TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
  TF_LITE_ENSURE(context, ExtendedShape(input, &data->kept) && axes->data.data != nullptr);
  data->strides = StridesOf(data->kept);
  for (int& dim : data->reduced.dims) dim = 1;
  const int rank = input->dims->size;
  for (int i = 0; i < SizeOf(axes) && rank > 0; ++i) {
    const int axis = DataOf<int32_t>(axes)[i];
    TF_LITE_ENSURE(context, axis >= -rank && axis < rank);
    const int at = kMaxDimensions - rank + (axis < 0 ? axis + rank : axis);
    if (data->kept.dims[at] != 1) {  // else named twice, or nothing to do
      data->reduced.dims[at] = data->kept.dims[at];
      data->kept.dims[at] = 1;
    }
  }
  data->count = 1;
  for (int dim : data->reduced.dims) data->count *= dim;
  TF_LITE_ENSURE_EQ(context, SizeOf(output) * data->count, SizeOf(input));
  data->input_zero_point = input->params.zero_point;
  data->output_zero_point = output->params.zero_point;
  return kTfLiteOk;
}

template <typename T, typename Sum, typename Next, typename Finish>
void Reduce(TfLiteContext* context, TfLiteNode* node, const ReduceData& data, Sum start, Next next, Finish finish) {
  const T* input = DataOf<T>(tflite::GetInput(context, node, 0));
  T* output = MutableDataOf<T>(tflite::GetOutput(context, node, 0));
  ForEachElement(data.kept, data.strides, data.strides, [&](int out, int first, int) {
    Sum sum = start;
    ForEachElement(data.reduced, data.strides, data.strides,
                   [&](int, int offset, int) { sum = next(sum, input[first + offset]); });
    output[out] = finish(sum);
  });
}

template <typename T>
void QuantizedSum(TfLiteContext* context, TfLiteNode* node, const ReduceData& data) {
  Reduce<T>(
      context, node, data, int32_t{0}, [](int32_t sum, T value) { return sum + value; },
      [&data](int32_t sum) {
        return Saturate<T>(Apply(data.rescale, sum - data.input_zero_point * data.count) + data.output_zero_point);
      });
}

// MEAN and SUM differ in the last step only.
template <bool kMean>
struct MeanOrSum {
  using Data = ReduceData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, PrepareAxes(context, node, data));
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    if (!IsQuantized(input)) return kTfLiteOk;
    data->rescale = RescaleBetween(input, tflite::GetOutput(context, node, 0));
    if (kMean && data->count > 0) {
      // 1/count goes into the multiplier, which keeps its precision as far as the shift allows.
      const int shift = std::min(31 - __builtin_clz(static_cast<uint32_t>(data->count)), 31 + data->rescale.shift);
      data->rescale.multiplier =
          static_cast<int32_t>((static_cast<int64_t>(data->rescale.multiplier) << shift) / data->count);
      data->rescale.shift -= shift;
    }
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteType type = tflite::GetInput(context, node, 0)->type;
    switch (type) {
      case kTfLiteFloat32: {
        const float divisor = kMean ? static_cast<float>(data.count) : 1.0f;
        Reduce<float>(
            context, node, data, 0.0f, [](float sum, float value) { return sum + value; },
            [divisor](float sum) { return sum / divisor; });
        return kTfLiteOk;
      }
      case kTfLiteInt8:
        QuantizedSum<int8_t>(context, node, data);
        return kTfLiteOk;
      case kTfLiteInt16:
        QuantizedSum<int16_t>(context, node, data);
        return kTfLiteOk;
      default:
        return UnsupportedType(context, kMean ? "MEAN" : "SUM", type);
    }
  }
};

template <bool kMax>
struct MaxOrMin {
  using Data = ReduceData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_OK(context, PrepareAxes(context, node, data));
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE(context, input->type != kTfLiteInt8 || (input->params.scale == output->params.scale &&
                                                           data->input_zero_point == data->output_zero_point));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteType type = tflite::GetInput(context, node, 0)->type;
    switch (type) {
      case kTfLiteFloat32:
        Extreme<float>(context, node, data);
        return kTfLiteOk;
      case kTfLiteInt8:
        Extreme<int8_t>(context, node, data);
        return kTfLiteOk;
      default:
        return UnsupportedType(context, kMax ? "REDUCE_MAX" : "REDUCE_MIN", type);
    }
  }

 private:
  template <typename T>
  static void Extreme(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const T start = kMax ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
    Reduce<T>(
        context, node, data, start,
        [](T extreme, T value) { return (kMax ? value > extreme : value < extreme) ? value : extreme; },
        [](T extreme) { return extreme; });
  }
};

}  // namespace

TfLiteRegistration* Register_MEAN() { return RegistrationOf<MeanOrSum<true>>(); }
TfLiteRegistration* Register_REDUCE_MAX() { return RegistrationOf<MaxOrMin<true>>(); }
TfLiteRegistration* Register_REDUCE_MIN() { return RegistrationOf<MaxOrMin<false>>(); }
TfLiteRegistration* Register_SUM() { return RegistrationOf<MeanOrSum<false>>(); }

}  // namespace sim::kernels
