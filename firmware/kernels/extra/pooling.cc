// AVERAGE_POOL_2D and MAX_POOL_2D for int16.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/extra/convolution.h"
#include "kernels/extra/kernels.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"

namespace sim::kernels {
namespace {

struct Average {
  static int32_t Start() { return 0; }
  static int32_t Next(int32_t sum, int32_t value) { return sum + value; }
  static int32_t Finish(int32_t sum, int count) {
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  }
};

struct Maximum {
  static int32_t Start() { return std::numeric_limits<int16_t>::lowest(); }
  static int32_t Next(int32_t largest, int32_t value) { return std::max(largest, value); }
  static int32_t Finish(int32_t largest, int) { return largest; }
};

template <class Pool>
struct Pool2D {
  struct Data {
    TfLitePaddingValues padding;
    Range<int32_t> range;
  };

  static bool Handles(TfLiteContext* context, TfLiteNode* node) {
    return tflite::GetInput(context, node, 0)->type == kTfLiteInt16;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TfLitePoolParams& params = ParamsOf<TfLitePoolParams>(node);
    TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
    TF_LITE_ENSURE_EQ(context, input->params.zero_point, output->params.zero_point);
    const Image in = ImageOf(input);
    const Image out = ImageOf(output);
    TF_LITE_ENSURE(context, in.batches == out.batches && in.depth == out.depth);
    int height, width;
    data->padding = tflite::ComputePaddingHeightWidth(params.stride_height, params.stride_width, 1, 1, in.height,
                                                      in.width, params.filter_height, params.filter_width,
                                                      params.padding, &height, &width);
    return tflite::CalculateActivationRangeQuantized(context, params.activation, output, &data->range.min,
                                                     &data->range.max);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLitePoolParams& params = ParamsOf<TfLitePoolParams>(node);
    const Image in = ImageOf(tflite::GetInput(context, node, 0));
    const Image out = ImageOf(tflite::GetOutput(context, node, 0));
    const int16_t* input = DataOf<int16_t>(tflite::GetInput(context, node, 0));
    int16_t* output = MutableDataOf<int16_t>(tflite::GetOutput(context, node, 0));
    for (int batch = 0; batch < out.batches; ++batch) {
      for (int out_y = 0; out_y < out.height; ++out_y) {
        const int y = out_y * params.stride_height - data.padding.height;
        const int y_end = std::min(y + params.filter_height, in.height);
        for (int out_x = 0; out_x < out.width; ++out_x) {
          const int x = out_x * params.stride_width - data.padding.width;
          const int x_end = std::min(x + params.filter_width, in.width);
          for (int channel = 0; channel < out.depth; ++channel) {
            int32_t value = Pool::Start();
            int count = 0;
            for (int in_y = std::max(0, y); in_y < y_end; ++in_y) {
              for (int in_x = std::max(0, x); in_x < x_end; ++in_x) {
                value = Pool::Next(value, input[in.At(batch, in_y, in_x) + channel]);
                ++count;
              }
            }
            TF_LITE_ENSURE(context, count > 0);
            *output++ = static_cast<int16_t>(data.range.Clamp(Pool::Finish(value, count)));
          }
        }
      }
    }
    return kTfLiteOk;
  }
};

}  // namespace

TfLiteRegistration* Register_AVERAGE_POOL_2D() {
  return SharedRegistrationOf<Pool2D<Average>, tflite::ops::micro::Register_AVERAGE_POOL_2D>();
}
TfLiteRegistration* Register_MAX_POOL_2D() {
  return SharedRegistrationOf<Pool2D<Maximum>, tflite::ops::micro::Register_MAX_POOL_2D>();
}

}  // namespace sim::kernels
