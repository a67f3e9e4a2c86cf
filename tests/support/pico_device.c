/* Firmware of an RP2040 that starts up as the SDK does: resets, crystal, PLL, clocks, tick, UART, alarm, divider. */
typedef unsigned int u32;
#define REG(address) (*(volatile u32 *)(address))
#define SET(address) REG((address) + 0x2000u)
#define CLEAR(address) REG((address) + 0x3000u)
#define RESETS 0x4000C000u
#define CLOCKS 0x40008000u
#define XOSC 0x40024000u
#define PLL 0x40028000u
#define UART 0x40034000u
#define TIMER 0x40054000u
#define WATCHDOG 0x40058000u
#define SIO 0xD0000000u
#define BLOCKS (1u << 22 | 1u << 21 | 1u << 12 | 1u << 5) /* UART0, TIMER, PLL_SYS, IO_BANK0 */

extern char stack_top[];
void reset(void);
void alarm(void);
void received(void);
static void broken(void) {
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 21])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset, [2] = broken, [3] = broken, [16] = alarm, [16 + 20] = received};

static volatile u32 alarms, character;

void alarm(void) {
  REG(TIMER + 0x34) = 1;
  alarms++;
}

void received(void) {
  while (!(REG(UART + 0x18) & 1u << 4)) character = REG(UART);
}

static void put(char c) {
  while (REG(UART + 0x18) & 1u << 5) {
  }
  REG(UART) = (u32)c;
}

static void print(const char *text) {
  while (*text) put(*text++);
}

static u32 divide(u32 dividend, u32 divisor, u32 *remainder) {
  REG(SIO + 0x60) = dividend;
  REG(SIO + 0x64) = divisor;
  while (!(REG(SIO + 0x78) & 1)) {
  }
  *remainder = REG(SIO + 0x74);
  return REG(SIO + 0x70);
}

static void print_number(u32 number) {
  char digits[12];
  u32 i = sizeof digits, digit;
  digits[--i] = 0;
  do {
    number = divide(number, 10, &digit);
    digits[--i] = (char)('0' + digit);
  } while (number);
  print(digits + i);
  put('\n');
}

static void start_clocks(void) {
  CLEAR(RESETS) = BLOCKS;
  while (~REG(RESETS + 8) & BLOCKS) {
  }
  REG(XOSC + 0x0C) = 47;
  SET(XOSC) = 0xFABu << 12;
  while (!(REG(XOSC + 4) & 1u << 31)) {
  }
  REG(CLOCKS + 0x30) = 2; /* clk_ref from the crystal */
  while (!(REG(CLOCKS + 0x38) & 1u << 2)) {
  }
  REG(PLL + 8) = 125; /* 12 MHz * 125 / 6 / 2 = 125 MHz */
  CLEAR(PLL + 4) = 1u | 1u << 5;
  while (!(REG(PLL) & 1u << 31)) {
  }
  REG(PLL + 0xC) = 6u << 16 | 2u << 12;
  CLEAR(PLL + 4) = 1u << 3;
  REG(CLOCKS + 0x3C) = 0;
  REG(CLOCKS + 0x3C) = 1;
  while (!(REG(CLOCKS + 0x44) & 1u << 1)) {
  }
  REG(CLOCKS + 0x48) = 1u << 11; /* clk_peri from clk_sys */
  REG(WATCHDOG + 0x2C) = 12 | 1u << 9;
}

void reset(void) {
  alarms = character = 0;
  if (REG(SIO)) broken();
  start_clocks();
  REG(UART + 0x24) = 67; /* 125 MHz / (16 * 115200) = 67 + 52/64 */
  REG(UART + 0x28) = 52;
  REG(UART + 0x2C) = 3u << 5 | 1u << 4;
  REG(UART + 0x30) = 1u | 1u << 8 | 1u << 9;
  REG(UART + 0x38) = 1u << 4 | 1u << 6;
  REG(TIMER + 0x38) = 1;
  REG(0xE000E100u) = 1u | 1u << 20;
  print("ready\n");
  while (!character) __asm__ volatile("wfi");
  put((char)character);
  put('\n');
  u32 start = REG(TIMER + 0x28);
  REG(TIMER + 0x10) = start + 5000;
  while (!alarms) __asm__ volatile("wfi");
  print_number(REG(TIMER + 0x28) - start);
  print(REG(SIO + 0x17C) ? "locked\n" : "taken\n");
  print(REG(SIO + 0x17C) ? "locked\n" : "taken\n");
  print("done\n");
  for (;;) __asm__ volatile("wfi");
}
