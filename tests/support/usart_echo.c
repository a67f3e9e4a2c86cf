/* Greets on a USART of the first kind, by default USART1 of an STM32F103, then sends back each line in capitals; sleeps for good at the line "exit". */
typedef unsigned int u32;
#define REG(address) (*(volatile u32 *)(address))
#ifndef USART
#define USART 0x40013800u
#define RCC_APB2ENR REG(0x40021018u)
#endif
#define SR REG(USART)
#define DR REG(USART + 0x04)
#define BRR REG(USART + 0x08)
#define CR1 REG(USART + 0x0C)

extern char stack_top[];
void reset(void);

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset};

static void put(char c) {
  while (!(SR & 1u << 7)) {
  }
  DR = (u32)c;
}

static char get(void) {
  while (!(SR & 1u << 5)) {
  }
  return (char)DR;
}

#include "echo.h"

u32 sum;

__attribute__((noinline)) void work(void) {
  for (u32 i = 0; i < 1000; i++) sum += i * i;
}

__attribute__((noinline)) void worked(void) { __asm__ volatile(""); }

void reset(void) {
#ifdef RCC_APB2ENR
  RCC_APB2ENR = 1u << 14;
#endif
  BRR = 625; /* 115,200 baud at 72 MHz */
  CR1 = 1u << 13 | 1u << 3 | 1u << 2;
  say("ready\n");
  work();
  worked();
  for (;;) {
    char line[LINE_BYTES];
    u32 length;
    say("> ");
    if (read_line(line, &length))
      for (;;) __asm__ volatile("wfi");
    answer(line, length);
  }
}
