/* Single-precision functions that others build on, and conversions between bits and doubles. */
#ifndef BOARDLESS_RP2040_ROM_NUMBERS_H_
#define BOARDLESS_RP2040_ROM_NUMBERS_H_

#include <stdint.h>

uint32_t rom_fdiv(uint32_t a, uint32_t b);
int32_t rom_float2fix(uint32_t a, int32_t fraction_bits);
uint32_t rom_fix2float(int32_t value, int32_t fraction_bits);
uint32_t rom_ufix2float(uint32_t value, int32_t fraction_bits);
uint32_t rom_fix642float(int64_t value, int32_t fraction_bits);
uint64_t rom_float2double(uint32_t a);
uint32_t rom_double2float(uint64_t a);
int32_t rom_double2int(uint64_t a);

static inline double as_double(uint64_t bits) {
  union {
    uint64_t bits;
    double value;
  } both = {bits};
  return both.value;
}

static inline uint64_t as_bits(double value) {
  union {
    double value;
    uint64_t bits;
  } both = {value};
  return both.bits;
}

/* As the ROM sees an argument: a subnormal number is zero, what is no number is infinite. */
static inline uint64_t flush(uint64_t a) {
  uint64_t exponent = a & 0x7ff0000000000000;
  return exponent == 0 || exponent == 0x7ff0000000000000 ? a & 0xfff0000000000000 : a;
}

#endif
