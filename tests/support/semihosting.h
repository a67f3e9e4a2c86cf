/* Semihosting and a vector table for test firmware that runs on this project's engine and on QEMU alike. */
#ifndef SEMIHOSTING_H_
#define SEMIHOSTING_H_

typedef unsigned int u32;
#define REG(address) (*(volatile u32 *)(address))

extern char stack_top[];
void reset(void);

static inline u32 semihost(u32 operation, const void *argument) {
  register u32 r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt #0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static inline void print(const char *text) { semihost(0x04, text); }

static inline void print_hex(u32 value) {
  static const char digits[] = "0123456789abcdef";
  char text[9];
  for (int i = 0; i < 8; i++) text[i] = digits[value >> (28 - 4 * i) & 15];
  text[8] = 0;
  print(text);
}

static inline void report(const char *name, u32 value) {
  print(name);
  print(" ");
  print_hex(value);
  print("\n");
}

static inline void finish(void) {
  semihost(0x18, (const void *)0x20026);
  for (;;) {
  }
}

#endif
