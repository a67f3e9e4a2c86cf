/* Recurses until its stack is in the data below, and then says so by semihosting. */
#include "semihosting.h"

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset};

static volatile u32 data[3000]; /* of the 16 KiB up to stack_top */

__attribute__((noinline)) u32 recurse(u32 depth) {
  volatile u32 room[8];
  room[0] = depth;
  return depth ? recurse(depth - 1) + room[0] : 0;
}

void reset(void) {
  for (u32 i = 0; i < 3000; i++) data[i] = i; /* right below the stack: no overflow */
#ifdef DEPTH
  report("sum", recurse(DEPTH));
#endif
  finish();
}
