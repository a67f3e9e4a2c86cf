/* Starts the crystal of an nRF, waits for its timer and greets on its UART; then sends back each line in capitals, and
   ends itself at the line "exit". */
#include "semihosting.h"

#define HFCLKSTART REG(0x40000000u)
#define HFCLKSTARTED REG(0x40000100u)
#define TIMER 0x40008000u
#define UART 0x40002000u
#define STARTRX REG(UART)
#define STARTTX REG(UART + 0x8)
#define RXDRDY REG(UART + 0x108)
#define TXDRDY REG(UART + 0x11C)
#define ENABLE REG(UART + 0x500)
#define RXD REG(UART + 0x518)
#define TXD REG(UART + 0x51C)
#define BAUDRATE REG(UART + 0x524)

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset};

static void put(char c) {
  TXDRDY = 0;
  TXD = (u32)c;
  while (!TXDRDY) {
  }
}

static char get(void) {
  while (!RXDRDY) {
  }
  RXDRDY = 0;
  return (char)RXD;
}

#include "echo.h"

static void wait_microseconds(u32 count) {
  REG(TIMER + 0x508) = 3; /* BITMODE: 32 bits */
  REG(TIMER + 0x510) = 4; /* PRESCALER: 16 MHz / 16 */
  REG(TIMER + 0x540) = count;
  REG(TIMER) = 1;
  while (!REG(TIMER + 0x140)) { /* COMPARE[0] */
  }
}

void reset(void) {
  HFCLKSTART = 1;
  while (!HFCLKSTARTED) {
  }
  wait_microseconds(100);
  BAUDRATE = 0x01D7E000; /* 115,200 */
  ENABLE = 4;
  STARTTX = 1;
  STARTRX = 1;
  say("ready\n");
  for (;;) {
    char line[LINE_BYTES];
    u32 length;
    if (read_line(line, &length)) finish();
    answer(line, length);
  }
}
