// Dot products of rows of int8 weights with columns of 16-bit inputs (see columns.h), several at a time, so that each
// value is loaded and widened once for several products.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_DOT_H_
#define SIM_KERNELS_OPTIMIZED_DOT_H_

#include <cstdint>

#include "kernels/optimized/columns.h"

namespace sim::optimized {

// Two rows by two columns.
struct DotTwoByTwo {
  int32_t row0_column0;
  int32_t row0_column1;
  int32_t row1_column0;
  int32_t row1_column1;
};

// Four rows, `stride` bytes apart, by one column.
struct DotFourByOne {
  int32_t row[4];
};

#if SIM_DSP

// One group: 16 products in 20 cycles of a Cortex-M4. Loads stand together because they pipeline there.
#define SIM_DOT_2X2_GROUP(row_offset, column_offset)               \
  "ldr %[even0], [%[row0], #" row_offset "]\n\t"                   \
  "ldr %[even1], [%[row1], #" row_offset "]\n\t"                   \
  "ldr %[in_even], [%[column], #" column_offset "]\n\t"            \
  "ldr %[in_odd], [%[column], #" column_offset " + 4]\n\t"         \
  "sxtb16 %[odd0], %[even0], ror #8\n\t"                           \
  "sxtb16 %[odd1], %[even1], ror #8\n\t"                           \
  "sxtb16 %[even0], %[even0]\n\t"                                  \
  "sxtb16 %[even1], %[even1]\n\t"                                  \
  "smlad %[sum00], %[even0], %[in_even], %[sum00]\n\t"             \
  "smlad %[sum10], %[even1], %[in_even], %[sum10]\n\t"             \
  "smlad %[sum00], %[odd0], %[in_odd], %[sum00]\n\t"               \
  "smlad %[sum10], %[odd1], %[in_odd], %[sum10]\n\t"               \
  "ldr %[in_even], [%[column], #" column_offset " + 8]\n\t"        \
  "ldr %[in_odd], [%[column], #" column_offset " + 12]\n\t"        \
  "smlad %[sum01], %[even0], %[in_even], %[sum01]\n\t"             \
  "smlad %[sum11], %[even1], %[in_even], %[sum11]\n\t"             \
  "smlad %[sum01], %[odd0], %[in_odd], %[sum01]\n\t"               \
  "smlad %[sum11], %[odd1], %[in_odd], %[sum11]\n\t"

inline void AddDot(const int8_t* row0, const int8_t* row1, const int16_t* columns, int depth, DotTwoByTwo* sums) {
  int32_t sum00 = sums->row0_column0;
  int32_t sum01 = sums->row0_column1;
  int32_t sum10 = sums->row1_column0;
  int32_t sum11 = sums->row1_column1;
  uint32_t even0, odd0, even1, odd1, in_even, in_odd;
  int quads = depth / (4 * kGroup);
  if (quads > 0) {
    asm volatile(
        "1:\n\t"
        SIM_DOT_2X2_GROUP("0", "0")
        SIM_DOT_2X2_GROUP("4", "16")
        SIM_DOT_2X2_GROUP("8", "32")
        SIM_DOT_2X2_GROUP("12", "48")
        "adds %[row0], #16\n\t"
        "adds %[row1], #16\n\t"
        "adds %[column], #64\n\t"
        "subs %[count], #1\n\t"
        "bne 1b"
        : [sum00] "+l"(sum00), [sum01] "+r"(sum01), [sum10] "+r"(sum10), [sum11] "+r"(sum11), [row0] "+l"(row0),
          [row1] "+l"(row1), [column] "+l"(columns), [count] "+l"(quads), [even0] "=&r"(even0), [odd0] "=&r"(odd0),
          [even1] "=&r"(even1), [odd1] "=&r"(odd1), [in_even] "=&r"(in_even), [in_odd] "=&r"(in_odd)
        :
        : "cc", "memory");
  }
  int groups = (depth / kGroup) % 4;
  if (groups > 0) {
    asm volatile(
        "1:\n\t"
        SIM_DOT_2X2_GROUP("0", "0")
        "adds %[row0], #4\n\t"
        "adds %[row1], #4\n\t"
        "adds %[column], #16\n\t"
        "subs %[count], #1\n\t"
        "bne 1b"
        : [sum00] "+l"(sum00), [sum01] "+r"(sum01), [sum10] "+r"(sum10), [sum11] "+r"(sum11), [row0] "+l"(row0),
          [row1] "+l"(row1), [column] "+l"(columns), [count] "+l"(groups), [even0] "=&r"(even0), [odd0] "=&r"(odd0),
          [even1] "=&r"(even1), [odd1] "=&r"(odd1), [in_even] "=&r"(in_even), [in_odd] "=&r"(in_odd)
        :
        : "cc", "memory");
  }
  const int tail = depth % kGroup;
  if (tail > 0) {
    const uint32_t weights0 = LoadTail(row0, tail);
    const uint32_t weights1 = LoadTail(row1, tail);
    const uint32_t in0_even = LoadWord(columns);
    const uint32_t in0_odd = LoadWord(columns + 2);
    const uint32_t in1_even = LoadWord(columns + 4);
    const uint32_t in1_odd = LoadWord(columns + 6);
    sum00 = MultiplyAddBoth(WidenEven(weights0), in0_even, MultiplyAddBoth(WidenOdd(weights0), in0_odd, sum00));
    sum01 = MultiplyAddBoth(WidenEven(weights0), in1_even, MultiplyAddBoth(WidenOdd(weights0), in1_odd, sum01));
    sum10 = MultiplyAddBoth(WidenEven(weights1), in0_even, MultiplyAddBoth(WidenOdd(weights1), in0_odd, sum10));
    sum11 = MultiplyAddBoth(WidenEven(weights1), in1_even, MultiplyAddBoth(WidenOdd(weights1), in1_odd, sum11));
  }
  *sums = {sum00, sum01, sum10, sum11};
}

#undef SIM_DOT_2X2_GROUP

// Two of the four rows, whose weights were loaded to "first" and "second".
#define SIM_DOT_4X1_ROWS(sum_first, sum_second)                          \
  "sxtb16 %[odd], %[first], ror #8\n\t"                                  \
  "sxtb16 %[first], %[first]\n\t"                                        \
  "smlad %[" sum_first "], %[odd], %[in_odd], %[" sum_first "]\n\t"      \
  "sxtb16 %[odd], %[second], ror #8\n\t"                                 \
  "sxtb16 %[second], %[second]\n\t"                                      \
  "smlad %[" sum_first "], %[first], %[in_even], %[" sum_first "]\n\t"   \
  "smlad %[" sum_second "], %[odd], %[in_odd], %[" sum_second "]\n\t"    \
  "smlad %[" sum_second "], %[second], %[in_even], %[" sum_second "]\n\t"

// Not inlined: the loop needs every register.
__attribute__((noinline)) inline void AddDot(const int8_t* row, int stride, const int16_t* column, int depth,
                                              DotFourByOne* sums) {
  const int8_t* row0 = row;
  const int8_t* row3 = row + 3 * stride;
  int32_t sum0 = sums->row[0];
  int32_t sum1 = sums->row[1];
  int32_t sum2 = sums->row[2];
  int32_t sum3 = sums->row[3];
  uint32_t first, second, odd, in_even, in_odd;
  int groups = depth / kGroup;
  if (groups > 0) {
    asm volatile(
        "1:\n\t"
        "ldr %[first], [%[row0], %[stride]]\n\t"
        "ldr %[second], [%[row0], %[stride], lsl #1]\n\t"
        "ldr %[in_even], [%[column]], #4\n\t"
        "ldr %[in_odd], [%[column]], #4\n\t"
        SIM_DOT_4X1_ROWS("sum1", "sum2")
        "ldr %[first], [%[row0]], #4\n\t"
        "ldr %[second], [%[row3]], #4\n\t"
        SIM_DOT_4X1_ROWS("sum0", "sum3")
        "subs %[count], #1\n\t"
        "bne 1b"
        : [sum0] "+r"(sum0), [sum1] "+r"(sum1), [sum2] "+r"(sum2), [sum3] "+r"(sum3), [row0] "+r"(row0),
          [row3] "+r"(row3), [column] "+r"(column), [count] "+l"(groups), [first] "=&r"(first),
          [second] "=&r"(second), [odd] "=&r"(odd), [in_even] "=&r"(in_even), [in_odd] "=&r"(in_odd)
        : [stride] "r"(stride)
        : "cc", "memory");
  }
  const int tail = depth % kGroup;
  if (tail > 0) {
    in_even = LoadWord(column);
    in_odd = LoadWord(column + 2);
    const auto add = [&](const int8_t* weights, int32_t sum) {
      const uint32_t word = LoadTail(weights, tail);
      return MultiplyAddBoth(WidenEven(word), in_even, MultiplyAddBoth(WidenOdd(word), in_odd, sum));
    };
    sum0 = add(row0, sum0);
    sum1 = add(row0 + stride, sum1);
    sum2 = add(row0 + 2 * stride, sum2);
    sum3 = add(row3, sum3);
  }
  *sums = {{sum0, sum1, sum2, sum3}};
}

#undef SIM_DOT_4X1_ROWS

#else  // SIM_DSP

inline void AddDot(const int8_t* row0, const int8_t* row1, const int16_t* columns, int depth, DotTwoByTwo* sums) {
  DotTwoByTwo dot = *sums;
  const auto add = [&](int i) {
    const int32_t in0 = columns[i];
    const int32_t in1 = columns[i + kGroup];
    dot.row0_column0 += row0[i] * in0;
    dot.row0_column1 += row0[i] * in1;
    dot.row1_column0 += row1[i] * in0;
    dot.row1_column1 += row1[i] * in1;
  };
  for (; depth >= kGroup; depth -= kGroup) {
    add(0);
    add(1);
    add(2);
    add(3);
    row0 += kGroup;
    row1 += kGroup;
    columns += 2 * kGroup;
  }
  for (int i = 0; i < depth; ++i) {
    add(i);
  }
  *sums = dot;
}

inline void AddDot(const int8_t* row, int stride, const int16_t* column, int depth, DotFourByOne* sums) {
  const int8_t* row1 = row + stride;
  const int8_t* row2 = row1 + stride;
  const int8_t* row3 = row2 + stride;
  DotFourByOne dot = *sums;
  for (int i = 0; i < depth; ++i) {
    const int32_t in = column[i];
    dot.row[0] += row[i] * in;
    dot.row[1] += row1[i] * in;
    dot.row[2] += row2[i] * in;
    dot.row[3] += row3[i] * in;
  }
  *sums = dot;
}

#endif  // SIM_DSP

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_DOT_H_
