/* Basic blocks: what runs on every one of them, and what happens at the first sight of a new one.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_BLOCKS_H_
#define SIM_HOT_BLOCKS_H_

#include "hot_access_plan.h"

static uint32_t marker_of(const counters_t *c, uint32_t address) {
  for (uint32_t i = 0; i < c->marker_count; i++)
    if (c->markers[i].address == address) return i + 1;
  return 0;
}

/* Static prediction: backward taken, forward not. */
static uint8_t initial_prediction(uint8_t flags) { return flags & BLOCK_BACKWARD ? 2 : 1; }

static int grow_blocks(counters_t *c) {
  if (c->block_count < c->block_capacity) return 1;
  uint32_t capacity = c->block_capacity ? c->block_capacity * 2 : 4096;
  block_t *blocks = realloc(c->blocks, capacity * sizeof(block_t));
  if (!blocks) return 0;
  c->blocks = blocks;
  c->block_capacity = capacity;
  return 1;
}

static int keep_literals(counters_t *c, const price_t *price, block_t *b) {
  if (!price->literal_count) return 1;
  uint32_t *grown = realloc(c->literals, (c->literal_count + price->literal_count) * sizeof(uint32_t));
  if (!grown) return 0;
  c->literals = grown;
  memcpy(c->literals + c->literal_count, price->literals, price->literal_count * sizeof(uint32_t));
  b->literals = c->literal_count;
  b->literal_count = price->literal_count;
  c->literal_count += price->literal_count;
  return 1;
}

/* Have a block priced that was never seen; returns index + 1, or 0 after an error. */
static uint32_t new_block(counters_t *c, uint32_t address, uint32_t size, uint32_t region) {
  price_t price = {0};
  block_t block = {.address = address, .end = address + size, .region = (uint8_t)region};
  block_t *b = &block;
  int known = c->price_block(c, address, size, &price) && grow_blocks(c) && keep_literals(c, &price, b);
  known = known && keep_steps(c, &price, b);
  free(price.literals);
  free(price.steps);
  if (!known) return 0;
  b->cycles = price.cycles;
  b->accesses = price.transfers;
  b->taken_cycles = (uint16_t)price.taken_cycles;
  b->mispredict_cycles = (uint16_t)price.mispredict_cycles;
  b->flags = (uint8_t)(price.flags & (BLOCK_CONDITIONAL | BLOCK_BACKWARD | BLOCK_UNMASKS | BLOCK_MOVES_STACK));
  b->predictor = initial_prediction(b->flags);
  if (c->full && c->regions[region].fetch_timed) b->flags |= BLOCK_FETCH_TIMED;
  uint32_t marker = marker_of(c, address);
  if (marker) {
    b->marker = (uint8_t)(marker - 1);
    b->flags |= BLOCK_MARKER;
    if (c->markers[marker - 1].stops) b->flags |= BLOCK_MARKER_STOPS;
  }
  c->blocks[c->block_count] = block;
  return ++c->block_count;
}

static uint32_t find_block(counters_t *c, uint32_t address, uint32_t size) {
  uint32_t region = c->region_of_page[address >> PAGE_SHIFT];
  region_t *r = &c->regions[region];
  if (!r->block_of_halfword) return 0;
  uint32_t *head = &r->block_of_halfword[(address - r->base) >> 1];
  for (uint32_t i = *head; i; i = c->blocks[i - 1].next_same_address)
    if (c->blocks[i - 1].end - address == size) return i;
  uint32_t index = new_block(c, address, size, region);
  if (index) {
    c->blocks[index - 1].next_same_address = *head;
    mark_code(r, &c->blocks[index - 1]);
    *head = index;
  }
  return index;
}

static size_t record_size(const counters_t *c) {
  return sizeof(record_t) + 3 * sizeof(uint64_t) * (size_t)c->block_count;
}

/* Write all counters as they stand now. */
static void write_record(counters_t *c, uint8_t marker, uint8_t *out) {
  uint32_t r0 = 0;
  c->reg_read(c->uc, ARM_REG_R0, &r0);
  record_t record = {.cycles = c->cycles, .marker = marker, .argument = r0, .block_count = c->block_count};
  memcpy(record.events, c->events, sizeof record.events);
  memcpy(out, &record, sizeof record);
  uint64_t *executions = (uint64_t *)(out + sizeof record);
  uint64_t *taken = executions + c->block_count;
  uint64_t *mispredicts = taken + c->block_count;
  for (uint32_t i = 0; i < c->block_count; i++) {
    executions[i] = c->blocks[i].executions;
    taken[i] = c->blocks[i].taken;
    mispredicts[i] = c->blocks[i].mispredicts;
  }
}

static int log_marker(counters_t *c, const block_t *b) {
  size_t need = record_size(c);
  if (c->log_size + need > c->log_capacity) {
    size_t capacity = (c->log_size + need) * 2;
    uint8_t *log = realloc(c->log, capacity);
    if (!log) return 0;
    c->log = log;
    c->log_capacity = capacity;
  }
  write_record(c, b->marker, c->log + c->log_size);
  c->log_size += need;
  return 1;
}

