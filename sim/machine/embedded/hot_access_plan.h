/* Access plans: the data accesses of a block, accounted for when it is entered. See access_plan.py, which makes them.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_HOT_ACCESS_PLAN_H_
#define SIM_HOT_ACCESS_PLAN_H_

#include "hot_memory.h"

#define UNKNOWN_VALUE 0xF0000000u /* no memory is here */

static int keep_steps(counters_t *c, const price_t *price, block_t *b) {
  if (!price->step_count) return 1;
  step_t *grown = realloc(c->steps, (c->step_count + price->step_count) * sizeof(step_t));
  if (!grown) return 0;
  c->steps = grown;
  b->first_step = c->step_count;
  b->step_count = price->step_count;
  memcpy(c->steps + c->step_count, price->steps, price->step_count * sizeof(step_t));
  c->step_count += price->step_count;
  return 1;
}

/* What the core would load; peripherals are not asked. */
static uint32_t look_up(const counters_t *c, uint32_t address, const step_t *s) {
  const region_t *r = &c->regions[c->region_of_page[address >> PAGE_SHIFT]];
  uint32_t offset = address - r->base;
  if (!r->host || offset > r->size - s->size) return UNKNOWN_VALUE;
  uint32_t value = 0;
  memcpy(&value, r->host + offset, s->size);
  if (s->kind == STEP_LOAD_SIGNED) value = s->size == 1 ? (uint32_t)(int8_t)value : (uint32_t)(int16_t)value;
  return value;
}

static inline void account(counters_t *c, uint32_t address, uint32_t size, int is_write, uint32_t transfer) {
  c->access_index = transfer;
  if (is_write) {
    account_write(c, address, size);
    look_for_code(c, address, size);
  } else {
    account_read(c, address, size);
  }
}

/* Account for what was to wait for a peripheral. */
static void account_deferred(counters_t *c) {
  for (uint32_t i = 0; i < c->deferred_count; i++) {
    const deferred_access_t *d = &c->deferred[i];
    account(c, d->address, d->size, d->is_write, d->transfer);
  }
  c->deferred_count = 0;
}

static void read_registers(const counters_t *c, uint32_t *values) {
  if (c->registers) {
    memcpy(values, c->registers, SLOT_ZERO * sizeof *values);
    return;
  }
  for (int i = 0; i < 13; i++) c->reg_read(c->uc, ARM_REG_R0 + i, values + i);
  c->reg_read(c->uc, ARM_REG_SP, values + 13);
  c->reg_read(c->uc, ARM_REG_LR, values + 14);
}

static void account_plan(counters_t *c, const block_t *b) {
  uint32_t slots[FIRST_RESULT + PLAN_RESULTS];
  const int looks = c->keeps_recent_lines;
  int defers = 0;
  read_registers(c, slots);
  slots[SLOT_ZERO] = 0;
  const step_t *end = c->steps + b->first_step + b->step_count;
  for (const step_t *s = c->steps + b->first_step; s < end; s++) {
    uint32_t base = slots[s->base], index = slots[s->index];
    uint32_t address = base + (index << s->shift) + s->offset;
    if (looks && s->kind == STEP_READ && !defers) {
      c->access_index = s->transfer;
      if (reads_recent_line(c, address, s->size)) continue;
    }
    if (s->kind <= STEP_WRITE) {
      defers |= !c->region_of_page[address >> PAGE_SHIFT];
      if (!defers)
        account(c, address, s->size, s->kind == STEP_WRITE, s->transfer);
      else if (c->deferred_count < MAX_DEFERRED)
        c->deferred[c->deferred_count++] = (deferred_access_t){address, s->transfer, s->size, s->kind == STEP_WRITE};
    } else if (s->kind == STEP_SET) {
      slots[s->result] = address;
    } else if (s->kind == STEP_MULTIPLY) {
      slots[s->result] = base * index;
    } else {
      slots[s->result] = look_up(c, address, s);
    }
  }
}

#endif /* SIM_HOT_ACCESS_PLAN_H_ */
