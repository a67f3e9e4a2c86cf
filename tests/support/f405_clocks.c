/* Sets an STM32F405 up as ST's SystemClock_Config does, 168 MHz out of a crystal of 25, then says "ready". */
typedef unsigned int u32;
#define REG(address) (*(volatile u32 *)(address))
#define RCC 0x40023800u
#define FLASH 0x40023C00u
#define PWR 0x40007000u
#define TIM2 0x40000000u
#define USART1 0x40011000u
#define UNTIL(condition) \
  while (!(condition)) { \
  }

extern char stack_top[];
void reset(void);

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset};

static void say(const char *text) {
  for (; *text; text++) {
    UNTIL(REG(USART1) & 1u << 7)
    REG(USART1 + 0x04) = (u32)*text;
  }
}

void reset(void) {
  REG(RCC + 0x40) |= 1u << 28 | 1u; /* APB1ENR: PWR, TIM2 */
  REG(PWR) |= 1u << 14;
  REG(RCC) |= 1u << 16;
  UNTIL(REG(RCC) & 1u << 17) /* HSERDY */
  REG(RCC + 0x04) = 25 | 336u << 6 | 1u << 22 | 7u << 24; /* 25 / 25 * 336 / 2 */
  REG(RCC) |= 1u << 24;
  UNTIL(REG(RCC) & 1u << 25) /* PLLRDY */
  UNTIL(REG(PWR + 0x04) & 1u << 14) /* VOSRDY */
  REG(FLASH) = 5 | 7u << 8;
  UNTIL((REG(FLASH) & 7) == 5)
  REG(RCC + 0x08) = 5u << 10 | 4u << 13 | 2; /* APB1 at a quarter, APB2 at half, PLL */
  UNTIL((REG(RCC + 0x08) >> 2 & 3) == 2)
  REG(TIM2 + 0x28) = 83; /* the timers of APB1 run at 84 MHz: microseconds */
  REG(TIM2 + 0x14) = 1;
  REG(TIM2) = 1;
  UNTIL(REG(TIM2 + 0x24) >= 100)
  REG(USART1 + 0x08) = 729; /* 115,200 baud at 84 MHz */
  REG(USART1 + 0x0C) = 1u << 13 | 1u << 3;
  say("ready");
  for (;;) __asm__ volatile("wfi");
}
