/* Bits of RAM by their aliases. */
#include "semihosting.h"

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset};

#define ALIAS(address, bit) REG(0x22000000u + (((address) - 0x20000000u) << 5) + ((bit) << 2))

static volatile u32 word;

void reset(void) {
  u32 address = (u32)&word;
  word = 0x00F00001u;
  report("set bit", ALIAS(address, 0));
  report("clear bit", ALIAS(address, 1));
  ALIAS(address, 31) = 1;
  ALIAS(address, 20) = 0;
  ALIAS(address, 0) = 0xFFFFFFFEu; /* only bit 0 of what is written counts */
  ALIAS(address, 9) = 3;
  report("word", word);
  volatile unsigned char *byte = (volatile unsigned char *)&ALIAS(address, 9);
  report("byte of the alias", *byte);
  *byte = 0;
  report("word", word);
  finish();
}
