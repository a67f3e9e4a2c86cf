/* The memory system: caches, flash accelerators and wait states, for instruction fetches and data accesses.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_MEMORY_H_
#define SIM_HOT_MEMORY_H_

#include "hot_types.h"

/* ---- caches ---------------------------------------------------------------------------------------------------- */

/* The slot becomes the most recently used one of its set. */
static inline void touch(cache_t *k, slot_t *s) {
  if (!s->newer) return;
  uint16_t index = (uint16_t)(s - k->slots + 1);
  set_t *set = &k->sets[(index - 1u) / k->ways];
  k->slots[s->newer - 1].older = s->older;
  if (s->older)
    k->slots[s->older - 1].newer = s->newer;
  else
    set->oldest = s->newer;
  k->slots[set->newest - 1].newer = index;
  s->older = set->newest;
  s->newer = 0;
  set->newest = index;
}

static slot_t *choose_victim(cache_t *k, uint32_t set_index) {
  set_t *set = &k->sets[set_index];
  slot_t *first = k->slots + (size_t)set_index * k->ways;
  if (k->policy == POLICY_LRU) return &k->slots[set->oldest - 1]; /* unused slots are the oldest */
  if (k->policy == POLICY_ROUND_ROBIN) {
    uint32_t way = set->next_way;
    set->next_way = way + 1 == k->ways ? 0 : way + 1;
    return first + way;
  }
  for (uint32_t way = 0; way < k->ways; way++)
    if (!first[way].valid) return first + way;
  k->random ^= k->random << 13;
  k->random ^= k->random >> 17;
  k->random ^= k->random << 5;
  return first + k->random % k->ways;
}

static slot_t *lookup_line(cache_t *k, uint32_t region, uint32_t line) {
  uint16_t slot = k->slot_of_line[region][line];
  if (!slot) return NULL;
  slot_t *s = k->slots + slot - 1;
  touch(k, s);
  return s;
}

/* Bring a line in; returns the stall cycles: the memory's own, the rest of the fill, and a dirty victim's write-back. */
static uint32_t fill_line(cache_t *k, const region_t *regions, uint32_t region, uint32_t line, uint32_t memory_stall,
                          slot_t **filled) {
  uint32_t global_line = (regions[region].base >> k->line_shift) + line;
  slot_t *s = choose_victim(k, global_line % k->set_count);
  uint32_t stall = memory_stall + k->miss_cycles;
  if (s->valid) {
    k->slot_of_line[s->region][s->line] = 0;
    if (s->dirty) stall += k->writeback_cycles;
  }
  s->valid = 1;
  s->dirty = 0;
  s->region = (uint8_t)region;
  s->line = line;
  touch(k, s);
  k->slot_of_line[region][line] = (uint16_t)(s - k->slots + 1);
  if (filled) *filled = s;
  return stall;
}

/* ---- instruction fetch ----------------------------------------------------------------------------------------- */

/* Bring the order of use up to date: touch the lines of all blocks that hit, in the order of their last execution. */
static void end_epoch(counters_t *c, cache_t *k) {
  k->epoch++;
  for (uint32_t i = 1; i < k->pending_count; i++) {
    uint32_t moving = k->pending[i];
    uint32_t j = i;
    for (; j > 0 && c->blocks[k->pending[j - 1]].last_use > c->blocks[moving].last_use; j--)
      k->pending[j] = k->pending[j - 1];
    k->pending[j] = moving;
  }
  for (uint32_t i = 0; i < k->pending_count; i++) {
    const block_t *b = &c->blocks[k->pending[i]];
    const region_t *r = &c->regions[b->region];
    uint32_t last = (b->end - 1 - r->base) >> r->fetch_shift;
    for (uint32_t line = (b->address - r->base) >> r->fetch_shift; line <= last; line++)
      lookup_line(k, b->region, line);
  }
  k->pending_count = 0;
}

