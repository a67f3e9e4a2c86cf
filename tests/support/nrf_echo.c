/* Greets on the UART of an nRF, then sends back each line in capitals, and ends itself at the line "exit". */
#include "semihosting.h"

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

void reset(void) {
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
