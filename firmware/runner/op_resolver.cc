// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/op_resolver.h"

#include "include/sim_runner_abi.h"
#include "runner/scratch_requests.h"
#include "runner/unread_tensors.h"

namespace sim {
namespace {

struct WrappedKernel {
  TfLiteRegistration registration;  // first, so that the interpreter's pointer leads back to the whole
  const TfLiteRegistration* original;
};

WrappedKernel wrapped_kernels[OpResolver::kMaxKinds];
int wrapped_kernel_count = 0;

const tflite::MicroInterpreter* counted_interpreter = nullptr;
uint32_t current_operator = 0;

const TfLiteRegistration& OriginalOfCurrent() {
  const auto* registration = counted_interpreter->node_and_registration(current_operator).registration;
  return *reinterpret_cast<const WrappedKernel*>(registration)->original;
}

TfLiteStatus PrepareWrapped(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteRegistration& kernel = OriginalOfCurrent();
  HoldScratchRequests(context, current_operator);
  if (kernel.prepare != nullptr) {
    TF_LITE_ENSURE_STATUS(kernel.prepare(context, node));
  }
  const bool last = current_operator + 1 == counted_interpreter->operators_size();
  if (last) {
    TF_LITE_ENSURE_STATUS(AllocateUnreadTensors(context, *counted_interpreter));
    TF_LITE_ENSURE_STATUS(PassScratchRequests(context));
  }
  ++current_operator;
  return kTfLiteOk;
}

TfLiteStatus InvokeWrapped(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteRegistration& kernel = OriginalOfCurrent();
  sim_mark_op_begin(current_operator);
  const TfLiteStatus status = kernel.invoke(context, node);
  sim_mark_op_end(current_operator);
  if (status == kTfLiteOk) {
    ++current_operator;
  }
  return status;
}

const Operator* FindEntry(tflite::BuiltinOperator code) {
  for (uint32_t i = 0; i < sim_op_table_length; ++i) {
    if (sim_op_table[i].builtin_code == code) {
      return &sim_op_table[i];
    }
  }
  return nullptr;
}

const TfLiteRegistration* Wrap(const TfLiteRegistration* original, tflite::BuiltinOperator code) {
  for (int i = 0; i < wrapped_kernel_count; ++i) {
    const WrappedKernel& known = wrapped_kernels[i];
    if (known.original == original && known.registration.builtin_code == code) {
      return &known.registration;
    }
  }
  if (wrapped_kernel_count == OpResolver::kMaxKinds) {
    return nullptr;
  }
  WrappedKernel& wrapped = wrapped_kernels[wrapped_kernel_count++];
  wrapped.original = original;
  wrapped.registration = *original;
  wrapped.registration.builtin_code = code;
  wrapped.registration.prepare = PrepareWrapped;
  wrapped.registration.invoke = InvokeWrapped;
  return &wrapped.registration;
}

}  // namespace

const TfLiteRegistration* OpResolver::FindOp(tflite::BuiltinOperator code, int version) const {
  const Operator* entry = FindEntry(code);
  if (entry == nullptr || version > entry->max_version) {
    return nullptr;
  }
  const bool reference = reference_kernels_ || entry->optimized == nullptr;
  return Wrap(reference ? entry->reference() : entry->optimized(), code);
}

OpResolver::BuiltinParseFunction OpResolver::GetOpDataParser(tflite::BuiltinOperator code) const {
  return FindEntry(code)->parse;  // asked for operators only that FindOp has found
}

void StartOperatorCount(const tflite::MicroInterpreter* interpreter) {
  counted_interpreter = interpreter;
  current_operator = 0;
}

uint32_t CurrentOperator() { return current_operator; }

}  // namespace sim
