/* Goes through what vendor libraries touch and wait for between reset and main(), then says "ready".
   One of L4R5, F746, H7A3, U575 and G0B1 is defined. Loops end only when the hardware answers as the manuals say. */
typedef unsigned int u32;
#define REG(address) (*(volatile u32 *)(address))
#define UNTIL(condition) \
  while (!(condition)) { \
  }

#if defined L4R5
#define RCC 0x40021000u
#define PWR 0x40007000u
#define FLASH 0x40022000u
#define KEYR (FLASH + 0x08)
#define LOCK REG(FLASH + 0x14) >> 31
#define RTC 0x40002800u
#define RTC_CR (RTC + 0x08)
#define LPTIM 0x40007C00u
#define LPTIM_IRQ 65
#define TIMER 0x40000C00u /* TIM5 */
#define TIMER_IRQ 50
#define ADC 0x50040000u
#define I2C 0x40005400u
#define RNG 0x50060800u
#define QUADSPI_SR REG(0xA0001020u)
#define EXTI_PENDING REG(0x40010414u)
#define UID 0x1FFF7590u
#define FLASH_KBYTES (REG(0x1FFF75E0u) & 0xFFFF)
#define KBYTES 2048
#define DBGMCU 0xE0042000u
#define DEVICE 0x470
#define UART 0x40008000u
#elif defined F746
#define RCC 0x40023800u
#define PWR 0x40007000u
#define FLASH 0x40023C00u
#define KEYR (FLASH + 0x04)
#define LOCK REG(FLASH + 0x10) >> 31
#define RTC 0x40002800u
#define RTC_CR (RTC + 0x08)
#define LPTIM 0x40002400u
#define LPTIM_IRQ 93
#define TIMER 0x40000C00u /* TIM5 */
#define TIMER_IRQ 50
#define I2C 0x40006000u
#define RNG 0x50060800u
#define QUADSPI_SR REG(0xA0001008u)
#define EXTI_PENDING REG(0x40013C14u)
#define UID 0x1FF0F420u
#define FLASH_KBYTES (REG(0x1FF0F440u) >> 16)
#define KBYTES 1024
#define DBGMCU 0xE0042000u
#define DEVICE 0x449
#define UART 0x40011000u
#elif defined H7A3
#define RCC 0x58024400u
#define PWR 0x58024800u
#define FLASH 0x52002000u
#define KEYR (FLASH + 0x04)
#define LOCK REG(FLASH + 0x0C) & 1
#define RTC 0x58004000u
#define RTC_CR (RTC + 0x18)
#define LPTIM 0x40002400u
#define LPTIM_IRQ 93
#define TIMER 0x40000C00u /* TIM5 */
#define TIMER_IRQ 50
#define ADC 0x40022000u
#define I2C 0x40005400u
#define RNG 0x48021800u
#define QUADSPI_SR REG(0x52005020u)
#define EXTI_PENDING REG(0x58000088u)
#define UID 0x08FFF800u
#define FLASH_KBYTES (REG(0x08FFF80Cu) & 0xFFFF)
#define KBYTES 2048
#define DBGMCU 0x5C001000u
#define DEVICE 0x480
#define UART 0x40004800u
#elif defined U575
#define RCC 0x46020C00u
#define PWR 0x46020800u
#define FLASH 0x40022000u
#define KEYR (FLASH + 0x08)
#define LOCK REG(FLASH + 0x28) >> 31
#define RTC 0x46007800u
#define RTC_CR (RTC + 0x18)
#define LPTIM 0x46004400u
#define LPTIM_IRQ 67
#define TIMER 0x40000C00u /* TIM5 */
#define TIMER_IRQ 48
#define ADC 0x42028000u
#define I2C 0x40005400u
#define RNG 0x420C0800u
#define QUADSPI_SR REG(0x420D1420u)
#define EXTI_PENDING REG(0x4602200Cu)
#define UID 0x0BFA0700u
#define FLASH_KBYTES (REG(0x0BFA07A0u) & 0xFFFF)
#define KBYTES 2048
#define DBGMCU 0xE0044000u
#define DEVICE 0x482
#define UART 0x40013800u
#elif defined G0B1
#define RCC 0x40021000u
#define PWR 0x40007000u
#define FLASH 0x40022000u
#define KEYR (FLASH + 0x08)
#define LOCK REG(FLASH + 0x14) >> 31
#define RTC 0x40002800u
#define RTC_CR (RTC + 0x18)
#define LPTIM 0x40007C00u
#define LPTIM_IRQ 17
#define TIMER 0x40000000u /* TIM2 */
#define TIMER_IRQ 15
#define ADC 0x40012400u
#define I2C 0x40005400u
#define EXTI_PENDING REG(0x4002180Cu)
#define UID 0x1FFF7590u
#define FLASH_KBYTES (REG(0x1FFF75E0u) & 0xFFFF)
#define KBYTES 512
#define DBGMCU 0x40015800u
#define DEVICE 0x467
#define UART 0x40004400u
#endif

