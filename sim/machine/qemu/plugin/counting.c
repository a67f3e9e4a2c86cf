/* A TCG plugin that counts in QEMU what the embedded engine counts in Unicorn, with the same code.
 *
 * Where cycles are counted, each block calls the counting core before it runs; a stop blocks the simulated core in that
 * call until the host lets it go on. QEMU's main loop stays free meanwhile, so that the host can read and write memory.
 * Where only executions are counted, they are added inline, and only blocks that start at a marker call anything.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#include "conversation.h"
#include "qemu_interface.h"

/* The beginning of a block, translated alone because virtual time may advance only so far in one go. */
typedef struct {
  void *whole; /* range */
  uint32_t end;
} cut_t;

enum { MAX_OUTPUTS = 16, KNOWN_RANGES = 1 << 16 };

SIM_EXPORT int qemu_plugin_version = SIM_QEMU_API;

static uint32_t outputs[MAX_OUTPUTS];
static void *known_ranges[KNOWN_RANGES]; /* of the longest block at each address, by hash: the last one stays */
static int has_output; /* the host has something to read */
static uint32_t replayed_until; /* end of an instruction that QEMU has executed once more, by itself */

/* ---- what the counting core needs of an emulator ----------------------------------------------------------------- */

static int emu_stop(void *unused) {
  (void)unused; /* on_block() comes back at once, and its caller sees the reason */
  return 0;
}

static int read_register(void *unused, int number, void *value) {
  (void)unused, (void)number; /* r0 is all that is asked for */
  memcpy(value, registers, sizeof(uint32_t));
  return 0;
}

/* ---- callbacks of QEMU ------------------------------------------------------------------------------------------- */

static void enter(void) {
  if (started) return;
  started = 1;
  wait_for_host(STOP_ENTRY);
}

enum { CALLS_HOST = 1 << 30 }; /* flag in the size: the block ends in a call of semihosting */

static uintptr_t pack_range(uint32_t address, uint32_t size) { return (uintptr_t)address | (uintptr_t)size << 32; }
static uint32_t range_address(void *range) { return (uint32_t)(uintptr_t)range; }
static uint32_t range_size(void *range) { return (uint32_t)((uintptr_t)range >> 32) & ~CALLS_HOST; }
static int calls_host(void *range) { return (uintptr_t)range >> 32 & CALLS_HOST ? 1 : 0; }

/* Where instructions are counted for virtual time, QEMU leaves a block at an access to a device, executes that
 * instruction as a block of its own that calls nothing at its start, and goes on behind it. */
static int is_rest_of_block(uint32_t address, uint32_t size) {
  int follows = replayed_until && replayed_until == address;
  replayed_until = 0;
  if (!follows || !counters.previous) return 0;
  const block_t *whole = &counters.blocks[counters.previous - 1];
  return whole->address < address && whole->end == address + size;
}

static void note_output(qemu_plugin_meminfo_t info, uint64_t accessed) {
  for (uint32_t i = 0; i < setup.output_count; i++)
    if (outputs[i] == (uint32_t)accessed && qemu_plugin_mem_is_store(info)) has_output = 1;
}

static void on_last_store(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t accessed, void *data) {
  (void)vcpu, (void)data;
  note_output(info, accessed);
}

static void on_access_of_single_instruction(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t accessed, void *range) {
  note_output(info, accessed);
  (void)vcpu;
  if (!counters.previous) return;
  const block_t *current = &counters.blocks[counters.previous - 1];
  int is_block = current->address == range_address(range) && current->end - current->address == range_size(range);
  if (!is_block) replayed_until = range_address(range) + range_size(range);
}

static void count_block(uint32_t address, uint32_t size, int calls) {
  enter();
  if (has_output) hand_over_output();
  has_output = calls;
  if (is_rest_of_block(address, size)) return;
  for (;;) {
    if (shared->interrupt) {
      shared->interrupt = 0;
      wait_for_host(STOP_INTERRUPT);
    }
    counters.stop_reason = STOP_NONE;
    on_block(NULL, address, size, &counters);
    if (counters.stop_reason == STOP_NONE) break;
    wait_for_host(counters.stop_reason);
  }
  shared->cycles = counters.cycles;
}

