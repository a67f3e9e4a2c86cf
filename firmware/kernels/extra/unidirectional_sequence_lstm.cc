// UNIDIRECTIONAL_SEQUENCE_LSTM: float32; int8 or int16 activations with int8 weights and an int16 cell.
//
// The plain cell only, as in today's TensorFlow Lite Micro: no peephole, projection or layer normalisation.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>

#include "kernels/extra/fixed_point.h"
#include "kernels/extra/kernel.h"
#include "kernels/extra/kernels.h"
#include "kernels/extra/sigmoid_int16.h"

namespace sim::kernels {
namespace {

// Input tensors, by TensorFlow Lite's numbering. Gates in order: input, forget, cell, output.
constexpr int kInputWeights = 1;
constexpr int kRecurrentWeights = 5;
constexpr int kPeephole = 9;
constexpr int kBias = 12;
constexpr int kProjection = 16;
constexpr int kHiddenState = 18;
constexpr int kCellState = 19;
constexpr int kNormalization = 20;
constexpr int kInputCount = 24;

enum Gate { kInputGate, kForgetGate, kCellGate, kOutputGate, kGateCount };

// Gates are evaluated in Q3.12, their activations in Q0.15.
constexpr float kGateScale = 1.0f / 4096;
constexpr float kActivationScale = 1.0f / 32768;

struct LstmData {
  bool time_major;
  int batches, steps, inputs, units;
  TfLiteFusedActivation cell_activation;
  float cell_clip;
  void* buffers[kGateCount + 1];  // one activation per gate, and one spare: `units` cells each

  // quantised
  int32_t input_offset, hidden_offset, hidden_zero_point;
  Rescale input_rescale[kGateCount], recurrent_rescale[kGateCount];
  Rescale forget_times_cell, input_times_gate, output_times_cell;
  ArgumentScale cell_argument;
  int16_t quantized_cell_clip;
};

// One row of a fully connected layer.
template <typename Sum, typename T, typename Weight>
Sum Dot(const T* values, Sum offset, const Weight* weights, int size) {
  Sum sum = 0;
  for (int i = 0; i < size; ++i) sum += static_cast<Sum>(weights[i]) * (static_cast<Sum>(values[i]) + offset);
  return sum;
}

struct FloatCell {
  using Activation = float;
  using Weight = float;
  using Cell = float;
  using Bias = float;

  static float Gate(const LstmData& data, int, const float* input, const float* hidden, const float* input_weights,
                    const float* recurrent_weights, float bias) {
    return (Dot(input, 0.0f, input_weights, data.inputs) + bias) +
           Dot(hidden, 0.0f, recurrent_weights, data.units);
  }
  static void Sigmoid(const LstmData& data, float* values) {
    for (int i = 0; i < data.units; ++i) values[i] = 1.0f / (1.0f + std::exp(-values[i]));
  }
  static void Tanh(const LstmData& data, float* values) {
    for (int i = 0; i < data.units; ++i) values[i] = std::tanh(values[i]);
  }
  static void CellTanh(const LstmData& data, const float* cell, float* values) {
    for (int i = 0; i < data.units; ++i) values[i] = std::tanh(cell[i]);
  }
  static float NextCell(const LstmData& data, float forget, float cell, float input, float gate) {
    const float next = forget * cell + input * gate;
    return data.cell_clip > 0 ? std::max(std::min(data.cell_clip, next), -data.cell_clip) : next;
  }
  static float NextHidden(const LstmData&, float output, float cell) { return cell * output; }
};

// `Activation_` is the type of inputs and outputs, `Bias_` that of the accumulators.
template <typename Activation_, typename Bias_>
struct QuantizedCell {
  using Activation = Activation_;
  using Weight = int8_t;
  using Cell = int16_t;
  using Bias = Bias_;