extern char stack_top[];
void reset(void);
static void timer_interrupt(void);
static void lptim_interrupt(void);

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 128])(void) = {
    [0] = (void (*)(void))stack_top,
    [1] = reset,
    [16 + TIMER_IRQ] = timer_interrupt,
    [16 + LPTIM_IRQ] = lptim_interrupt,
};

static volatile u32 timer_interrupts, lptim_interrupts;

/* Clears a flag that stays set until a zero is written. */
static void timer_interrupt(void) {
  timer_interrupts |= REG(TIMER + 0x10);
  REG(TIMER + 0x10) = 0;
}

static void lptim_interrupt(void) {
  lptim_interrupts |= REG(LPTIM);
  REG(LPTIM + 0x04) = 3;
}

static void enable_interrupt(u32 number) { REG(0xE000E100u + number / 32 * 4) = 1u << number % 32; }

/* SystemInit and SystemClock_Config: 8 MHz from the ST-LINK (bypass), or the internal oscillator, to the PLL. */
static void set_clocks(void) {
#if defined L4R5
  REG(PWR) |= 1u << 8; /* DBP */
  UNTIL(REG(PWR) & 1u << 8)
  REG(RCC + 0x90) |= 1; /* LSE, for MSI's calibration */
  UNTIL(REG(RCC + 0x90) & 1u << 1)
  REG(RCC) |= 1u << 2; /* MSIPLLEN */
  UNTIL(REG(RCC) & 1u << 1)
  REG(PWR + 0x80) &= ~(1u << 8); /* R1MODE: boost */
  UNTIL(!(REG(PWR + 0x14) & 1u << 10)) /* VOSF */
  REG(FLASH) = (REG(FLASH) & ~0xFu) | 5;
  UNTIL((REG(FLASH) & 0xF) == 5)
  REG(RCC) |= 1u << 18; /* HSEBYP */
  REG(RCC) |= 1u << 16;
  UNTIL(REG(RCC) & 1u << 17)
  REG(RCC) &= ~(1u << 24);
  UNTIL(!(REG(RCC) & 1u << 25))
  REG(RCC + 0x0C) = 3 | 1u << 4 | 60u << 8 | 1u << 24; /* 8 / 2 * 60 / 2 = 120 MHz */
  REG(RCC) |= 1u << 24;
  UNTIL(REG(RCC) & 1u << 25)
  REG(RCC) |= 1u << 26; /* PLLSAI1 */
  UNTIL(REG(RCC) & 1u << 27)
  REG(RCC + 0x98) |= 1; /* HSI48 for the random numbers */
  UNTIL(REG(RCC + 0x98) & 2)
  REG(RCC + 0x08) |= 3;
  UNTIL((REG(RCC + 0x08) >> 2 & 3) == 3)
  REG(RCC + 0x94) |= 1; /* LSI */
  UNTIL(REG(RCC + 0x94) & 2)
#elif defined F746
  REG(RCC) |= 1u << 18 | 1u << 16;
  UNTIL(REG(RCC) & 1u << 17)
  REG(RCC) &= ~(1u << 24);
  UNTIL(!(REG(RCC) & 1u << 25))
  REG(RCC + 0x04) = 8 | 432u << 6 | 1u << 22 | 9u << 24; /* 8 / 8 * 432 / 2 = 216 MHz */
  REG(RCC) |= 1u << 24;
  UNTIL(REG(RCC) & 1u << 25)
  REG(PWR) |= 1u << 16;
  UNTIL(REG(PWR + 0x04) & 1u << 16) /* ODRDY */
  REG(PWR) |= 1u << 17;
  UNTIL(REG(PWR + 0x04) & 1u << 17) /* ODSWRDY */
  REG(PWR + 0x04) |= 1u << 9;
  UNTIL(REG(PWR + 0x04) & 1u << 3) /* BRR */
  REG(FLASH) = 7 | 3u << 8;
  UNTIL((REG(FLASH) & 0xF) == 7)
  REG(RCC + 0x08) = 5u << 10 | 4u << 13 | 2;
  UNTIL((REG(RCC + 0x08) >> 2 & 3) == 2)
  REG(RCC) |= 1u << 26 | 1u << 28;
  UNTIL(REG(RCC) & 1u << 27 && REG(RCC) & 1u << 29) /* PLLI2S, PLLSAI */
  REG(RCC + 0x74) |= 1;
  UNTIL(REG(RCC + 0x74) & 2)
#elif defined H7A3
  REG(PWR + 0x0C) = (REG(PWR + 0x0C) & ~7u) | 2; /* LDO */
  UNTIL(REG(PWR + 0x04) & 1u << 13) /* ACTVOSRDY */
  REG(PWR + 0x18) |= 3u << 14;
  UNTIL(REG(PWR + 0x18) & 1u << 13) /* VOSRDY */
  UNTIL((REG(PWR + 0x04) >> 14 & 3) == 3) /* ACTVOS */
  REG(PWR + 0x0C) |= 1u << 24;
  UNTIL(REG(PWR + 0x0C) & 1u << 26) /* USB33RDY */
  REG(PWR + 0x08) |= 1;
  UNTIL(REG(PWR + 0x08) & 1u << 16) /* BRRDY */
  UNTIL(REG(RCC) & 1u << 2) /* HSIRDY */
  UNTIL(REG(RCC) & 1u << 5) /* HSIDIVF */
  REG(RCC) |= 1u << 7 | 1u << 12;
  UNTIL(REG(RCC) & 1u << 8 && REG(RCC) & 1u << 13) /* CSI, HSI48 */
  REG(RCC + 0x28) = 16u << 4;
  REG(RCC + 0x30) = 139 | 1u << 9 | 1u << 16 | 1u << 24; /* 64 / 16 * 140 / 2 = 280 MHz */
  REG(RCC) |= 1u << 24;
  UNTIL(REG(RCC) & 1u << 25)
  REG(FLASH) = 6;
  UNTIL((REG(FLASH) & 0xF) == 6)
  REG(RCC + 0x10) |= 3;
  UNTIL((REG(RCC + 0x10) >> 3 & 7) == 3)
  UNTIL(REG(0x48020880u) == (1u << 31 | 1u << 8)) /* HSEM: the fast way to take a semaphore */
#elif defined U575
  REG(PWR + 0x08) |= 1u << 1;
  UNTIL(REG(PWR + 0x3C) & 1u << 1) /* REGS: SMPS */
  REG(PWR + 0x0C) |= 3u << 16;
  UNTIL(REG(PWR + 0x0C) & 1u << 15) /* VOSRDY */
  REG(RCC + 0x28) = 1; /* MSIS feeds the PLL */
  REG(PWR + 0x0C) |= 1u << 18;
  UNTIL(REG(PWR + 0x0C) & 1u << 14) /* BOOSTRDY */
  REG(RCC + 0x34) = 79 | 1u << 9 | 1u << 16 | 1u << 24; /* 4 * 80 / 2 = 160 MHz */
  REG(RCC + 0x28) |= 1u << 18;
  REG(RCC) |= 1u << 24;
  UNTIL(REG(RCC) & 1u << 25)
  REG(FLASH) = 4;
  UNTIL((REG(FLASH) & 0xF) == 4)
  REG(RCC + 0x1C) |= 3;
  UNTIL((REG(RCC + 0x1C) >> 2 & 3) == 3)
  REG(RCC) |= 1u << 4 | 1u << 12;
  UNTIL(REG(RCC) & 1u << 5 && REG(RCC) & 1u << 13) /* MSIK, HSI48 */
  REG(RCC + 0xF0) |= 1 | 1u << 7 | 1u << 26;
  UNTIL(REG(RCC + 0xF0) & 1u << 1 && REG(RCC + 0xF0) & 1u << 11 && REG(RCC + 0xF0) & 1u << 27)
  UNTIL(!(REG(0x40030404u) & 1)) /* ICACHE is not busy */
  REG(0x40030400u) |= 1;
#elif defined G0B1
  UNTIL(!(REG(PWR + 0x14) & 1u << 10)) /* VOSF */
  UNTIL(REG(RCC) & 1u << 10) /* HSIRDY */
  REG(RCC) &= ~(1u << 24);
  UNTIL(!(REG(RCC) & 1u << 25))
  REG(RCC + 0x0C) = 2 | 8u << 8 | 1u << 28 | 1u << 29; /* 16 * 8 / 2 = 64 MHz */
  REG(RCC) |= 1u << 24;
  UNTIL(REG(RCC) & 1u << 25)
  REG(FLASH) = (REG(FLASH) & ~7u) | 2;
  UNTIL((REG(FLASH) & 7) == 2)
  REG(RCC + 0x08) |= 2;
  UNTIL((REG(RCC + 0x08) >> 3 & 7) == 2)
  REG(RCC + 0x60) |= 1;
  UNTIL(REG(RCC + 0x60) & 2)
#endif
}

