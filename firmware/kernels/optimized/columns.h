// The inputs of dot products: columns of 16-bit values with the input's zero point taken off.
//
// One column, or two side by side, in groups of four values. With DSP instructions a group (v0 v1 v2 v3) is stored as
// (v0 v2) (v1 v3), in the order in which weights come out of their words: SXTB16 of a word of four weights gives the
// even ones, SXTB16 of the word rotated by 8 bits the odd ones. Without, groups are in natural order.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_COLUMNS_H_
#define SIM_KERNELS_OPTIMIZED_COLUMNS_H_

#include <cstddef>
#include <cstdint>

#include "kernels/optimized/dsp.h"

namespace sim::optimized {

constexpr int kGroup = 4;

inline int GroupsOf(int depth) { return (depth + kGroup - 1) / kGroup; }

// Memory for `columns` columns side by side.
inline size_t ColumnBytes(int depth, int columns) { return GroupsOf(depth) * columns * kGroup * sizeof(int16_t); }

// The last 1 to 3 bytes of a row, with zeros above them.
inline uint32_t LoadTail(const int8_t* bytes, int count) {
  uint32_t word = 0;
  for (int i = 0; i < count; ++i) {
    word |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  return word;
}

// Writes `source + offset` to one of `columns` columns that lie side by side. In the last group, what follows the last
// value is undefined: the weights are zero there.
inline void WidenColumn(const int8_t* source, int depth, int32_t offset, int columns, int16_t* column) {
  const int step = columns * kGroup;
#if SIM_DSP
  const uint32_t offsets = Pair(offset);
  for (int groups = depth / kGroup; groups > 0; --groups) {
    const uint32_t bytes = LoadWord(source);
    StoreWord(column, AddWidenedEven(offsets, bytes));
    StoreWord(column + 2, AddWidenedOdd(offsets, bytes));
    source += kGroup;
    column += step;
  }
  if (depth % kGroup != 0) {
    const uint32_t bytes = LoadTail(source, depth % kGroup);
    StoreWord(column, AddWidenedEven(offsets, bytes));
    StoreWord(column + 2, AddWidenedOdd(offsets, bytes));
  }
#else
  for (; depth >= kGroup; depth -= kGroup) {
    for (int i = 0; i < kGroup; ++i) {
      column[i] = static_cast<int16_t>(source[i] + offset);
    }
    source += kGroup;
    column += step;
  }
  for (int i = 0; i < depth; ++i) {
    column[i] = static_cast<int16_t>(source[i] + offset);
  }
#endif
}

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_COLUMNS_H_
