/* Exceptions of all kinds, triggered by software, so that their order is the same on every implementation. */
#include "semihosting.h"

#define ICSR REG(0xE000ED04u)
#define AIRCR REG(0xE000ED0Cu)
#define SHPR2 REG(0xE000ED1Cu)
#define SHPR3 REG(0xE000ED20u)
#define STIR REG(0xE000EF00u)
#define ISER REG(0xE000E100u)
#define ICER REG(0xE000E180u)
#define ISPR REG(0xE000E200u)
#define ICPR REG(0xE000E280u)
#define IABR REG(0xE000E300u)
#define IPR0 REG(0xE000E400u)
#define PEND_SV (1u << 28)

static volatile u32 script, stacked_flag;

static inline void barrier(void) { __asm__ volatile("dsb\n isb" ::: "memory"); }

static inline void pend(u32 mask) {
  ISPR = mask;
  barrier();
}

static void state(const char *name) {
  u32 number, control, primask, basepri;
  __asm__ volatile("mrs %0, ipsr" : "=r"(number));
  __asm__ volatile("mrs %0, control" : "=r"(control));
  __asm__ volatile("mrs %0, primask" : "=r"(primask));
  __asm__ volatile("mrs %0, basepri" : "=r"(basepri));
  print(name);
  report(": exception", number);
  report("  active", ICSR & 0x1FF);
  report("  pending", ICSR >> 12 & 0x1FF);
  report("  return to base", number ? ICSR >> 11 & 1 : 0);
  report("  active bits", IABR & 0xF);
  report("  control", control & 3);
  report("  masks", primask << 8 | basepri);
}

void irq0(void) {
  state("irq0");
  if (script == 1) {
    pend(1u << 1); /* less urgent: waits */
    state("irq0 behind the less urgent one");
    pend(1u << 2); /* more urgent: comes at once */
    state("irq0 behind the more urgent one");
    ICSR = PEND_SV;
    barrier();
    state("irq0 with PendSV pending");
  }
  if (script == 2) { /* itself again, and one of the same priority */
    script = 0;
    pend(1u << 0 | 1u << 3);
    state("irq0 with itself pending");
  }
}
void irq1(void) {
  state("irq1");
#ifdef __ARM_FP
  if (script == 3) __asm__ volatile("vmov s5, %0\n vmsr fpscr, %1" : : "r"(0), "r"(0));
#endif
}
void irq2(void) { state("irq2"); }
void irq3(void) { state("irq3"); }
void pendsv(void) { state("PendSV"); }
void systick(void) {
  REG(0xE000E010u) = 0; /* once only: time differs from one implementation to the other */
  ICSR = 1u << 25;
  state("SysTick");
}

__attribute__((naked)) void supervisor(void) {
  __asm__(
      "tst lr, #4\n ite eq\n mrseq r0, msp\n mrsne r0, psp\n mov r1, lr\n push {r4, lr}\n bl supervisor_c\n pop {r4, pc}");
}
__attribute__((used)) static void supervisor_c(u32 *frame, u32 link) {
  state("SVC");
  report("  number", ((unsigned char *)frame[6])[-2]);
  report("  link", link & 0xFFFFFF9Fu);
  frame[0] += 1;
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 4])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset, [11] = supervisor, [14] = pendsv, [15] = systick,
    [16] = irq0, [17] = irq1, [18] = irq2, [19] = irq3};

static u32 call(u32 value) {
  register u32 r0 __asm__("r0") = value;
  __asm__ volatile("svc #42" : "+r"(r0) : : "memory");
  return r0;
}

#ifdef __ARM_FP
static u32 control_register(void) {
  u32 control;
  __asm__ volatile("mrs %0, control" : "=r"(control));
  return control;
}

/* The context is stacked with floating point from the first use on, and the handler's use does not reach back. */
static void use_float(void) {
  u32 low, high, status;
  report("in use", control_register() >> 2 & 1);
  call(1);
  __asm__ volatile("vmov s5, %0\n vmov s21, %1\n vmsr fpscr, %2" : : "r"(0x40A00000u), "r"(0x41A80000u), "r"(1u << 28));
  report("in use", control_register() >> 2 & 1);
  call(1);
  script = 3;
  pend(1u << 1);
  __asm__ volatile("vmov %0, s5\n vmov %1, s21\n vmrs %2, fpscr" : "=r"(low), "=r"(high), "=r"(status));
  report("s5", low);
  report("s21", high);
  report("fpscr", status);
  script = 0;
}
#endif

void reset(void) {
  IPR0 = 0x8020C080u; /* 3 and 0 alike, 2 more urgent, 1 less */
  SHPR3 = 0xE0E00000u;
  SHPR2 = 0x40000000u;
  ISER = 0xF;
  report("enabled", ISER & 0xF);

  script = 1;
  print("-- preemption\n");
  pend(1u << 0);

  script = 2;
  print("-- the same priority\n");
  pend(1u << 0);

  script = 0;
  print("-- all at once\n");
  __asm__ volatile("cpsid i");
  ISPR = 0xF;
  ICSR = PEND_SV | 1u << 26;
  barrier();
  state("masked");
  __asm__ volatile("cpsie i\n isb" ::: "memory");

  print("-- BASEPRI\n");
  __asm__ volatile("msr basepri, %0\n isb" : : "r"(0x80) : "memory");
  pend(0xF);
  state("above the mask");
  __asm__ volatile("msr basepri, %0\n isb" : : "r"(0) : "memory");

  print("-- disabled and cleared\n");
  ICER = 1u << 1;
  barrier();
  pend(1u << 1);
  report("waits disabled", ISPR & 0xF);
  ICPR = 1u << 1;
  barrier();
  report("cleared", ISPR & 0xF);
  ISER = 1u << 1;
  barrier();
  STIR = 3;
  barrier();

  print("-- priority groups\n"); /* 0x80 and 0xC0 differ in bit 6 only: with bit 7 alone they do not preempt */
  AIRCR = 0x05FA0600u;
  barrier();
  script = 1;
  pend(1u << 0);
  AIRCR = 0x05FA0000u;
  barrier();

  print("-- supervisor calls\n");
  report("answer", call(1));
  static u32 process_stack[64];
  __asm__ volatile("msr psp, %0\n mov r0, #2\n msr control, r0\n isb" : : "r"(process_stack + 64) : "r0", "memory");
  report("answer on the process stack", call(10));
  script = 0;
  pend(1u << 2);
  __asm__ volatile("mov r0, #0\n msr control, r0\n isb" : : : "r0", "memory");

#ifdef __ARM_FP
  print("-- floating point\n");
  REG(0xE000ED88u) |= 0xFu << 20;
  barrier();
  use_float();
#endif

  print("-- sleep\n");
  REG(0xE000E014u) = 200000;
  REG(0xE000E018u) = 0;
  REG(0xE000E010u) = 7;
  while (REG(0xE000E010u) & 1) __asm__ volatile("wfi" ::: "memory");
  print("awake\n");
  finish();
}
