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

#include "hot_debug.h"
#include "hot_devices.h"
#include "hot_setup.h"

typedef struct {
  PyObject_HEAD
  PyObject *on_new_block;
  PyObject *on_unaligned; /* NULL where unaligned accesses are allowed */
  counters_t counters;
} object_t;

static counters_t *counters_of(PyObject *self) { return &((object_t *)self)->counters; }

/* Returns None, or raises ValueError with what is wrong. */
static PyObject *conclude(const char *error) {
  if (!error) Py_RETURN_NONE;
  if (error == OUT_OF_MEMORY) return PyErr_NoMemory();
  PyErr_SetString(PyExc_ValueError, error);
  return NULL;
}

static int parse_steps(const char *bytes, Py_ssize_t size, price_t *price) {
  if (!size) return 1;
  price->steps = malloc((size_t)size);
  if (!price->steps) {
    PyErr_NoMemory();
    return 0;
  }
  memcpy(price->steps, bytes, (size_t)size);
  price->step_count = (uint32_t)((size_t)size / sizeof(step_t));
  return 1;
}

static int parse_literals(const char *bytes, Py_ssize_t size, price_t *price) {
  if (!size) return 1;
  price->literals = malloc((size_t)size);
  if (!price->literals) {
    PyErr_NoMemory();
    return 0;
  }
  memcpy(price->literals, bytes, (size_t)size);
  price->literal_count = (uint32_t)((size_t)size / sizeof(uint32_t));
  return 1;
}

/* Asks Python, which keeps the exception of a failure. */
static int price_block(counters_t *c, uint32_t address, uint32_t size, price_t *price) {
  PyGILState_STATE gil = PyGILState_Ensure();
  const char *literals, *steps;
  Py_ssize_t literal_bytes, step_bytes;
  PyObject *row = PyObject_CallFunction(c->price_context, "II", (unsigned int)address, (unsigned int)size);
  int known = row &&
              PyArg_ParseTuple(row, "IIIIy#Iy#", &price->cycles, &price->taken_cycles, &price->mispredict_cycles,
                               &price->flags, &literals, &literal_bytes, &price->transfers, &steps, &step_bytes) &&
              parse_literals(literals, literal_bytes, price) && parse_steps(steps, step_bytes, price);
  Py_XDECREF(row);
  PyGILState_Release(gil);
  return known;
}

static int counters_init(PyObject *self, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"uc", "emu_stop", "reg_read", "on_new_block", "full", "unaligned_cycles", NULL};
  counters_t *c = counters_of(self);
  unsigned long long uc, emu_stop, reg_read;
  PyObject *on_new_block;
  int full;
  uint32_t unaligned[4];
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KKKOp(IIII)", names, &uc, &emu_stop, &reg_read, &on_new_block, &full,
                                   &unaligned[0], &unaligned[1], &unaligned[2], &unaligned[3]))
    return -1;
  if (c->region_of_page) {
    PyErr_SetString(PyExc_RuntimeError, "HotCounters cannot be initialised twice");
    return -1;
  }
  c->uc = (void *)(uintptr_t)uc;
  c->emu_stop = (emu_stop_fn)(uintptr_t)emu_stop;
  c->reg_read = (reg_read_fn)(uintptr_t)reg_read;
  Py_INCREF(on_new_block);
  ((object_t *)self)->on_new_block = on_new_block;
  c->price_block = price_block;
  c->price_context = on_new_block;
  PyObject *done = conclude(set_up_counters(c, full, unaligned));
  Py_XDECREF(done);
  return done ? 0 : -1;
}

static int counters_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(((object_t *)self)->on_new_block);
  Py_VISIT(((object_t *)self)->on_unaligned);
  Py_VISIT(Py_TYPE(self));
  return 0;
}

static int counters_clear(PyObject *self) {
  Py_CLEAR(((object_t *)self)->on_new_block);
  Py_CLEAR(((object_t *)self)->on_unaligned);
  return 0;
}

static void counters_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  counters_clear(self);
  release_memory(counters_of(self));
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

static PyObject *add_cache(PyObject *self, PyObject *args) {
  cache_setup_t s;
  if (!PyArg_ParseTuple(args, "IIIIIII", &s.size_bytes, &s.line_bytes, &s.ways, &s.policy, &s.miss_cycles,
                        &s.write_back, &s.write_allocate))
    return NULL;
  return conclude(set_up_cache(counters_of(self), &s));
}

