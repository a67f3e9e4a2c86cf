// Reset: vector table, FPU, caches, C and C++ run-time initialisation. Architected registers only, nothing of a vendor.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {

// Defined by the linker script.
extern uint32_t __stack_top[];
extern uint8_t __data_source[];
extern uint8_t __data_start[];
extern uint8_t __data_end[];
extern uint8_t __bss_start[];
extern uint8_t __bss_end[];
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();

void* __dso_handle = nullptr;  // named by the registration of static destructors, which never run

int main();
void Reset_Handler();

[[noreturn]] void Default_Handler() {
  for (;;) {
    __asm__ volatile("wfi");
  }
}

// Reached when a pure virtual function is called or libc gives up.
[[noreturn]] void __cxa_pure_virtual() { Default_Handler(); }
[[noreturn]] void abort() { Default_Handler(); }

using Vector = void (*)();

struct VectorTable {
  uint32_t* stack_top;
  Vector handlers[15];
};

extern const VectorTable sim_vectors;
__attribute__((section(".vectors"), used, aligned(256))) const VectorTable sim_vectors = {
    __stack_top,
    {
        Reset_Handler,
        Default_Handler,  // NMI
        Default_Handler,  // HardFault
        Default_Handler,  // MemManage
        Default_Handler,  // BusFault
        Default_Handler,  // UsageFault
        nullptr,          // SecureFault or reserved
        nullptr,
        nullptr,
        nullptr,
        Default_Handler,  // SVCall
        Default_Handler,  // DebugMonitor
        nullptr,
        Default_Handler,  // PendSV
        Default_Handler,  // SysTick
    },
};

}  // extern "C"

// The destructors of static objects name it; nothing here was ever allocated from a heap.
void operator delete(void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}

namespace {

// System control space, Armv7-M Architecture Reference Manual B3.2 and B4.8.
volatile uint32_t& Register(uintptr_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

constexpr uintptr_t kVtor = 0xE000ED08;
[[maybe_unused]] constexpr uintptr_t kCcr = 0xE000ED14;

#if defined(__ARM_FP)
void EnableFpu() {
  constexpr uintptr_t kCpacr = 0xE000ED88;
  constexpr uint32_t kFullAccessCp10Cp11 = 0xFu << 20;
  Register(kCpacr) = Register(kCpacr) | kFullAccessCp10Cp11;
  __asm__ volatile("dsb\n isb" ::: "memory");
}
#endif

#if defined(SIM_HAS_LOOP_CACHE)
// Where low-overhead loops begin and end is remembered only with CCR.LOB.
void EnableLoopCache() {
  constexpr uint32_t kLoopAndBranchCacheEnable = 1u << 19;
  Register(kCcr) = Register(kCcr) | kLoopAndBranchCacheEnable;
  __asm__ volatile("dsb\n isb" ::: "memory");
}
#endif

#if defined(SIM_HAS_L1_CACHES)
void EnableCaches() {
  constexpr uintptr_t kCcsidr = 0xE000ED80;
  constexpr uintptr_t kCsselr = 0xE000ED84;
  constexpr uintptr_t kIciallu = 0xE000EF50;
  constexpr uintptr_t kDcisw = 0xE000EF60;
  constexpr uint32_t kDataCacheEnable = 1u << 16;
  constexpr uint32_t kInstructionCacheEnable = 1u << 17;
  constexpr uint32_t kSetShift = 5;    // 32-byte lines
  constexpr uint32_t kWayShift = 30;   // four ways

  Register(kIciallu) = 0;
  Register(kCsselr) = 0;  // level 1 data cache
  __asm__ volatile("dsb" ::: "memory");
  const uint32_t ccsidr = Register(kCcsidr);
  const uint32_t last_set = (ccsidr >> 13) & 0x7FFFu;
  const uint32_t last_way = (ccsidr >> 3) & 0x3FFu;
  for (uint32_t set = 0; set <= last_set; ++set) {
    for (uint32_t way = 0; way <= last_way; ++way) {
      Register(kDcisw) = (set << kSetShift) | (way << kWayShift);
    }
  }
  __asm__ volatile("dsb\n isb" ::: "memory");
  Register(kCcr) = Register(kCcr) | kInstructionCacheEnable | kDataCacheEnable;
  __asm__ volatile("dsb\n isb" ::: "memory");
}
#endif

}  // namespace

extern "C" void Reset_Handler() {
  Register(kVtor) = reinterpret_cast<uint32_t>(&sim_vectors);
#if defined(__ARM_FP)
  EnableFpu();
#endif
#if defined(SIM_HAS_LOOP_CACHE)
  EnableLoopCache();
#endif
#if defined(SIM_HAS_L1_CACHES)
  EnableCaches();
#endif
  std::memcpy(__data_start, __data_source, __data_end - __data_start);
  std::memset(__bss_start, 0, __bss_end - __bss_start);
  for (auto constructor = __init_array_start; constructor != __init_array_end; ++constructor) {
    (*constructor)();
  }
  main();
  Default_Handler();
}
