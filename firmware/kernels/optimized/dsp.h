// Instructions of the DSP extension (Cortex-M4, M7, M33) that compilers do not find by themselves; unaligned access.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_KERNELS_OPTIMIZED_DSP_H_
#define SIM_KERNELS_OPTIMIZED_DSP_H_

#include <cstdint>
#include <cstring>

#if defined(__ARM_FEATURE_DSP)
#define SIM_DSP 1
#else
#define SIM_DSP 0
#endif

namespace sim::optimized {

inline uint32_t LoadWord(const void* address) {
  uint32_t word;
  std::memcpy(&word, address, sizeof(word));
  return word;
}

inline void StoreWord(void* address, uint32_t word) { std::memcpy(address, &word, sizeof(word)); }

#if SIM_DSP

// The lower two bytes.
inline void StoreHalf(void* address, uint32_t word) {
  const uint16_t half = static_cast<uint16_t>(word);
  std::memcpy(address, &half, sizeof(half));
}

// Two 16-bit lanes in a word. Of a word of four bytes b0..b3, the "even" half is (b0, b2), the "odd" half (b1, b3).
inline uint32_t Pair(int32_t value) { return (static_cast<uint32_t>(value) & 0xFFFFu) * 0x10001u; }

inline uint32_t DoublePair(uint32_t pair) {
  uint32_t result;
  asm("sadd16 %0, %1, %1" : "=r"(result) : "r"(pair));
  return result;
}

inline uint32_t WidenEven(uint32_t bytes) {
  uint32_t result;
  asm("sxtb16 %0, %1" : "=r"(result) : "r"(bytes));
  return result;
}

inline uint32_t WidenOdd(uint32_t bytes) {
  uint32_t result;
  asm("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(bytes));
  return result;
}

inline uint32_t AddWidenedEven(uint32_t lanes, uint32_t bytes) {
  uint32_t result;
  asm("sxtab16 %0, %1, %2" : "=r"(result) : "r"(lanes), "r"(bytes));
  return result;
}

inline uint32_t AddWidenedOdd(uint32_t lanes, uint32_t bytes) {
  uint32_t result;
  asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(lanes), "r"(bytes));
  return result;
}

// sum + a.low * b.low + a.high * b.high
inline int32_t MultiplyAddBoth(uint32_t a, uint32_t b, int32_t sum) {
  asm("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}

// sum + a.low * b.low
inline int32_t MultiplyAddLow(uint32_t a, uint32_t b, int32_t sum) {
  asm("smlabb %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}

// sum + a.high * b.high
inline int32_t MultiplyAddHigh(uint32_t a, uint32_t b, int32_t sum) {
  asm("smlatt %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}

// (a * b + 2^31) >> 32
inline int32_t MultiplyHighRounded(int32_t a, int32_t b) {
  int32_t result;
  asm("smmulr %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

// The greater, and the smaller, of each pair of signed bytes.
inline uint32_t MaxBytes(uint32_t a, uint32_t b) {
  uint32_t result;
  asm("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b));
  return result;
}

inline uint32_t MinBytes(uint32_t a, uint32_t b) {
  uint32_t result;
  asm("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(result) : "r"(a), "r"(b));
  return result;
}

inline int32_t SaturateToByte(int32_t value) {
  asm("ssat %0, #8, %0" : "+r"(value));
  return value;
}

// The low bytes of four values.
inline uint32_t PackBytes(int32_t b0, int32_t b1, int32_t b2, int32_t b3) {
  asm("bfi %0, %1, #8, #8\n\tbfi %0, %2, #16, #8\n\tbfi %0, %3, #24, #8" : "+&r"(b0) : "r"(b1), "r"(b2), "r"(b3));
  return static_cast<uint32_t>(b0);
}

#endif  // SIM_DSP

}  // namespace sim::optimized

#endif  // SIM_KERNELS_OPTIMIZED_DSP_H_