static int parse_region(PyObject *args, region_setup_t *s) {
  return PyArg_ParseTuple(args, "IIiiiIIIIIII", &s->base, &s->size_bytes, &s->fetch_cache, &s->read_cache,
                          &s->write_cache, &s->width_bytes, &s->fetch_stall_cycles, &s->read_stall_cycles,
                          &s->write_stall_cycles, &s->word_cycles, &s->prefetch, &s->is_flash);
}

static PyObject *add_region(PyObject *self, PyObject *args) {
  region_setup_t s;
  return parse_region(args, &s) ? conclude(set_up_region(counters_of(self), &s)) : NULL;
}

static PyObject *retune_region(PyObject *self, PyObject *args) {
  region_setup_t s;
  return parse_region(args, &s) ? conclude(change_region(counters_of(self), &s)) : NULL;
}

static PyObject *add_marker(PyObject *self, PyObject *args) {
  unsigned int address;
  int stops;
  if (!PyArg_ParseTuple(args, "Ip", &address, &stops)) return NULL;
  return conclude(set_up_marker(counters_of(self), address, stops));
}

/* Account for data accesses by the plans of their blocks from now on; where the registers are, or 0. */
static PyObject *plan_accesses(PyObject *self, PyObject *args) {
  unsigned long long registers;
  if (!PyArg_ParseTuple(args, "K", &registers)) return NULL;
  counters_of(self)->plans = 1;
  counters_of(self)->registers = (const uint32_t *)(uintptr_t)registers;
  Py_RETURN_NONE;
}

/* Tell where the bytes of a memory are. */
static PyObject *open_memory(PyObject *self, PyObject *args) {
  counters_t *c = counters_of(self);
  unsigned int base;
  unsigned long long host;
  if (!PyArg_ParseTuple(args, "IK", &base, &host)) return NULL;
  uint32_t region = c->region_of_page[base >> PAGE_SHIFT];
  if (region) c->regions[region].host = (const uint8_t *)(uintptr_t)host;
  Py_RETURN_NONE;
}

/* Prepare for emu_start: set the deadline, forget the last stop, and say whether an exception waits masked. */
static PyObject *arm(PyObject *self, PyObject *args) {
  counters_t *c = counters_of(self);
  unsigned long long deadline;
  int masked;
  if (!PyArg_ParseTuple(args, "Kp", &deadline, &masked)) return NULL;
  account_deferred(c);
  c->deadline = deadline;
  c->masked = (uint8_t)masked;
  c->stop_reason = STOP_NONE;
  Py_RETURN_NONE;
}

/* The program counter is about to be set by force: nothing was branched from. */
static PyObject *redirect(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = counters_of(self);
  account_deferred(c);
  c->previous = 0;
  c->resuming = 0;
  Py_RETURN_NONE;
}

static PyObject *take_log(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = counters_of(self);
  PyObject *log = PyBytes_FromStringAndSize((const char *)c->log, (Py_ssize_t)c->log_size);
  if (log) c->log_size = 0;
  return log;
}

/* Return a record of all counters as they stand, as in the log, with marker number 0. */
static PyObject *take_record(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = counters_of(self);
  account_deferred(c);
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)record_size(c));
  if (bytes) write_record(c, 0, (uint8_t *)PyBytes_AsString(bytes));
  return bytes;
}

static PyObject *save(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = counters_of(self);
  account_deferred(c);
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)state_size(c, c->block_count));
  if (bytes) save_state(c, (uint8_t *)PyBytes_AsString(bytes));
  return bytes;
}

static PyObject *restore(PyObject *self, PyObject *args) {
  const char *data;
  Py_ssize_t size;
  if (!PyArg_ParseTuple(args, "y#", &data, &size)) return NULL;
  int restored = restore_state(counters_of(self), (const uint8_t *)data, (size_t)size);
  return conclude(restored ? NULL : "the state was saved by another machine");
}

/* Repeat what happened between two saved states, given their difference, a number of times. */
static PyObject *advance(PyObject *self, PyObject *args) {
  const char *data;
  Py_ssize_t size;
  unsigned long long times;
  if (!PyArg_ParseTuple(args, "y#K", &data, &size, &times)) return NULL;
  int advanced = advance_state(counters_of(self), (const uint8_t *)data, (size_t)size, times);
  return conclude(advanced ? NULL : "the difference is another machine's");
}

/* Stop when the block at an address, which is entered next, is entered again; or never mind. */
static PyObject *probe(PyObject *self, PyObject *args) {
  unsigned int address;
  int is_set;
  if (!PyArg_ParseTuple(args, "Ip", &address, &is_set)) return NULL;
  set_probe(counters_of(self), address, is_set);
  Py_RETURN_NONE;
}

