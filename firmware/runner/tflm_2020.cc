// The runtime on the TensorFlow Lite Micro API of July 2020.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstring>
#include <new>

#include "runner/late.h"
#include "runner/mailbox.h"
#include "runner/op_resolver.h"
#include "runner/runtime.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/micro_error_reporter.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tensorflow/lite/version.h"

extern "C" void DebugLog(const char* text) { sim::Log(text); }

namespace sim {
namespace {

// TFLM's allocator itself lives in the arena: less than this and its constructor would write outside.
constexpr uint32_t kMinArenaBytes = 128;

// A full arena shows in no status code, only in these messages; some callers go on with a null pointer after them.
bool TellsOfFullArena(const char* format) {
  constexpr const char* kMessages[] = {"Failed to allocate", "Arena size is too small", "Too many buffers"};
  for (const char* message : kMessages) {
    if (std::strncmp(format, message, std::strlen(message)) == 0) {
      return true;
    }
  }
  return false;
}

class MailboxErrorReporter : public tflite::ErrorReporter {
 public:
  int Report(const char* format, va_list args) override {
    log_.Report(format, args);
    if (TellsOfFullArena(format)) {
      Fail(SIM_ERROR_ARENA_TOO_SMALL);
    }
    return 0;
  }

 private:
  tflite::MicroErrorReporter log_;
};

Late<MailboxErrorReporter> reporter;
Late<OpResolver> resolver;
Late<tflite::MicroInterpreter> interpreter;

void CheckOperators(const tflite::Model& model, const OpResolver& resolver) {
  const auto& operators = *model.subgraphs()->Get(0)->operators();
  for (uint32_t i = 0; i < operators.size(); ++i) {
    const auto& code = *model.operator_codes()->Get(operators.Get(i)->opcode_index());
    if (resolver.FindOp(code.builtin_code(), code.version()) == nullptr) {
      Log(tflite::EnumNameBuiltinOperator(code.builtin_code()));
      Log(" is not supported in the model's version");
      Fail(SIM_ERROR_UNSUPPORTED_OPERATOR, i);
    }
  }
}

sim_runner_tensor Describe(const TfLiteTensor& tensor) {
  return {reinterpret_cast<uint32_t>(tensor.data.data), static_cast<uint32_t>(tensor.bytes)};
}

}  // namespace

void LoadModel(const sim_runner_mailbox& request) {
  const tflite::Model* model = tflite::GetModel(reinterpret_cast<const void*>(request.model_address));
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    Fail(SIM_ERROR_MODEL_SCHEMA);
  }
  if (request.arena_size_bytes < kMinArenaBytes) {
    Fail(SIM_ERROR_ARENA_TOO_SMALL);
  }
  new (resolver.bytes) OpResolver((request.flags & SIM_FLAG_REFERENCE_KERNELS) != 0);
  CheckOperators(*model, *resolver.get());

  new (reporter.bytes) MailboxErrorReporter();
  new (interpreter.bytes)
      tflite::MicroInterpreter(model, *resolver.get(), reinterpret_cast<uint8_t*>(request.arena_address),
                               request.arena_size_bytes, reporter.get());
  StartOperatorCount(interpreter.get());
  if (interpreter.get()->AllocateTensors() != kTfLiteOk) {
    Fail(SIM_ERROR_ALLOCATE, CurrentOperator());
  }
}

void DescribeModel(sim_runner_mailbox* answer) {
  tflite::MicroInterpreter& model = *interpreter.get();
  if (model.inputs_size() > SIM_RUNNER_MAX_TENSORS || model.outputs_size() > SIM_RUNNER_MAX_TENSORS) {
    Fail(SIM_ERROR_TOO_MANY_TENSORS);
  }
  const uint32_t log_length = answer->log_length;
  answer->arena_used_bytes = model.arena_used_bytes();
  answer->log_length = log_length;  // asking for the arena use logs three lines that nobody needs

  answer->input_count = model.inputs_size();
  for (uint32_t i = 0; i < answer->input_count; ++i) {
    answer->inputs[i] = Describe(*model.input(i));
  }
  answer->output_count = model.outputs_size();
  for (uint32_t i = 0; i < answer->output_count; ++i) {
    answer->outputs[i] = Describe(*model.output(i));
  }
  answer->tensor_count = model.tensors_size();
  answer->tensors_address = reinterpret_cast<uint32_t>(model.tensor(0));
  answer->tensor_stride_bytes = sizeof(TfLiteTensor);
  answer->tensor_data_offset_bytes = offsetof(TfLiteTensor, data);
}

void InvokeModel() {
  StartOperatorCount(interpreter.get());
  if (interpreter.get()->Invoke() != kTfLiteOk) {
    Fail(SIM_ERROR_INVOKE, CurrentOperator());
  }
}

}  // namespace sim
