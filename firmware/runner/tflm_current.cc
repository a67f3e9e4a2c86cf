// The runtime on today's TensorFlow Lite Micro API, out of a checkout of tflite-micro.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>

#include "runner/late.h"
#include "runner/mailbox.h"
#include "runner/runtime.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace sim {
namespace {

constexpr unsigned kOperators = 103;

// Less than this and the allocators, which live in the arena themselves, would be written outside of it.
constexpr uint32_t kMinArenaBytes = 1024;

class OpResolver : public tflite::MicroMutableOpResolver<kOperators> {
 public:
  OpResolver();
};

// TFLM calls it around each operator; operators inside other operators (IF, WHILE) belong to the outer one.
class OperatorMarkers : public tflite::MicroProfilerInterface {
 public:
  void Restart() { next_ = 0; }
  uint32_t current() const { return next_ - 1; }

  uint32_t BeginEvent(const char*) override {
    if (depth_++ == 0) {
      sim_mark_op_begin(next_++);
    }
    return 0;
  }

  void EndEvent(uint32_t) override {
    if (--depth_ == 0) {
      sim_mark_op_end(current());
    }
  }

 private:
  uint32_t next_ = 0;
  uint32_t depth_ = 0;
};

class Interpreter : public tflite::MicroInterpreter {
 public:
  using MicroInterpreter::MicroInterpreter;

  TfLiteEvalTensor* first_tensor() const { return context().GetEvalTensor(&context(), 0); }
};

Late<OpResolver> resolver;
Late<OperatorMarkers> markers;
Late<Interpreter> interpreter;
const tflite::Model* model = nullptr;

// A full arena shows in no status code, only in these messages; some callers go on with a null pointer after them.
bool TellsOfFullArena(const char* format) {
  constexpr const char* kMessages[] = {"Failed to allocate", "Failed to resize buffer", "Too many buffers"};
  for (const char* message : kMessages) {
    if (std::strncmp(format, message, std::strlen(message)) == 0) {
      return true;
    }
  }
  return false;
}

void CheckOperators() {
  const auto& operators = *model->subgraphs()->Get(0)->operators();
  for (uint32_t i = 0; i < operators.size(); ++i) {
    const TFLMRegistration* registration = nullptr;
    if (tflite::GetRegistrationFromOpCode(model->operator_codes()->Get(operators.Get(i)->opcode_index()),
                                          *resolver.get(), &registration) != kTfLiteOk) {
      Fail(SIM_ERROR_UNSUPPORTED_OPERATOR, i);
    }
  }
}

sim_runner_tensor Describe(const TfLiteTensor& tensor) {
  return {reinterpret_cast<uint32_t>(tensor.data.data), static_cast<uint32_t>(tensor.bytes)};
}

OpResolver::OpResolver() {
  AddAbs();
  AddAdd();
  AddAddN();
  AddArgMax();
  AddArgMin();
  AddAssignVariable();
  AddAveragePool2D();
  AddBatchMatMul();
  AddBatchToSpaceNd();
  AddBroadcastArgs();
  AddBroadcastTo();
  AddCallOnce();
  AddCast();
  AddCeil();
  AddCircularBuffer();
  AddConcatenation();
  AddConv2D();
  AddCos();
  AddCumSum();
  AddDepthToSpace();
  AddDepthwiseConv2D();
  AddDequantize();
  AddDetectionPostprocess();
  AddDiv();
  AddElu();
  AddEqual();
  AddExp();
  AddExpandDims();
  AddFill();
  AddFloor();
  AddFloorDiv();
  AddFloorMod();
  AddFullyConnected();
  AddGather();
  AddGatherNd();
  AddGreater();
  AddGreaterEqual();
  AddHardSwish();
  AddIf();
  AddL2Normalization();
  AddL2Pool2D();
  AddLeakyRelu();
  AddLess();
  AddLessEqual();
  AddLog();
  AddLogicalAnd();
  AddLogicalNot();
  AddLogicalOr();
  AddLogistic();
  AddLogSoftmax();
  AddMaximum();
  AddMaxPool2D();
  AddMean();
  AddMinimum();
  AddMirrorPad();
  AddMul();
  AddNeg();
  AddNotEqual();
  AddPack();
  AddPad();
  AddPadV2();
  AddPrelu();
  AddQuantize();
  AddReadVariable();
  AddReduceMax();
  AddReduceMin();
  AddRelu();
  AddRelu6();
  AddReshape();
  AddResizeBilinear();
  AddResizeNearestNeighbor();
  AddRound();
  AddRsqrt();
  AddSelectV2();
  AddShape();
  AddSin();
  AddSlice();
  AddSoftmax();
  AddSpaceToBatchNd();
  AddSpaceToDepth();
  AddSplit();
  AddSplitV();
  AddSqrt();
  AddSquare();
  AddSquaredDifference();
  AddSqueeze();
  AddStridedSlice();
  AddSub();
  AddSum();
  AddSvdf();
  AddTanh();
  AddTranspose();
  AddTransposeConv();
  AddUnidirectionalSequenceLSTM();
  AddUnpack();
  AddVarHandle();
  AddWhile();
  AddZerosLike();
}

}  // namespace

