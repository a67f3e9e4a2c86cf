/* Arithmetic on double-precision numbers (RP2040 datasheet, section 2.8.3.2.2); see single.c for what it does not have. */

#include "bits.h"
#include "numbers.h"

enum { kMantissaBits = 52, kBias = 1023, kInfiniteExponent = 2047, kGuardBits = 10 };
#define kHiddenBit (1ull << kMantissaBits)
#define kSign (1ull << 63)
#define kInfinity ((uint64_t)kInfiniteExponent << kMantissaBits)

static inline int32_t exponent_of(uint64_t a) { return (int32_t)(a >> kMantissaBits) & kInfiniteExponent; }
static inline uint64_t significand_of(uint64_t a) { return (a & (kHiddenBit - 1)) | kHiddenBit; }

/* Rounds a significand with its leading one in bit 62. */
static uint64_t pack(uint64_t sign, int32_t exponent, uint64_t significand) {
  uint64_t rounded = significand + ((1u << (kGuardBits - 1)) - 1) + ((uint32_t)significand >> kGuardBits & 1);
  uint64_t result = ((uint64_t)(exponent - 1) << kMantissaBits) + (rounded >> kGuardBits);
  if (exponent > 0) return sign | (exponent < kInfiniteExponent && result < kInfinity ? result : kInfinity);
  return exponent == 0 && result == kHiddenBit ? sign | kHiddenBit : sign;
}

uint64_t rom_dadd(uint64_t a, uint64_t b) {
  if (a << 1 < b << 1) {
    uint64_t swapped = a;
    a = b;
    b = swapped;
  }
  int32_t exponent = exponent_of(a), distance = exponent - exponent_of(b);
  uint64_t sign = a & kSign;
  if (exponent == kInfiniteExponent) return sign | kInfinity;
  if (!exponent_of(b)) return exponent ? a : a & b & kSign;
  uint64_t larger = significand_of(a) << kGuardBits, smaller = significand_of(b) << kGuardBits;
  if (distance) smaller = shift_right_sticky64(smaller, distance);
  if ((a ^ b) & kSign) {
    uint64_t difference = larger - smaller;
    if (!difference) return 0;
    int32_t shift = clz64(difference) - 1;
    return pack(sign, exponent - shift, difference << shift);
  }
  uint64_t sum = larger + smaller;
  return sum >> 63 ? pack(sign, exponent + 1, sum >> 1 | (sum & 1)) : pack(sign, exponent, sum);
}

uint64_t rom_dsub(uint64_t a, uint64_t b) { return rom_dadd(a, b ^ kSign); }

static uint64_t multiply32(uint32_t a, uint32_t b) {
  uint32_t low_a = a & 0xffff, high_a = a >> 16, low_b = b & 0xffff, high_b = b >> 16;
  uint32_t low = low_a * low_b, across = high_a * low_b;
  uint32_t middle = low_a * high_b + (low >> 16) + (across & 0xffff);
  return (uint64_t)(high_a * high_b + (across >> 16) + (middle >> 16)) << 32 | (middle << 16 | (low & 0xffff));
}

uint64_t rom_dmul(uint64_t a, uint64_t b) {
  uint64_t sign = (a ^ b) & kSign;
  int32_t exponent_a = exponent_of(a), exponent_b = exponent_of(b);
  if (exponent_a == kInfiniteExponent || exponent_b == kInfiniteExponent) return sign | kInfinity;
  if (!exponent_a || !exponent_b) return sign;
  uint64_t significand_a = significand_of(a) << kGuardBits, significand_b = significand_of(b) << (kGuardBits + 1);
  uint32_t high_a = (uint32_t)(significand_a >> 32), low_a = (uint32_t)significand_a;
  uint32_t high_b = (uint32_t)(significand_b >> 32), low_b = (uint32_t)significand_b;
  uint64_t low = multiply32(low_a, low_b), middle = multiply32(high_a, low_b) + (low >> 32);
  uint64_t across = multiply32(low_a, high_b) + (uint32_t)middle;
  uint64_t product = multiply32(high_a, high_b) + (middle >> 32) + (across >> 32); /* of 127 bits without 64 */
  uint64_t sticky = ((uint32_t)low | (uint32_t)across) != 0;
  int32_t exponent = exponent_a + exponent_b - kBias;
  if (product >> 62) return pack(sign, exponent + 1, product | sticky);
  return pack(sign, exponent, product << 1 | sticky);
}

