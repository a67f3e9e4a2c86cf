/* Pieces of numbers that the functions for float and double share. */
#ifndef BOARDLESS_RP2040_ROM_BITS_H_
#define BOARDLESS_RP2040_ROM_BITS_H_

#include <stdint.h>

#include "rom.h"

static inline int32_t clz64(uint64_t value) {
  uint32_t high = (uint32_t)(value >> 32);
  return high ? rom_clz32(high) : 32 + rom_clz32((uint32_t)value);
}

/* Returns a value shifted right, 0 < `shift`; its lowest bit tells also whether a bit that was lost was set. */
static inline uint32_t shift_right_sticky(uint32_t value, int32_t shift) {
  if (shift > 31) return value != 0;
  return value >> shift | (value << (32 - shift) != 0);
}

static inline uint64_t shift_right_sticky64(uint64_t value, int32_t shift) {
  if (shift > 63) return value != 0;
  return value >> shift | (value << (64 - shift) != 0);
}

/* Returns 2^30 / (value + 1) for 16 bits with the highest set, exact to 12 bits and never too large. */
uint32_t reciprocal_below(uint32_t value);

/* Rounds `significand` * 2^-`fraction_bits` down to an integer, the significand having up to 53 bits, and limits it to
   what a number of `width` bits can hold. */
uint64_t floor_to_unsigned(int is_negative, uint64_t significand, int32_t fraction_bits, int32_t width);
int64_t floor_to_signed(int is_negative, uint64_t significand, int32_t fraction_bits, int32_t width);

#endif
