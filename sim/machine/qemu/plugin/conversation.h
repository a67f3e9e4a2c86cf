/* What the plugin and the process that started QEMU tell each other.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_QEMU_CONVERSATION_H_
#define SIM_QEMU_CONVERSATION_H_

#include "hot_setup.h"

#include "channel.h"
#include "registers.h"

enum level { LEVEL_BARE, LEVEL_COUNTERS, LEVEL_TIMING, LEVEL_FULL };
/* Beside those of the counting core. */
enum { STOP_ENTRY = 16, STOP_INTERRUPT = 17, STOP_EXIT = 18, STOP_ASLEEP = 19 };

typedef struct {
  uint32_t level;
  uint32_t unaligned_cycles[4];
  uint32_t watches_data; /* all data accesses, or only those of the window */
  uint32_t window_start, window_bytes;
  uint32_t cache_count, region_count, marker_count;
  uint32_t output_count; /* registers that firmware writes what it sends to */
} setup_t;

typedef struct {
  uint32_t address, stops;
} marker_setup_t;

typedef struct {
  uint32_t address, size_bytes;
  uint32_t registers[CORE_REGISTERS];
} price_question_t;

typedef struct {
  uint32_t known, cycles, taken_cycles, mispredict_cycles, flags, literal_count;
} price_answer_t;

typedef struct {
  uint32_t reason, marker;
  uint32_t registers[CORE_REGISTERS];
} stopped_t;

enum { COUNTERS_PER_CHUNK = 4096, MAX_CHUNKS = 4096 };

static counters_t counters;
static setup_t setup;
static uint32_t *registers; /* of the core, while a block's callback runs */
static int started;
static uint64_t *inline_chunks[MAX_CHUNKS]; /* executions by block; in chunks, because translated code points into them */

static int price_block(counters_t *c, uint32_t address, uint32_t size, price_t *price) {
  (void)c;
  price_question_t question = {.address = address, .size_bytes = size};
  if (registers) memcpy(question.registers, registers, sizeof question.registers);
  send_message(MESSAGE_PRICE, &question, sizeof question);
  price_answer_t answer;
  receive(&answer, sizeof answer);
  *price = (price_t){.cycles = answer.cycles,
                     .taken_cycles = answer.taken_cycles,
                     .mispredict_cycles = answer.mispredict_cycles,
                     .flags = answer.flags};
  if (!answer.known || !answer.literal_count) return (int)answer.known;
  size_t bytes = answer.literal_count * sizeof(uint32_t);
  price->literals = malloc(bytes);
  if (!price->literals) leave();
  price->literal_count = answer.literal_count;
  receive(price->literals, bytes);
  return 1;
}

static uint64_t *inline_counter(uint32_t block) {
  uint64_t **chunk = &inline_chunks[block / COUNTERS_PER_CHUNK];
  if (!*chunk) *chunk = calloc(COUNTERS_PER_CHUNK, sizeof(uint64_t));
  if (!*chunk) leave();
  return *chunk + block % COUNTERS_PER_CHUNK;
}

static void collect_inline_counts(void) {
  if (setup.level != LEVEL_COUNTERS) return;
  for (uint32_t i = 0; i < counters.block_count; i++) counters.blocks[i].executions = *inline_counter(i);
}

static void distribute_inline_counts(void) {
  if (setup.level != LEVEL_COUNTERS) return;
  for (uint32_t i = 0; i < counters.block_count; i++) *inline_counter(i) = counters.blocks[i].executions;
}

static void send_record(void) {
  size_t size = record_size(&counters);
  uint8_t *record = malloc(size);
  if (!record) leave();
  collect_inline_counts();
  write_record(&counters, 0, record);
  send_message(MESSAGE_DATA, record, size);
  free(record);
}

static void send_blocks(void) {
  header_t header = {.kind = MESSAGE_DATA, .size_bytes = counters.block_count * 2 * (uint32_t)sizeof(uint32_t)};
  send_bytes(&header, sizeof header);
  for (uint32_t i = 0; i < counters.block_count; i++) {
    uint32_t range[] = {counters.blocks[i].address, counters.blocks[i].end - counters.blocks[i].address};
    send_bytes(range, sizeof range);
  }
}

/* The counters' state with the core registers in front. */
static void send_state(void) {
  size_t registers_bytes = CORE_REGISTERS * sizeof(uint32_t);
  size_t size = registers_bytes + state_size(&counters, counters.block_count);
  uint8_t *state = malloc(size);
  if (!state) leave();
  collect_inline_counts();
  memcpy(state, registers, registers_bytes);
  save_state(&counters, state + registers_bytes);
  send_message(MESSAGE_DATA, state, size);
  free(state);
}

static void take_state(size_t size) {
  size_t registers_bytes = CORE_REGISTERS * sizeof(uint32_t);
  uint8_t *state = malloc(size);
  if (!state) leave();
  receive(state, size);
  uint32_t restored = size > registers_bytes &&
                      (uint32_t)restore_state(&counters, state + registers_bytes, size - registers_bytes);
  if (restored) {
    memcpy(registers, state, registers_bytes);
    distribute_inline_counts();
    shared->cycles = counters.cycles;
  }
  free(state);
  send_message(MESSAGE_DATA, &restored, sizeof restored);
}

/* Hold the core until the host says that it runs on. */
static void wait_for_host(uint32_t reason) {
  stopped_t stopped = {.reason = reason, .marker = counters.stop_marker};
  memcpy(stopped.registers, registers, sizeof stopped.registers);
  shared->cycles = counters.cycles;
  send_message(MESSAGE_STOPPED, &stopped, sizeof stopped);
  for (;;) {
    header_t command;
    receive(&command, sizeof command);
    switch (command.kind) {
      case COMMAND_RUN:
        receive(&counters.deadline, sizeof counters.deadline);
        return;
      case COMMAND_LOG:
        send_message(MESSAGE_DATA, counters.log, counters.log_size);
        counters.log_size = 0;
        break;
      case COMMAND_RECORD:
        send_record();
        break;
      case COMMAND_BLOCKS:
        send_blocks();
        break;
      case COMMAND_SAVE:
        send_state();
        break;
      case COMMAND_RESTORE:
        take_state(command.size_bytes);
        break;
      default:
        leave();
    }
  }
}

/* Let the host read what the firmware has sent, and perhaps ask for a stop right here. */
static void hand_over_output(void) {
  uint8_t done;
  send_message(MESSAGE_OUTPUT, NULL, 0);
  receive(&done, sizeof done);
}

#endif /* SIM_QEMU_CONVERSATION_H_ */
