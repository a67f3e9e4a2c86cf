/* The hot path of the embedded engine: what runs on every basic block and on every data access.
 *
 * Unicorn calls on_block(), on_read() and on_write() directly, without Python and without the GIL. This file does not
 * link to libunicorn: the addresses of the two functions it needs are handed in, and the addresses of its callbacks
 * are handed out. Python is entered only when a block is seen for the first time, to decode and price it.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REGIONS 32
#define MAX_CACHES 8
#define PAGE_SHIFT 12
#define PAGE_COUNT (1u << (32 - PAGE_SHIFT))
#define NO_LINE UINT32_MAX
#define ARM_REG_R0 66 /* UC_ARM_REG_R0: checked against the binding in Python */

enum stop_reason { STOP_NONE = 0, STOP_DEADLINE = 1, STOP_MARKER = 2, STOP_ERROR = 3, STOP_READ_ONLY = 4 };
enum block_flag { BLOCK_CONDITIONAL = 1, BLOCK_BACKWARD = 2, BLOCK_MARKER = 4, BLOCK_MARKER_STOPS = 8 };
enum policy { POLICY_LRU = 0, POLICY_ROUND_ROBIN = 1, POLICY_RANDOM = 2 };
enum event {
  EVENT_FLASH_FETCH_LINES,
  EVENT_FLASH_READS,
  EVENT_ICACHE_HITS,
  EVENT_ICACHE_MISSES,
  EVENT_DCACHE_HITS,
  EVENT_DCACHE_MISSES,
  EVENT_STALL_CYCLES,
  EVENT_COUNT
};

typedef int (*emu_stop_fn)(void *uc);
typedef int (*reg_read_fn)(void *uc, int regid, void *value);

typedef struct {
  uint32_t address;
  uint32_t end;
  uint32_t cycles;
  uint16_t taken_cycles;
  uint16_t mispredict_cycles;
  uint8_t flags;
  uint8_t predictor; /* two-bit saturating counter; 2 and 3 predict taken */
  uint8_t region;
  uint8_t marker;
  uint32_t next_same_address; /* another size at this address, as index + 1 */
  uint32_t literals;          /* index of the first of its literal loads in counters_t.literals */
  uint32_t literal_count;
  uint64_t executions;
  uint64_t taken;
  uint64_t mispredicts;
} block_t;

typedef struct {
  uint32_t line; /* line number inside the region */
  uint32_t stamp;
  uint8_t region;
  uint8_t valid;
  uint8_t dirty;
} slot_t;

typedef struct {
  uint32_t sets, ways, line_shift;
  uint32_t miss_cycles, writeback_cycles;
  uint8_t policy, write_back, write_allocate;
  uint32_t clock;
  uint32_t random;
  slot_t *slots;
  uint32_t *next_way;                 /* per set, for round robin */
  uint16_t *slot_of_line[MAX_REGIONS]; /* slot + 1 of each memory line of a region, 0 when absent */
} cache_t;

typedef struct {
  uint32_t base, size;
  int fetch_cache, read_cache, write_cache;
  uint32_t fetch_shift;
  uint32_t fetch_stall, read_stall, write_stall;
  uint8_t prefetch, is_flash, fetch_timed, data_timed;
  uint32_t last_line;
  uint64_t last_line_ready;
  uint32_t *block_of_halfword; /* index + 1 */
} region_t;

typedef struct {
  uint32_t address;
  uint8_t marker;
  uint8_t stops;
} marker_t;

struct counters;

/* Flash that holds data only: mapped as a device, so that only its reads leave the fast path. */
typedef struct {
  struct counters *owner;
  const uint8_t *host;
  uint32_t address;
} window_t;

