/* Sets up regions of the MPU and tries what they forbid. The handler prints the status and goes on behind. */
#include "semihosting.h"

#define SHCSR REG(0xE000ED24u)
#define CFSR REG(0xE000ED28u)
#define MMFAR REG(0xE000ED34u)
#define MPU_TYPE REG(0xE000ED90u)
#define MPU_CTRL REG(0xE000ED94u)
#define MPU_RNR REG(0xE000ED98u)
#define MPU_RBAR REG(0xE000ED9Cu)
#define MPU_RASR REG(0xE000EDA0u)
#define GUARDED 0x20002000u /* 1 KiB that belongs to nobody */
#define SIZE 1024u
#define DEVICES 0x40000000u /* here a timer of 32 bits, on the other machine one as well */
#define DEVICE_REGISTER (DEVICES + 8)

__attribute__((used)) static void handled(u32 *frame) {
  u32 number;
  __asm__("mrs %0, ipsr" : "=r"(number));
  report("  exception", number);
  report("  cfsr", CFSR);
  if (CFSR & 1u << 7) report("  mmfar", MMFAR);
  CFSR = 0xFFFFFFFFu;
  REG(0xE000ED2Cu) = 0xFFFFFFFFu;
  frame[6] = frame[4];
}

__attribute__((naked)) void fault(void) {
  __asm__("tst lr, #4\n ite eq\n mrseq r0, msp\n mrsne r0, psp\n push {r4, lr}\n bl handled\n pop {r4, pc}");
}

/* Thread mode gets its privileges back. */
__attribute__((naked)) void supervisor(void) { __asm__("mov r0, #0\n msr control, r0\n bx lr"); }

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset, [3] = fault, [4] = fault, [5] = fault, [6] = fault,
    [11] = supervisor};

enum access { NO_ACCESS, PRIVILEGED, READ_ONLY, ANY };

#if __ARM_ARCH >= 8
static u32 region(u32 number, u32 base, u32 size, enum access access, u32 never_execute) {
  static const u32 codes[] = {0, 0, 3, 1}; /* there is no way to forbid everything */
  MPU_RNR = number;
  MPU_RBAR = base | codes[access] << 1 | never_execute;
  MPU_RASR = (base + size - 32) | 1; /* RLAR */
  return MPU_RBAR;
}
#else
static u32 region(u32 number, u32 base, u32 size, enum access access, u32 never_execute) {
  static const u32 codes[] = {0, 1, 6, 3};
  MPU_RBAR = base | 1u << 4 | number;
  MPU_RASR = never_execute << 28 | codes[access] << 24 | (30u - (u32)__builtin_clz(size)) << 1 | 1;
  return MPU_RBAR;
}
#endif

static void enable(u32 control) {
  MPU_CTRL = control;
  __asm__ volatile("dsb\n isb" ::: "memory");
}

static void load(const char *name, u32 address) {
  print(name);
  print("\n");
  __asm__ volatile("adr.w r12, 1f\n ldr r0, [%0]\n .balign 4\n 1: nop" : : "r"(address) : "r0", "r12", "memory");
}

static void store(const char *name, u32 address) {
  print(name);
  print("\n");
  __asm__ volatile("adr.w r12, 1f\n str r12, [%0]\n .balign 4\n 1: nop" : : "r"(address) : "r12", "memory");
}

static void jump(const char *name, u32 address) {
  REG(address) = 0x47704770u; /* bx lr; bx lr */
  __asm__ volatile("dsb\n isb" ::: "memory");
  print(name);
  print("\n");
  __asm__ volatile("adr.w r12, 1f\n blx %0\n .balign 4\n 1: nop" : : "r"(address | 1) : "r0", "r12", "lr", "memory");
}

void reset(void) {
  report("has regions", (MPU_TYPE >> 8 & 0xFF) >= 8);
  SHCSR = 7u << 16;
  REG(GUARDED) = 0x12345678u;

  report("read-only", region(0, GUARDED, SIZE, READ_ONLY, 0));
  load("load before it is enabled", GUARDED);
  enable(5);
  load("load", GUARDED + 8);
  store("store", GUARDED + 8);
  store("store to its last word", GUARDED + SIZE - 4);
  store("store behind it", GUARDED + SIZE);
  report("content", REG(GUARDED));

  report("never executed", region(0, GUARDED, SIZE, ANY, 1) & ~0xFu);
  enable(5);
  jump("jump", GUARDED);
  region(0, GUARDED, SIZE, ANY, 0);
  enable(5);
  jump("jump where it is allowed", GUARDED);

  print("peripherals\n");
  REG(DEVICE_REGISTER) = 5;
  region(0, DEVICES, SIZE, READ_ONLY, 1);
  enable(5);
  load("load", DEVICE_REGISTER);
  store("store", DEVICE_REGISTER);
  report("content", REG(DEVICE_REGISTER));
  region(0, DEVICES, SIZE, NO_ACCESS, 1);
  enable(5);
  load("load where nothing is allowed", DEVICE_REGISTER);
  region(0, DEVICES, SIZE, ANY, 1);
  enable(5);
  store("store where it is allowed", DEVICE_REGISTER);

  print("privileged only\n");
  region(0, GUARDED, SIZE, PRIVILEGED, 0);
  region(1, 0x20000000u, 0x2000u, ANY, 0);
  region(2, 0x20002400u, 32, ANY, 0);
  region(3, 0x20003000u, 0x1000u, ANY, 0);
  region(4, (u32)reset & 0xFFF00000u, 0x100000u, READ_ONLY, 0);
  enable(5);
  store("privileged store", GUARDED);
  print("unprivileged store\n");
  __asm__ volatile(
      "mov r0, #1\n msr control, r0\n isb\n adr.w r12, 1f\n str r0, [%0]\n .balign 4\n 1: nop\n svc #0" : : "r"(GUARDED)
      : "r0", "r12", "memory");
  report("  privileged again", REG(0xE000ED00u) != 0);
  print("unprivileged load where no region is\n");
  __asm__ volatile(
      "mov r0, #1\n msr control, r0\n isb\n adr.w r12, 1f\n ldr r0, [%0]\n .balign 4\n 1: nop\n svc #0" : : "r"(GUARDED + 0x800)
      : "r0", "r12", "memory");
  enable(0);
  store("store while it is off", GUARDED);
  finish();
}
