/* Every semihosting operation that needs no file. */
#include "semihosting.h"

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset};

static u32 open_console(u32 mode) {
  u32 block[3] = {(u32) ":tt", mode, 3};
  return semihost(0x01, block);
}

void reset(void) {
  semihost(0x03, "c"); /* SYS_WRITEC */
  print("haracters\n");

  u32 out = open_console(4);
  u32 text[3] = {out, (u32) "through a handle\n", 17};
  report("left to write", semihost(0x05, text));
  report("close", semihost(0x02, &out));

  u32 missing[3] = {(u32) "/no/such/file", 0, 13};
  report("missing file", semihost(0x01, missing));
  report("error number", semihost(0x13, 0));
  int failed = -5;
  report("is error", semihost(0x08, &failed) != 0);

  u32 ticks[2];
  semihost(0x30, ticks);
  u32 later[2];
  semihost(0x30, later);
  report("time runs", later[0] - ticks[0] < 1u << 31);
  report("tick frequency", semihost(0x31, 0) > 1000);
  finish();
}