  static int16_t Gate(const LstmData& data, int gate, const Activation* input, const Activation* hidden,
                      const int8_t* input_weights, const int8_t* recurrent_weights, Bias bias) {
    const Bias from_input = Dot<Bias>(input, data.input_offset, input_weights, data.inputs) + bias;
    const Bias from_hidden = Dot<Bias>(hidden, data.hidden_offset, recurrent_weights, data.units);
    return Saturate<int16_t>(Saturate<int16_t>(Apply(data.input_rescale[gate], from_input)) +
                             Saturate<int16_t>(Apply(data.recurrent_rescale[gate], from_hidden)));
  }
  static void Sigmoid(const LstmData& data, int16_t* values) {
    LogisticInt16(PowerOfTwoArgument(0), values, data.units, values);
  }
  static void Tanh(const LstmData& data, int16_t* values) {
    TanhInt16(PowerOfTwoArgument(0), values, data.units, values);
  }
  static void CellTanh(const LstmData& data, const int16_t* cell, int16_t* values) {
    TanhInt16(data.cell_argument, cell, data.units, values);
  }
  static int16_t NextCell(const LstmData& data, int16_t forget, int16_t cell, int16_t input, int16_t gate) {
    const int16_t kept = Saturate<int16_t>(Apply(data.forget_times_cell, int32_t{forget} * cell));
    const int16_t added = Saturate<int16_t>(Apply(data.input_times_gate, int32_t{input} * gate));
    const int16_t next = Saturate<int16_t>(kept + added);
    if (data.cell_clip <= 0) return next;
    return std::max(std::min(data.quantized_cell_clip, next), static_cast<int16_t>(-data.quantized_cell_clip));
  }
  static Activation NextHidden(const LstmData& data, int16_t output, int16_t cell) {
    return Saturate<Activation>(Apply(data.output_times_cell, int32_t{cell} * output) + data.hidden_zero_point);
  }
};

TfLiteStatus CheckTensors(TfLiteContext* context, TfLiteNode* node, const LstmData& data) {
  const auto tensor = [&](int index) { return tflite::GetOptionalInputTensor(context, node, index); };
  for (int gate = 0; gate < kGateCount; ++gate) {
    const TfLiteTensor* from_input = tensor(kInputWeights + gate);
    const TfLiteTensor* from_hidden = tensor(kRecurrentWeights + gate);
    const TfLiteTensor* bias = tensor(kBias + gate);
    TF_LITE_ENSURE(context, from_input != nullptr && from_hidden != nullptr && bias != nullptr);
    TF_LITE_ENSURE_TYPES_EQ(context, from_input->type, tensor(kInputWeights)->type);
    TF_LITE_ENSURE_TYPES_EQ(context, from_hidden->type, tensor(kInputWeights)->type);
    TF_LITE_ENSURE_TYPES_EQ(context, bias->type, tensor(kBias)->type);
    TF_LITE_ENSURE_EQ(context, SizeOf(from_input), data.units * data.inputs);
    TF_LITE_ENSURE_EQ(context, SizeOf(from_hidden), data.units * data.units);
    TF_LITE_ENSURE_EQ(context, SizeOf(bias), data.units);
    TF_LITE_ENSURE_MSG(context, tensor(kNormalization + gate) == nullptr, "LSTM with layer normalisation.");
  }
  for (int i = kPeephole; i < kBias; ++i) TF_LITE_ENSURE_MSG(context, tensor(i) == nullptr, "LSTM with peephole.");
  for (int i = kProjection; i < kHiddenState; ++i) {
    TF_LITE_ENSURE_MSG(context, tensor(i) == nullptr, "LSTM with projection.");
  }
  for (int i = kHiddenState; i <= kCellState; ++i) {
    TF_LITE_ENSURE(context, tensor(i) != nullptr && tensor(i)->is_variable);
    TF_LITE_ENSURE_EQ(context, SizeOf(tensor(i)), data.batches * data.units);
  }
  TF_LITE_ENSURE_TYPES_EQ(context, tensor(kHiddenState)->type, tensor(0)->type);
  const TfLiteTensor* output = tflite::GetOutput(context, node, 0);
  TF_LITE_ENSURE_TYPES_EQ(context, output->type, tensor(0)->type);
  TF_LITE_ENSURE_EQ(context, SizeOf(output), data.batches * data.steps * data.units);
  return kTfLiteOk;
}

TfLiteStatus PrepareQuantized(TfLiteContext* context, TfLiteNode* node, LstmData* data) {
  const TfLiteTensor* input = tflite::GetInput(context, node, 0);
  const TfLiteTensor* hidden = tflite::GetInput(context, node, kHiddenState);
  const TfLiteTensor* cell = tflite::GetInput(context, node, kCellState);
  TF_LITE_ENSURE_TYPES_EQ(context, cell->type, kTfLiteInt16);
  TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetInput(context, node, kInputWeights)->type, kTfLiteInt8);
  TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetInput(context, node, kBias)->type,
                          input->type == kTfLiteInt8 ? kTfLiteInt32 : kTfLiteInt64);
  data->input_offset = -input->params.zero_point;
  data->hidden_offset = -hidden->params.zero_point;
  data->hidden_zero_point = hidden->params.zero_point;

