/* The contract between the host and the runner: one mailbox in RAM and a few marker functions.
 *
 * The host fills the first half of the mailbox before reset, the runner fills the second half.
 * All fields are 32-bit little-endian words, so that any host can read them by offset.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_RUNNER_ABI_H_
#define SIM_RUNNER_ABI_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_RUNNER_MAGIC 0x524D4953u /* "SIMR" */
#define SIM_RUNNER_ABI_VERSION 1u
#define SIM_RUNNER_MAX_TENSORS 16u
#ifndef SIM_RUNNER_LOG_BYTES
#define SIM_RUNNER_LOG_BYTES 1024u /* at most: an image may be built with a shorter log */
#endif

enum sim_runner_flag {
  SIM_FLAG_REFERENCE_KERNELS = 1u << 0, /* use TFLM's reference kernels instead of the optimized ones */
};

enum sim_runner_error {
  SIM_ERROR_NONE = 0,
  SIM_ERROR_BAD_MAILBOX = 1,       /* magic or version differs, or an address is null */
  SIM_ERROR_MODEL_SCHEMA = 2,      /* the model's schema version is not 3 */
  SIM_ERROR_UNSUPPORTED_OPERATOR = 3,
  SIM_ERROR_ARENA_TOO_SMALL = 4,
  SIM_ERROR_ALLOCATE = 5,          /* AllocateTensors failed: see the log */
  SIM_ERROR_INVOKE = 6,            /* an operator failed: failed_op_index says which */
  SIM_ERROR_TOO_MANY_TENSORS = 7,
};

struct sim_runner_tensor {
  uint32_t address;
  uint32_t size_bytes;
};

struct sim_runner_mailbox {
  /* host -> runner, written before reset */
  uint32_t magic;
  uint32_t abi_version;
  uint32_t flags;
  uint32_t model_address;
  uint32_t model_size_bytes;
  uint32_t arena_address; /* 16-byte aligned */
  uint32_t arena_size_bytes;
  uint32_t reserved;
  /* runner -> host, valid from sim_mark_ready or sim_mark_failed on */
  uint32_t error;
  uint32_t failed_op_index;
  uint32_t arena_used_bytes;
  uint32_t input_count;
  uint32_t output_count;
  uint32_t tensor_count;          /* tensors of the first subgraph */
  uint32_t tensors_address;       /* array of runtime tensors, to read intermediate results */
  uint32_t tensor_stride_bytes;
  uint32_t tensor_data_offset_bytes; /* offset of the data pointer inside one runtime tensor */
  uint32_t log_length;            /* bytes written to log; the text is cut at SIM_RUNNER_LOG_BYTES */
  struct sim_runner_tensor inputs[SIM_RUNNER_MAX_TENSORS];
  struct sim_runner_tensor outputs[SIM_RUNNER_MAX_TENSORS];
  char log[SIM_RUNNER_LOG_BYTES];
};

extern struct sim_runner_mailbox sim_mailbox;

void sim_mark_ready(void);
void sim_mark_invoke_begin(void);
void sim_mark_invoke_end(void);
void sim_mark_op_begin(uint32_t op_index);
void sim_mark_op_end(uint32_t op_index);
void sim_mark_done(void);
void sim_mark_failed(void);

#ifdef __cplusplus
}
#endif

#endif /* SIM_RUNNER_ABI_H_ */
