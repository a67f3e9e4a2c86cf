/* Arithmetic on single-precision numbers (RP2040 datasheet, section 2.8.3.2.1).

   As in the chip: rounding is to nearest, ties to even; subnormal numbers count as zeros and become zeros; what would be
   no number is infinite. */

#include "bits.h"
#include "numbers.h"

enum { kMantissaBits = 23, kBias = 127, kInfiniteExponent = 255, kGuardBits = 7 };
#define kHiddenBit (1u << kMantissaBits)
#define kSign 0x80000000u
#define kInfinity 0x7f800000u

static inline int32_t exponent_of(uint32_t a) { return a >> kMantissaBits & 0xff; }
static inline uint32_t significand_of(uint32_t a) { return (a & (kHiddenBit - 1)) | kHiddenBit; }

/* Rounds a significand with its leading one in bit 30. */
static inline uint32_t pack(uint32_t sign, int32_t exponent, uint32_t significand) {
  uint32_t rounded = significand + ((1u << (kGuardBits - 1)) - 1) + (significand >> kGuardBits & 1);
  uint32_t result = ((uint32_t)(exponent - 1) << kMantissaBits) + (rounded >> kGuardBits);
  if (exponent > 0 && result < kInfinity) return sign | result;
  if (exponent > 0) return sign | kInfinity;
  return exponent == 0 && result == kHiddenBit ? sign | kHiddenBit : sign;
}

/* Rounds any significand but 0, whose bit 30 stands for 2^(exponent - bias). */
static uint32_t normalise(uint32_t sign, int32_t exponent, uint32_t significand) {
  int32_t shift = rom_clz32(significand) - 1;
  if (shift < 0) return pack(sign, exponent + 1, shift_right_sticky(significand, 1));
  return pack(sign, exponent - shift, significand << shift);
}

uint32_t rom_fadd(uint32_t a, uint32_t b) {
  if (a << 1 < b << 1) {
    uint32_t swapped = a;
    a = b;
    b = swapped;
  }
  int32_t exponent = exponent_of(a), distance = exponent - exponent_of(b);
  uint32_t sign = a & kSign;
  if (exponent == kInfiniteExponent) return sign | kInfinity;
  if (!exponent_of(b)) return exponent ? a : a & b & kSign;
  uint32_t larger = significand_of(a) << kGuardBits, smaller = significand_of(b) << kGuardBits;
  if (distance) smaller = shift_right_sticky(smaller, distance);
  if ((a ^ b) & kSign) {
    uint32_t difference = larger - smaller;
    if (!difference) return 0;
    return difference >> 30 ? pack(sign, exponent, difference) : normalise(sign, exponent, difference);
  }
  uint32_t sum = larger + smaller;
  return sum >> 31 ? pack(sign, exponent + 1, sum >> 1 | (sum & 1)) : pack(sign, exponent, sum);
}

uint32_t rom_fsub(uint32_t a, uint32_t b) { return rom_fadd(a, b ^ kSign); }

uint32_t rom_fmul(uint32_t a, uint32_t b) {
  uint32_t sign = (a ^ b) & kSign;
  int32_t exponent_a = exponent_of(a), exponent_b = exponent_of(b);
  if (exponent_a == kInfiniteExponent || exponent_b == kInfiniteExponent) return sign | kInfinity;
  if (!exponent_a || !exponent_b) return sign;
  uint32_t significand_a = significand_of(a), significand_b = significand_of(b);
  uint32_t high_a = significand_a >> 16, low_a = significand_a & 0xffff;
  uint32_t high_b = significand_b >> 16, low_b = significand_b & 0xffff;
  uint32_t low = low_a * low_b;
  uint32_t product = (high_a * high_b << 16) + high_a * low_b + low_a * high_b + (low >> 16); /* of 48 bits without 16 */
  uint32_t sticky = (low & 0xffff) != 0;
  int32_t exponent = exponent_a + exponent_b - kBias;
  if (product >> 31) return pack(sign, exponent + 1, product >> 1 | (product & 1) | sticky);
  return pack(sign, exponent, product | sticky);
}

/* Returns numerator * 2^25 / denominator rounded down, with a sticky bit below; both have 24 bits, and the numerator is
   not the smaller one. */
static inline uint32_t divide(uint32_t numerator, uint32_t denominator) {
  uint32_t reciprocal = reciprocal_below(denominator >> 8);
  uint32_t high = (numerator >> 8) * reciprocal >> 17; /* 2^13 * numerator / denominator */
  uint32_t rest = (numerator << 13) - high * denominator;
  uint32_t low = (rest >> 11) * reciprocal >> 15; /* 2^12 * rest / denominator */
  rest = (rest << 12) - low * denominator;
  uint32_t quotient = (high << 12) + low;
  for (; rest >= denominator; rest -= denominator) quotient++;
  return quotient << 5 | (rest != 0);
}

