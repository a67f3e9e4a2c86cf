/* The hot path of the embedded engine: what runs on every basic block and on every data access.
 *
 * Unicorn calls on_block(), on_read() and on_write() directly, without Python and without the GIL. This file does not
 * link to libunicorn: the addresses of the two functions it needs are handed in, and the addresses of its callbacks
 * are handed out. Python is entered only when a block is seen for the first time, to decode and price it.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#include "hot_snapshot.h"

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
    free(c->caches[i].sets);
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
  k->set_count = size / (line * ways);
  k->line_shift = (uint32_t)__builtin_ctz(line);
  k->miss_cycles = miss;
  k->policy = (uint8_t)policy;
  k->write_back = write_back != 0;
  k->write_allocate = write_allocate != 0;
  k->writeback_cycles = writeback;
  k->random = 0x9E3779B9u;
  k->epoch = 1;
  k->slots = calloc((size_t)k->set_count * ways, sizeof(slot_t));
  k->sets = calloc(k->set_count, sizeof(set_t));
  if (!k->slots || !k->sets) return PyErr_NoMemory();
  for (uint32_t i = 0; i < k->set_count * ways; i++) {
    k->slots[i].newer = (uint16_t)(i % ways == 0 ? 0 : i);
    k->slots[i].older = (uint16_t)(i % ways == ways - 1 ? 0 : i + 2);
  }
  for (uint32_t i = 0; i < k->set_count; i++)
    k->sets[i] = (set_t){.newest = (uint16_t)(i * ways + 1), .oldest = (uint16_t)(i * ways + ways)};
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

/* Prepare for emu_start: set the deadline, forget the last stop, and say whether an exception waits masked. */
static PyObject *arm(PyObject *self, PyObject *args) {
  counters_t *c = (counters_t *)self;
  unsigned long long deadline;
  int masked;
  if (!PyArg_ParseTuple(args, "Kp", &deadline, &masked)) return NULL;
  c->deadline = deadline;
  c->masked = (uint8_t)masked;
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

static PyObject *take_log(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = (counters_t *)self;
  PyObject *log = PyBytes_FromStringAndSize((const char *)c->log, (Py_ssize_t)c->log_size);
  if (log) c->log_size = 0;
  return log;
}

/* Return a record of all counters as they stand, as in the log, with marker number 0. */
static PyObject *take_record(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = (counters_t *)self;
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)record_size(c));
  if (bytes) write_record(c, 0, (uint8_t *)PyBytes_AsString(bytes));
  return bytes;
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

static PyObject *add_cycles(PyObject *self, PyObject *args) {
  unsigned long long cycles;
  if (!PyArg_ParseTuple(args, "K", &cycles)) return NULL;
  ((counters_t *)self)->cycles += cycles;
  Py_RETURN_NONE;
}

/* Stop before the next block: something has become pending. */
static PyObject *interrupt(PyObject *self, PyObject *ignored) {
  (void)ignored;
  ((counters_t *)self)->deadline = 0;
  Py_RETURN_NONE;
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
    {"add_cycles", add_cycles, METH_VARARGS, NULL},
    {"interrupt", interrupt, METH_NOARGS, NULL},
    {"redirect", redirect, METH_NOARGS, NULL},
    {"open_window", open_window, METH_VARARGS, NULL},
    {"take_log", take_log, METH_NOARGS, NULL},
    {"take_record", take_record, METH_NOARGS, NULL},
    {"save", save, METH_NOARGS, NULL},
    {"restore", restore, METH_VARARGS, NULL},
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
  static const struct {
    const char *name;
    long value;
  } constants[] = {
      {"EVENT_COUNT", EVENT_COUNT},
      {"RECORD_BYTES", sizeof(record_t)},
      {"ARM_REG_R0", ARM_REG_R0},
      {"STOP_DEADLINE", STOP_DEADLINE},
      {"STOP_MARKER", STOP_MARKER},
      {"STOP_ERROR", STOP_ERROR},
      {"STOP_READ_ONLY", STOP_READ_ONLY},
      {"BLOCK_CONDITIONAL", BLOCK_CONDITIONAL},
      {"BLOCK_BACKWARD", BLOCK_BACKWARD},
      {"BLOCK_UNMASKS", BLOCK_UNMASKS},
  };
  int failed = PyModule_AddObjectRef(module, "HotCounters", type) < 0;
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
    failed = failed || PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0;
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
