/* The core registers, which the first versions of QEMU's plugin interface do not offer.
 *
 * TCG keeps the address of the processor's state in one host register, the same in every version of QEMU, while
 * translated code runs; callbacks at the start of a block are called straight from there, when all guest registers are
 * in memory. The state of an Arm core starts with r0 to r15. The host checks stack pointer and program counter of the
 * first block against the vector table, so that a QEMU for which this does not hold is refused.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_QEMU_REGISTERS_H_
#define SIM_QEMU_REGISTERS_H_

#include <stdint.h>

#if defined(__x86_64__)
register uint32_t *processor_state __asm__("rbp");
#elif defined(__aarch64__)
register uint32_t *processor_state __asm__("x19");
#else
#error "the host processor is neither x86-64 nor AArch64"
#endif

enum { CORE_REGISTERS = 16 };

#endif /* SIM_QEMU_REGISTERS_H_ */