void LoadModel(const sim_runner_mailbox& request) {
  model = tflite::GetModel(reinterpret_cast<const void*>(request.model_address));
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    Fail(SIM_ERROR_MODEL_SCHEMA);
  }
  if (request.arena_size_bytes < kMinArenaBytes) {
    Fail(SIM_ERROR_ARENA_TOO_SMALL);
  }
  new (resolver.bytes) OpResolver();
  CheckOperators();

  new (markers.bytes) OperatorMarkers();
  new (interpreter.bytes)
      Interpreter(model, *resolver.get(), reinterpret_cast<uint8_t*>(request.arena_address),
                  request.arena_size_bytes, /*resource_variables=*/nullptr, markers.get());
  if (interpreter.get()->AllocateTensors() != kTfLiteOk) {
    Fail(SIM_ERROR_ALLOCATE);
  }
}

void DescribeModel(sim_runner_mailbox* answer) {
  Interpreter& loaded = *interpreter.get();
  if (loaded.inputs_size() > SIM_RUNNER_MAX_TENSORS || loaded.outputs_size() > SIM_RUNNER_MAX_TENSORS) {
    Fail(SIM_ERROR_TOO_MANY_TENSORS);
  }
  answer->arena_used_bytes = loaded.arena_used_bytes();
  answer->input_count = loaded.inputs_size();
  for (uint32_t i = 0; i < answer->input_count; ++i) {
    answer->inputs[i] = Describe(*loaded.input(i));
  }
  answer->output_count = loaded.outputs_size();
  for (uint32_t i = 0; i < answer->output_count; ++i) {
    answer->outputs[i] = Describe(*loaded.output(i));
  }
  answer->tensor_count = model->subgraphs()->Get(0)->tensors()->size();
  answer->tensors_address = reinterpret_cast<uint32_t>(loaded.first_tensor());
  answer->tensor_stride_bytes = sizeof(TfLiteEvalTensor);
  answer->tensor_data_offset_bytes = offsetof(TfLiteEvalTensor, data);
}

void InvokeModel() {
  markers.get()->Restart();
  if (interpreter.get()->Invoke() != kTfLiteOk) {
    Fail(SIM_ERROR_INVOKE, markers.get()->current());
  }
}

}  // namespace sim

extern "C" void DebugLog(const char* format, va_list arguments) {
  char text[256];
  DebugVsnprintf(text, sizeof(text), format, arguments);
  sim::Log(text);
  if (sim::TellsOfFullArena(format)) {
    sim::Fail(SIM_ERROR_ARENA_TOO_SMALL);
  }
}

// newlib's formatted output without floating point; its header hides it from standard C++.
extern "C" int vsniprintf(char*, size_t, const char*, va_list);

extern "C" int DebugVsnprintf(char* buffer, size_t size, const char* format, va_list arguments) {
  return vsniprintf(buffer, size, format, arguments);
}

// No heap: newlib's formatted output asks for one only in cases that do not occur here.
extern "C" void* _sbrk(ptrdiff_t) { return reinterpret_cast<void*>(-1); }
