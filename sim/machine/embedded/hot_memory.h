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
  if (k->policy != POLICY_LRU || !s->newer) return;
  uint16_t index = (uint16_t)(s - k->slots + 1);
  set_t *set = &k->sets[s->set];
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

/* Words that its memory delivers for a line of a cache. */
static inline uint32_t words_of_line(const cache_t *k, const region_t *r) {
  return k->line_shift > r->width_shift ? 1u << (k->line_shift - r->width_shift) : 1;
}

static slot_t *lookup_line(cache_t *k, uint32_t region, uint32_t line) {
  uint16_t slot = k->slot_of_line[region][line];
  if (!slot) return NULL;
  slot_t *s = k->slots + slot - 1;
  touch(k, s);
  return s;
}

static inline uint32_t *recent_line(counters_t *c, uint32_t address) {
  return &c->recent_lines[address >> RECENT_SHIFT & (RECENT_LINES - 1)];
}

static void forget_recent_lines(counters_t *c) { memset(c->recent_lines, 0, sizeof c->recent_lines); }

/* A line of a memory without wait states, or in the data cache that its region reads through, and complete. */
static inline void note_recent_line(counters_t *c, const cache_t *k, const region_t *r, uint32_t address) {
  if (k && (k->policy == POLICY_LRU || k->line_shift != RECENT_SHIFT || k->serves_fetches)) return;
  uint32_t flags = RECENT_PRESENT | (r->is_flash ? RECENT_FLASH : 0) | (k ? RECENT_CACHED : 0);
  *recent_line(c, address) = (address & ~((1u << RECENT_SHIFT) - 1)) | flags;
  c->keeps_recent_lines = 1;
}

/* Give a line a place; a dirty victim keeps its memory busy behind what that is doing. */
static slot_t *place_line(counters_t *c, cache_t *k, uint32_t region, uint32_t line, uint64_t now) {
  region_t *regions = c->regions;
  uint32_t global_line = (regions[region].base >> k->line_shift) + line;
  slot_t *s = choose_victim(k, k->set_mask ? global_line & k->set_mask : global_line % k->set_count);
  if (s->valid) {
    region_t *r = &regions[s->region];
    k->slot_of_line[s->region][s->line] = 0;
    *recent_line(c, r->base + (s->line << k->line_shift)) = 0;
    if (s->dirty)
      r->free_from = (r->free_from > now ? r->free_from : now) + words_of_line(k, r);
  }
  s->valid = 1;
  s->dirty = 0;
  s->region = (uint8_t)region;
  s->line = line;
  touch(k, s);
  k->slot_of_line[region][line] = (uint16_t)(s - k->slots + 1);
  return s;
}

/* ---- the memory behind the caches ------------------------------------------------------------------------------ */

/* The cycle from which all words of the line that was fetched last are there. */
static inline uint64_t line_complete(const cache_t *k, const region_t *r) {
  return k->fill.first_ready + (uint64_t)(words_of_line(k, r) - 1) * r->word_cycles;
}

/* Fetch a line, the word at an offset first; returns the cycle from which that word is there. */
static uint64_t read_line(cache_t *k, region_t *r, uint32_t region, uint32_t line, uint32_t offset, uint64_t now,
                          uint32_t latency) {
  uint64_t ready = now + latency + k->miss_cycles;
  if (r->prefetch == PREFETCH_REFILLS && line == r->last_line + 1) {
    uint64_t prefetched = r->last_line_ready + r->word_cycles;
    ready = (prefetched > now ? prefetched : now) + k->miss_cycles;
  } else if (r->free_from > now && r->free_from + r->word_cycles > ready) {
    ready = r->free_from + r->word_cycles;
  }
  k->fill = (line_fill_t){.first_ready = ready, .line = line, .first_word = offset >> r->width_shift, .region = region};
  r->free_from = line_complete(k, r);
  if (r->prefetch == PREFETCH_REFILLS) {
    r->last_line = line;
    r->last_line_ready = r->free_from;
    r->free_from += r->word_cycles; /* the prefetch */
  }
  return ready;
}

/* Whether a line in the cache is the one that it has fetched last: not all of its words need be there. */
static inline int is_coming_in(const cache_t *k, uint32_t region, uint32_t line) {
  return k->fill.line == line && k->fill.region == region;
}