typedef struct counters {
  PyObject_HEAD
  void *uc;
  emu_stop_fn emu_stop;
  reg_read_fn reg_read;
  PyObject *on_new_block;
  uint64_t cycles;
  uint64_t deadline;
  uint64_t events[EVENT_COUNT];
  uint32_t unaligned_cycles;
  uint8_t full;
  uint8_t stop_reason;
  uint8_t stop_marker;
  uint8_t resuming; /* the next block was already announced by a marker stop */
  uint32_t previous; /* index + 1 of the block that was executed last */
  block_t *blocks;
  uint32_t block_count, block_capacity;
  region_t regions[MAX_REGIONS + 1]; /* [0] stands for everything without a region */
  uint32_t region_count;
  cache_t caches[MAX_CACHES];
  uint32_t cache_count;
  marker_t *markers;
  uint32_t marker_count;
  uint32_t *literals; /* addresses */
  uint32_t literal_count;
  window_t window;
  uint32_t refused_address; /* of the write that stopped the run */
  uint8_t *region_of_page;
  uint8_t *log;
  size_t log_size, log_capacity;
} counters_t;

/* One record of the marker log; the per-block counters follow it. */
typedef struct {
  uint64_t cycles;
  uint64_t events[EVENT_COUNT];
  uint32_t marker;
  uint32_t argument;
  uint64_t block_count;
} record_t;

static void request_stop(counters_t *c, enum stop_reason reason) {
  c->stop_reason = (uint8_t)reason;
  c->emu_stop(c->uc);
}

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

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

static uint32_t marker_of(const counters_t *c, uint32_t address) {
  for (uint32_t i = 0; i < c->marker_count; i++)
    if (c->markers[i].address == address) return i + 1;
  return 0;
}

/* Ask Python to price a block that was never seen; returns index + 1, or 0 after an error. */
static uint32_t new_block(counters_t *c, uint32_t address, uint32_t size, uint32_t region) {
  PyGILState_STATE gil = PyGILState_Ensure();
  uint32_t result = 0;
  unsigned int cycles, taken, mispredict, flags;
  const char *literals;
  Py_ssize_t literal_bytes;
  PyObject *row = PyObject_CallFunction(c->on_new_block, "II", (unsigned int)address, (unsigned int)size);
  if (!row || !PyArg_ParseTuple(row, "IIIIy#", &cycles, &taken, &mispredict, &flags, &literals, &literal_bytes))
    goto done;
  if (c->block_count == c->block_capacity) {
    uint32_t capacity = c->block_capacity ? c->block_capacity * 2 : 4096;
    block_t *blocks = realloc(c->blocks, capacity * sizeof(block_t));
    if (!blocks) {
      PyErr_NoMemory();
      goto done;
    }
    c->blocks = blocks;
    c->block_capacity = capacity;
  }
  block_t *b = &c->blocks[c->block_count];
  memset(b, 0, sizeof *b);
  if (literal_bytes) {
    uint32_t *grown = realloc(c->literals, c->literal_count * sizeof(uint32_t) + (size_t)literal_bytes);
    if (!grown) {
      PyErr_NoMemory();
      goto done;
    }
    c->literals = grown;
    memcpy(c->literals + c->literal_count, literals, (size_t)literal_bytes);
    b->literals = c->literal_count;
    b->literal_count = (uint32_t)literal_bytes / sizeof(uint32_t);
    c->literal_count += b->literal_count;
  }
  b->address = address;
  b->end = address + size;
  b->cycles = cycles;
  b->taken_cycles = (uint16_t)taken;
  b->mispredict_cycles = (uint16_t)mispredict;
  b->flags = (uint8_t)(flags & (BLOCK_CONDITIONAL | BLOCK_BACKWARD));
  b->predictor = flags & BLOCK_BACKWARD ? 2 : 1; /* static prediction: backward taken, forward not */
  b->region = (uint8_t)region;
  uint32_t marker = marker_of(c, address);
  if (marker) {
    b->marker = (uint8_t)(marker - 1);
    b->flags |= BLOCK_MARKER;
    if (c->markers[marker - 1].stops) b->flags |= BLOCK_MARKER_STOPS;
  }
  result = ++c->block_count;
done:
  Py_XDECREF(row);
  PyGILState_Release(gil);
  return result;
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
    *head = index;
  }
  return index;
}

