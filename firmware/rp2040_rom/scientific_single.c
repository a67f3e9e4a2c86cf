/* Trigonometric functions, exponential and logarithm in single precision (RP2040 datasheet, section 2.8.3.2.1), by series
   of fixed-point numbers with 30 bits behind the point.

   Like the chip's, they take angles up to 128 only, and are exact to such a bit rather than to a last place: less so, then,
   where the sine of a multiple of pi, or the logarithm of 1, is all but zero. */

#include "bits.h"
#include "numbers.h"

enum { kPoint = 30 };
#define kOne (1 << kPoint)
#define kSign 0x80000000u
#define kInfinity 0x7f800000u

static const int32_t kHalfPi = 1686629713, kHalfPiRest = 4276; /* the rest: with 46 bits behind the point */
static const int32_t kLn2 = 744261118, kPerLn2 = 1549082005, kPerHalfPi = 683565276, kRootOf2 = 0x3504f3;
static const int32_t kInverseFactorials[] = {
    536870912, 178956971, 44739243, 8947849, 1491308, 213044, 26631, 2959, 296}; /* from 1/2! */
static const int32_t kInverseOdds[] = {
    357913941, 214748365, 153391689, 119304647, 97612893};
static const int32_t kArcTangents[] = {
    0, 133525159, 263043837, 385227074, 497837829, 599791448, 690954054, 771837835, 843314857}; /* of 0/8 to 8/8 */

/* Returns a * b / 2^30, rounded down. */
static int32_t multiply(int32_t a, int32_t b) {
  int32_t high_a = a >> 16, high_b = b >> 16;
  uint32_t low_a = (uint32_t)a & 0xffff, low_b = (uint32_t)b & 0xffff;
  uint32_t low = low_a * low_b;
  int32_t across = high_a * (int32_t)low_b, other = (int32_t)low_a * high_b;
  uint32_t middle = (low >> 16) + ((uint32_t)across & 0xffff) + ((uint32_t)other & 0xffff);
  uint32_t high = (uint32_t)(high_a * high_b + (across >> 16) + (other >> 16)) + (middle >> 16);
  return (int32_t)(high << 2 | (middle >> 14 & 3));
}

/* Returns a quotient of two floats between -1 and 1 as a fixed-point number. */
static int32_t quotient(uint32_t a, uint32_t b) { return rom_float2fix(rom_fdiv(a, b), kPoint); }

static void turn(uint32_t a, int32_t *to_sine, int32_t *to_cosine) {
  int is_small = (a & ~kSign) < 0x3f800000; /* below 1: all its bits count */
  int32_t angle = rom_float2fix(a, is_small ? kPoint : 24);
  int32_t turns = multiply(angle, kPerHalfPi);
  int32_t quarters = is_small ? (turns + kOne / 2) >> kPoint : (turns + (1 << 23)) >> 24;
  if (!is_small) angle = (int32_t)((uint32_t)angle << 6);
  int32_t y = (int32_t)((uint32_t)angle - (uint32_t)quarters * (uint32_t)kHalfPi) - (quarters * kHalfPiRest >> 16);
  int32_t yy = multiply(y, y), sine = 0, cosine = 0;
  for (int i = 7; i > 0; i -= 2) {
    sine = kInverseFactorials[i] - multiply(yy, sine);
    cosine = kInverseFactorials[i - 1] - multiply(yy, cosine);
  }
  sine = y - multiply(y, multiply(yy, sine));
  cosine = kOne - multiply(yy, cosine);
  *to_sine = quarters & 1 ? cosine : sine;
  *to_cosine = quarters & 1 ? -sine : cosine;
  if (quarters & 2) {
    *to_sine = -*to_sine;
    *to_cosine = -*to_cosine;
  }
}

