// Int8 kernels for Cortex-M, bit-exact with TFLM's reference kernels and several times faster. What they do not cover
// (float32, int16, shapes out of the ordinary) goes to the reference kernel of the same operator.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_KERNELS_H_
#define SIM_KERNELS_OPTIMIZED_KERNELS_H_

#include "tensorflow/lite/c/common.h"

namespace sim::optimized {

TfLiteRegistration* Register_ADD();
TfLiteRegistration* Register_AVERAGE_POOL_2D();
TfLiteRegistration* Register_CONV_2D();
TfLiteRegistration* Register_DEPTHWISE_CONV_2D();
TfLiteRegistration* Register_FULLY_CONNECTED();
TfLiteRegistration* Register_MAX_POOL_2D();
TfLiteRegistration* Register_MEAN();
TfLiteRegistration* Register_MUL();
TfLiteRegistration* Register_SOFTMAX();

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_KERNELS_H_