static int log_marker(counters_t *c, const block_t *b) {
  size_t need = sizeof(record_t) + 3 * sizeof(uint64_t) * (size_t)c->block_count;
  if (c->log_size + need > c->log_capacity) {
    size_t capacity = (c->log_size + need) * 2;
    uint8_t *log = realloc(c->log, capacity);
    if (!log) return 0;
    c->log = log;
    c->log_capacity = capacity;
  }
  uint32_t r0 = 0;
  c->reg_read(c->uc, ARM_REG_R0, &r0);
  record_t record = {.cycles = c->cycles, .marker = b->marker, .argument = r0, .block_count = c->block_count};
  memcpy(record.events, c->events, sizeof record.events);
  memcpy(c->log + c->log_size, &record, sizeof record);
  uint64_t *counters = (uint64_t *)(c->log + c->log_size + sizeof record);
  for (uint32_t i = 0; i < c->block_count; i++) {
    *counters++ = c->blocks[i].executions;
    *counters++ = c->blocks[i].taken;
    *counters++ = c->blocks[i].mispredicts;
  }
  c->log_size += need;
  return 1;
}

/* The block executed before this one has been left: by falling through, or by a taken branch. */
static void leave_previous(counters_t *c, uint32_t address) {
  block_t *p = &c->blocks[c->previous - 1];
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

static void on_block(void *uc, uint64_t address64, uint32_t size, void *user) {
  (void)uc;
  counters_t *c = user;
  uint32_t address = (uint32_t)address64;
  if (c->cycles >= c->deadline) {
    request_stop(c, STOP_DEADLINE);
    return;
  }
  uint32_t index = find_block(c, address, size);
  if (!index) {
    request_stop(c, STOP_ERROR);
    return;
  }
  block_t *b = &c->blocks[index - 1];
  if (c->resuming) {
    c->resuming = 0; /* this entry was accounted for when the marker stopped the run */
  } else {
    if (c->previous) leave_previous(c, address);
    if (c->full && c->regions[b->region].fetch_timed) fetch_block(c, b);
    if (b->flags & BLOCK_MARKER) {
      if (!log_marker(c, b)) {
        request_stop(c, STOP_ERROR);
        return;
      }
      if (b->flags & BLOCK_MARKER_STOPS) {
        c->stop_marker = b->marker;
        c->resuming = 1;
        request_stop(c, STOP_MARKER);
        return;
      }
    }
  }
  b->executions++;
  for (uint32_t i = 0; i < b->literal_count; i++) account_read(c, c->literals[b->literals + i], 4);
  c->cycles += b->cycles;
  c->previous = index;
}

/* ---- Python type ----------------------------------------------------------------------------------------------- */

static int counters_init(PyObject *self, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"uc", "emu_stop", "reg_read", "on_new_block", "full", "unaligned_cycles", NULL};
  counters_t *c = (counters_t *)self;
  unsigned long long uc, emu_stop, reg_read;
  PyObject *on_new_block;
  int full;
  unsigned int unaligned_cycles;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KKKOpI", names, &uc, &emu_stop, &reg_read, &on_new_block, &full,
                                   &unaligned_cycles))
    return -1;
  if (c->region_of_page) {
    PyErr_SetString(PyExc_RuntimeError, "HotCounters cannot be initialised twice");
    return -1;
  }
  c->uc = (void *)(uintptr_t)uc;
  c->emu_stop = (emu_stop_fn)(uintptr_t)emu_stop;
  c->reg_read = (reg_read_fn)(uintptr_t)reg_read;
  Py_INCREF(on_new_block);
  c->on_new_block = on_new_block;
  c->full = (uint8_t)full;
  c->unaligned_cycles = unaligned_cycles;
  c->deadline = UINT64_MAX;
  c->region_of_page = calloc(PAGE_COUNT, 1);
  if (!c->region_of_page) {
    PyErr_NoMemory();
    return -1;
  }
  return 0;
}

