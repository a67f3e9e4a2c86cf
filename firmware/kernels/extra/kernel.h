// What every kernel of this directory is made of.
//
// A kernel is a stateless class with a `Data` type and two functions; `RegistrationOf<Kernel>()` turns it into the
// registration that the interpreter of the 2020 runtime calls.
//
//   struct Kernel {
//     struct Data { ... };   // lives in the arena as long as the model does
//     static TfLiteStatus Prepare(TfLiteContext*, TfLiteNode*, Data*);
//     static TfLiteStatus Eval(TfLiteContext*, TfLiteNode*, const Data&);
//   };
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_EXTRA_KERNEL_H_
#define SIM_KERNELS_EXTRA_KERNEL_H_

#include <new>

#include "kernels/extra/tensors.h"
#include "tensorflow/lite/c/builtin_op_data.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/kernels/kernel_util.h"

namespace sim::kernels {

// For kernels that keep nothing between preparation and evaluation.
struct NoData {};

template <typename T>
T* AllocatePersistent(TfLiteContext* context, int count) {
  void* memory = nullptr;
  if (context->AllocatePersistentBuffer(context, sizeof(T) * count, &memory) != kTfLiteOk) return nullptr;
  return static_cast<T*>(memory);
}

template <typename Params>
const Params& ParamsOf(const TfLiteNode* node) {
  return *static_cast<const Params*>(node->builtin_data);
}

inline TfLiteStatus UnsupportedType(TfLiteContext* context, const char* operator_name, TfLiteType type) {
  TF_LITE_KERNEL_LOG(context, "%s does not support type %s", operator_name, TfLiteTypeGetName(type));
  return kTfLiteError;
}

template <class Adapter>
TfLiteRegistration* AdapterRegistration() {
  static TfLiteRegistration registration = {
      Adapter::Init, /*free=*/nullptr,    Adapter::Prepare,         Adapter::Eval, /*profiling_string=*/nullptr,
      0,             /*custom_name=*/nullptr, /*version=*/0};
  return &registration;
}

template <class Kernel>
struct KernelAdapter {
  using Data = typename Kernel::Data;

  static void* Init(TfLiteContext* context, const char*, size_t) {
    Data* data = AllocatePersistent<Data>(context, 1);
    return data == nullptr ? nullptr : new (data) Data();
  }
  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node) {
    TF_LITE_ENSURE(context, node->user_data != nullptr);
    return Kernel::Prepare(context, node, static_cast<Data*>(node->user_data));
  }
  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node) {
    return Kernel::Eval(context, node, *static_cast<const Data*>(node->user_data));
  }
};

template <class Kernel>
TfLiteRegistration* RegistrationOf() {
  return AdapterRegistration<KernelAdapter<Kernel>>();
}

// Where the runtime has a kernel of its own that lacks some types, or rounds otherwise than today's for some:
// ours takes the nodes for which `Kernel::Handles(context, node)` holds, the runtime's takes all others.
template <class Kernel, TfLiteRegistration* (*Runtime)()>
struct SharedAdapter {
  struct Data {
    bool is_ours;
    void* runtime_data;
    typename Kernel::Data ours;
  };

  static void* Init(TfLiteContext* context, const char* buffer, size_t length) {
    Data* data = AllocatePersistent<Data>(context, 1);
    if (data == nullptr) return nullptr;
    new (data) Data();
    if (Runtime()->init != nullptr) data->runtime_data = Runtime()->init(context, buffer, length);
    return data;
  }
  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node) {
    TF_LITE_ENSURE(context, node->user_data != nullptr);
    Data* data = static_cast<Data*>(node->user_data);
    data->is_ours = Kernel::Handles(context, node);
    if (data->is_ours) return Kernel::Prepare(context, node, &data->ours);
    return Runtime()->prepare == nullptr ? kTfLiteOk : Delegate(Runtime()->prepare, context, node);
  }
  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node) {
    const Data* data = static_cast<const Data*>(node->user_data);
    return data->is_ours ? Kernel::Eval(context, node, data->ours) : Delegate(Runtime()->invoke, context, node);
  }

 private:
  static TfLiteStatus Delegate(TfLiteStatus (*function)(TfLiteContext*, TfLiteNode*), TfLiteContext* context,
                               TfLiteNode* node) {
    Data* data = static_cast<Data*>(node->user_data);
    node->user_data = data->runtime_data;
    const TfLiteStatus status = function(context, node);
    data->runtime_data = node->user_data;
    node->user_data = data;
    return status;
  }
};

template <class Kernel, TfLiteRegistration* (*Runtime)()>
TfLiteRegistration* SharedRegistrationOf() {
  return AdapterRegistration<SharedAdapter<Kernel, Runtime>>();
}

}  // namespace sim::kernels

#endif  // SIM_KERNELS_EXTRA_KERNEL_H_