static void unlock_flash(void) {
  UNTIL(LOCK)
  REG(KEYR) = 0x45670123u;
  REG(KEYR) = 0xCDEF89ABu;
  UNTIL(!(LOCK))
}

static void set_calendar(void) {
  REG(RTC + 0x24) = 0xCA; /* WPR */
  REG(RTC + 0x24) = 0x53;
  REG(RTC + 0x0C) |= 1u << 7;
  UNTIL(REG(RTC + 0x0C) & 1u << 6) /* INITF */
  REG(RTC + 0x10) = 0x7F00FF;
  REG(RTC + 0x0C) &= ~(1u << 7);
  UNTIL(!(REG(RTC + 0x0C) & 1u << 6))
  REG(RTC + 0x0C) = ~0xA0u; /* RSF off, flags left alone */
  UNTIL(REG(RTC + 0x0C) & 1u << 5)
  UNTIL(!(REG(RTC + 0x0C) & 1u << 16)) /* RECALPF */
  REG(RTC_CR) &= ~(1u << 10);
  UNTIL(REG(RTC + 0x0C) & 1u << 2) /* WUTWF while the wake-up timer is off */
  REG(RTC_CR) |= 1u << 10;
  UNTIL(!(REG(RTC + 0x0C) & 1u << 2))
  REG(RTC + 0x24) = 0xFF;
}

