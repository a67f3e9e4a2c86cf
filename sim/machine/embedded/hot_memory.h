/* The memory system: caches, flash accelerators and wait states, for instruction fetches and data accesses.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_MEMORY_H_
#define SIM_HOT_MEMORY_H_

#include "hot_types.h"

/* ---- caches ---------------------------------------------------------------------------------------------------- */

static slot_t *choose_victim(cache_t *k, uint32_t set) {
  slot_t *first = k->slots + (size_t)set * k->ways;
  for (uint32_t way = 0; way < k->ways; way++)
    if (!first[way].valid) return first + way;
  if (k->policy == POLICY_ROUND_ROBIN) {
    uint32_t way = k->next_way[set];
    k->next_way[set] = way + 1 == k->ways ? 0 : way + 1;
    return first + way;
  }
  if (k->policy == POLICY_RANDOM) {
    k->random ^= k->random << 13;
    k->random ^= k->random >> 17;
    k->random ^= k->random << 5;
    return first + k->random % k->ways;
  }
  slot_t *oldest = first;
  for (uint32_t way = 1; way < k->ways; way++)
    if (k->clock - first[way].stamp > k->clock - oldest->stamp) oldest = first + way;
  return oldest;
}

static slot_t *lookup_line(cache_t *k, uint32_t region, uint32_t line) {
  uint16_t slot = k->slot_of_line[region][line];
  if (!slot) return NULL;
  slot_t *s = k->slots + slot - 1;
  s->stamp = ++k->clock;
  return s;
}

/* Bring a line in; returns the stall cycles: the memory's own, the rest of the fill, and a dirty victim's write-back. */
static uint32_t fill_line(cache_t *k, const region_t *regions, uint32_t region, uint32_t line, uint32_t memory_stall,
                          slot_t **filled) {
  uint32_t global_line = (regions[region].base >> k->line_shift) + line;
  slot_t *s = choose_victim(k, global_line % k->sets);
  uint32_t stall = memory_stall + k->miss_cycles;
  if (s->valid) {
    k->slot_of_line[s->region][s->line] = 0;
    if (s->dirty) stall += k->writeback_cycles;
  }
  s->valid = 1;
  s->dirty = 0;
  s->region = (uint8_t)region;
  s->line = line;
  s->stamp = ++k->clock;
  k->slot_of_line[region][line] = (uint16_t)(s - k->slots + 1);
  if (filled) *filled = s;
  return stall;
}

/* ---- instruction fetch ----------------------------------------------------------------------------------------- */

static void fetch_block(counters_t *c, const block_t *b) {
  region_t *r = &c->regions[b->region];
  uint32_t first = (b->address - r->base) >> r->fetch_shift;
  uint32_t last = (b->end - 1 - r->base) >> r->fetch_shift;
  uint32_t stall = 0;
  if (r->fetch_cache >= 0) {
    cache_t *k = &c->caches[r->fetch_cache];
    for (uint32_t line = first; line <= last; line++) {
      if (lookup_line(k, b->region, line)) {
        c->events[EVENT_ICACHE_HITS]++;
        continue;
      }
      c->events[EVENT_ICACHE_MISSES]++;
      c->events[EVENT_FLASH_FETCH_LINES] += r->is_flash;
      uint32_t cost = fill_line(k, c->regions, b->region, line, r->fetch_stall, NULL);
      if (r->prefetch && line == r->last_line + 1) {
        uint64_t needed = c->cycles + stall + (uint64_t)b->cycles * (line - first) / (last - first + 1);
        uint64_t ready = r->last_line_ready + cost;
        cost = ready > needed ? (uint32_t)(ready - needed) : 0;
      }
      stall += cost;
      r->last_line = line;
      r->last_line_ready = c->cycles + stall;
    }
  } else {
    for (uint32_t line = first; line <= last; line++) {
      if (line == r->last_line) continue;
      uint64_t needed = c->cycles + stall + (uint64_t)b->cycles * (line - first) / (last - first + 1);
      uint32_t cost = r->fetch_stall;
      if (r->prefetch && line == r->last_line + 1) {
        uint64_t ready = r->last_line_ready + r->fetch_stall + 1;
        cost = ready > needed ? (uint32_t)(ready - needed) : 0;
      }
      c->events[EVENT_FLASH_FETCH_LINES] += r->is_flash;
      stall += cost;
      r->last_line = line;
      r->last_line_ready = needed + cost;
    }
  }
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

static void on_write(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
  (void)uc, (void)type, (void)value;
  account_write(user, (uint32_t)address, (uint32_t)size);
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
