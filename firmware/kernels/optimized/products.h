// What sums of products need beside weights and inputs. With vector instructions: biases that make up for the input's
// zero point. Without: scratch memory for columns of inputs with the zero point taken off (see columns.h).
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_PRODUCTS_H_
#define SIM_KERNELS_OPTIMIZED_PRODUCTS_H_

#include "kernels/optimized/columns.h"
#include "kernels/optimized/mve.h"
#include "kernels/optimized/tflm_api.h"

namespace sim::optimized {

#if SIM_MVE

struct ProductData {
  const int32_t* folded_bias;
};

// For rows of `depth` weights, one for each of `channels` channels. False when the arena is full or the weights are
// only known later.
inline bool PrepareProducts(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* weights,
                            const TfLiteTensor* bias, int channels, int depth, int /*columns*/, ProductData* data) {
  int32_t* folded = IsConstant(weights) ? AllocatePersistent<int32_t>(context, channels) : nullptr;
  if (folded == nullptr) {
    return false;
  }
  data->folded_bias = folded;
  const int8_t* row = weights->data.int8;
  for (int channel = 0; channel < channels; ++channel) {
    int32_t sum = 0;
    for (int i = 0; i < depth; ++i) {
      sum += row[i];
    }
    row += depth;
    folded[channel] = (bias == nullptr ? 0 : bias->data.i32[channel]) - input->params.zero_point * sum;
  }
  return true;
}

#else

struct ProductData {
  int columns_scratch;
};

// For `columns` columns of `depth` inputs side by side. False when the arena is full.
inline bool PrepareProducts(TfLiteContext* context, const TfLiteTensor* /*input*/, const TfLiteTensor* /*weights*/,
                            const TfLiteTensor* /*bias*/, int /*channels*/, int depth, int columns,
                            ProductData* data) {
  return RequestScratch(context, ColumnBytes(depth, columns), &data->columns_scratch);
}

#endif

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_PRODUCTS_H_
