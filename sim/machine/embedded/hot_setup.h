/* Sets up the state behind the hot path: what there is before anything runs.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_SETUP_H_
#define SIM_HOT_SETUP_H_

#include "hot_snapshot.h"

static const char *const OUT_OF_MEMORY = "out of memory";

/* Geometry and behaviour of a cache, as the platform describes it. */
typedef struct {
  uint32_t size_bytes, line_bytes, ways, policy, miss_cycles, write_back, write_allocate;
} cache_setup_t;

/* A memory region; caches by number, -1 for none. */
typedef struct {
  uint32_t base, size_bytes;
  int32_t fetch_cache, read_cache, write_cache;
  uint32_t width_bytes, fetch_stall_cycles, read_stall_cycles, write_stall_cycles, word_cycles, prefetch, is_flash;
} region_setup_t;

/* Each of the functions below returns what is wrong, or NULL. */

/* An unaligned access costs: loads, words loaded from an odd address, stores, words stored to one. */
static const char *set_up_counters(counters_t *c, int full, const uint32_t unaligned_cycles[4]) {
  c->full = (uint8_t)full;
  memcpy(c->unaligned_cycles, unaligned_cycles, sizeof c->unaligned_cycles);
  c->deadline = UINT64_MAX;
  c->region_of_page = calloc(PAGE_COUNT, 1);
  return c->region_of_page ? NULL : OUT_OF_MEMORY;
}

static const char *set_up_cache(counters_t *c, const cache_setup_t *setup) {
  uint32_t line = setup->line_bytes, ways = setup->ways, size = setup->size_bytes;
  if (c->cache_count == MAX_CACHES || !line || (line & (line - 1)) || !ways || size % (line * ways) ||
      size / line >= UINT16_MAX || setup->policy > POLICY_RANDOM)
    return "cache geometry is not supported";
  cache_t *k = &c->caches[c->cache_count];
  memset(k, 0, sizeof *k);
  k->ways = ways;
  k->set_count = size / (line * ways);
  k->set_mask = k->set_count & (k->set_count - 1) ? 0 : k->set_count - 1;
  k->line_shift = (uint32_t)__builtin_ctz(line);
  k->miss_cycles = setup->miss_cycles;
  k->policy = (uint8_t)setup->policy;
  k->write_back = setup->write_back != 0;
  k->write_allocate = setup->write_allocate != 0;
  k->random = 0x9E3779B9u;
  k->epoch = 1;
  k->fill.line = NO_LINE;
  k->slots = calloc((size_t)k->set_count * ways, sizeof(slot_t));
  k->sets = calloc(k->set_count, sizeof(set_t));
  if (!k->slots || !k->sets) return OUT_OF_MEMORY;
  for (uint32_t i = 0; i < k->set_count * ways; i++) {
    k->slots[i].newer = (uint16_t)(i % ways == 0 ? 0 : i);
    k->slots[i].older = (uint16_t)(i % ways == ways - 1 ? 0 : i + 2);
    k->slots[i].set = (uint16_t)(i / ways);
  }
  for (uint32_t i = 0; i < k->set_count; i++)
    k->sets[i] = (set_t){.newest = (uint16_t)(i * ways + 1), .oldest = (uint16_t)(i * ways + ways)};
  c->cache_count++;
  return NULL;
}

static const char *map_lines(counters_t *c, int cache, uint32_t region) {
  if (cache < 0) return NULL;
  if ((uint32_t)cache >= c->cache_count) return "region names a cache that does not exist";
  cache_t *k = &c->caches[cache];
  if (!k->slot_of_line[region]) {
    size_t lines = (size_t)(c->regions[region].size >> k->line_shift) + 1;
    k->slot_of_line[region] = calloc(lines, sizeof(uint16_t));
  }
  return k->slot_of_line[region] ? NULL : OUT_OF_MEMORY;
}

