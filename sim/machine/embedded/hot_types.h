/* The state behind the hot path: regions, caches, blocks, markers.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_TYPES_H_
#define SIM_HOT_TYPES_H_

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REGIONS 32
#define MAX_CACHES 8
#define MAX_DEVICES 16
#define PAGE_SHIFT 12
#define PAGE_COUNT (1u << (32 - PAGE_SHIFT))
#define NO_LINE UINT32_MAX
#define MAX_PENDING 64
#define ARM_REG_R0 66 /* UC_ARM_REG_R0 and so on: checked against the binding in Python */
#define ARM_REG_LR 10
#define ARM_REG_SP 12
#define ARM_REG_MSP 115

enum stop_reason { STOP_NONE = 0, STOP_DEADLINE = 1, STOP_MARKER = 2, STOP_ERROR = 3, STOP_READ_ONLY = 4, STOP_PROBE = 5 };
enum block_flag {
  BLOCK_CONDITIONAL = 1,
  BLOCK_BACKWARD = 2,
  BLOCK_MARKER = 4,
  BLOCK_MARKER_STOPS = 8,
  BLOCK_FETCH_TIMED = 16,
  BLOCK_UNMASKS = 32, /* its last instruction can change PRIMASK, BASEPRI or FAULTMASK */
  BLOCK_MOVES_STACK = 64,
  BLOCK_PROBE = 128 /* the run stops when it comes here again */
};
enum prefetch {
  PREFETCH_NONE = 0,
  PREFETCH_FETCHES = 1, /* in front of the caches: the line behind the one that instructions come from */
  PREFETCH_REFILLS = 2  /* behind the cache: the line behind the one that it has read last */
};
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

/* Lines whose reads never wait, so that most reads need no look at their memory and its cache: an address of a line, and
 * flags. They are in caches that do not keep an order of use, or in memory that answers at once. */
enum { RECENT_SHIFT = 5, RECENT_LINES = 512, RECENT_PRESENT = 1, RECENT_FLASH = 2, RECENT_CACHED = 4 };

/* What is done at the entry of a block to find where its data accesses go. An operand is a slot: a core register below
 * SLOT_ZERO, or the result of an earlier step. */
enum step_kind { STEP_READ, STEP_WRITE, STEP_SET, STEP_MULTIPLY, STEP_LOAD, STEP_LOAD_SIGNED };
enum { SLOT_ZERO = 15, FIRST_RESULT = 16, PLAN_RESULTS = 48, MAX_DEFERRED = 64 };
typedef struct {
  uint8_t kind;
  uint8_t base, index, shift; /* base + (index << shift) + offset; of STEP_MULTIPLY base * index */
  uint8_t size;               /* of a transfer, in bytes */
  uint8_t result;             /* slot that STEP_SET and those behind it fill */
  uint16_t transfer;          /* transfers of the block before this one */
  uint32_t offset;
} step_t;

typedef struct {
  uint32_t address;
  uint16_t transfer;
  uint8_t size, is_write;
} deferred_access_t;

/* What a block costs, as it is told at first sight. */
typedef struct {
  uint32_t cycles, taken_cycles, mispredict_cycles, flags;
  uint32_t literal_count;
  uint32_t *literals; /* addresses; on the heap, for the receiver to free */
  uint32_t transfers, step_count;
  step_t *steps; /* likewise */
} price_t;

struct counters;

typedef int (*emu_stop_fn)(void *uc);
typedef int (*reg_read_fn)(void *uc, int regid, void *value);
typedef void (*unaligned_fn)(struct counters *c, uint32_t address, uint32_t size, int is_write);
typedef int (*price_fn)(struct counters *c, uint32_t address, uint32_t size, price_t *price); /* 0 after an error */

typedef struct {
  uint32_t address;
  uint32_t end;
  uint32_t cycles;
  uint32_t accesses; /* data transfers of its last execution */
  uint16_t taken_cycles;
  uint16_t mispredict_cycles;
  uint8_t flags;
  uint8_t predictor; /* two-bit saturating counter; 2 and 3 predict taken */
  uint8_t region;
  uint8_t marker;
  uint32_t successor[2];      /* the block that came last behind a fall-through, a taken exit; as index + 1 */
  uint32_t literals;          /* index of the first of its literal loads in counters_t.literals */
  uint32_t literal_count;
  uint32_t first_step; /* of its access plan in counters_t.steps */
  uint32_t step_count;
  uint32_t fetch_epoch;       /* of its instruction cache when all its lines were there */
  uint32_t next_same_address; /* another size at this address, as index + 1 */
  uint64_t executions;
  uint64_t taken;
  uint64_t last_use; /* in its instruction cache */
  uint64_t mispredicts;
} block_t;

typedef struct {
  uint32_t line;         /* line number inside the region */
  uint16_t newer, older; /* neighbours by last use within the set, as index + 1; 0 at the ends */
  uint16_t set;
  uint8_t region;
  uint8_t valid;
  uint8_t dirty;
} slot_t;

typedef struct {
  uint16_t newest, oldest; /* slots of the set by last use, as index + 1 */
  uint32_t next_way;       /* for round robin */
} set_t;