static void release_memory(counters_t *c) {
  for (uint32_t i = 0; i < c->cache_count; i++) {
    free(c->caches[i].slots);
    free(c->caches[i].next_way);
    for (uint32_t r = 0; r < MAX_REGIONS; r++) free(c->caches[i].slot_of_line[r]);
  }
  for (uint32_t r = 0; r <= c->region_count; r++) free(c->regions[r].block_of_halfword);
  free(c->blocks);
  free(c->markers);
  free(c->literals);
  free(c->region_of_page);
  free(c->log);
}

static int counters_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(((counters_t *)self)->on_new_block);
  Py_VISIT(Py_TYPE(self));
  return 0;
}

static int counters_clear(PyObject *self) {
  Py_CLEAR(((counters_t *)self)->on_new_block);
  return 0;
}

static void counters_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  counters_clear(self);
  release_memory((counters_t *)self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

static PyObject *add_cache(PyObject *self, PyObject *args) {
  counters_t *c = (counters_t *)self;
  unsigned int size, line, ways, policy, miss, write_back, write_allocate, writeback;
  if (!PyArg_ParseTuple(args, "IIIIIIII", &size, &line, &ways, &policy, &miss, &write_back, &write_allocate,
                        &writeback))
    return NULL;
  if (c->cache_count == MAX_CACHES || !line || (line & (line - 1)) || !ways || size % (line * ways) ||
      size / line >= UINT16_MAX || policy > POLICY_RANDOM) {
    PyErr_SetString(PyExc_ValueError, "cache geometry is not supported");
    return NULL;
  }
  cache_t *k = &c->caches[c->cache_count];
  memset(k, 0, sizeof *k);
  k->ways = ways;
  k->sets = size / (line * ways);
  k->line_shift = (uint32_t)__builtin_ctz(line);
  k->miss_cycles = miss;
  k->policy = (uint8_t)policy;
  k->write_back = write_back != 0;
  k->write_allocate = write_allocate != 0;
  k->writeback_cycles = writeback;
  k->random = 0x9E3779B9u;
  k->slots = calloc((size_t)k->sets * ways, sizeof(slot_t));
  k->next_way = calloc(k->sets, sizeof(uint32_t));
  if (!k->slots || !k->next_way) return PyErr_NoMemory();
  return PyLong_FromUnsignedLong(c->cache_count++);
}

static int map_lines(counters_t *c, int cache, uint32_t region) {
  if (cache < 0) return 1;
  if ((uint32_t)cache >= c->cache_count) {
    PyErr_SetString(PyExc_ValueError, "region names a cache that does not exist");
    return 0;
  }
  cache_t *k = &c->caches[cache];
  if (!k->slot_of_line[region]) {
    size_t lines = (size_t)(c->regions[region].size >> k->line_shift) + 1;
    k->slot_of_line[region] = calloc(lines, sizeof(uint16_t));
  }
  if (!k->slot_of_line[region]) PyErr_NoMemory();
  return k->slot_of_line[region] != NULL;
}

static PyObject *add_region(PyObject *self, PyObject *args) {
  counters_t *c = (counters_t *)self;
  unsigned int base, size, line, fetch_stall, read_stall, write_stall, prefetch, is_flash;
  int fetch_cache, read_cache, write_cache;
  if (!PyArg_ParseTuple(args, "IIiiiIIIIII", &base, &size, &fetch_cache, &read_cache, &write_cache, &line,
                        &fetch_stall, &read_stall, &write_stall, &prefetch, &is_flash))
    return NULL;
  uint32_t page_mask = (1u << PAGE_SHIFT) - 1;
  if (c->region_count + 1 >= MAX_REGIONS || !size || (base & page_mask) || (size & page_mask) || !line ||
      (line & (line - 1)) || (uint64_t)base + size > (1ull << 32)) {
    PyErr_SetString(PyExc_ValueError, "memory region is not supported");
    return NULL;
  }
  uint32_t index = ++c->region_count;
  region_t *r = &c->regions[index];
  memset(r, 0, sizeof *r);
  r->base = base;
  r->size = size;
  r->fetch_cache = fetch_cache;
  r->read_cache = read_cache;
  r->write_cache = write_cache;
  r->fetch_stall = fetch_stall;
  r->read_stall = read_stall;
  r->write_stall = write_stall;
  r->prefetch = prefetch != 0;
  r->is_flash = is_flash != 0;
  r->last_line = NO_LINE - 1;
  if (!map_lines(c, fetch_cache, index) || !map_lines(c, read_cache, index) || !map_lines(c, write_cache, index))
    return NULL;
  r->fetch_shift = fetch_cache >= 0 ? c->caches[fetch_cache].line_shift : (uint32_t)__builtin_ctz(line);
  r->fetch_timed = fetch_cache >= 0 || fetch_stall > 0;
  r->data_timed = read_cache >= 0 || write_cache >= 0 || read_stall > 0 || write_stall > 0;
  r->block_of_halfword = calloc(size / 2, sizeof(uint32_t));
  if (!r->block_of_halfword) return PyErr_NoMemory();
  memset(c->region_of_page + (base >> PAGE_SHIFT), (int)index, size >> PAGE_SHIFT);
  Py_RETURN_NONE;
}

static PyObject *add_marker(PyObject *self, PyObject *args) {
  counters_t *c = (counters_t *)self;
  unsigned int address;
  int stops;
  if (!PyArg_ParseTuple(args, "Ip", &address, &stops)) return NULL;
  if (c->marker_count == UINT8_MAX) {
    PyErr_SetString(PyExc_ValueError, "too many markers");
    return NULL;
  }
  marker_t *markers = realloc(c->markers, (c->marker_count + 1) * sizeof(marker_t));
  if (!markers) return PyErr_NoMemory();
  c->markers = markers;
  c->markers[c->marker_count] = (marker_t){.address = address, .stops = stops != 0};
  return PyLong_FromUnsignedLong(c->marker_count++);
}

/* Prepare for emu_start: set the deadline, forget the last stop. */
static PyObject *arm(PyObject *self, PyObject *args) {
  counters_t *c = (counters_t *)self;
  unsigned long long deadline;
  if (!PyArg_ParseTuple(args, "K", &deadline)) return NULL;
  c->deadline = deadline;
  c->stop_reason = STOP_NONE;
  Py_RETURN_NONE;
}

/* The program counter is about to be set by force: nothing was branched from. */
static PyObject *redirect(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = (counters_t *)self;
  c->previous = 0;
  c->resuming = 0;
  Py_RETURN_NONE;
}

static PyObject *add_cycles(PyObject *self, PyObject *args) {
  unsigned long long cycles;
  if (!PyArg_ParseTuple(args, "K", &cycles)) return NULL;
  ((counters_t *)self)->cycles += cycles;
  Py_RETURN_NONE;
}

static PyObject *take_log(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = (counters_t *)self;
  PyObject *log = PyBytes_FromStringAndSize((const char *)c->log, (Py_ssize_t)c->log_size);
  if (log) c->log_size = 0;
  return log;
}

static PyObject *block_ranges(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = (counters_t *)self;
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)c->block_count * 8);
  if (!bytes) return NULL;
  uint32_t *out = (uint32_t *)PyBytes_AsString(bytes);
  for (uint32_t i = 0; i < c->block_count; i++) {
    *out++ = c->blocks[i].address;
    *out++ = c->blocks[i].end - c->blocks[i].address;
  }
  return bytes;
}

