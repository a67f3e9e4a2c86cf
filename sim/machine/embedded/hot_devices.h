/* Reads of peripherals: their models answer, except where a register is known to be steady.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_DEVICES_H_
#define SIM_HOT_DEVICES_H_

#include "hot_types.h"

static uint64_t on_device_read(void *uc, uint64_t offset, unsigned size, void *user) {
  const device_t *d = user;
  counters_t *c = d->owner;
  steady_t *s = &c->steady;
  uint32_t address = d->base + (uint32_t)offset;
  if (c->cycles >= s->until || (address & ~3u) != s->address || !s->remaining) return d->read(uc, offset, size, NULL);
  s->remaining--;
  s->answered++;
  uint32_t value = s->value >> (address & 3) * 8;
  return size < 4 ? value & ((1u << 8 * size) - 1) : value;
}

#endif /* SIM_HOT_DEVICES_H_ */
