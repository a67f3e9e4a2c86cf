/* Greets on UART 0 of an MPS2 board, then sends back each line in capitals; ends itself at the line "exit". */
#include "semihosting.h"

#ifndef UART
#define UART 0x40004000u
#endif
#define DATA REG(UART)
#define STATE REG(UART + 4)
#define CTRL REG(UART + 8)
#define BAUDDIV REG(UART + 16)

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset};

static void put(char c) {
  while (STATE & 1) {
  }
  DATA = (u32)c;
}

static void say(const char *text) {
  while (*text) put(*text++);
}

static char get(void) {
  while (!(STATE & 2)) {
  }
  return (char)DATA;
}

u32 sum;

__attribute__((noinline)) void work(void) {
  for (u32 i = 0; i < 1000; i++) sum += i * i;
}

__attribute__((noinline)) void worked(void) { __asm__ volatile(""); }

void reset(void) {
  BAUDDIV = 217; /* 115,200 baud at 25 MHz */
  CTRL = 3;
  say("ready\n");
  work();
  worked();
  for (;;) {
    char line[16];
    u32 length = 0;
    char c;
    while ((c = get()) != '\n')
      if (length < sizeof line) line[length++] = c;
    if (length == 4 && line[0] == 'e') finish();
    for (u32 i = 0; i < length; i++) put(line[i] >= 'a' && line[i] <= 'z' ? line[i] - 32 : line[i]);
    put('\n');
  }
}