static PyObject *current_block(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = (counters_t *)self;
  if (!c->previous) Py_RETURN_NONE;
  const block_t *b = &c->blocks[c->previous - 1];
  return Py_BuildValue("IIIK", c->previous - 1, b->address, b->end - b->address,
                       (unsigned long long)b->executions);
}

/* Describe the data window; returns the addresses of its read and write callbacks and of their user data. */
static PyObject *open_window(PyObject *self, PyObject *args) {
  counters_t *c = (counters_t *)self;
  unsigned int address;
  unsigned long long host;
  if (!PyArg_ParseTuple(args, "IK", &address, &host)) return NULL;
  c->window = (window_t){.owner = c, .host = (const uint8_t *)(uintptr_t)host, .address = address};
  return Py_BuildValue("KKK", (unsigned long long)(uintptr_t)on_window_read,
                       (unsigned long long)(uintptr_t)on_window_write, (unsigned long long)(uintptr_t)&c->window);
}

static PyObject *get_refused_address(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromUnsignedLong(((counters_t *)self)->refused_address);
}

static PyObject *get_cycles(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromUnsignedLongLong(((counters_t *)self)->cycles);
}

static PyObject *get_stop_reason(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromLong(((counters_t *)self)->stop_reason);
}

static PyObject *get_stop_marker(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromLong(((counters_t *)self)->stop_marker);
}