/* A free-running 32-bit timer of microseconds whose compare channel interrupts, now and later. */
static void start_ticker(void) {
  REG(TIMER + 0x2C) = 0xFFFFFFFFu;
  REG(TIMER + 0x28) = 63;
  REG(TIMER + 0x14) = 1; /* UG */
  UNTIL(REG(TIMER + 0x10) & 1)
  REG(TIMER + 0x10) = ~1u;
  REG(TIMER) |= 1;
  enable_interrupt(TIMER_IRQ);
  REG(TIMER + 0x0C) = 1u << 1; /* CC1IE */
  REG(TIMER + 0x14) = 1u << 1; /* CC1G: fire at once */
  UNTIL(timer_interrupts == 1u << 1)
  timer_interrupts = 0;
  u32 start = REG(TIMER + 0x24);
  REG(TIMER + 0x34) = start + 100;
  REG(TIMER + 0x10) = ~2u;
  while (!timer_interrupts) __asm__ volatile("wfi");
  UNTIL(REG(TIMER + 0x24) - start >= 100)
}

static void start_low_power_timer(void) {
  REG(LPTIM + 0x08) = 1; /* CMPM */
  REG(LPTIM + 0x10) = 1; /* ENABLE */
  REG(LPTIM + 0x04) = 1u << 3 | 1u << 4;
  REG(LPTIM + 0x18) = 0xFFFF;
  UNTIL(REG(LPTIM) & 1u << 4) /* ARROK */
  REG(LPTIM + 0x14) = 50;
  UNTIL(REG(LPTIM) & 1u << 3) /* CMPOK */
  REG(LPTIM + 0x10) |= 1u << 2;
  enable_interrupt(LPTIM_IRQ);
  UNTIL(lptim_interrupts & 1)
}