/* The cycle from which a word of a line in the cache is there. */
static inline uint64_t word_ready(const cache_t *k, const region_t *r, uint32_t region, uint32_t line, uint32_t offset) {
  if (!is_coming_in(k, region, line)) return 0;
  const line_fill_t *fill = &k->fill;
  uint32_t distance = ((offset >> r->width_shift) - fill->first_word) & (words_of_line(k, r) - 1);
  return fill->first_ready + (uint64_t)distance * r->word_cycles;
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

/* When the part of a block that lies in a line is needed, if nothing stalls on the way. */
static uint64_t needed_from(const counters_t *c, const block_t *b, uint32_t line_address) {
  if (line_address <= b->address) return c->cycles;
  return c->cycles + (uint64_t)b->cycles * (line_address - b->address) / (b->end - b->address);
}

/* A line becomes the one that instructions come from; the prefetch of the next one begins when it is there. */
static inline void enter_line(region_t *r, uint32_t line, uint64_t now, uint64_t ready) {
  if (r->prefetch == PREFETCH_REFILLS) return;
  r->last_line = line;
  r->last_line_ready = ready > now ? ready : now;
}

/* When the prefetch buffer has a line complete; "never" when it is not being prefetched. */
static inline uint64_t prefetched_from(const region_t *r, uint32_t line) {
  if (r->prefetch != PREFETCH_FETCHES || line != r->last_line + 1) return UINT64_MAX;
  return r->last_line_ready + r->fetch_stall + 1;
}

/* What is late in the prefetch buffer is on its way at least. */
static inline uint32_t fetch_latency(const region_t *r, uint64_t prefetched, uint64_t now) {
  return prefetched < now + r->fetch_stall ? (uint32_t)(prefetched - now) : r->fetch_stall;
}

static uint32_t fetch_cached(counters_t *c, region_t *r, uint32_t index) {
  block_t *b = &c->blocks[index];
  cache_t *k = &c->caches[r->fetch_cache];
  uint32_t first = (b->address - r->base) >> r->fetch_shift;
  uint32_t last = (b->end - 1 - r->base) >> r->fetch_shift;
  b->last_use = ++k->clock;
  if (b->fetch_epoch == k->epoch) {
    c->events[EVENT_ICACHE_HITS] += last - first + 1;
    enter_line(r, last, c->cycles, 0);
    return 0;
  }
  int whole = last - first < k->set_count || (k->policy == POLICY_LRU && last - first < k->ways);
  uint32_t stall = 0;
  for (uint32_t line = first; line <= last; line++) {
    uint32_t line_address = r->base + (line << r->fetch_shift);
    uint32_t offset = line == first ? b->address - line_address : 0;
    uint64_t now = needed_from(c, b, line_address) + stall;
    uint64_t prefetched = prefetched_from(r, line);
    uint64_t ready;
    if (lookup_line(k, b->region, line)) {
      c->events[EVENT_ICACHE_HITS]++;
      ready = word_ready(k, r, b->region, line, offset);
    } else if (r->prefetch == PREFETCH_FETCHES && (line == r->last_line || prefetched <= now)) {
      /* from the line in use or a complete prefetch buffer: no miss, so the cache does not take it in */
      c->events[EVENT_FLASH_FETCH_LINES] += r->is_flash && line != r->last_line;
      ready = 0;
      whole = 0;
    } else {
      end_epoch(c, k);
      c->events[EVENT_ICACHE_MISSES]++;
      c->events[EVENT_FLASH_FETCH_LINES] += r->is_flash;
      ready = read_line(k, r, b->region, line, offset, now, fetch_latency(r, prefetched, now));
      place_line(c, k, b->region, line, now);
    }
    enter_line(r, line, now, ready);
    if (ready > now) stall += (uint32_t)(ready - now);
    /* the rest of the line may come in more slowly than the block needs it */
    uint32_t end = line == last ? b->end - 1 - line_address : (1u << r->fetch_shift) - 1;
    now = needed_from(c, b, line_address + end) + stall;
    ready = word_ready(k, r, b->region, line, end);
    if (ready > now) stall += (uint32_t)(ready - now);
  }
  if (!whole) return stall; /* not all of its lines are there */
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
    uint64_t now = needed_from(c, b, r->base + (line << r->fetch_shift)) + stall;
    uint64_t prefetched = prefetched_from(r, line);
    uint32_t latency = prefetched <= now ? 0 : fetch_latency(r, prefetched, now);
    enter_line(r, line, now, now + latency);
    stall += latency;
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

/* Stall until a cycle. */
static inline void wait_until(counters_t *c, uint64_t ready, uint64_t now) {
  if (ready > now) charge(c, (uint32_t)(ready - now));
}

/* The cycle in which the current block has begun, if what it has waited for is taken as before that. */
static inline uint64_t begin_cycle(const counters_t *c) {
  return c->previous ? c->cycles - c->blocks[c->previous - 1].cycles : c->cycles;
}

/* The cycle of the current data access: accesses are taken as evenly spread over their block. */
static uint64_t access_cycle(const counters_t *c) {
  if (!c->previous) return c->cycles;
  const block_t *b = &c->blocks[c->previous - 1];
  uint32_t index = c->access_index - 1;
  if (index >= b->accesses) return c->cycles;
  return begin_cycle(c) + (uint64_t)b->cycles * index / b->accesses;
}


static inline void account_alignment(counters_t *c, uint32_t address, uint32_t size, int is_write) {
  if (address & (size - 1)) charge(c, c->unaligned_cycles[is_write][size == 4 && (address & 1)]);
}

/* Account for a read where all that is known of its line is enough. */
static inline int reads_recent_line(counters_t *c, uint32_t address, uint32_t size) {
  uint32_t entry = *recent_line(c, address);
  if ((entry ^ address) >> RECENT_SHIFT || !(entry & RECENT_PRESENT) || (address & (size - 1))) return 0;
  c->events[EVENT_FLASH_READS] += (entry & RECENT_FLASH) != 0;
  c->events[EVENT_DCACHE_HITS] += (entry & RECENT_CACHED) != 0;
  c->access_index++;
  return 1;
}

static void account_read(counters_t *c, uint32_t address, uint32_t size) {
  uint32_t region = c->region_of_page[address >> PAGE_SHIFT];
  region_t *r = &c->regions[region];
  account_alignment(c, address, size, 0);
  c->events[EVENT_FLASH_READS] += r->is_flash;
  c->access_index++;
  if (!r->data_timed) {
    if (region) note_recent_line(c, NULL, r, address);
    return;
  }
  if (r->read_cache < 0) {
    charge(c, r->read_stall);
    return;
  }
  cache_t *k = &c->caches[r->read_cache];
  if (k->pending_count) end_epoch(c, k); /* a cache of instructions and data */
  uint32_t offset = address - r->base;
  uint32_t line = offset >> k->line_shift;
  offset -= line << k->line_shift;
  if (lookup_line(k, region, line)) {
    c->events[EVENT_DCACHE_HITS]++;
    if (is_coming_in(k, region, line)) {
      wait_until(c, word_ready(k, r, region, line, offset), access_cycle(c));
      if (line_complete(k, r) > begin_cycle(c)) return; /* other accesses of this block may still have to wait */
    }
    note_recent_line(c, k, r, address);
    return;
  }
  c->events[EVENT_DCACHE_MISSES]++;
  uint64_t now = access_cycle(c);
  wait_until(c, read_line(k, r, region, line, offset, now, r->read_stall), now);
  place_line(c, k, region, line, now);
}

static void account_write(counters_t *c, uint32_t address, uint32_t size) {
  uint32_t region = c->region_of_page[address >> PAGE_SHIFT];
  region_t *r = &c->regions[region];
  account_alignment(c, address, size, 1);
  c->access_index++;
  if (!r->data_timed) return;
  if (r->write_cache < 0) {
    charge(c, r->write_stall);
    return;
  }
  cache_t *k = &c->caches[r->write_cache];
  if (k->pending_count) end_epoch(c, k);
  uint32_t offset = address - r->base;
  uint32_t line = offset >> k->line_shift;
  offset -= line << k->line_shift;
  slot_t *s = lookup_line(k, region, line);
  if (s) {
    c->events[EVENT_DCACHE_HITS]++;
  } else {
    c->events[EVENT_DCACHE_MISSES]++;
    if (!k->write_allocate) {
      charge(c, r->write_stall);
      return;
    }
    uint64_t now = access_cycle(c);
    wait_until(c, read_line(k, r, region, line, offset, now, r->read_stall), now);
    s = place_line(c, k, region, line, now);
  }
  if (k->write_back)
    s->dirty = 1;
  else
    charge(c, r->write_stall);
}

/* A doubleword may lie at any word. */
static inline void check_alignment(counters_t *c, uint32_t address, uint32_t size, int is_write) {
  if (c->on_unaligned && (address & ((size > 4 ? 4 : size) - 1))) c->on_unaligned(c, address, size, is_write);
}

static void on_read(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
  (void)uc, (void)type, (void)value;
  check_alignment(user, (uint32_t)address, (uint32_t)size, 0);
  if (((counters_t *)user)->plans) return;
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
  check_alignment(user, (uint32_t)address, (uint32_t)size, 1);
  if (((counters_t *)user)->plans) return;
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