static void on_timed_block(unsigned vcpu, void *range) {
  (void)vcpu;
  registers = processor_state;
  count_block(range_address(range), range_size(range), calls_host(range));
}

/* A block of which QEMU executes only the first instructions now: counted as a whole, and its rest not at all. */
static void on_cut_block(unsigned vcpu, void *data) {
  (void)vcpu;
  registers = processor_state;
  const cut_t *cut = data;
  count_block(range_address(cut->whole), range_size(cut->whole), calls_host(cut->whole));
  replayed_until = cut->end;
}

/* A marker, or the first block of all, where cycles are not counted. */
static void on_marked_block(unsigned vcpu, void *index) {
  (void)vcpu;
  registers = processor_state;
  enter();
  const block_t *block = &counters.blocks[(uintptr_t)index];
  if (!(block->flags & BLOCK_MARKER)) return;
  collect_inline_counts();
  counters.stop_reason = STOP_NONE;
  if (reach_marker(&counters, block)) wait_for_host(counters.stop_reason);
  counters.resuming = 0;
}

static void on_read_or_write(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)vcpu, (void)data;
  uint32_t size = 1u << qemu_plugin_mem_size_shift(info);
  if (qemu_plugin_mem_is_store(info))
    account_write(&counters, (uint32_t)address, size);
  else
    account_read(&counters, (uint32_t)address, size);
}

static void on_window_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)vcpu, (void)data;
  if ((uint32_t)address - setup.window_start >= setup.window_bytes || qemu_plugin_mem_is_store(info)) return;
  uint32_t size = 1u << qemu_plugin_mem_size_shift(info);
  uint32_t aligned = (uint32_t)address & ~(size - 1);
  account_read(&counters, aligned, size);
  if (aligned != (uint32_t)address) account_read(&counters, aligned + size, size); /* the bus reads twice */
}

#if SIM_QEMU_API < 2
static void count_inline(struct qemu_plugin_tb *tb, uint64_t *counter) {
  qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, counter, 1);
}
#else /* inline additions are per processor and need more of the interface: not worth a second way for one processor */
static void on_counted_block(unsigned vcpu, void *counter) {
  (void)vcpu;
  ++*(uint64_t *)counter;
}

static void count_inline(struct qemu_plugin_tb *tb, uint64_t *counter) {
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_counted_block, QEMU_PLUGIN_CB_NO_REGS, counter);
}
#endif

static void translate_untimed(struct qemu_plugin_tb *tb, uint32_t address, uint32_t size) {
  int calls = !started || marker_of(&counters, address);
  if (setup.level == LEVEL_BARE && !calls) return;
  uint32_t index = find_block(&counters, address, size);
  if (!index) return; /* code outside all memories: a fault is on its way */
  if (index > COUNTERS_PER_CHUNK * MAX_CHUNKS) leave();
  if (calls)
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_marked_block, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)(index - 1));
  if (setup.level == LEVEL_COUNTERS) count_inline(tb, inline_counter(index - 1));
}

static uint32_t instruction_size(const struct qemu_plugin_insn *insn) {
#if SIM_QEMU_API < 2
  /* The size that the interface gives for the last instruction of a page includes what the translator looked at behind
   * it. Armv7-M ARM, A5.1: 0b11101 and above start a 32-bit instruction. */
  uint16_t halfword;
  memcpy(&halfword, qemu_plugin_insn_data(insn), sizeof halfword);
  return halfword >> 11 >= 0x1D ? 4 : 2;
#else
  return (uint32_t)qemu_plugin_insn_size(insn);
#endif
}