uint64_t rom_ddiv(uint64_t a, uint64_t b) {
  uint64_t sign = (a ^ b) & kSign;
  int32_t exponent_a = exponent_of(a), exponent_b = exponent_of(b);
  if (exponent_a == kInfiniteExponent || !exponent_b) return sign | kInfinity;
  if (!exponent_a || exponent_b == kInfiniteExponent) return sign;
  uint64_t denominator = significand_of(b), rest = significand_of(a), quotient = 1;
  int32_t exponent = exponent_a - exponent_b + kBias;
  if (rest < denominator) {
    rest <<= 1;
    exponent--;
  }
  rest -= denominator;
  uint32_t reciprocal = reciprocal_below((uint32_t)(denominator >> 37));
  for (int step = 0; step < 5; step++) {
    uint32_t digit = (uint32_t)(rest >> 37) * reciprocal >> 18; /* 2^12 * rest / denominator, or a little less */
    uint64_t multiple = ((uint64_t)(digit * (uint32_t)(denominator >> 32)) << 32) + multiply32(digit, (uint32_t)denominator);
    rest = (rest << 12) - multiple;
    for (; rest >= denominator; rest -= denominator) digit++;
    quotient = quotient << 12 | digit;
  }
  return pack(sign, exponent, quotient << 2 | (rest != 0));
}

uint64_t rom_dsqrt(uint64_t a) {
  int32_t exponent = exponent_of(a);
  if (!exponent) return a & kSign;
  if (a & kSign) return kSign | kInfinity;
  if (exponent == kInfiniteExponent) return kInfinity;
  /* One bit after the other of the root of a number of 108 bits, two of which come down each time. */
  uint64_t number = significand_of(a) << (exponent & 1 ? 10 : 11), root = 0, rest = 0;
  for (int bit = 0; bit < 54; bit++) {
    rest = rest << 2 | number >> 62;
    number <<= 2;
    root <<= 1;
    if (rest > root << 1) {
      rest -= root << 1 | 1;
      root |= 1;
    }
  }
  root += 1 & root; /* its last bit is the half: a tie would have an exact root of 54 bits, which no number has */
  return ((uint64_t)(((exponent + kBias) >> 1) - 1) << kMantissaBits) + (root >> 1);
}

static inline int64_t magnitude_order(uint64_t a) {
  a = flush(a);
  return a & kSign ? -(int64_t)(a & ~kSign) : (int64_t)a;
}

int32_t rom_dcmp(uint64_t a, uint64_t b) {
  int64_t order_a = magnitude_order(a), order_b = magnitude_order(b);
  return (order_a > order_b) - (order_a < order_b);
}

/* ---- to and from integers and fixed-point numbers with `fraction_bits` bits behind the point ---- */

static inline uint64_t whole_significand(uint64_t a) {
  if (!exponent_of(a)) return 0;
  return exponent_of(a) == kInfiniteExponent ? kHiddenBit : significand_of(a);
}

/* Bits behind the point of the significand, seen as an integer. */
static inline int32_t point_of(uint64_t a, int32_t fraction_bits) {
  if (exponent_of(a) == kInfiniteExponent) return -64;
  return kBias + kMantissaBits - exponent_of(a) - fraction_bits;
}

int32_t rom_double2fix(uint64_t a, int32_t fraction_bits) {
  return (int32_t)floor_to_signed(a >> 63, whole_significand(a), point_of(a, fraction_bits), 32);
}

uint32_t rom_double2ufix(uint64_t a, int32_t fraction_bits) {
  return (uint32_t)floor_to_unsigned(a >> 63, whole_significand(a), point_of(a, fraction_bits), 32);
}

int64_t rom_double2fix64(uint64_t a, int32_t fraction_bits) {
  return floor_to_signed(a >> 63, whole_significand(a), point_of(a, fraction_bits), 64);
}

