/* Provokes faults one by one. The handlers print what the core says about each, and go on behind it. */
#include "semihosting.h"

#define SHCSR REG(0xE000ED24u)
#define CFSR REG(0xE000ED28u)
#define HFSR REG(0xE000ED2Cu)
#define MMFAR REG(0xE000ED34u)
#define BFAR REG(0xE000ED38u)
#define NOWHERE 0x90000000u

extern char resume[];

/* Stacked: r0 to r3, r12, lr, pc, xPSR. Execution goes on at the address in r12. */
__attribute__((used)) static void handled(u32 *frame, u32 link) {
  u32 number;
  __asm__("mrs %0, ipsr" : "=r"(number));
  report("  exception", number);
  report("  cfsr", CFSR);
  report("  hfsr", HFSR);
  if (CFSR & 1u << 7) report("  mmfar", MMFAR);
  if (CFSR & 1u << 15) report("  bfar", BFAR);
  report("  behind the fault", frame[4] - frame[6] < 16);
  report("  link", link & 0xFFFFFF9Fu);
  report("  shcsr", SHCSR);
  CFSR = 0xFFFFFFFFu;
  HFSR = 0xFFFFFFFFu;
  frame[6] = frame[4];
  frame[7] |= 1u << 24;
}

__attribute__((naked)) void fault(void) {
  __asm__("mov r0, sp\n mov r1, lr\n push {r4, lr}\n bl handled\n pop {r4, pc}");
}

static void called(void) { print("  called\n"); }

void supervisor(void) { print("  supervisor call\n"); }

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset, [3] = fault, [4] = fault, [5] = fault, [6] = fault,
    [11] = supervisor};

/* Run an instruction that faults; r12 holds the address behind it. */
#define PROVOKE(name, instructions, ...)                                                                         \
  print(name "\n");                                                                                              \
  __asm__ volatile("adr.w r12, 1f\n" instructions "\n .balign 4\n 1: nop" : : __VA_ARGS__ : "r0", "r1", "r2", "r3", "r12", "lr", "memory", "cc")

static void provoke(void) {
  PROVOKE("undefined", "udf #0", "r"(0));
  PROVOKE("read nowhere", "ldr r0, [%0, #8]", "r"(NOWHERE));
  PROVOKE("write nowhere", "str r0, [%0]", "r"(NOWHERE));
  PROVOKE("jump to an even address", "mov r0, %0\n blx r0", "r"((u32)called & ~1u));
  PROVOKE("divide", "mov r0, #7\n mov r1, #0\n udiv r2, r0, r1", "r"(0));
  print("masked supervisor call\n");
  __asm__ volatile("adr.w r12, 1f\n cpsid i\n svc #0\n .balign 4\n 1: cpsie i" : : : "r12", "memory");
  PROVOKE("supervisor call", "svc #1", "r"(0));
}

void reset(void) {
  provoke();
  SHCSR = 7u << 16;
  report("shcsr", SHCSR);
  provoke();
  REG(0xE000ED14u) |= 1u << 4; /* DIV_0_TRP */
  PROVOKE("divide by zero", "mov r0, #7\n mov r1, #0\n udiv r2, r0, r1", "r"(0));
  PROVOKE("divide by zero, signed", "mov r0, #7\n mov r1, #0\n sdiv r2, r0, r1", "r"(0));
  PROVOKE("unaligned", "ldr r0, [%0]", "r"(0x20002001));
  REG(0xE000ED14u) |= 1u << 3; /* UNALIGN_TRP */
  PROVOKE("unaligned, trapped", "ldr r0, [%0]", "r"(0x20002001));
  PROVOKE("unaligned store, trapped", "strh r0, [%0]", "r"(0x20002003));
  print("faultmask\n");
  __asm__ volatile("cpsid f");
  u32 mask;
  __asm__("mrs %0, faultmask" : "=r"(mask));
  report("  set", mask);
  __asm__ volatile("cpsie f");
  finish();
}