static void use_other_drivers(void) {
#if defined ADC
  REG(ADC + 0x08) &= ~(1u << 29);
  REG(ADC + 0x08) |= 1u << 28;
  REG(ADC + 0x08) |= 1u << 31;
  UNTIL(!(REG(ADC + 0x08) & 1u << 31)) /* ADCAL */
  REG(ADC) = 1;
  REG(ADC + 0x08) |= 1;
  UNTIL(REG(ADC) & 1) /* ADRDY */
  REG(ADC + 0x08) |= 1u << 2;
  UNTIL(REG(ADC) & 1u << 2) /* EOC */
  REG(ADC + 0x08) |= 1u << 1;
  UNTIL(!(REG(ADC + 0x08) & 3)) /* ADDIS, ADEN */
#endif
#if defined RNG
  REG(RNG) = 1u << 2;
  UNTIL(REG(RNG + 0x04) & 1)
#endif
#if defined QUADSPI_SR
  UNTIL(!(QUADSPI_SR & 1u << 5) && QUADSPI_SR & 1u << 1) /* BUSY, TCF */
#endif
#if defined F746
  REG(0xA0000150u) = 1; /* SDCMR: clock configuration enable */
  UNTIL(!(REG(0xA0000158u) & 1u << 5)) /* SDSR: BUSY */
  REG(0xC0000000u) = 0x12345678u;
  REG(0xC07FFFFCu) = 0x9ABCDEF0u;
  UNTIL(REG(0xC0000000u) == 0x12345678u && REG(0xC07FFFFCu) == 0x9ABCDEF0u) /* 8 MB of SDRAM */
  REG(0x40029000u) |= 1;
  UNTIL(!(REG(0x40029000u) & 1)) /* reset of Ethernet's DMA */
#endif
  UNTIL(REG(I2C + 0x18) & 1u << 4) /* NACKF: nobody there */
  EXTI_PENDING = 1u << 17;
  UNTIL(!(EXTI_PENDING & 1u << 17))
  UNTIL(REG(UID) && REG(UID) != ~0u)
  UNTIL(FLASH_KBYTES == KBYTES)
  UNTIL((REG(DBGMCU) & 0xFFF) == DEVICE) /* DEV_ID */
  REG(DBGMCU + 0x04) |= 7; /* CR: clocks in low-power modes for the debugger */
  UNTIL((REG(DBGMCU + 0x04) & 7) == 7)
}

void reset(void) {
  set_clocks();
  unlock_flash();
  set_calendar();
  start_ticker();
  start_low_power_timer();
  use_other_drivers();
  REG(UART + 0x0C) = 0x1000;
  REG(UART) = 1u << 3 | 1;
  UNTIL(REG(UART + 0x1C) & 1u << 21) /* TEACK */
  for (const char *text = "ready\n"; *text; text++) {
    REG(UART + 0x28) = (u32)*text;
    UNTIL(REG(UART + 0x1C) & 1u << 6)
  }
  for (;;) __asm__ volatile("wfi");
}
