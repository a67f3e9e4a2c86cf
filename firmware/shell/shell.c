/* A shell on a serial port of an STM32L4R5, for test suites: it echoes, answers commands, and sleeps in
 * between. It runs without a C library, from its own vector table. Registers: ST RM0432. */

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

#define RCC_CR REG(0x40021000u)
#define RCC_CFGR REG(0x40021008u)
#define RCC_PLLCFGR REG(0x4002100Cu)
#define FLASH_ACR REG(0x40022000u)
#define TIM2 0x40000000u
#define USART3 0x40004800u
#define LPUART1 0x40008000u
#define NVIC_ISER(interrupt) REG(0xE000E100u + 4u * ((interrupt) / 32u))

enum { CR1 = 0x00, BRR = 0x0C, ISR = 0x1C, RDR = 0x24, TDR = 0x28 };
enum { UE = 1 << 0, RE = 1 << 2, TE = 1 << 3, RXNEIE = 1 << 5, TXE = 1 << 7 };
enum { LPUART1_IRQ = 70, INTERRUPTS = 71 };

#define FLASH_WAIT_STATES 5u
#define PLL_SOURCE_MSI 1u
#define PLL_N_60 (60u << 8)
#define PLL_R_ENABLE (1u << 24)
#define PLL_ON (1u << 24)
#define PLL_READY (1u << 25)
#define CLOCK_FROM_PLL 3u

extern char stack_top[];
void reset(void);
void on_fault(void);
void on_received(void);

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + INTERRUPTS])(void) = {
    [0] = (void (*)(void))stack_top,
    [1] = reset,
    [2] = on_fault,
    [3] = on_fault,
    [16 + LPUART1_IRQ] = on_received,
};

static volatile char received[64];
static volatile uint32_t received_count;
static uint32_t taken_count;

void on_fault(void) {
  for (;;) {
  }
}

void on_received(void) {
  received[received_count % sizeof received] = (char)REG(LPUART1 + RDR);
  received_count++;
}

static void put(uint32_t port, char c) {
  while (!(REG(port + ISR) & TXE)) {
  }
  REG(port + TDR) = (uint8_t)c;
}

static void print(uint32_t port, const char *text) {
  while (*text) put(port, *text++);
}

static void print_number(uint32_t number) {
  char digits[11];
  int i = 10;
  digits[i] = 0;
  do digits[--i] = (char)('0' + number % 10);
  while (number /= 10);
  print(LPUART1, digits + i);
}

static char take(void) {
  __asm__ volatile("cpsid i");
  while (taken_count == received_count) {
    __asm__ volatile("wfi\n cpsie i\n nop\n cpsid i" ::: "memory");
  }
  __asm__ volatile("cpsie i" ::: "memory");
  return received[taken_count++ % sizeof received];
}

static int equal(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

/* 3000 instructions in loops of two. */
__attribute__((noinline)) void work(void) {
  uint32_t n = 1500;
  __asm__ volatile("1: subs %0, #1\n bne 1b" : "+r"(n) : : "cc");
}

__attribute__((noinline)) void work_done(void) { __asm__ volatile("nop"); }

static void run(const char *command) {
  print(USART3, command);
  print(USART3, "\n");
  if (equal(command, "version")) {
    print(LPUART1, "shell 1.0\r\n");
  } else if (equal(command, "work")) {
    REG(TIM2 + 0x24) = 0;
    work();
    uint32_t ticks = REG(TIM2 + 0x24);
    work_done();
    print(LPUART1, "took ");
    print_number(ticks);
    print(LPUART1, " ticks\r\n");
  } else if (equal(command, "binary")) {
    put(LPUART1, 0x55);
    put(LPUART1, (char)0xAA);
    put(LPUART1, 0x00);
  } else if (equal(command, "sleep")) {
    print(LPUART1, "good night\r\n");
    REG(LPUART1 + CR1) &= ~(uint32_t)RXNEIE;
    for (;;) __asm__ volatile("wfi");
  } else if (equal(command, "crash")) {
    (void)REG(0x90000000u);
  } else if (*command) {
    print(LPUART1, "ERROR: unknown command\r\n");
  }
}

static void start(void) {
  FLASH_ACR = FLASH_WAIT_STATES;
  RCC_PLLCFGR = PLL_SOURCE_MSI | PLL_N_60 | PLL_R_ENABLE; /* 4 MHz * 60 / 2 */
  RCC_CR |= PLL_ON;
  while (!(RCC_CR & PLL_READY)) {
  }
  RCC_CFGR = CLOCK_FROM_PLL;
  REG(TIM2) = 1;
  REG(USART3 + BRR) = 1042; /* 120 MHz / 115200 */
  REG(USART3 + CR1) = UE | TE;
  REG(LPUART1 + BRR) = 266667; /* 256 * 120 MHz / 115200 */
  REG(LPUART1 + CR1) = UE | RE | TE | RXNEIE;
  NVIC_ISER(LPUART1_IRQ) = 1u << LPUART1_IRQ % 32;
}

void reset(void) {
  char command[32];
  uint32_t length = 0;
  received_count = taken_count = 0;
  start();
  print(LPUART1, "shell ready\r\n> ");
  for (;;) {
    char c = take();
    if (c != '\r') {
      put(LPUART1, c);
      if (length < sizeof command - 1) command[length++] = c;
      continue;
    }
    command[length] = 0;
    length = 0;
    print(LPUART1, "\r\n");
    run(command);
    print(LPUART1, "> ");
  }
}