static PyObject *block_ranges(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_t *c = counters_of(self);
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
  counters_t *c = counters_of(self);
  if (!c->previous) Py_RETURN_NONE;
  const block_t *b = &c->blocks[c->previous - 1];
  return Py_BuildValue("IIIK", c->previous - 1, b->address, b->end - b->address,
                       (unsigned long long)b->executions);
}

/* Watch the main stack from now on: the first block that takes it below its limit is kept. */
static PyObject *watch_stack(PyObject *self, PyObject *args) {
  return PyArg_ParseTuple(args, "I", &counters_of(self)->stack_limit) ? conclude(NULL) : NULL;
}

/* Return address and size of the block in which the main stack fell below its limit, and the stack pointer then. */
static PyObject *stack_overflow(PyObject *self, PyObject *ignored) {
  (void)ignored;
  const counters_t *c = counters_of(self);
  if (!c->overflow_block) Py_RETURN_NONE;
  const block_t *b = &c->blocks[c->overflow_block - 1];
  return Py_BuildValue("III", b->address, b->end - b->address, c->overflow_sp);
}

/* Describe the data window; returns the addresses of its read and write callbacks and of their user data. */
static PyObject *open_window(PyObject *self, PyObject *args) {
  counters_t *c = counters_of(self);
  unsigned int address;
  unsigned long long host;
  if (!PyArg_ParseTuple(args, "IK", &address, &host)) return NULL;
  c->window = (window_t){.owner = c, .host = (const uint8_t *)(uintptr_t)host, .address = address};
  return Py_BuildValue("KKK", (unsigned long long)(uintptr_t)on_window_read,
                       (unsigned long long)(uintptr_t)on_window_write, (unsigned long long)(uintptr_t)&c->window);
}

/* Put the counters in front of a range of peripherals; returns the addresses of the callback and of its user data. */
static PyObject *open_device(PyObject *self, PyObject *args) {
  counters_t *c = counters_of(self);
  unsigned int base;
  unsigned long long read;
  if (!PyArg_ParseTuple(args, "IK", &base, &read)) return NULL;
  if (c->device_count == MAX_DEVICES) return conclude("too many ranges of peripherals");
  device_t *device = &c->devices[c->device_count++];
  *device = (device_t){.owner = c, .read = (device_read_fn)(uintptr_t)read, .base = base};
  return Py_BuildValue("KK", (unsigned long long)(uintptr_t)on_device_read, (unsigned long long)(uintptr_t)device);
}

/* A register reads the same until a cycle, or until something else is said; for a number of reads. */
static PyObject *keep_steady(PyObject *self, PyObject *args) {
  steady_t *s = &counters_of(self)->steady;
  unsigned int address, value, reads;
  unsigned long long until;
  if (!PyArg_ParseTuple(args, "IIKI", &address, &value, &until, &reads)) return NULL;
  *s = (steady_t){.until = until, .address = address, .value = value, .remaining = reads, .answered = s->answered};
  Py_RETURN_NONE;
}

/* Forget what is steady; returns how many reads were answered since the last call. */
static PyObject *end_steady(PyObject *self, PyObject *ignored) {
  (void)ignored;
  steady_t *s = &counters_of(self)->steady;
  uint32_t answered = s->answered;
  *s = (steady_t){.until = 0};
  return PyLong_FromUnsignedLong(answered);
}

static PyObject *get_refused_address(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromUnsignedLong(counters_of(self)->refused_address);
}

static PyObject *add_cycles(PyObject *self, PyObject *args) {
  unsigned long long cycles;
  if (!PyArg_ParseTuple(args, "K", &cycles)) return NULL;
  counters_of(self)->cycles += cycles;
  Py_RETURN_NONE;
}

/* Tells Python, whose callback stops the run. */
static void report_unaligned(counters_t *c, uint32_t address, uint32_t size, int is_write) {
  PyGILState_STATE gil = PyGILState_Ensure();
  PyObject *done = PyObject_CallFunction(c->unaligned_context, "IIO", (unsigned int)address, (unsigned int)size,
                                         is_write ? Py_True : Py_False);
  if (!done) PyErr_WriteUnraisable(c->unaligned_context);
  Py_XDECREF(done);
  PyGILState_Release(gil);
}

/* Trap unaligned accesses from here on; None allows them. */
static PyObject *trap_unaligned(PyObject *self, PyObject *callback) {
  object_t *object = (object_t *)self;
  PyObject *before = object->on_unaligned;
  Py_INCREF(callback);
  object->on_unaligned = callback;
  object->counters.unaligned_context = callback;
  object->counters.on_unaligned = callback == Py_None ? NULL : report_unaligned;
  Py_XDECREF(before);
  Py_RETURN_NONE;
}

