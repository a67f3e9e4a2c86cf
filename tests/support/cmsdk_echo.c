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

static char get(void) {
  while (!(STATE & 2)) {
  }
  return (char)DATA;
}

#include "echo.h"

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
    char line[LINE_BYTES];
    u32 length;
    if (read_line(line, &length)) finish();
    answer(line, length);
  }
}
