// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include "runner/scratch_requests.h"

#include <cstddef>

#include "tensorflow/lite/micro/micro_interpreter.h"

namespace sim {
namespace {

struct ScratchRequest {
  ScratchRequest* next;
  uint32_t operator_index;
  size_t size_bytes;
};

ScratchRequest* first_request = nullptr;
ScratchRequest** end_of_requests = &first_request;
int request_count = 0;
uint32_t requesting_operator = 0;

TfLiteStatus HoldRequest(TfLiteContext* context, size_t size_bytes, int* index) {
  void* memory = nullptr;
  TF_LITE_ENSURE_STATUS(context->AllocatePersistentBuffer(context, sizeof(ScratchRequest), &memory));
  auto* request = static_cast<ScratchRequest*>(memory);
  *request = {nullptr, requesting_operator, size_bytes};
  *end_of_requests = request;
  end_of_requests = &request->next;
  *index = request_count++;
  return kTfLiteOk;
}

}  // namespace

void HoldScratchRequests(TfLiteContext* context, uint32_t operator_index) {
  requesting_operator = operator_index;
  context->RequestScratchBufferInArena = HoldRequest;
}

TfLiteStatus PassScratchRequests(TfLiteContext* context) {
  using tflite::internal::ContextHelper;
  auto* helper = static_cast<ContextHelper*>(context->impl_);
  int expected_index = 0;
  for (const ScratchRequest* request = first_request; request != nullptr; request = request->next) {
    helper->SetNodeIndex(static_cast<int>(request->operator_index));
    int index;
    TF_LITE_ENSURE_STATUS(ContextHelper::RequestScratchBufferInArena(context, request->size_bytes, &index));
    TF_LITE_ENSURE_EQ(context, index, expected_index);
    ++expected_index;
  }
  return kTfLiteOk;
}

}  // namespace sim