/* Stop before the next block: something has become pending. */
static PyObject *interrupt(PyObject *self, PyObject *ignored) {
  (void)ignored;
  counters_of(self)->deadline = 0;
  Py_RETURN_NONE;
}

static PyObject *get_cycles(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromUnsignedLongLong(counters_of(self)->cycles);
}

static PyObject *get_stop_reason(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromLong(counters_of(self)->stop_reason);
}

static PyObject *get_stop_marker(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromLong(counters_of(self)->stop_marker);
}

static PyObject *get_callbacks(PyObject *self, void *closure) {
  (void)self, (void)closure;
  return Py_BuildValue("KKK", (unsigned long long)(uintptr_t)on_block, (unsigned long long)(uintptr_t)on_read,
                       (unsigned long long)(uintptr_t)on_write);
}

static PyObject *get_user_data(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromVoidPtr(counters_of(self));
}

static PyMethodDef counters_methods[] = {
    {"add_cache", add_cache, METH_VARARGS, NULL},
    {"add_region", add_region, METH_VARARGS, NULL},
    {"change_region", retune_region, METH_VARARGS, NULL},
    {"add_marker", add_marker, METH_VARARGS, NULL},
    {"arm", arm, METH_VARARGS, NULL},
    {"add_cycles", add_cycles, METH_VARARGS, NULL},
    {"trap_unaligned", trap_unaligned, METH_O, NULL},
    {"interrupt", interrupt, METH_NOARGS, NULL},
    {"redirect", redirect, METH_NOARGS, NULL},
    {"plan_accesses", plan_accesses, METH_VARARGS, NULL},
    {"open_memory", open_memory, METH_VARARGS, NULL},
    {"open_device", open_device, METH_VARARGS, NULL},
    {"keep_steady", keep_steady, METH_VARARGS, NULL},
    {"end_steady", end_steady, METH_NOARGS, NULL},
    {"open_window", open_window, METH_VARARGS, NULL},
    {"watch_stack", watch_stack, METH_VARARGS, NULL},
    {"stack_overflow", stack_overflow, METH_NOARGS, NULL},
    {"take_log", take_log, METH_NOARGS, NULL},
    {"take_record", take_record, METH_NOARGS, NULL},
    {"save", save, METH_NOARGS, NULL},
    {"restore", restore, METH_VARARGS, NULL},
    {"advance", advance, METH_VARARGS, NULL},
    {"probe", probe, METH_VARARGS, NULL},
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
    .basicsize = sizeof(object_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = counters_slots,
};

static int module_exec(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &counters_spec, NULL);
  PyObject *probe = PyType_FromModuleAndSpec(module, &probe_spec, NULL);
  if (!type || !probe) return -1;
  static const struct {
    const char *name;
    long value;
  } constants[] = {
      {"EVENT_COUNT", EVENT_COUNT},
      {"RECORD_BYTES", sizeof(record_t)},
      {"ARM_REG_R0", ARM_REG_R0},
      {"ARM_REG_SP", ARM_REG_SP},
      {"ARM_REG_LR", ARM_REG_LR},
      {"ARM_REG_MSP", ARM_REG_MSP},
      {"STEP_READ", STEP_READ},
      {"STEP_WRITE", STEP_WRITE},
      {"STEP_SET", STEP_SET},
      {"STEP_MULTIPLY", STEP_MULTIPLY},
      {"STEP_LOAD", STEP_LOAD},
      {"STEP_LOAD_SIGNED", STEP_LOAD_SIGNED},
      {"PLAN_RESULTS", PLAN_RESULTS},
      {"STOP_DEADLINE", STOP_DEADLINE},
      {"STOP_MARKER", STOP_MARKER},
      {"STOP_ERROR", STOP_ERROR},
      {"STOP_READ_ONLY", STOP_READ_ONLY},
      {"STOP_PROBE", STOP_PROBE},
      {"BLOCK_CONDITIONAL", BLOCK_CONDITIONAL},
      {"BLOCK_BACKWARD", BLOCK_BACKWARD},
      {"BLOCK_UNMASKS", BLOCK_UNMASKS},
      {"BLOCK_MOVES_STACK", BLOCK_MOVES_STACK},
  };
  int failed = PyModule_AddObjectRef(module, "HotCounters", type) < 0 ||
               PyModule_AddObjectRef(module, "Probe", probe) < 0;
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
    failed = failed || PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0;
  Py_DECREF(type);
  Py_DECREF(probe);
  return failed ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_hot",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__hot(void) { return PyModuleDef_Init(&module_def); }