/* Stall until a line is there; a sequential line may have been on its way already. */
static uint32_t line_stall(const counters_t *c, region_t *r, const block_t *b, uint32_t line, uint32_t latency,
                           uint32_t stalled) {
  uint32_t first = (b->address - r->base) >> r->fetch_shift;
  uint32_t count = ((b->end - 1 - r->base) >> r->fetch_shift) - first + 1;
  uint64_t needed = c->cycles + stalled + (uint64_t)b->cycles * (line - first) / count;
  uint32_t stall = latency;
  if (r->prefetch && line == r->last_line + 1) {
    uint64_t ready = r->last_line_ready + latency + 1;
    stall = ready > needed ? (uint32_t)(ready - needed) : 0;
  }
  r->last_line = line;
  r->last_line_ready = needed + stall;
  return stall;
}

static uint32_t fetch_cached(counters_t *c, region_t *r, uint32_t index) {
  block_t *b = &c->blocks[index];
  cache_t *k = &c->caches[r->fetch_cache];
  uint32_t first = (b->address - r->base) >> r->fetch_shift;
  uint32_t last = (b->end - 1 - r->base) >> r->fetch_shift;
  b->last_use = ++k->clock;
  if (b->fetch_epoch == k->epoch) {
    c->events[EVENT_ICACHE_HITS] += last - first + 1;
    return 0;
  }
  uint32_t stall = 0;
  for (uint32_t line = first; line <= last; line++) {
    if (lookup_line(k, b->region, line)) {
      c->events[EVENT_ICACHE_HITS]++;
      continue;
    }
    end_epoch(c, k);
    c->events[EVENT_ICACHE_MISSES]++;
    c->events[EVENT_FLASH_FETCH_LINES] += r->is_flash;
    uint32_t latency = fill_line(k, c->regions, b->region, line, r->fetch_stall, NULL);
    stall += line_stall(c, r, b, line, latency, stall);
  }
  int whole = last - first < k->set_count || (k->policy == POLICY_LRU && last - first < k->ways);
  if (!whole) return stall; /* it may have thrown out its own first lines */
  if (k->pending_count == MAX_PENDING) end_epoch(c, k);
  k->pending[k->pending_count++] = index;
  b->fetch_epoch = k->epoch;
  return stall;
}

static uint32_t fetch_uncached(counters_t *c, region_t *r, const block_t *b) {
  uint32_t last = (b->end - 1 - r->base) >> r->fetch_shift;
  uint32_t stall = 0;
  for (uint32_t line = (b->address - r->base) >> r->fetch_shift; line <= last; line++) {
    if (line == r->last_line) continue;
    c->events[EVENT_FLASH_FETCH_LINES] += r->is_flash;
    stall += line_stall(c, r, b, line, r->fetch_stall, stall);
  }
  return stall;
}

static void fetch_block(counters_t *c, uint32_t index) {
  const block_t *b = &c->blocks[index];
  region_t *r = &c->regions[b->region];
  uint32_t stall = r->fetch_cache >= 0 ? fetch_cached(c, r, index) : fetch_uncached(c, r, b);
  c->cycles += stall;
  c->events[EVENT_STALL_CYCLES] += stall;
}

/* ---- data accesses --------------------------------------------------------------------------------------------- */

static inline void charge(counters_t *c, uint32_t stall) {
  c->cycles += stall;
  c->events[EVENT_STALL_CYCLES] += stall;
}

static void account_read(counters_t *c, uint32_t address, uint32_t size) {
  uint32_t region = c->region_of_page[address >> PAGE_SHIFT];
  region_t *r = &c->regions[region];
  if (address & (size - 1)) charge(c, c->unaligned_cycles);
  c->events[EVENT_FLASH_READS] += r->is_flash;
  if (!r->data_timed) return;
  if (r->read_cache < 0) {
    charge(c, r->read_stall);
    return;
  }
  cache_t *k = &c->caches[r->read_cache];
  if (k->pending_count) end_epoch(c, k); /* a cache of instructions and data */
  uint32_t line = (address - r->base) >> k->line_shift;
  if (lookup_line(k, region, line)) {
    c->events[EVENT_DCACHE_HITS]++;
    return;
  }
  c->events[EVENT_DCACHE_MISSES]++;
  charge(c, fill_line(k, c->regions, region, line, r->read_stall, NULL));
}