uint32_t rom_fdiv(uint32_t a, uint32_t b) {
  uint32_t sign = (a ^ b) & kSign;
  int32_t exponent_a = exponent_of(a), exponent_b = exponent_of(b);
  if (exponent_a == kInfiniteExponent || !exponent_b) return sign | kInfinity;
  if (!exponent_a || exponent_b == kInfiniteExponent) return sign;
  uint32_t numerator = significand_of(a), denominator = significand_of(b);
  int32_t exponent = exponent_a - exponent_b + kBias;
  if (numerator < denominator) return pack(sign, exponent - 1, divide(numerator << 1, denominator));
  return pack(sign, exponent, divide(numerator, denominator));
}

uint32_t rom_fsqrt(uint32_t a) {
  int32_t exponent = exponent_of(a);
  if (!exponent) return a & kSign;
  if (a & kSign) return kSign | kInfinity;
  if (exponent == kInfiniteExponent) return kInfinity;
  /* One bit after the other of the root of a number of 50 bits, two of which come down each time. */
  uint32_t number = significand_of(a) << (exponent & 1 ? 7 : 8), root = 0, rest = 0;
  for (int bit = 0; bit < 26; bit++) {
    rest = rest << 2 | number >> 30;
    number <<= 2;
    root <<= 1;
    if (rest > root << 1) {
      rest -= root << 1 | 1;
      root |= 1;
    }
  }
  return pack(0, (exponent + kBias) >> 1, root << 5 | (rest != 0));
}

static inline int32_t magnitude_order(uint32_t a) {
  if (!exponent_of(a)) return 0;
  if (exponent_of(a) == kInfiniteExponent) a = (a & kSign) | kInfinity;
  return a & kSign ? -(int32_t)(a & ~kSign) : (int32_t)a;
}

int32_t rom_fcmp(uint32_t a, uint32_t b) {
  int32_t order_a = magnitude_order(a), order_b = magnitude_order(b);
  return (order_a > order_b) - (order_a < order_b);
}

/* ---- to and from integers and fixed-point numbers with `fraction_bits` bits behind the point ---- */

static inline uint64_t whole_significand(uint32_t a) {
  if (!exponent_of(a)) return 0;
  return exponent_of(a) == kInfiniteExponent ? kHiddenBit : significand_of(a);
}

/* Bits behind the point of the significand, seen as an integer. */
static inline int32_t point_of(uint32_t a, int32_t fraction_bits) {
  if (exponent_of(a) == kInfiniteExponent) return -64;
  return kBias + kMantissaBits - exponent_of(a) - fraction_bits;
}

int32_t rom_float2fix(uint32_t a, int32_t fraction_bits) {
  return (int32_t)floor_to_signed(a >> 31, whole_significand(a), point_of(a, fraction_bits), 32);
}

uint32_t rom_float2ufix(uint32_t a, int32_t fraction_bits) {
  return (uint32_t)floor_to_unsigned(a >> 31, whole_significand(a), point_of(a, fraction_bits), 32);
}

int64_t rom_float2fix64(uint32_t a, int32_t fraction_bits) {
  return floor_to_signed(a >> 31, whole_significand(a), point_of(a, fraction_bits), 64);
}

uint64_t rom_float2ufix64(uint32_t a, int32_t fraction_bits) {
  return floor_to_unsigned(a >> 31, whole_significand(a), point_of(a, fraction_bits), 64);
}

int32_t rom_float2int(uint32_t a) { return rom_float2fix(a, 0); }
uint32_t rom_float2uint(uint32_t a) { return rom_float2ufix(a, 0); }
int64_t rom_float2int64(uint32_t a) { return rom_float2fix64(a, 0); }
uint64_t rom_float2uint64(uint32_t a) { return rom_float2ufix64(a, 0); }

static uint32_t from_fixed(uint32_t sign, uint32_t magnitude, int32_t fraction_bits) {
  return magnitude ? normalise(sign, kBias + 30 - fraction_bits, magnitude) : 0;
}

static uint32_t from_fixed64(uint32_t sign, uint64_t magnitude, int32_t fraction_bits) {
  if (!(magnitude >> 32)) return from_fixed(sign, (uint32_t)magnitude, fraction_bits);
  int32_t excess = 32 - rom_clz32((uint32_t)(magnitude >> 32));
  return from_fixed(sign, (uint32_t)shift_right_sticky64(magnitude, excess), fraction_bits - excess);
}

uint32_t rom_ufix2float(uint32_t value, int32_t fraction_bits) { return from_fixed(0, value, fraction_bits); }

uint32_t rom_fix2float(int32_t value, int32_t fraction_bits) {
  return value < 0 ? from_fixed(kSign, -(uint32_t)value, fraction_bits) : from_fixed(0, (uint32_t)value, fraction_bits);
}

uint32_t rom_ufix642float(uint64_t value, int32_t fraction_bits) { return from_fixed64(0, value, fraction_bits); }

uint32_t rom_fix642float(int64_t value, int32_t fraction_bits) {
  return value < 0 ? from_fixed64(kSign, -(uint64_t)value, fraction_bits)
                   : from_fixed64(0, (uint64_t)value, fraction_bits);
}

uint32_t rom_int2float(int32_t value) { return rom_fix2float(value, 0); }
uint32_t rom_uint2float(uint32_t value) { return rom_ufix2float(value, 0); }
uint32_t rom_int642float(int64_t value) { return rom_fix642float(value, 0); }
uint32_t rom_uint642float(uint64_t value) { return rom_ufix642float(value, 0); }