/* What firmware can change about a region: its caches, stalls and prefetching. */
static const char *tune_region(counters_t *c, uint32_t index, const region_setup_t *setup) {
  region_t *r = &c->regions[index];
  r->fetch_cache = setup->fetch_cache;
  r->read_cache = setup->read_cache;
  r->write_cache = setup->write_cache;
  r->fetch_stall = setup->fetch_stall_cycles;
  r->read_stall = setup->read_stall_cycles;
  r->write_stall = setup->write_stall_cycles;
  r->word_cycles = setup->word_cycles;
  r->prefetch = (uint8_t)setup->prefetch;
  r->last_line = NO_LINE - 1;
  const int32_t caches[] = {setup->fetch_cache, setup->read_cache, setup->write_cache};
  for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
    const char *error = map_lines(c, caches[i], index);
    if (error) return error;
  }
  if (r->fetch_cache >= 0) c->caches[r->fetch_cache].serves_fetches = 1;
  forget_recent_lines(c);
  r->fetch_shift = r->fetch_cache >= 0 ? c->caches[r->fetch_cache].line_shift : r->width_shift;
  r->fetch_timed = r->fetch_cache >= 0 || r->fetch_stall > 0;
  r->data_timed = r->read_cache >= 0 || r->write_cache >= 0 || r->read_stall > 0 || r->write_stall > 0;
  return NULL;
}

static const char *set_up_region(counters_t *c, const region_setup_t *setup) {
  uint32_t base = setup->base, size = setup->size_bytes, width = setup->width_bytes;
  uint32_t page_mask = (1u << PAGE_SHIFT) - 1;
  if (c->region_count + 1 >= MAX_REGIONS || !size || (base & page_mask) || (size & page_mask) || !width ||
      (width & (width - 1)) || (uint64_t)base + size > (1ull << 32))
    return "memory region is not supported";
  uint32_t index = ++c->region_count;
  region_t *r = &c->regions[index];
  memset(r, 0, sizeof *r);
  r->base = base;
  r->size = size;
  r->width_shift = (uint32_t)__builtin_ctz(width);
  r->is_flash = setup->is_flash != 0;
  const char *error = tune_region(c, index, setup);
  if (error) return error;
  r->block_of_halfword = calloc(size / 2, sizeof(uint32_t));
  r->is_code = r->is_flash ? NULL : calloc(size / 2, 1);
  if (!r->block_of_halfword || (!r->is_flash && !r->is_code)) return OUT_OF_MEMORY;
  memset(c->region_of_page + (base >> PAGE_SHIFT), (int)index, size >> PAGE_SHIFT);
  return NULL;
}

/* Firmware has changed what the region at this base is like; its blocks are looked at afresh. */
static const char *change_region(counters_t *c, const region_setup_t *setup) {
  uint32_t index = c->region_of_page[setup->base >> PAGE_SHIFT];
  if (!index || c->regions[index].base != setup->base) return "no memory region begins there";
  for (uint32_t i = 0; i < c->cache_count; i++) end_epoch(c, &c->caches[i]);
  const char *error = tune_region(c, index, setup);
  for (uint32_t i = 0; i < c->block_count; i++) {
    block_t *b = &c->blocks[i];
    if (b->region != index) continue;
    b->fetch_epoch = 0;
    b->flags &= (uint8_t)~BLOCK_FETCH_TIMED;
    if (c->full && c->regions[index].fetch_timed) b->flags |= BLOCK_FETCH_TIMED;
  }
  return error;
}

static const char *set_up_marker(counters_t *c, uint32_t address, int stops) {
  if (c->marker_count == UINT8_MAX) return "too many markers";
  marker_t *markers = realloc(c->markers, (c->marker_count + 1) * sizeof(marker_t));
  if (!markers) return OUT_OF_MEMORY;
  c->markers = markers;
  c->markers[c->marker_count++] = (marker_t){.address = address, .stops = stops != 0};
  return NULL;
}

static void release_memory(counters_t *c) {
  for (uint32_t i = 0; i < c->cache_count; i++) {
    free(c->caches[i].slots);
    free(c->caches[i].sets);
    for (uint32_t r = 0; r < MAX_REGIONS; r++) free(c->caches[i].slot_of_line[r]);
  }
  for (uint32_t r = 0; r <= c->region_count; r++) {
    free(c->regions[r].block_of_halfword);
    free(c->regions[r].is_code);
  }
  free(c->blocks);
  free(c->markers);
  free(c->literals);
  free(c->steps);
  free(c->region_of_page);
  free(c->log);
}

#endif /* SIM_HOT_SETUP_H_ */
