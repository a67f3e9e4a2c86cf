/* Trigonometric functions, exponential and logarithm in double precision (RP2040 datasheet, section 2.8.3.2.2), by series.

   Like the chip's, they take angles up to 1024 only. */

#include "rom.h"
#include "numbers.h"

static const double kPi = 3.141592653589793, kPiRest = 1.2246467991473532e-16;
/* Half of pi in three parts, the first two of 33 bits each: their multiples up to 2^20 are exact. */
static const double kHalfPi1 = 0x1.921fb544p+0, kHalfPi2 = 0x1.0b4611a6p-34, kHalfPi3 = 0x1.3198a2e037073p-69;
static const double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;

static const double kInverseFactorials[] = {
    1.0 / 2,          1.0 / 6,           1.0 / 24,           1.0 / 120,           1.0 / 720,           1.0 / 5040,
    1.0 / 40320,      1.0 / 362880,      1.0 / 3628800,      1.0 / 39916800,      1.0 / 479001600,     1.0 / 6227020800,
    1.0 / 87178291200, 1.0 / 1307674368000, 1.0 / 20922789888000, 1.0 / 355687428096000}; /* 1/2! to 1/17! */

/* Arc tangents of 0/8 to 8/8. */
static const double kArcTangents[] = {0.0,
                                      0.12435499454676144,
                                      0.24497866312686414,
                                      0.3587706702705722,
                                      0.46364760900080615,
                                      0.5585993153435624,
                                      0.6435011087932844,
                                      0.7188299996216245,
                                      0.7853981633974483};

static int32_t nearest(double x) { return rom_double2int(as_bits(x + 0.5)); }

static double scale(double x, int32_t exponent) { return x * as_double((uint64_t)(1023 + exponent) << 52); }

static void turn(double x, double *to_sine, double *to_cosine) {
  int32_t quarters = nearest(x * (2 / kPi));
  double y = x - quarters * kHalfPi1;
  double rest = quarters * kHalfPi2;
  double z = y - rest;
  rest = quarters * kHalfPi3 - ((y - z) - rest);
  y = z - rest;
  double yy = y * y, sine = 0, cosine = 0;
  for (int i = 15; i > 0; i -= 2) {
    sine = kInverseFactorials[i] - yy * sine;
    cosine = kInverseFactorials[i - 1] - yy * cosine;
  }
  /* The sign alternates from term to term: sine has x^3/3! - x^5/5! ..., cosine 1/2! - x^2/4! ... */
  cosine = 1 - yy * cosine;
  sine = y - y * yy * sine;
  uint64_t half_turn = (uint64_t)(quarters >> 1 & 1) << 63, quarter_turn = (uint64_t)(quarters & 1) << 63;
  *to_sine = as_double(as_bits(quarter_turn ? cosine : sine) ^ half_turn);
  *to_cosine = as_double(as_bits(quarter_turn ? sine : cosine) ^ half_turn ^ quarter_turn);
}

static double tangent(double x) {
  double sine, cosine;
  turn(x, &sine, &cosine);
  return sine / cosine;
}

static double cosine_of(double x) {
  double sine, cosine;
  turn(x, &sine, &cosine);
  return cosine;
}

static double exponential(double x) {
  int32_t whole = rom_double2int(as_bits(x));
  if (whole >= 710) return as_double(0x7ff0000000000000);
  if (whole < -709) return 0;
  int32_t exponent = nearest(x * (1 / (kLn2High + kLn2Low)));
  double y = (x - exponent * kLn2High) - exponent * kLn2Low, sum = 0;
  for (int i = 12; i >= 0; i--) sum = kInverseFactorials[i] + y * sum;
  sum = 1 + (y + y * y * sum);
  int32_t half = exponent / 2; /* 2^1024, and what rounds down to 2^-1022, have no exponent of their own */
  return scale(scale(sum, half), exponent - half);
}

static double logarithm(double x) {
  uint64_t bits = as_bits(x);
  if (!(bits << 1)) return as_double(0xfff0000000000000);
  if (bits >> 63) return as_double(0xfff0000000000000);
  if (bits == 0x7ff0000000000000) return x;
  /* x = 2^exponent * (1 + f), 1 + f being between the root of a half and the root of 2 */
  int32_t exponent = (int32_t)(bits >> 52) - 1023;
  uint64_t mantissa = bits & 0xfffffffffffff;
  int is_upper = mantissa > 0x6a09e667f3bcd;
  double f = as_double(mantissa | (uint64_t)(1023 - is_upper) << 52) - 1;
  exponent += is_upper;
  double s = f / (2 + f), ss = s * s, sum = 0;
  for (int term = 21; term >= 3; term -= 2) sum = ss * (1.0 / term + sum); /* unrolled: the quotients are constants */
  /* ln(1 + f) = 2 s + 2 s sum = f - s (f - 2 sum) */
  return exponent * kLn2High + (f - (s * (f - 2 * sum) - exponent * kLn2Low));
}

/* Arc tangent of a quotient between 0 and 1. */
static double arc_tangent(double t) {
  int32_t eighths = nearest(t * 8);
  double c = eighths / 8.0, u = (t - c) / (1 + t * c), uu = u * u;
  double series = 1.0 / 3 - uu * (1.0 / 5 - uu * (1.0 / 7 - uu * (1.0 / 9 - uu * (1.0 / 11 - uu / 13))));
  return kArcTangents[eighths] + (u - u * uu * series);
}

static double arc_tangent2(double y, double x) {
  uint64_t bits_x = as_bits(x), bits_y = as_bits(y), magnitude_x = bits_x << 1, magnitude_y = bits_y << 1;
  double angle;
  if (!magnitude_y) {
    angle = 0;
  } else if (magnitude_x == magnitude_y) {
    angle = kArcTangents[8];
  } else {
    double larger = as_double((magnitude_x > magnitude_y ? magnitude_x : magnitude_y) >> 1);
    double smaller = as_double((magnitude_x > magnitude_y ? magnitude_y : magnitude_x) >> 1);
    angle = arc_tangent(smaller / larger);
    if (magnitude_y > magnitude_x) angle = kPi / 2 - (angle - kPiRest / 2);
  }
  if (bits_x >> 63) angle = kPi - (angle - kPiRest);
  return bits_y >> 63 ? -angle : angle;
}

/* ---- as the tables have them ---- */

static double argument64(uint64_t a) { return as_double(flush(a)); }

void rom_dsincos_to(uint64_t a, double *sine, double *cosine) { turn(argument64(a), sine, cosine); }

uint64_t rom_dcos(uint64_t a) { return as_bits(cosine_of(argument64(a))); }
uint64_t rom_dtan(uint64_t a) { return as_bits(tangent(argument64(a))); }
uint64_t rom_dexp(uint64_t a) { return flush(as_bits(exponential(argument64(a)))); }
uint64_t rom_dln(uint64_t a) { return as_bits(logarithm(argument64(a))); }
uint64_t rom_datan2(uint64_t y, uint64_t x) { return flush(as_bits(arc_tangent2(argument64(y), argument64(x)))); }