static inline int is_block(const counters_t *c, uint32_t index, uint32_t address, uint32_t size) {
  return index && c->blocks[index - 1].address == address && c->blocks[index - 1].end == address + size;
}

/* Find the block that follows the previous one; mostly it is the one that followed it last time. */
static inline uint32_t next_block(counters_t *c, uint32_t address, uint32_t size) {
  if (!c->previous) return find_block(c, address, size);
  const block_t *p = &c->blocks[c->previous - 1];
  int taken = address != p->end;
  uint32_t index = p->successor[taken];
  if (is_block(c, index, address, size)) return index;
  index = find_block(c, address, size);
  c->blocks[c->previous - 1].successor[taken] = index;
  return index;
}

/* Note the first block that has taken the main stack below its limit. */
static void check_stack(counters_t *c) {
  uint32_t pointer = 0, main = 0;
  if (c->registers)
    pointer = c->registers[13];
  else
    c->reg_read(c->uc, ARM_REG_SP, &pointer);
  if (pointer >= c->stack_limit) return;
  c->reg_read(c->uc, ARM_REG_MSP, &main);
  if (pointer != main) return;
  c->overflow_block = c->previous;
  c->overflow_sp = pointer;
  c->stack_limit = 0;
}

/* The block executed before this one has been left: by falling through, or by a taken branch. */
static inline void leave_previous(counters_t *c, uint32_t address) {
  block_t *p = &c->blocks[c->previous - 1];
  if (!c->plans) p->accesses = c->access_index;
  if (c->stack_limit && (p->flags & BLOCK_MOVES_STACK)) check_stack(c);
  int taken = address != p->end;
  if (taken) {
    p->taken++;
    c->cycles += p->taken_cycles;
  }
  if (p->mispredict_cycles && (p->flags & BLOCK_CONDITIONAL)) {
    if (taken != (p->predictor >> 1)) {
      p->mispredicts++;
      c->cycles += p->mispredict_cycles;
    }
    if (taken && p->predictor < 3) p->predictor++;
    if (!taken && p->predictor > 0) p->predictor--;
  }
  c->previous = 0;
}

/* Log a marker; returns whether the run stops at it. */
static int reach_marker(counters_t *c, const block_t *b) {
  if (!log_marker(c, b)) {
    request_stop(c, STOP_ERROR);
    return 1;
  }
  if (!(b->flags & BLOCK_MARKER_STOPS)) return 0;
  c->stop_marker = b->marker;
  c->resuming = 1;
  request_stop(c, STOP_MARKER);
  return 1;
}

/* Stop where `address` is entered next; an entry that is imminent does not count. */
static void set_probe(counters_t *c, uint32_t address, int is_set) {
  const region_t *r = &c->regions[c->region_of_page[address >> PAGE_SHIFT]];
  if (!r->block_of_halfword) return;
  for (uint32_t i = r->block_of_halfword[(address - r->base) >> 1]; i; i = c->blocks[i - 1].next_same_address) {
    uint8_t others = c->blocks[i - 1].flags & (uint8_t)~BLOCK_PROBE;
    c->blocks[i - 1].flags = is_set ? others | BLOCK_PROBE : others;
  }
  c->probe_passes = 1;
}

/* Returns whether the run stops at a probed block. */
static int reach_probe(counters_t *c) {
  if (c->probe_passes) {
    c->probe_passes--;
    return 0;
  }
  request_stop(c, STOP_PROBE);
  return 1;
}

static void on_block(void *uc, uint64_t address64, uint32_t size, void *user) {
  (void)uc;
  counters_t *c = user;
  uint32_t address = (uint32_t)address64;
  if (c->deferred_count) account_deferred(c);
  if (c->cycles >= c->deadline) {
    request_stop(c, STOP_DEADLINE);
    return;
  }
  uint32_t index = next_block(c, address, size);
  if (!index) {
    request_stop(c, STOP_ERROR);
    return;
  }
  block_t *b = &c->blocks[index - 1];
  if ((b->flags & BLOCK_PROBE) && reach_probe(c)) return;
  const int unmasks = c->masked && c->previous && (c->blocks[c->previous - 1].flags & BLOCK_UNMASKS);
  if (unmasks && c->previous != c->unmasked_by) {
    c->unmasked_by = c->previous; /* look once whether the exception can be taken now */
    request_stop(c, STOP_DEADLINE);
    return;
  }
  c->unmasked_by = 0;
  if (c->resuming) {
    c->resuming = 0; /* this entry was accounted for when the marker stopped the run */
  } else {
    if (c->previous) leave_previous(c, address);
    if (b->flags & BLOCK_FETCH_TIMED) fetch_block(c, index - 1);
    if ((b->flags & BLOCK_MARKER) && reach_marker(c, b)) return;
  }
  b->executions++;
  c->cycles += b->cycles;
  c->previous = index;
  c->access_index = 0;
  for (uint32_t i = 0; i < b->literal_count; i++) account_read(c, c->literals[b->literals + i], 4);
  if (b->step_count) account_plan(c, b);
}

#endif /* SIM_HOT_BLOCKS_H_ */
