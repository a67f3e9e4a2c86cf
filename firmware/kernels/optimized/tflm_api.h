// All that the kernels use of TFLM's interpreter: tensors, memory and registration.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_TFLM_API_H_
#define SIM_KERNELS_OPTIMIZED_TFLM_API_H_

#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/kernels/kernel_util.h"

namespace sim::optimized {

inline const TfLiteTensor* Input(TfLiteContext* context, const TfLiteNode* node, int index) {
  return tflite::GetInput(context, node, index);
}

// Null when the model leaves the input out.
inline const TfLiteTensor* OptionalInput(TfLiteContext* context, const TfLiteNode* node, int index) {
  return index < node->inputs->size ? tflite::GetOptionalInputTensor(context, node, index) : nullptr;
}

inline TfLiteTensor* Output(TfLiteContext* context, const TfLiteNode* node) {
  return tflite::GetOutput(context, node, 0);
}

inline int Rank(const TfLiteTensor* tensor) { return tensor->dims->size; }

inline int Dim(const TfLiteTensor* tensor, int axis) { return tensor->dims->data[axis]; }

inline bool IsInt8(const TfLiteTensor* tensor) { return tensor->type == kTfLiteInt8; }

// True when the values are known at Prepare.
inline bool IsConstant(const TfLiteTensor* tensor) { return tensor->allocation_type == kTfLiteMmapRo; }

// Null when the arena is full. Lives as long as the interpreter; only at Prepare.
template <typename T>
T* AllocatePersistent(TfLiteContext* context, int count) {
  void* memory = nullptr;
  const TfLiteStatus status = context->AllocatePersistentBuffer(context, count * sizeof(T), &memory);
  return status == kTfLiteOk ? static_cast<T*>(memory) : nullptr;
}

// False when the arena is full. The memory is shared with other operators; request it at Prepare, get it at Invoke.
inline bool RequestScratch(TfLiteContext* context, size_t size_bytes, int* index) {
  return context->RequestScratchBufferInArena(context, size_bytes, index) == kTfLiteOk;
}

template <typename T>
T* Scratch(TfLiteContext* context, int index) {
  return static_cast<T*>(context->GetScratchBuffer(context, index));
}

// A registration of `Kernel` that hands over to TFLM's kernel whatever `Kernel` does not take. Kernel has
//   struct Data                                              what Prepare leaves for Invoke
//   static TfLiteRegistration* Reference()                   TFLM's kernel
//   static bool Prepare(TfLiteContext*, TfLiteNode*, Data*)  false: the reference kernel takes this operator
//   static void Invoke(TfLiteContext*, TfLiteNode*, const Data&)
template <typename Kernel>
class WithReference {
 public:
  static TfLiteRegistration* Registration() {
    static TfLiteRegistration registration = {Init, nullptr, Prepare, Invoke, nullptr, 0, nullptr, 0};
    return &registration;
  }

 private:
  struct State {
    bool optimized;
    void* reference_data;
    typename Kernel::Data data;
  };

  // The reference kernel finds its own data in the node while it runs.
  class ReferenceScope {
   public:
    ReferenceScope(TfLiteNode* node, State* state) : node_(node), state_(state) {
      node_->user_data = state_->reference_data;
    }
    ~ReferenceScope() { node_->user_data = state_; }

   private:
    TfLiteNode* node_;
    State* state_;
  };

  static void* Init(TfLiteContext* context, const char*, size_t) { return AllocatePersistent<State>(context, 1); }

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node) {
    State* state = static_cast<State*>(node->user_data);
    TF_LITE_ENSURE(context, state != nullptr);
    state->optimized = Kernel::Prepare(context, node, &state->data);
    if (state->optimized) {
      return kTfLiteOk;
    }
    const TfLiteRegistration* reference = Kernel::Reference();
    state->reference_data = reference->init == nullptr ? nullptr : reference->init(context, nullptr, 0);
    const ReferenceScope scope(node, state);
    return reference->prepare == nullptr ? kTfLiteOk : reference->prepare(context, node);
  }

  static TfLiteStatus Invoke(TfLiteContext* context, TfLiteNode* node) {
    State* state = static_cast<State*>(node->user_data);
    if (state->optimized) {
      Kernel::Invoke(context, node, state->data);
      return kTfLiteOk;
    }
    const ReferenceScope scope(node, state);
    return Kernel::Reference()->invoke(context, node);
  }
};

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_TFLM_API_H_