/* The sine; beside it, in the register for a second word, the cosine. */
uint64_t rom_fsincos(uint32_t a) {
  int32_t sine, cosine;
  if ((a & ~kSign) < 0x00800000) return (a & kSign) | (uint64_t)0x3f800000 << 32;
  if ((a & ~kSign) < 0x39800000) return a | (uint64_t)0x3f800000 << 32; /* below 2^-12 */
  turn(a, &sine, &cosine);
  return rom_fix2float(sine, kPoint) | (uint64_t)rom_fix2float(cosine, kPoint) << 32;
}

uint32_t rom_fcos(uint32_t a) { return (uint32_t)(rom_fsincos(a) >> 32); }

uint32_t rom_ftan(uint32_t a) {
  uint64_t both = rom_fsincos(a);
  return rom_fdiv((uint32_t)both, (uint32_t)(both >> 32));
}

uint32_t rom_fexp(uint32_t a) {
  if ((a & ~kSign) >= 0x43000000) return a & kSign ? 0 : kInfinity; /* from 128 on */
  int32_t x = rom_float2fix(a, 24);
  int32_t exponent = (multiply(x, kPerLn2) + (1 << 23)) >> 24;
  int32_t y = (int32_t)(((uint32_t)x << 6) - (uint32_t)exponent * (uint32_t)kLn2), sum = 0;
  for (int i = 6; i >= 0; i--) sum = kInverseFactorials[i] + multiply(y, sum);
  return rom_fix2float(kOne + y + multiply(y, multiply(y, sum)), kPoint - exponent);
}

uint32_t rom_fln(uint32_t a) {
  if (a < 0x00800000 || a & kSign) return kSign | kInfinity;
  if (a >= kInfinity) return kInfinity;
  /* a = 2^exponent * (1 + f), 1 + f being between the root of a half and the root of 2 */
  int32_t exponent = (int32_t)(a >> 23) - 127, mantissa = (int32_t)(a & 0x7fffff), is_upper = mantissa > kRootOf2;
  int32_t f = is_upper ? (mantissa - 0x800000) << 6 : mantissa << 7;
  exponent += is_upper;
  int32_t s = quotient(rom_fix2float(f, kPoint), rom_ufix2float((2u << kPoint) + (uint32_t)f, kPoint));
  int32_t ss = multiply(s, s), sum = 0;
  for (int i = 4; i >= 0; i--) sum = multiply(ss, kInverseOdds[i] + sum);
  int32_t logarithm = 2 * (s + multiply(s, sum));
  if (!exponent) return rom_fix2float(logarithm, kPoint);
  int64_t whole = ((int64_t)(exponent * (kLn2 >> 16)) << 16) + exponent * (kLn2 & 0xffff);
  return rom_fix642float(whole + logarithm, kPoint);
}

uint32_t rom_fatan2(uint32_t y, uint32_t x) {
  uint32_t magnitude_x = x & ~kSign, magnitude_y = y & ~kSign;
  int is_steep = magnitude_y > magnitude_x;
  int32_t angle = 0;
  if (magnitude_y >= 0x00800000) {
    uint32_t larger = is_steep ? magnitude_y : magnitude_x, smaller = is_steep ? magnitude_x : magnitude_y;
    int32_t t = smaller == larger ? kOne : quotient(smaller, larger);
    int32_t eighths = (t + (1 << 26)) >> 27, c = eighths << 27;
    uint32_t divisor = rom_ufix2float((uint32_t)kOne + (uint32_t)multiply(t, c), kPoint);
    int32_t u = quotient(rom_fix2float(t - c, kPoint), divisor), uu = multiply(u, u), series = 0;
    for (int i = 2; i >= 0; i--) series = multiply(uu, kInverseOdds[i] - series);
    angle = kArcTangents[eighths] + u - multiply(u, series);
    if (is_steep) angle = kHalfPi - angle;
  }
  if (!(x & kSign) && !is_steep && angle < 1 << 18) return magnitude_x ? rom_fdiv(y, x) : y; /* the angle is its tangent */
  uint32_t turned = x & kSign ? 2 * (uint32_t)kHalfPi - (uint32_t)angle : (uint32_t)angle;
  return (y & kSign) | rom_ufix2float(turned, kPoint);
}
