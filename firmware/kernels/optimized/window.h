// The geometry of a window that slides over an NHWC image: convolutions and pooling.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_WINDOW_H_
#define SIM_KERNELS_OPTIMIZED_WINDOW_H_

#include <algorithm>

#include "kernels/optimized/tflm_api.h"
#include "tensorflow/lite/c/builtin_op_data.h"

namespace sim::optimized {

// A half-open range of taps along one axis.
struct Taps {
  int begin;
  int end;
  int count() const { return std::max(end - begin, 0); }
};

struct Axis {
  int input_size;
  int output_size;
  int taps;
  int stride;
  int dilation;
  int padding;  // before the first input element

  Axis(int input_size_in, int output_size_in, int taps_in, int stride_in, int dilation_in, TfLitePadding mode)
      : input_size(input_size_in),
        output_size(output_size_in),
        taps(taps_in),
        stride(stride_in),
        dilation(dilation_in),
        padding(0) {
    if (mode == kTfLitePaddingSame) {
      const int covered = (output_size - 1) * stride + (taps - 1) * dilation + 1;
      padding = std::max(covered - input_size, 0) / 2;
    }
  }

  // Whether every window meets the input.
  bool IsValid() const {
    return input_size > 0 && output_size > 0 && taps > 0 && stride > 0 && dilation > 0 &&
           Origin(output_size - 1) < input_size;
  }

  // Input coordinate of the first tap, negative inside the padding.
  int Origin(int output) const { return output * stride - padding; }

  // The taps that fall on the image when the first one is at `origin`.
  Taps Inside(int origin) const {
    Taps inside = {0, taps};
    if (origin < 0) {
      inside.begin = std::min((-origin + dilation - 1) / dilation, taps);
    }
    if (origin + (taps - 1) * dilation >= input_size) {
      inside.end = std::max((input_size - origin + dilation - 1) / dilation, 0);
    }
    return inside;
  }
};

struct Window {
  Axis y;
  Axis x;
  int batches;
  int input_channels;
  int output_channels;

  // Whether the tensors fit together.
  bool IsValid(const TfLiteTensor* output) const {
    return y.IsValid() && x.IsValid() && batches == Dim(output, 0) && input_channels > 0 && output_channels > 0;
  }

  int InputRowBytes() const { return x.input_size * input_channels; }
  int InputBytes() const { return y.input_size * InputRowBytes(); }
  int OutputBytes() const { return y.output_size * x.output_size * output_channels; }
};

inline Window MakeWindow(const TfLiteTensor* input, const TfLiteTensor* output, int height, int width,
                         int stride_height, int stride_width, int dilation_height, int dilation_width,
                         TfLitePadding padding) {
  return {Axis(Dim(input, 1), Dim(output, 1), height, stride_height, dilation_height, padding),
          Axis(Dim(input, 2), Dim(output, 2), width, stride_width, dilation_width, padding),
          Dim(input, 0),
          Dim(input, 3),
          Dim(output, 3)};
}

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_WINDOW_H_