static void account_write(counters_t *c, uint32_t address, uint32_t size) {
  uint32_t region = c->region_of_page[address >> PAGE_SHIFT];
  region_t *r = &c->regions[region];
  if (address & (size - 1)) charge(c, c->unaligned_cycles);
  if (!r->data_timed) return;
  if (r->write_cache < 0) {
    charge(c, r->write_stall);
    return;
  }
  cache_t *k = &c->caches[r->write_cache];
  if (k->pending_count) end_epoch(c, k);
  uint32_t line = (address - r->base) >> k->line_shift;
  slot_t *s = lookup_line(k, region, line);
  if (s) {
    c->events[EVENT_DCACHE_HITS]++;
  } else {
    c->events[EVENT_DCACHE_MISSES]++;
    if (!k->write_allocate) {
      charge(c, r->write_stall);
      return;
    }
    charge(c, fill_line(k, c->regions, region, line, r->read_stall, &s));
  }
  if (k->write_back)
    s->dirty = 1;
  else
    charge(c, r->write_stall);
}

static void on_read(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
  (void)uc, (void)type, (void)value;
  account_read(user, (uint32_t)address, (uint32_t)size);
}

static inline void mark_code(region_t *r, const block_t *b) {
  if (r->is_code && b->end > b->address)
    memset(r->is_code + ((b->address - r->base) >> 1), 1, (b->end - b->address) / 2);
}

/* Code was overwritten: what is there now is new blocks, with costs of their own. */
static void forget_blocks(counters_t *c, region_t *r, uint32_t address, uint32_t size) {
  for (uint32_t i = 0; i < c->block_count; i++) {
    block_t *b = &c->blocks[i];
    if (b->address >= address + size || b->end <= address) continue;
    memset(r->is_code + ((b->address - r->base) >> 1), 0, (b->end - b->address) / 2);
    b->end = b->address; /* matches no block any more */
  }
  for (uint32_t i = 0; i < c->block_count; i++) /* blocks that overlap with the forgotten ones */
    if (&c->regions[c->blocks[i].region] == r) mark_code(r, &c->blocks[i]);
}

static inline void look_for_code(counters_t *c, uint32_t address, uint32_t size) {
  region_t *r = &c->regions[c->region_of_page[address >> PAGE_SHIFT]];
  if (!r->is_code) return;
  uint32_t first = (address - r->base) >> 1, last = (address + size - 1 - r->base) >> 1;
  if (r->is_code[first] || (last < r->size / 2 && r->is_code[last])) forget_blocks(c, r, address, size);
}

static void on_write(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
  (void)uc, (void)type, (void)value;
  account_write(user, (uint32_t)address, (uint32_t)size);
  look_for_code(user, (uint32_t)address, (uint32_t)size);
}

static uint64_t on_window_read(void *uc, uint64_t offset, unsigned size, void *user) {
  (void)uc;
  const window_t *w = user;
  account_read(w->owner, w->address + (uint32_t)offset, size);
  uint64_t value = 0;
  memcpy(&value, w->host + offset, size);
  return value;
}

static void on_window_write(void *uc, uint64_t offset, unsigned size, uint64_t value, void *user) {
  (void)uc, (void)size, (void)value;
  const window_t *w = user;
  w->owner->refused_address = w->address + (uint32_t)offset;
  request_stop(w->owner, STOP_READ_ONLY);
}

#endif /* SIM_HOT_MEMORY_H_ */
