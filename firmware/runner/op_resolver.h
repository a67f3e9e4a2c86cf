// Finds the kernels of a model's operators and wraps them, so that the operator that runs is always known.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNNER_OP_RESOLVER_H_
#define SIM_RUNNER_OP_RESOLVER_H_

#include "runner/op_table.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"

namespace sim {

class OpResolver : public tflite::MicroOpResolver {
 public:
  // Kinds of operators that one model may use: each costs a copy of its registration in RAM.
#if SIM_COMPACT
  static constexpr int kMaxKinds = 24;
#else
  static constexpr int kMaxKinds = 32;
#endif

  explicit OpResolver(bool reference_kernels) : reference_kernels_(reference_kernels) {}

  // Null when the table has no such operator, or not in this version.
  const TfLiteRegistration* FindOp(tflite::BuiltinOperator code, int version) const override;
  const TfLiteRegistration* FindOp(const char*, int) const override { return nullptr; }

  BuiltinParseFunction GetOpDataParser(tflite::BuiltinOperator code) const override;

  TfLiteStatus AddBuiltin(tflite::BuiltinOperator, TfLiteRegistration*, int) override { return kTfLiteError; }

 private:
  bool reference_kernels_;
};

// Call before each pass of the interpreter over its operators: the wrappers count them.
void StartOperatorCount(const tflite::MicroInterpreter* interpreter);

// Index of the operator that is running, or that failed.
uint32_t CurrentOperator();

}  // namespace sim

#endif  // SIM_RUNNER_OP_RESOLVER_H_
