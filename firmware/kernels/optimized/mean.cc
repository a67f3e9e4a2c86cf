// MEAN over neighbouring dimensions, such as height and width.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/extra/kernels.h"
#include "kernels/optimized/kernels.h"
#include "kernels/optimized/patch.h"
#include "kernels/optimized/rescale.h"
#include "kernels/optimized/tflm_api.h"

namespace sim::optimized {
namespace {

// The input as three dimensions, of which the middle one goes.
struct Layout {
  int outer;
  int reduced;
  int inner;
};

// False when the axes are not neighbours, or there are none.
bool MakeLayout(const TfLiteTensor* input, const TfLiteTensor* axes, Layout* layout) {
  const int rank = Rank(input);
  uint32_t reduced_axes = 0;
  for (int i = 0; i < static_cast<int>(axes->bytes / sizeof(int32_t)); ++i) {
    const int axis = axes->data.i32[i] < 0 ? axes->data.i32[i] + rank : axes->data.i32[i];
    if (axis < 0 || axis >= rank) {
      return false;
    }
    reduced_axes |= 1u << axis;
  }
  *layout = {1, 1, 1};
  int axis = 0;
  for (; axis < rank && (reduced_axes >> axis & 1) == 0; ++axis) {
    layout->outer *= Dim(input, axis);
  }
  for (; axis < rank && (reduced_axes >> axis & 1) != 0; ++axis) {
    layout->reduced *= Dim(input, axis);
  }
  const uint32_t others = reduced_axes >> axis;
  for (; axis < rank; ++axis) {
    layout->inner *= Dim(input, axis);
  }
  return reduced_axes != 0 && others == 0;
}

// The factor for sums of `count` values. As in TFLM, it is the quantised ratio of the scales that gets divided, and the
// quotient keeps as many of its bits as fit.
Rescale MakeMeanRescale(double scale_ratio, int count) {
  Rescale rescale = MakeRescale(scale_ratio, 0);
  int bits = 0;
  while ((count >> (bits + 1)) != 0) {
    ++bits;
  }
  bits = std::min(bits, 31 + rescale.shift);
  rescale.multiplier = static_cast<int32_t>((static_cast<int64_t>(rescale.multiplier) << bits) / count);
  rescale.shift = static_cast<int16_t>(rescale.shift - bits);
  return rescale;
}

struct Mean {
  struct Data {
    Layout layout;
    Rescale rescale;
  };

  static TfLiteRegistration* Reference() { return kernels::Register_MEAN(); }

  static bool Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    const TfLiteTensor* input = Input(context, node, 0);
    const TfLiteTensor* axes = Input(context, node, 1);
    const TfLiteTensor* output = Output(context, node);
    if (!IsInt8(input) || !IsInt8(output) || axes->type != kTfLiteInt32 || !IsConstant(axes) ||
        !MakeLayout(input, axes, &data->layout) || data->layout.reduced == 0 ||
        static_cast<int>(output->bytes) != data->layout.outer * data->layout.inner) {
      return false;
    }
    data->rescale = MakeMeanRescale(
        static_cast<double>(input->params.scale) / static_cast<double>(output->params.scale), data->layout.reduced);
    return true;
  }

  static void Invoke(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteTensor* input = Input(context, node, 0);
    TfLiteTensor* output = Output(context, node);
    const Layout& layout = data.layout;
    const OutputRange range = {output->params.zero_point, -128, 127};
    const ExactRescaler finish(data.rescale, range.zero_point);
    const int32_t offset = input->params.zero_point * layout.reduced;
    for (int i = 0; i < layout.outer; ++i) {
      const Patch patch = {input->data.int8 + i * layout.reduced * layout.inner, 1, layout.reduced, 0, layout.inner};
      int8_t* out = output->data.int8 + i * layout.inner;
      for (int channel = 0; channel < layout.inner; channel += 4) {
        const int count = std::min(4, layout.inner - channel);
        int32_t sums[4];
        SumChannels(patch, channel, count, sums);
        for (int j = 0; j < count; ++j) {
          out[channel + j] = range.Clamp(finish(sums[j] - offset));
        }
      }
    }
  }
};

}  // namespace

TfLiteRegistration* Register_MEAN() { return WithReference<Mean>::Registration(); }

}  // namespace sim::optimized
