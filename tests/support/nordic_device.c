/* Firmware of an nRF52840, as Nordic's drivers set it up: clocks, UARTE by EasyDMA, a timer and the RTC. */
typedef unsigned int u32;
#define REG(address) (*(volatile u32 *)(address))
#define CLOCK 0x40000000u
#define UARTE 0x40002000u
#define TIMER0 0x40008000u
#define RTC0 0x4000B000u

extern char stack_top[];
void reset(void);
void uarte(void);
void rtc(void);
static void broken(void) {
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 12])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset, [2] = broken, [3] = broken, [16 + 2] = uarte, [16 + 11] = rtc};

static volatile char received[4], line[32];
static volatile u32 length, is_complete, ticks;

static void receive(void) {
  REG(UARTE + 0x534) = (u32)received;
  REG(UARTE + 0x538) = 1;
  REG(UARTE) = 1;
}

void uarte(void) {
  if (REG(UARTE + 0x110)) { /* ENDRX */
    REG(UARTE + 0x110) = 0;
    if (received[0] == '\n') is_complete = 1;
    else line[length++] = received[0];
    receive();
  }
}

void rtc(void) {
  REG(RTC0 + 0x140) = 0;
  ticks++;
  REG(RTC0 + 0x540) = (REG(RTC0 + 0x504) + 32) & 0xFFFFFF;
}

static void send(const volatile char *text, u32 size) {
  static char buffer[64]; /* EasyDMA reads RAM only */
  for (u32 i = 0; i < size; i++) buffer[i] = text[i];
  REG(UARTE + 0x120) = 0;
  REG(UARTE + 0x544) = (u32)buffer;
  REG(UARTE + 0x548) = size;
  REG(UARTE + 0x008) = 1;
  while (!REG(UARTE + 0x120)) {
  }
}

static void send_number(u32 number) {
  char digits[12];
  u32 i = sizeof digits;
  digits[--i] = '\n';
  do digits[--i] = (char)('0' + number % 10);
  while (number /= 10);
  send(digits + i, sizeof digits - i);
}

void reset(void) {
  length = is_complete = ticks = 0;
  if (REG(0x10000100u) != 0x52840) broken();
  REG(CLOCK) = 1;
  while (!REG(CLOCK + 0x100)) {
  }
  REG(CLOCK + 0x518) = 1;
  REG(CLOCK + 0x008) = 1;
  while (!REG(CLOCK + 0x104)) {
  }
  REG(UARTE + 0x524) = 0x01D60000; /* 115200 */
  REG(UARTE + 0x500) = 8;
  REG(UARTE + 0x304) = 1u << 4;
  REG(0xE000E100u) = 1u << 2 | 1u << 11;
  receive();

  REG(TIMER0 + 0x508) = 3; /* 32 bits at 1 MHz */
  REG(TIMER0 + 0x510) = 4;
  REG(TIMER0 + 0x00C) = 1;
  REG(TIMER0) = 1;
  REG(RTC0 + 0x508) = 31; /* 1024 Hz */
  REG(RTC0 + 0x540) = 32;
  REG(RTC0 + 0x304) = 1u << 16;
  REG(RTC0 + 0x344) = 1u << 16;
  REG(RTC0) = 1;

  send("ready\n", 6);
  while (!is_complete) __asm__ volatile("wfi");
  send(line, length);
  send("\n", 1);
  REG(TIMER0 + 0x40) = 1; /* capture */
  u32 start = REG(TIMER0 + 0x540), from = ticks;
  while (ticks - from < 16) __asm__ volatile("wfi");
  REG(TIMER0 + 0x40) = 1;
  send_number(REG(TIMER0 + 0x540) - start); /* 15 to 16 periods of 31250 us */
  send("done\n", 5);
  for (;;) __asm__ volatile("wfi");
}
