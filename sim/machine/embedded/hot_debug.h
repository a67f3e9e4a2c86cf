/* Stops for a debugger: breakpoints, watchpoints and single steps, looked at on every instruction.
 *
 * The debugger is served inside the callback, so execution goes on within the block where it stopped: nothing is
 * accounted for twice. The hooks are there only while a debugger is attached.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_DEBUG_H_
#define SIM_HOT_DEBUG_H_

#include "hot_types.h"

#define MAX_STOPS 256

typedef struct {
  uint32_t start, end;
  uint32_t on_read, on_write;
} watchpoint_t;

typedef struct {
  PyObject_HEAD
  void *uc;
  emu_stop_fn emu_stop;
  PyObject *on_stop;
  uint32_t breakpoints[MAX_STOPS];
  uint32_t breakpoint_count;
  uint64_t filter; /* one bit for each breakpoint's address, so that most instructions need no search */
  watchpoint_t watchpoints[MAX_STOPS];
  uint32_t watchpoint_count;
  uint32_t watched; /* number + 1 of the watchpoint that was hit */
  uint8_t stepping;
} probe_t;

static inline uint64_t filter_bit(uint32_t address) { return 1ull << ((address >> 1) & 63); }

static inline int is_breakpoint(const probe_t *p, uint32_t address) {
  if (!(p->filter & filter_bit(address))) return 0;
  for (uint32_t i = 0; i < p->breakpoint_count; i++)
    if (p->breakpoints[i] == address) return 1;
  return 0;
}

static void probe_instruction(void *uc, uint64_t address64, uint32_t size, void *user) {
  (void)uc, (void)size;
  probe_t *p = user;
  uint32_t address = (uint32_t)address64;
  if (!p->stepping && !is_breakpoint(p, address)) return;
  p->stepping = 0;
  PyGILState_STATE gil = PyGILState_Ensure();
  PyObject *done = PyObject_CallFunction(p->on_stop, "I", (unsigned int)address);
  if (!done) {
    PyErr_WriteUnraisable(p->on_stop);
    p->emu_stop(p->uc);
  }
  Py_XDECREF(done);
  PyGILState_Release(gil);
}

/* The stop comes before the next instruction, when the access has been made. */
static void watch(probe_t *p, uint32_t first, uint32_t end, int is_write) {
  for (uint32_t i = 0; i < p->watchpoint_count; i++) {
    const watchpoint_t *w = &p->watchpoints[i];
    if (first < w->end && w->start < end && (is_write ? w->on_write : w->on_read)) {
      p->watched = i + 1;
      p->stepping = 1;
      return;
    }
  }
}

static void probe_read(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
  (void)uc, (void)type, (void)value;
  watch(user, (uint32_t)address, (uint32_t)address + (uint32_t)size, 0);
}

static void probe_write(void *uc, int type, uint64_t address, int size, int64_t value, void *user) {
  (void)uc, (void)type, (void)value;
  watch(user, (uint32_t)address, (uint32_t)address + (uint32_t)size, 1);
}

static int probe_init(PyObject *self, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"uc", "emu_stop", "on_stop", NULL};
  probe_t *p = (probe_t *)self;
  unsigned long long uc, emu_stop;
  PyObject *on_stop;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KKO", names, &uc, &emu_stop, &on_stop)) return -1;
  p->uc = (void *)(uintptr_t)uc;
  p->emu_stop = (emu_stop_fn)(uintptr_t)emu_stop;
  Py_XDECREF(p->on_stop);
  Py_INCREF(on_stop);
  p->on_stop = on_stop;
  return 0;
}

static int probe_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(((probe_t *)self)->on_stop);
  Py_VISIT(Py_TYPE(self));
  return 0;
}

static int probe_clear(PyObject *self) {
  Py_CLEAR(((probe_t *)self)->on_stop);
  return 0;
}

static void probe_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  probe_clear(self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

/* Copy as many whole items as fit from a bytes-like argument; returns their number, or -1. */
static Py_ssize_t copy_items(PyObject *args, void *items, size_t item_size) {
  const char *data;
  Py_ssize_t size;
  if (!PyArg_ParseTuple(args, "y#", &data, &size)) return -1;
  Py_ssize_t count = size / (Py_ssize_t)item_size;
  if (count > MAX_STOPS) {
    PyErr_SetString(PyExc_ValueError, "too many breakpoints or watchpoints");
    return -1;
  }
  memcpy(items, data, (size_t)count * item_size);
  return count;
}

static PyObject *probe_set_breakpoints(PyObject *self, PyObject *args) {
  probe_t *p = (probe_t *)self;
  Py_ssize_t count = copy_items(args, p->breakpoints, sizeof *p->breakpoints);
  if (count < 0) return NULL;
  p->breakpoint_count = (uint32_t)count;
  p->filter = 0;
  for (uint32_t i = 0; i < p->breakpoint_count; i++) p->filter |= filter_bit(p->breakpoints[i]);
  Py_RETURN_NONE;
}

static PyObject *probe_set_watchpoints(PyObject *self, PyObject *args) {
  probe_t *p = (probe_t *)self;
  Py_ssize_t count = copy_items(args, p->watchpoints, sizeof *p->watchpoints);
  if (count < 0) return NULL;
  p->watchpoint_count = (uint32_t)count;
  p->watched = 0;
  Py_RETURN_NONE;
}

/* Stop before the next instruction. */
static PyObject *probe_step(PyObject *self, PyObject *ignored) {
  (void)ignored;
  ((probe_t *)self)->stepping = 1;
  Py_RETURN_NONE;
}

/* Return the number of the watchpoint that was hit since the last call, or None. */
static PyObject *probe_take_watched(PyObject *self, PyObject *ignored) {
  (void)ignored;
  probe_t *p = (probe_t *)self;
  uint32_t watched = p->watched;
  p->watched = 0;
  if (!watched) Py_RETURN_NONE;
  return PyLong_FromUnsignedLong(watched - 1);
}

static PyObject *probe_callbacks(PyObject *self, void *closure) {
  (void)self, (void)closure;
  return Py_BuildValue("KKK", (unsigned long long)(uintptr_t)probe_instruction,
                       (unsigned long long)(uintptr_t)probe_read, (unsigned long long)(uintptr_t)probe_write);
}

static PyObject *probe_user_data(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromVoidPtr(self);
}

static PyMethodDef probe_methods[] = {
    {"set_breakpoints", probe_set_breakpoints, METH_VARARGS, NULL},
    {"set_watchpoints", probe_set_watchpoints, METH_VARARGS, NULL},
    {"step", probe_step, METH_NOARGS, NULL},
    {"take_watched", probe_take_watched, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef probe_getset[] = {
    {"callbacks", probe_callbacks, NULL, NULL, NULL},
    {"user_data", probe_user_data, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot probe_slots[] = {
    {Py_tp_init, probe_init},       {Py_tp_dealloc, probe_dealloc}, {Py_tp_traverse, probe_traverse},
    {Py_tp_clear, probe_clear},     {Py_tp_methods, probe_methods}, {Py_tp_getset, probe_getset},
    {0, NULL},
};

static PyType_Spec probe_spec = {
    .name = "sim.machine.embedded._hot.Probe",
    .basicsize = sizeof(probe_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = probe_slots,
};

#endif /* SIM_HOT_DEBUG_H_ */
