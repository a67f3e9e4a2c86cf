/* Firmware of an STM32L4R5 that receives by circular DMA until the line falls idle, and answers by DMA. */
typedef unsigned int u32;
#define REG(address) (*(volatile u32 *)(address))
#define LPUART 0x40008000u
#define DMA1 0x40020000u
#define DMAMUX 0x40020800u
#define SIZE 8u

extern char stack_top[];
void reset(void);
void line_idle(void);
void wrapped(void);
static void broken(void) {
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 71])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset, [2] = broken, [3] = broken, [16 + 11] = wrapped,
    [16 + 70] = line_idle};

static volatile unsigned char ring[SIZE];
static volatile u32 taken, is_idle, wraps;
static char answer[64];
static u32 length;

static void take(void) {
  u32 end = SIZE - REG(DMA1 + 0x0C); /* CNDTR1 */
  while (taken != end) {
    answer[length++] = (char)ring[taken];
    taken = (taken + 1) % SIZE;
  }
}

void wrapped(void) {
  u32 flags = REG(DMA1);
  REG(DMA1 + 4) = flags; /* half and complete */
  if (flags & 2u) wraps++;
  take();
}

void line_idle(void) {
  if (REG(LPUART + 0x1C) & 1u << 4) {
    REG(LPUART + 0x20) = 1u << 4;
    is_idle = 1;
    take();
  }
}

void reset(void) {
  taken = is_idle = wraps = length = 0;
  REG(0xE000E100u) = 1u << 11;
  REG(0xE000E108u) = 1u << (70 - 64);
  REG(DMAMUX) = 34;     /* channel 1: reception */
  REG(DMAMUX + 4) = 35; /* channel 2: transmission */
  REG(DMA1 + 0x10) = LPUART + 0x24;
  REG(DMA1 + 0x14) = (u32)ring;
  REG(DMA1 + 0x0C) = SIZE;
  REG(DMA1 + 0x08) = 1u | 1u << 1 | 1u << 2 | 1u << 5 | 1u << 7;
  REG(LPUART + 0x0C) = 8889; /* 256 * 4 MHz / 115200 */
  REG(LPUART + 0x08) = 1u << 6 | 1u << 7;
  REG(LPUART) = 1u | 1u << 2 | 1u << 3 | 1u << 4;
  while (!is_idle) {
  }
  answer[length++] = (char)('0' + wraps);
  REG(DMA1 + 0x24) = LPUART + 0x28;
  REG(DMA1 + 0x28) = (u32)answer;
  REG(DMA1 + 0x20) = length;
  REG(DMA1 + 0x1C) = 1u | 1u << 4 | 1u << 7;
  while (!(REG(DMA1) & 1u << 5)) {
  }
  while (!(REG(LPUART + 0x1C) & 1u << 6)) {
  }
  for (;;) __asm__ volatile("wfi");
}