/* The line that a cache has fetched last: its words arrive one after the other, the awaited one first. */
typedef struct {
  uint64_t first_ready; /* cycle from which the awaited word is there */
  uint32_t line;
  uint32_t first_word;
  uint32_t region;
} line_fill_t;

typedef struct {
  uint32_t set_count, ways, line_shift;
  uint32_t set_mask; /* of a line's number, where it gives the set; 0 where only division does */
  uint32_t miss_cycles;
  uint8_t policy, write_back, write_allocate, serves_fetches;
  uint32_t random;
  set_t *sets;
  slot_t *slots;
  line_fill_t fill;
  uint16_t *slot_of_line[MAX_REGIONS]; /* slot + 1 of each memory line of a region, 0 when absent */
  /* While no line comes or goes (an epoch), a block whose lines were all there once hits without looking at them. Its
   * lines' places in the order of use are brought up to date when the epoch ends. */
  uint32_t epoch;
  uint32_t pending_count;
  uint64_t clock;
  uint32_t pending[MAX_PENDING]; /* indices of the blocks that hit in this epoch */
} cache_t;

typedef struct {
  uint32_t base, size;
  int fetch_cache, read_cache, write_cache;
  uint32_t fetch_shift;
  uint32_t fetch_stall, read_stall, write_stall;
  uint32_t width_shift;  /* of the memory's own words */
  uint32_t word_cycles;  /* between two words of a line */
  uint64_t free_from;    /* cycle from which the memory can begin to read another word */
  uint8_t prefetch, is_flash, fetch_timed, data_timed;
  uint32_t last_line;
  uint64_t last_line_ready;
  uint32_t *block_of_halfword; /* index + 1 */
  const uint8_t *host; /* its bytes, where access plans look them up */
  uint8_t *is_code;            /* per halfword of what the core can write: whether it is part of a known block */
} region_t;

typedef struct {
  uint32_t address;
  uint8_t marker;
  uint8_t stops;
} marker_t;

/* Flash that holds data only: mapped as a device, so that only its reads leave the fast path. */
typedef struct {
  struct counters *owner;
  const uint8_t *host;
  uint32_t address;
} window_t;

typedef uint64_t (*device_read_fn)(void *uc, uint64_t offset, unsigned size, void *user);

/* A range of peripherals. */
typedef struct {
  struct counters *owner;
  device_read_fn read;
  uint32_t base;
} device_t;

/* A register that reads the same for a while, so that firmware that polls it needs no answer from its model. */
typedef struct {
  uint64_t until; /* cycle from which on it may differ; 0 for none */
  uint32_t address, value;
  uint32_t remaining; /* reads to answer before the model is asked again */
  uint32_t answered;  /* since this was last asked for */
} steady_t;

typedef struct counters {
  void *uc; /* handed to the two functions below, which the emulator provides */
  emu_stop_fn emu_stop;
  reg_read_fn reg_read;
  price_fn price_block;
  void *price_context;
  unaligned_fn on_unaligned; /* told of unaligned accesses before they happen; NULL where they are allowed */
  void *unaligned_context;
  uint64_t cycles;
  uint64_t deadline;
  uint64_t events[EVENT_COUNT];
  uint32_t unaligned_cycles[2][2]; /* by whether it is a write, and a word at an odd address */
  uint32_t access_index;           /* data transfers that the current block has made */
  uint8_t full;
  uint8_t stop_reason;
  uint8_t stop_marker;
  uint8_t masked;   /* an exception waits for a mask to be cleared */
  uint32_t unmasked_by; /* block after which a masked exception was looked at last, as index + 1 */
  uint8_t probe_passes; /* entries of the probed block that do not stop */
  uint8_t resuming; /* the next block was already announced by a marker stop */
  uint32_t previous; /* index + 1 of the block that was executed last */
  block_t *blocks;
  uint32_t block_count, block_capacity;
  region_t regions[MAX_REGIONS + 1]; /* [0] stands for everything without a region */
  uint32_t region_count;
  cache_t caches[MAX_CACHES];
  uint32_t cache_count;
  uint32_t recent_lines[RECENT_LINES]; /* found by address */
  uint8_t keeps_recent_lines;          /* whether there ever are any */
  marker_t *markers;
  uint32_t marker_count;
  uint32_t *literals; /* addresses */
  uint32_t literal_count;
  step_t *steps;
  uint32_t step_count;
  const uint32_t *registers; /* R0 to R14 inside the emulator; NULL where they are read one by one */
  uint8_t plans;             /* accesses are accounted for by access plans, not when they happen */
  deferred_access_t deferred[MAX_DEFERRED]; /* behind a peripheral access of the block under way */
  uint32_t deferred_count;
  window_t window;
  device_t devices[MAX_DEVICES];
  uint32_t device_count;
  steady_t steady;
  uint32_t refused_address; /* of the write that stopped the run */
  uint32_t stack_limit;    /* lowest address of the main stack; 0 where nobody watches it, or not any more */
  uint32_t overflow_block; /* in which it fell below that, as index + 1 */
  uint32_t overflow_sp;
  uint8_t *region_of_page;
  uint8_t *log;
  size_t log_size, log_capacity;
} counters_t;

/* One record of the marker log; executions, taken and mispredicts of all blocks follow it. */
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

#endif /* SIM_HOT_TYPES_H_ */