static PyObject *get_callbacks(PyObject *self, void *closure) {
  (void)self, (void)closure;
  return Py_BuildValue("KKK", (unsigned long long)(uintptr_t)on_block, (unsigned long long)(uintptr_t)on_read,
                       (unsigned long long)(uintptr_t)on_write);
}

static PyObject *get_user_data(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromVoidPtr(self);
}

static PyMethodDef counters_methods[] = {
    {"add_cache", add_cache, METH_VARARGS, NULL},
    {"add_region", add_region, METH_VARARGS, NULL},
    {"add_marker", add_marker, METH_VARARGS, NULL},
    {"arm", arm, METH_VARARGS, NULL},
    {"redirect", redirect, METH_NOARGS, NULL},
    {"add_cycles", add_cycles, METH_VARARGS, NULL},
    {"open_window", open_window, METH_VARARGS, NULL},
    {"take_log", take_log, METH_NOARGS, NULL},
    {"block_ranges", block_ranges, METH_NOARGS, NULL},
    {"current_block", current_block, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef counters_getset[] = {
    {"cycles", get_cycles, NULL, NULL, NULL},
    {"stop_reason", get_stop_reason, NULL, NULL, NULL},
    {"stop_marker", get_stop_marker, NULL, NULL, NULL},
    {"refused_address", get_refused_address, NULL, NULL, NULL},
    {"callbacks", get_callbacks, NULL, NULL, NULL},
    {"user_data", get_user_data, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot counters_slots[] = {
    {Py_tp_init, counters_init},       {Py_tp_dealloc, counters_dealloc}, {Py_tp_traverse, counters_traverse},
    {Py_tp_clear, counters_clear},     {Py_tp_methods, counters_methods}, {Py_tp_getset, counters_getset},
    {0, NULL},
};

static PyType_Spec counters_spec = {
    .name = "sim.machine.embedded._hot.HotCounters",
    .basicsize = sizeof(counters_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = counters_slots,
};

static int module_exec(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &counters_spec, NULL);
  if (!type) return -1;
  int failed = PyModule_AddObjectRef(module, "HotCounters", type) < 0 ||
               PyModule_AddIntConstant(module, "EVENT_COUNT", EVENT_COUNT) < 0 ||
               PyModule_AddIntConstant(module, "RECORD_BYTES", sizeof(record_t)) < 0 ||
               PyModule_AddIntConstant(module, "ARM_REG_R0", ARM_REG_R0) < 0;
  Py_DECREF(type);
  return failed ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_hot",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__hot(void) { return PyModuleDef_Init(&module_def); }