  TfLiteTensor gate_sum = {};
  gate_sum.params.scale = kGateScale;
  for (int gate = 0; gate < kGateCount; ++gate) {
    double factor;
    TF_LITE_ENSURE_OK(context, tflite::GetQuantizedConvolutionMultipler(
                                   context, input, tflite::GetInput(context, node, kInputWeights + gate), &gate_sum,
                                   &factor));
    data->input_rescale[gate] = RescaleBy(factor);
    TF_LITE_ENSURE_OK(context, tflite::GetQuantizedConvolutionMultipler(
                                   context, hidden, tflite::GetInput(context, node, kRecurrentWeights + gate),
                                   &gate_sum, &factor));
    data->recurrent_rescale[gate] = RescaleBy(factor);
  }
  const double activation_scale = kActivationScale;
  const double cell_scale = cell->params.scale;
  data->forget_times_cell = RescaleBy(activation_scale * cell_scale / cell_scale);
  data->input_times_gate = RescaleBy(activation_scale * activation_scale / cell_scale);
  data->output_times_cell = RescaleBy(activation_scale * activation_scale / static_cast<double>(hidden->params.scale));
  data->quantized_cell_clip = static_cast<int16_t>(
      std::min(std::max(static_cast<double>(data->cell_clip) / cell_scale, -32768.0), 32767.0));

  int cell_log2;
  tflite::CheckedLog2(cell->params.scale, &cell_log2);
  const int left_shift = 12 + cell_log2;
  data->cell_argument = left_shift < 0 ? ArgumentScale{3, -left_shift} : PowerOfTwoArgument(left_shift);
  return kTfLiteOk;
}

struct UnidirectionalSequenceLstm {
  using Data = LstmData;

