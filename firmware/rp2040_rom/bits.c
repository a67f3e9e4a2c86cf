#include "bits.h"

/* 2^14 / (128 + 2 i + 1), rounded down: reciprocals of what has the leading bits 1 i. */
static const uint8_t kReciprocals[64] = {
    127, 125, 123, 121, 119, 117, 116, 114, 112, 111, 109, 108, 107, 105, 104, 103, 101, 100, 99, 98, 96, 95, 94,
    93, 92, 91, 90, 89, 88, 87, 86, 85, 84, 84, 83, 82, 81, 80, 79, 79, 78, 77, 76, 76, 75, 74, 74, 73, 72, 72, 71,
    70, 70, 69, 69, 68, 67, 67, 66, 66, 65, 65, 64, 64};

uint32_t reciprocal_below(uint32_t value) {
  uint32_t estimate = kReciprocals[value >> 9 & 63]; /* 2^22 / value */
  return estimate * (((1u << 23) - (value + 1) * estimate) >> 6) >> 8; /* one step of Newton's */
}

uint64_t floor_to_unsigned(int is_negative, uint64_t significand, int32_t fraction_bits, int32_t width) {
  uint64_t most = ~0ull >> (64 - width);
  if (is_negative || !significand || fraction_bits > 63) return 0;
  if (fraction_bits >= 0) {
    uint64_t whole = significand >> fraction_bits;
    return whole > most ? most : whole;
  }
  if (clz64(significand) - (64 - width) < -fraction_bits) return most;
  return significand << -fraction_bits;
}

int64_t floor_to_signed(int is_negative, uint64_t significand, int32_t fraction_bits, int32_t width) {
  uint64_t most = (~0ull >> (64 - width)) >> 1;
  uint64_t whole = floor_to_unsigned(0, significand, fraction_bits, width);
  if (!is_negative) return (int64_t)(whole > most ? most : whole);
  if (fraction_bits > 0) whole += fraction_bits > 63 ? significand != 0 : significand << (64 - fraction_bits) != 0;
  return (int64_t)-(whole > most ? most + 1 : whole);
}
