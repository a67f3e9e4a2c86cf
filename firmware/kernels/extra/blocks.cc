// Operators that trade image size for batches or channels: SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND, SPACE_TO_DEPTH,
// DEPTH_TO_SPACE.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "kernels/extra/convolution.h"
#include "kernels/extra/element_size.h"
#include "kernels/extra/kernels.h"

namespace sim::kernels {
namespace {

// NHC tensors are images of width 1.
Image ImageOfSequence(const TfLiteTensor* tensor) {
  const int* dims = tensor->dims->data;
  return tensor->dims->size == 4 ? ImageOf(tensor) : Image{dims[0], dims[1], 1, dims[2]};
}

struct Block {
  int height, width, top, left;
};

// Block sizes, and what is cut off or put around before the image's origin.
Block BlockOf(TfLiteContext* context, TfLiteNode* node) {
  const bool has_width = tflite::GetInput(context, node, 0)->dims->size == 4;
  const int32_t* sizes = DataOf<int32_t>(tflite::GetInput(context, node, 1));
  const int32_t* margins = DataOf<int32_t>(tflite::GetInput(context, node, 2));
  return {sizes[0], has_width ? sizes[1] : 1, margins[0], has_width ? margins[2] : 0};
}

TfLiteStatus PrepareBlocks(TfLiteContext* context, TfLiteNode* node) {
  TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), 3);
  const TfLiteTensor* input = tflite::GetInput(context, node, 0);
  const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
  TF_LITE_ENSURE(context, input->dims->size == 3 || input->dims->size == 4);
  TF_LITE_ENSURE_EQ(context, input->dims->size, output->dims->size);
  TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
  for (int i = 1; i < 3; ++i) {
    TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetInput(context, node, i)->type, kTfLiteInt32);
    TF_LITE_ENSURE_EQ(context, SizeOf(tflite::GetInput(context, node, i)), i * (input->dims->size - 2));
  }
  return kTfLiteOk;
}

struct SpaceToBatch {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    return PrepareBlocks(context, node);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const Image in = ImageOfSequence(input);
    const Image out = ImageOfSequence(output);
    const Block block = BlockOf(context, node);
    TF_LITE_ENSURE_EQ(context, out.batches, in.batches * block.height * block.width);
    const int element = ElementBytes(input->type);
    const int pixel = in.depth * element;
    uint8_t* target = MutableDataOf<uint8_t>(output);
    // Zero as the type has it; today's kernel pads with a value that it never sets.
    const int padding = input->type == kTfLiteInt8 ? output->params.zero_point : 0;
    for (int batch = 0; batch < out.batches; ++batch) {
      const int phase = batch / in.batches;
      for (int out_y = 0; out_y < out.height; ++out_y) {
        const int y = out_y * block.height + phase / block.width - block.top;
        for (int out_x = 0; out_x < out.width; ++out_x, target += pixel) {
          const int x = out_x * block.width + phase % block.width - block.left;
          if (y < 0 || y >= in.height || x < 0 || x >= in.width) {
            std::memset(target, padding, pixel);
          } else {
            std::memcpy(target, DataOf<uint8_t>(input) + in.At(batch % in.batches, y, x) * element, pixel);
          }
        }
      }
    }
    return kTfLiteOk;
  }
};

struct BatchToSpace {
  using Data = NoData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    return PrepareBlocks(context, node);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const Image in = ImageOfSequence(input);
    const Image out = ImageOfSequence(output);
    const Block block = BlockOf(context, node);
    TF_LITE_ENSURE_EQ(context, in.batches, out.batches * block.height * block.width);
    const int element = ElementBytes(input->type);
    const int pixel = in.depth * element;
    uint8_t* target = MutableDataOf<uint8_t>(output);
    for (int batch = 0; batch < out.batches; ++batch) {
      for (int out_y = 0; out_y < out.height; ++out_y) {
        const int y = out_y + block.top;
        for (int out_x = 0; out_x < out.width; ++out_x, target += pixel) {
          const int x = out_x + block.left;
          const int phase = y % block.height * block.width + x % block.width;
          TF_LITE_ENSURE(context, y / block.height < in.height && x / block.width < in.width);
          const int from = in.At(phase * out.batches + batch, y / block.height, x / block.width);
          std::memcpy(target, DataOf<uint8_t>(input) + from * element, pixel);
        }
      }
    }
    return kTfLiteOk;
  }
};

// The large image has blocks of `size` by `size` pixels where the small one has a pixel of as many times the depth.
template <bool kToSpace>
struct DepthBlocks {
  using Data = NoData;

  static int BlockSize(const TfLiteNode* node) {
    return kToSpace ? ParamsOf<TfLiteDepthToSpaceParams>(node).block_size
                    : ParamsOf<TfLiteSpaceToDepthParams>(node).block_size;
  }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data*) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    TF_LITE_ENSURE_TYPES_EQ(context, input->type, output->type);
    TF_LITE_ENSURE(context, input->dims->size == 4 && output->dims->size == 4 && BlockSize(node) > 0);
    const Image small = ImageOf(kToSpace ? input : output);
    const Image large = ImageOf(kToSpace ? output : input);
    TF_LITE_ENSURE_EQ(context, large.height, small.height * BlockSize(node));
    TF_LITE_ENSURE_EQ(context, large.width, small.width * BlockSize(node));
    TF_LITE_ENSURE_EQ(context, small.depth, large.depth * BlockSize(node) * BlockSize(node));
    return kTfLiteOk;
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data&) {
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    TfLiteTensor* output = tflite::GetOutput(context, node, 0);
    const Image small = ImageOf(kToSpace ? input : output);
    const Image large = ImageOf(kToSpace ? output : input);
    const int size = BlockSize(node);
    const int element = ElementBytes(input->type);
    const int pixel = large.depth * element;
    for (int batch = 0; batch < large.batches; ++batch) {
      for (int y = 0; y < large.height; ++y) {
        for (int x = 0; x < large.width; ++x) {
          const int in_large = large.At(batch, y, x);
          const int in_small = small.At(batch, y / size, x / size) + (y % size * size + x % size) * large.depth;
          std::memcpy(MutableDataOf<uint8_t>(output) + (kToSpace ? in_large : in_small) * element,
                      DataOf<uint8_t>(input) + (kToSpace ? in_small : in_large) * element, pixel);
        }
      }
    }
    return kTfLiteOk;
  }
};

}  // namespace

TfLiteRegistration* Register_BATCH_TO_SPACE_ND() { return RegistrationOf<BatchToSpace>(); }
TfLiteRegistration* Register_DEPTH_TO_SPACE() { return RegistrationOf<DepthBlocks<true>>(); }
TfLiteRegistration* Register_SPACE_TO_BATCH_ND() { return RegistrationOf<SpaceToBatch>(); }
TfLiteRegistration* Register_SPACE_TO_DEPTH() { return RegistrationOf<DepthBlocks<false>>(); }

}  // namespace sim::kernels