  static TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node, Data* data) {
    TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), kInputCount);
    const auto& params = ParamsOf<TfLiteUnidirectionalSequenceLSTMParams>(node);
    const TfLiteTensor* input = tflite::GetInput(context, node, 0);
    const TfLiteTensor* hidden = tflite::GetInput(context, node, kHiddenState);
    TF_LITE_ENSURE_EQ(context, input->dims->size, 3);
    TF_LITE_ENSURE_EQ(context, hidden->dims->size, 2);
    data->time_major = params.time_major;
    data->batches = input->dims->data[params.time_major ? 1 : 0];
    data->steps = input->dims->data[params.time_major ? 0 : 1];
    data->inputs = input->dims->data[2];
    data->units = hidden->dims->data[1];
    data->cell_activation = params.activation;
    data->cell_clip = params.cell_clip;
    TF_LITE_ENSURE(context, params.activation == kTfLiteActTanh || params.activation == kTfLiteActSigmoid);
    TF_LITE_ENSURE_OK(context, CheckTensors(context, node, *data));
    for (void*& buffer : data->buffers) {
      buffer = input->type == kTfLiteFloat32 ? static_cast<void*>(AllocatePersistent<float>(context, data->units))
                                             : static_cast<void*>(AllocatePersistent<int16_t>(context, data->units));
      TF_LITE_ENSURE(context, buffer != nullptr);
    }
    if (input->type == kTfLiteFloat32) {
      TF_LITE_ENSURE_TYPES_EQ(context, tflite::GetInput(context, node, kCellState)->type, kTfLiteFloat32);
      return kTfLiteOk;
    }
    return PrepareQuantized(context, node, data);
  }

  static TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    const TfLiteType type = tflite::GetInput(context, node, 0)->type;
    switch (type) {
      case kTfLiteFloat32:
        Run<FloatCell>(context, node, data);
        return kTfLiteOk;
      case kTfLiteInt8:
        Run<QuantizedCell<int8_t, int32_t>>(context, node, data);
        return kTfLiteOk;
      case kTfLiteInt16:
        Run<QuantizedCell<int16_t, int64_t>>(context, node, data);
        return kTfLiteOk;
      default:
        return UnsupportedType(context, "UNIDIRECTIONAL_SEQUENCE_LSTM", type);
    }
  }

 private:
  template <class Arithmetic>
  static void Run(TfLiteContext* context, TfLiteNode* node, const Data& data) {
    using Activation = typename Arithmetic::Activation;
    using Cell = typename Arithmetic::Cell;
    const Activation* input = DataOf<Activation>(tflite::GetInput(context, node, 0));
    Activation* hidden = MutableDataOf<Activation>(tflite::GetVariableInput(context, node, kHiddenState));
    Cell* cell = MutableDataOf<Cell>(tflite::GetVariableInput(context, node, kCellState));
    Activation* output = MutableDataOf<Activation>(tflite::GetOutput(context, node, 0));
    // Batches do not meet: each goes through all its steps.
    for (int batch = 0; batch < data.batches; ++batch, hidden += data.units, cell += data.units) {
      for (int step = 0; step < data.steps; ++step) {
        const int row = data.time_major ? step * data.batches + batch : batch * data.steps + step;
        Step<Arithmetic>(context, node, data, input + row * data.inputs, hidden, cell);
        std::memcpy(output + row * data.units, hidden, data.units * sizeof(Activation));
      }
    }
  }

  template <class Arithmetic>
  static void Step(TfLiteContext* context, TfLiteNode* node, const Data& data,
                   const typename Arithmetic::Activation* input, typename Arithmetic::Activation* hidden,
                   typename Arithmetic::Cell* cell) {
    using Cell = typename Arithmetic::Cell;
    Cell* gates[kGateCount];
    for (int gate = 0; gate < kGateCount; ++gate) {
      const auto* input_weights =
          DataOf<typename Arithmetic::Weight>(tflite::GetInput(context, node, kInputWeights + gate));
      const auto* recurrent_weights =
          DataOf<typename Arithmetic::Weight>(tflite::GetInput(context, node, kRecurrentWeights + gate));
      const auto* bias = DataOf<typename Arithmetic::Bias>(tflite::GetInput(context, node, kBias + gate));
      gates[gate] = static_cast<Cell*>(data.buffers[gate]);
      for (int unit = 0; unit < data.units; ++unit) {
        gates[gate][unit] =
            Arithmetic::Gate(data, gate, input, hidden, input_weights + unit * data.inputs,
                             recurrent_weights + unit * data.units, bias[unit]);
      }
      if (gate == kCellGate && data.cell_activation == kTfLiteActTanh) {
        Arithmetic::Tanh(data, gates[gate]);
      } else {
        Arithmetic::Sigmoid(data, gates[gate]);
      }
    }
    for (int unit = 0; unit < data.units; ++unit) {
      cell[unit] = Arithmetic::NextCell(data, gates[kForgetGate][unit], cell[unit], gates[kInputGate][unit],
                                        gates[kCellGate][unit]);
    }
    Cell* squashed = static_cast<Cell*>(data.buffers[kGateCount]);
    Arithmetic::CellTanh(data, cell, squashed);
    for (int unit = 0; unit < data.units; ++unit) {
      hidden[unit] = Arithmetic::NextHidden(data, gates[kOutputGate][unit], squashed[unit]);
    }
  }
};

}  // namespace

TfLiteRegistration* Register_UNIDIRECTIONAL_SEQUENCE_LSTM() { return RegistrationOf<UnidirectionalSequenceLstm>(); }

}  // namespace sim::kernels