uint64_t rom_double2ufix64(uint64_t a, int32_t fraction_bits) {
  return floor_to_unsigned(a >> 63, whole_significand(a), point_of(a, fraction_bits), 64);
}

int32_t rom_double2int(uint64_t a) { return rom_double2fix(a, 0); }
uint32_t rom_double2uint(uint64_t a) { return rom_double2ufix(a, 0); }
int64_t rom_double2int64(uint64_t a) { return rom_double2fix64(a, 0); }
uint64_t rom_double2uint64(uint64_t a) { return rom_double2ufix64(a, 0); }

static uint64_t from_fixed(uint64_t sign, uint64_t magnitude, int32_t fraction_bits) {
  if (!magnitude) return 0;
  int32_t shift = clz64(magnitude);
  uint64_t significand = magnitude << shift; /* with its leading one in bit 63: 11 bits more than fit */
  uint64_t rounded = (significand >> 11) + ((significand & 0x7ff) + (significand >> 11 & 1) > 0x400);
  int32_t exponent = kBias + 63 - shift - fraction_bits;
  if (exponent <= 0) return sign;
  if (exponent >= kInfiniteExponent) return sign | kInfinity;
  return sign | (((uint64_t)(exponent - 1) << kMantissaBits) + rounded);
}

uint64_t rom_ufix642double(uint64_t value, int32_t fraction_bits) { return from_fixed(0, value, fraction_bits); }

uint64_t rom_fix642double(int64_t value, int32_t fraction_bits) {
  return value < 0 ? from_fixed(kSign, -(uint64_t)value, fraction_bits) : from_fixed(0, (uint64_t)value, fraction_bits);
}

uint64_t rom_ufix2double(uint32_t value, int32_t fraction_bits) { return rom_ufix642double(value, fraction_bits); }
uint64_t rom_fix2double(int32_t value, int32_t fraction_bits) { return rom_fix642double(value, fraction_bits); }
uint64_t rom_int2double(int32_t value) { return rom_fix642double(value, 0); }
uint64_t rom_uint2double(uint32_t value) { return rom_ufix642double(value, 0); }
uint64_t rom_int642double(int64_t value) { return rom_fix642double(value, 0); }
uint64_t rom_uint642double(uint64_t value) { return rom_ufix642double(value, 0); }

/* ---- between the two precisions ---- */

uint64_t rom_float2double(uint32_t a) {
  uint64_t sign = (uint64_t)(a >> 31) << 63;
  uint32_t exponent = a >> 23 & 0xff;
  if (!exponent) return sign;
  if (exponent == 0xff) return sign | kInfinity;
  return sign | (((uint64_t)(a & 0x7fffffff) << 29) + ((uint64_t)(kBias - 127) << kMantissaBits));
}

uint32_t rom_double2float(uint64_t a) {
  uint32_t sign = (uint32_t)(a >> 63) << 31;
  int32_t exponent = exponent_of(a) - (kBias - 127);
  if (exponent < 0) return sign;
  if (exponent >= 0xff) return sign | 0x7f800000;
  uint64_t significand = significand_of(a);
  uint32_t rounded = (uint32_t)(significand >> 29);
  rounded += (uint32_t)(significand & 0x1fffffff) + (rounded & 1) > 0x10000000;
  uint32_t result = (((uint32_t)exponent << 23) - (1u << 23)) + rounded;
  if (!exponent) return rounded >> 24 ? sign | 1u << 23 : sign;
  return sign | (result < 0x7f800000 ? result : 0x7f800000);
}

/* What the compiler calls for operators in scientific.c. */
uint64_t __aeabi_dadd(uint64_t a, uint64_t b) __attribute__((alias("rom_dadd")));
uint64_t __aeabi_dsub(uint64_t a, uint64_t b) __attribute__((alias("rom_dsub")));
uint64_t __aeabi_dmul(uint64_t a, uint64_t b) __attribute__((alias("rom_dmul")));
uint64_t __aeabi_ddiv(uint64_t a, uint64_t b) __attribute__((alias("rom_ddiv")));
uint64_t __aeabi_i2d(int32_t value) __attribute__((alias("rom_int2double")));
