// RESIZE_BILINEAR for float32 and int8.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/extra/convolution.h"
#include "kernels/extra/kernels.h"

namespace sim::kernels {
namespace {

// Where one output coordinate falls between two input coordinates.
template <typename Real>
struct Sample {
  int low, high;
  Real fraction;  // distance from `low`
};

// How output coordinates map to input coordinates: in float, or in units of 2^-10 for integers.
struct FloatAxis {
  using Real = float;
  static constexpr float kOne = 1.0f;

  FloatAxis(int input_size, int output_size, const TfLiteResizeBilinearParams& params)
      : size(input_size), half_pixel(params.half_pixel_centers) {
    scale = params.align_corners && output_size > 1
                ? static_cast<float>(input_size - 1) / static_cast<float>(output_size - 1)
                : static_cast<float>(input_size) / static_cast<float>(output_size);
  }
  Sample<float> At(int position) const {
    const float at = half_pixel ? (static_cast<float>(position) + 0.5f) * scale - 0.5f
                                : static_cast<float>(position) * scale;
    const int low = std::max(static_cast<int>(std::floor(at)), 0);
    const int high = std::min(static_cast<int>(std::ceil(at)), size - 1);
    return {low, high, at - static_cast<float>(low)};
  }

  float scale;
  int size;
  bool half_pixel;
};

struct FixedPointAxis {
  using Real = int;
  static constexpr int kOne = 1 << 10;

  FixedPointAxis(int input_size, int output_size, const TfLiteResizeBilinearParams& params)
      : size(input_size), half_pixel(params.half_pixel_centers) {
    const bool corners = params.align_corners && output_size > 1;
    const int from = corners ? input_size - 1 : input_size;
    const int to = corners ? output_size - 1 : output_size;
    scale = (kOne * from + to / 2) / to;
  }
  Sample<int> At(int position) const {
    const int at = half_pixel ? position * scale + scale / 2 - kOne / 2 : position * scale;
    const int low = std::max<int>(at / kOne, 0);
    const int high = std::min<int>((at + kOne - 1) / kOne, size - 1);
    return {low, high, at - kOne * low};
  }

  int scale;
  int size;
  bool half_pixel;
};

struct FloatBlend {
  float operator()(float value) const { return value; }
};

struct RoundedBlend {  // from units of 2^-20, half away from zero
  int8_t operator()(int64_t value) const {
    const int64_t half = value > 0 ? (1 << 19) : -(1 << 19);
    return static_cast<int8_t>((value + half) / (1 << 20));
  }
};

template <typename T, typename Sum, typename Axis, typename Finish>
void Resize(const TfLiteResizeBilinearParams& params, const TfLiteTensor* input_tensor, TfLiteTensor* output_tensor,
            Finish finish) {
  using Real = typename Axis::Real;
  const Image in = ImageOf(input_tensor);
  const Image out = ImageOf(output_tensor);
  const Axis rows(in.height, out.height, params);
  const Axis columns(in.width, out.width, params);
  const T* input = DataOf<T>(input_tensor);
  T* output = MutableDataOf<T>(output_tensor);
  for (int batch = 0; batch < out.batches; ++batch) {
    for (int out_y = 0; out_y < out.height; ++out_y) {
      const Sample<Real> y = rows.At(out_y);
      for (int out_x = 0; out_x < out.width; ++out_x) {
        const Sample<Real> x = columns.At(out_x);
        const T* top_left = input + in.At(batch, y.low, x.low);
        const T* bottom_left = input + in.At(batch, y.high, x.low);
        const T* top_right = input + in.At(batch, y.low, x.high);
        const T* bottom_right = input + in.At(batch, y.high, x.high);
        for (int channel = 0; channel < out.depth; ++channel) {
          *output++ = finish(static_cast<Sum>(top_left[channel]) * (Axis::kOne - y.fraction) *
                                 (Axis::kOne - x.fraction) +
                             static_cast<Sum>(bottom_left[channel]) * y.fraction * (Axis::kOne - x.fraction) +
                             static_cast<Sum>(top_right[channel]) * (Axis::kOne - y.fraction) * x.fraction +
                             static_cast<Sum>(bottom_right[channel]) * y.fraction * x.fraction);
        }
      }
    }
  }
}

struct ResizeBilinear {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TfLiteResizeBilinearParams& params = ParamsOf<TfLiteResizeBilinearParams>(node);
    TF_LITE_ENSURE_EQ(context, input->dims->size, 4);
    TF_LITE_ENSURE_EQ(context, output->dims->size, 4);
    TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
    TF_LITE_ENSURE_EQ(context, ImageOf(input).batches, ImageOf(output).batches);
    TF_LITE_ENSURE_EQ(context, ImageOf(input).depth, ImageOf(output).depth);
    TF_LITE_ENSURE_MSG(context, !(params.half_pixel_centers && params.align_corners),
                       "align_corners and half_pixel_centers exclude each other.");
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const TfLiteResizeBilinearParams& params = ParamsOf<TfLiteResizeBilinearParams>(node);
    switch (input->type) {
      case kTfLiteFloat32:
        Resize<float, float, FloatAxis>(params, input, output, FloatBlend());
        return kTfLiteOk;
      case kTfLiteInt8:
        Resize<int8_t, int64_t, FixedPointAxis>(params, input, output, RoundedBlend());
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "RESIZE_BILINEAR", input->type);
    }
  }
};

}  // namespace

TfLiteRegistration* Register_RESIZE_BILINEAR() { return RegistrationOf<ResizeBilinear>(); }

}  // namespace sim::kernels
