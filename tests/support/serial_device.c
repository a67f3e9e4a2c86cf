/* Firmware of an STM32L4R5 that speaks the MLPerf Tiny protocol, for tests: clock set-up that waits for ready
 * bits, a serial port received by interrupt, timestamps of its own timer, and work of a known length. */
typedef unsigned int u32;
#define REG(address) (*(volatile u32 *)(address))
#define RCC 0x40021000u
#define FLASH_ACR REG(0x40022000u)
#define LPUART 0x40008000u
#define TIM2 0x40000000u
#define GPIOB 0x48000400u
#define NVIC_ISER2 REG(0xE000E108u)

extern char stack_top[];
void reset(void);
void received(void);
static void broken(void) {
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 71])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset, [2] = broken, [3] = broken, [16 + 70] = received};

static volatile char line[128];
static volatile u32 length, complete;

void received(void) {
  char c = (char)REG(LPUART + 0x24);
  if (c == '%') {
    complete = 1;
  } else if (length < sizeof line) {
    line[length++] = c;
  }
}

static void put(char c) {
  while (!(REG(LPUART + 0x1C) & 1u << 7)) {
  }
  REG(LPUART + 0x28) = (u32)c;
}

static void print(const char *text) {
  while (*text) put(*text++);
  while (!(REG(LPUART + 0x1C) & 1u << 6)) {
  }
}

#ifdef ENERGY
/* The timestamp of an image for energy measurements: a pin that falls and rises again. */
__attribute__((noinline)) void timestamp(void) {
  REG(GPIOB + 0x18) = 1u << (16 + 3);
  REG(GPIOB + 0x18) = 1u << 3;
}
#else
static void print_number(u32 number) {
  char digits[11];
  int i = 10;
  digits[i] = 0;
  do digits[--i] = (char)('0' + number % 10);
  while (number /= 10);
  print(digits + i);
}

__attribute__((noinline)) void timestamp(void) {
  u32 now = REG(TIM2 + 0x24);
  print("m-lap-us-");
  print_number(now);
  print("\r\n");
}
#endif

/* 60000 instructions in two-instruction iterations. */
__attribute__((noinline)) void work(void) {
  u32 n = 30000;
  __asm__ volatile("1: subs %0, #1\n bne 1b" : "+r"(n) : : "cc");
}

/* Called like the runtime's function, so that each call counts as an inference. */
void invoke(void) __asm__("_ZN6tflite16MicroInterpreter6InvokeEv");
__attribute__((noinline)) void invoke(void) { work(); __asm__ volatile("nop"); }

static void start_clocks(void) {
  FLASH_ACR = 5;
  while ((FLASH_ACR & 15u) != 5) {
  }
  REG(RCC + 0x0C) = 1u | 60u << 8 | 1u << 24; /* MSI 4 MHz * 60 / 2 */
  REG(RCC) |= 1u << 24;
  while (!(REG(RCC) & 1u << 25)) {
  }
  REG(RCC + 0x08) = 3u | 7u << 8; /* PLL; APB1 at 7.5 MHz, its timers at 15 MHz */
  while ((REG(RCC + 0x08) >> 2 & 3u) != 3) {
  }
}

void reset(void) {
  length = complete = 0;
  start_clocks();
#ifdef FAST_SERIAL
  REG(LPUART + 0x0C) = 768; /* 256 * 7.5 MHz / 2.5 Mbaud */
#else
  REG(LPUART + 0x0C) = 16667; /* 256 * 7.5 MHz / 115200 */
#endif
  REG(LPUART) = 1u | 1u << 2 | 1u << 3 | 1u << 5;
  NVIC_ISER2 = 1u << (70 - 64);
  REG(TIM2 + 0x28) = 14; /* 1 MHz */
  REG(TIM2 + 0x14) = 1;
  REG(TIM2) = 1;
  REG(0x4FFF0000u) = 1; /* no model knows this one */
#ifdef ENERGY
  print("m-timestamp-mode-energy\r\n");
  REG(GPIOB + 0x18) = 1u << 3;
#endif
  for (;;) {
    print("m-ready\r\n");
    while (!complete) {
    }
    if (line[0] == 'n') {
      print("m-name-dut-[tester]\r\n");
    } else if (line[0] == 'i') {
      u32 runs = (u32)(line[6] - '0');
#ifdef ENERGY
      print("m-infer-start-1\r\n");
#endif
      timestamp();
      while (runs--) invoke();
      timestamp();
      print("m-results-[0.25,0.75]\r\n");
    } else if (line[0] == 'd') {
      print("m-load\r\n");
    } else {
      print("e-[unknown command]\r\n");
    }
    length = complete = 0;
  }
}
