/* Snapshots: everything that changes while code runs, in one byte string.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_SNAPSHOT_H_
#define SIM_HOT_SNAPSHOT_H_

#include "hot_blocks.h"

typedef struct {
  uint64_t executions, taken, mispredicts;
  uint32_t predictor;
  uint32_t accesses;
} block_state_t;

typedef struct {
  uint64_t last_line_ready;
  uint64_t last_line;
  uint64_t free_from;
} region_state_t;

typedef struct {
  uint64_t cycles;
  uint64_t events[EVENT_COUNT];
  uint32_t previous;
  uint32_t resuming;
  uint64_t block_count;
  uint64_t access_index;
  uint32_t stack_limit, overflow_block, overflow_sp, unused;
  region_state_t regions[MAX_REGIONS + 1];
} state_t;

static size_t cache_state_size(const cache_t *k) {
  const size_t size = sizeof k->fill + k->set_count * (sizeof(set_t) + k->ways * sizeof(slot_t)) + sizeof k->random;
  return (size + 7) & ~(size_t)7; /* so that states are made of words of 64 bits */
}

/* Copies a cache's state to (or, for a restore, from) a buffer; returns the position behind it. */
static uint8_t *copy_cache_state(cache_t *k, uint8_t *at, int restore) {
  struct {
    void *data;
    size_t size;
  } parts[] = {{&k->fill, sizeof k->fill},
               {k->sets, k->set_count * sizeof(set_t)},
               {k->slots, (size_t)k->set_count * k->ways * sizeof(slot_t)},
               {&k->random, sizeof k->random}};
  uint8_t *end = at + cache_state_size(k);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (restore)
      memcpy(parts[i].data, at, parts[i].size);
    else
      memcpy(at, parts[i].data, parts[i].size);
    at += parts[i].size;
  }
  if (!restore) memset(at, 0, (size_t)(end - at));
  return end;
}

static void index_lines(cache_t *k, int present) {
  for (uint32_t i = 0; i < k->set_count * k->ways; i++) {
    const slot_t *s = &k->slots[i];
    if (s->valid) k->slot_of_line[s->region][s->line] = present ? (uint16_t)(i + 1) : 0;
  }
}

static size_t state_size(const counters_t *c, size_t block_count) {
  size_t size = sizeof(state_t) + block_count * sizeof(block_state_t);
  for (uint32_t i = 0; i < c->cache_count; i++) size += cache_state_size(&c->caches[i]);
  return size;
}

/* Writes the state of state_size(c, c->block_count) bytes. */
static void save_state(counters_t *c, uint8_t *at) {
  for (uint32_t i = 0; i < c->cache_count; i++) end_epoch(c, &c->caches[i]);
  state_t state = {.cycles = c->cycles,
                   .previous = c->previous,
                   .resuming = c->resuming,
                   .block_count = c->block_count,
                   .access_index = c->access_index,
                   .stack_limit = c->stack_limit,
                   .overflow_block = c->overflow_block,
                   .overflow_sp = c->overflow_sp};
  memcpy(state.events, c->events, sizeof state.events);
  for (uint32_t i = 0; i <= c->region_count; i++)
    state.regions[i] = (region_state_t){.last_line = c->regions[i].last_line,
                                        .last_line_ready = c->regions[i].last_line_ready,
                                        .free_from = c->regions[i].free_from};
  memcpy(at, &state, sizeof state);
  at += sizeof state;
  for (uint32_t i = 0; i < c->block_count; i++, at += sizeof(block_state_t)) {
    const block_t *b = &c->blocks[i];
    block_state_t block = {b->executions, b->taken, b->mispredicts, b->predictor, b->accesses};
    memcpy(at, &block, sizeof block);
  }
  for (uint32_t i = 0; i < c->cache_count; i++) at = copy_cache_state(&c->caches[i], at, 0);
}

/* Goes back to a saved state; blocks that were met since then stay known, as if never executed. Returns 0 when the
 * state is another machine's. */
static int restore_state(counters_t *c, const uint8_t *data, size_t size) {
  state_t state;
  if (size < sizeof state) return 0;
  memcpy(&state, data, sizeof state);
  if (state.block_count > c->block_count || size != state_size(c, state.block_count)) return 0;
  uint8_t *at = (uint8_t *)data + sizeof state;
  c->cycles = state.cycles;
  c->previous = state.previous;
  c->resuming = (uint8_t)state.resuming;
  c->access_index = (uint32_t)state.access_index;
  c->stack_limit = state.stack_limit;
  c->overflow_block = state.overflow_block;
  c->overflow_sp = state.overflow_sp;
  c->log_size = 0;
  c->deferred_count = 0;
  c->steady.until = 0;
  forget_recent_lines(c);
  memcpy(c->events, state.events, sizeof c->events);
  for (uint32_t i = 0; i <= c->region_count; i++) {
    c->regions[i].last_line = (uint32_t)state.regions[i].last_line;
    c->regions[i].last_line_ready = state.regions[i].last_line_ready;
    c->regions[i].free_from = state.regions[i].free_from;
  }
  for (uint32_t i = 0; i < c->block_count; i++) {
    block_t *b = &c->blocks[i];
    block_state_t block = {0, 0, 0, initial_prediction(b->flags), 0};
    if (i < state.block_count) {
      memcpy(&block, at, sizeof block);
      at += sizeof block;
    }
    b->executions = block.executions;
    b->taken = block.taken;
    b->mispredicts = block.mispredicts;
    b->predictor = (uint8_t)block.predictor;
    if (!c->plans) b->accesses = block.accesses;
  }
  for (uint32_t i = 0; i < c->cache_count; i++) {
    index_lines(&c->caches[i], 0);
    at = copy_cache_state(&c->caches[i], at, 1);
    index_lines(&c->caches[i], 1);
    c->caches[i].pending_count = 0;
    c->caches[i].epoch++;
  }
  return 1;
}

/* Add a multiple of the difference between two states, in words of 64 bits; what was logged stays. Returns 0 when out
 * of memory, or when the difference is another machine's. */
static int advance_state(counters_t *c, const uint8_t *difference, size_t size, uint64_t times) {
  uint8_t *state = size == state_size(c, c->block_count) ? malloc(size) : NULL;
  if (!state) return 0;
  save_state(c, state);
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    uint64_t value, step;
    memcpy(&value, state + at, sizeof value);
    memcpy(&step, difference + at, sizeof step);
    value += step * times;
    memcpy(state + at, &value, sizeof value);
  }
  const size_t log_size = c->log_size;
  const int restored = restore_state(c, state, size);
  c->log_size = log_size;
  free(state);
  return restored;
}

#endif /* SIM_HOT_SNAPSHOT_H_ */