static int is_semihosting_call(const struct qemu_plugin_insn *insn) {
#if SIM_QEMU_API < 2
  uint16_t halfword;
  memcpy(&halfword, qemu_plugin_insn_data(insn), sizeof halfword);
  return setup.output_count && halfword == 0xBEAB; /* bkpt #0xab */
#else
  (void)insn; /* what it prints is read a moment later */
  return 0;
#endif
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  size_t count = qemu_plugin_tb_n_insns(tb);
  struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, count - 1);
  uint32_t address = (uint32_t)qemu_plugin_tb_vaddr(tb);
  uint32_t size = (uint32_t)qemu_plugin_insn_vaddr(last) + instruction_size(last) - address;
  if (setup.level < LEVEL_TIMING) {
    translate_untimed(tb, address, size);
    return;
  }
  void *range = (void *)pack_range(address, size | (is_semihosting_call(last) ? CALLS_HOST : 0));
  void **known = &known_ranges[address / 2 % KNOWN_RANGES];
  if (*known && range_address(*known) == address && range_size(*known) > size) {
    cut_t *cut = malloc(sizeof *cut); /* for good, like the translation */
    if (!cut) leave();
    *cut = (cut_t){.whole = *known, .end = address + size};
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_cut_block, QEMU_PLUGIN_CB_NO_REGS, cut);
  } else {
    *known = range;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_timed_block, QEMU_PLUGIN_CB_NO_REGS, range);
  }
  if (count > 1 && setup.output_count)
    qemu_plugin_register_vcpu_mem_cb(last, on_last_store, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, NULL);
  if (count == 1)
    qemu_plugin_register_vcpu_mem_cb(last, on_access_of_single_instruction,
                                     QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, range);
  if (setup.level < LEVEL_FULL || !(setup.watches_data || setup.window_bytes)) return;
  qemu_plugin_mem_cb callback = setup.watches_data ? on_read_or_write : on_window_access;
  for (size_t i = 0; i < count; i++)
    qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), callback, QEMU_PLUGIN_CB_NO_REGS,
                                     QEMU_PLUGIN_MEM_RW, NULL);
}

/* ---- start ------------------------------------------------------------------------------------------------------- */

static void on_sleep(void) {
  if (started) wait_for_host(STOP_ASLEEP);
}

/* The firmware ends QEMU: the counters are still wanted. */
static void on_exit_of_qemu(qemu_plugin_id_t id, void *data) {
  (void)id, (void)data;
  if (started) wait_for_host(STOP_EXIT);
}

static const char *receive_setup(void) {
  receive(&setup, sizeof setup);
  if (setup.output_count > MAX_OUTPUTS) return "too many serial ports";
  receive(outputs, setup.output_count * sizeof *outputs);
  const char *error = set_up_counters(&counters, setup.level == LEVEL_FULL, setup.unaligned_cycles);
  for (uint32_t i = 0; i < setup.cache_count; i++) {
    cache_setup_t cache;
    receive(&cache, sizeof cache);
    if (!error) error = set_up_cache(&counters, &cache);
  }
  for (uint32_t i = 0; i < setup.region_count; i++) {
    region_setup_t region;
    receive(&region, sizeof region);
    if (!error) error = set_up_region(&counters, &region);
  }
  for (uint32_t i = 0; i < setup.marker_count; i++) {
    marker_setup_t marker;
    receive(&marker, sizeof marker);
    if (!error) error = set_up_marker(&counters, marker.address, (int)marker.stops);
  }
  return error;
}

static int descriptor(const char *argument) {
  const char *value = strchr(argument, '=');
  return value ? atoi(value + 1) : -1;
}

/* Arguments: channel=FD shared=FD. */
SIM_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv) {
  (void)info;
  if (argc != 2) return -1;
  if (!open_channel(descriptor(argv[0]), descriptor(argv[1]), on_sleep)) return -1;
  const char *error = receive_setup();
  if (error) {
    fprintf(stderr, "%s\n", error);
    return -1;
  }
  counters.emu_stop = emu_stop;
  counters.reg_read = read_register;
  counters.price_block = price_block;
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
  return 0;
}
