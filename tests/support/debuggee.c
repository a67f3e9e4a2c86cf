/* Firmware to be debugged: a loop that counts, a function that is called once, an access that faults.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
extern unsigned stack_top;
void reset(void);
void fault(void);
void finish(void);

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    &stack_top, reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault,
};

volatile unsigned counter;
volatile unsigned sink;

__attribute__((noinline)) unsigned count_to(unsigned limit) {
  for (counter = 0; counter < limit; counter++) sink += counter;
  return sink;
}

__attribute__((noinline)) void finish(void) { sink = 0; }

void fault(void) {
  for (;;) {
  }
}

void reset(void) {
  count_to(1000);
  finish();
#ifdef ENDLESS
  for (;;) counter++;
#endif
#ifdef FAULTS
  *(volatile unsigned *)0x60000000 = 1;
#endif
  for (;;) {
  }
}
