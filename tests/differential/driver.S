/* Runs programs one after the other: loads the state of each, jumps to it, stores the state behind it.
 *
 * The layout comes from image.py by --defsym. Faults are stored as such, and the next program goes on.
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
    .syntax unified
    .thumb
    .text
vectors:
    .word STACK
    .word next + 1
    .rept 14
    .word fault + 1
    .endr

    /* Programs branch here: it stays at a fixed place. */
    .thumb_func
    .global tail
tail:
    push {r0-r7}
    mrs r4, apsr
    cpsie i
    bl result_pointer               /* lr: see the note in image.py */
    pop {r0-r3}
    stmia r5!, {r0-r3}
    pop {r0-r3}
    stmia r5!, {r0-r3}
    mov r0, r8
    mov r1, r9
    mov r2, r10
    mov r3, r11
    stmia r5!, {r0-r3}
    mov r0, r12
    mov r1, sp
    mov r2, r4
    stmia r5!, {r0-r2}
    mov r3, sp
    ldr r0, =STACK
    mov sp, r0
    /* The scratch memory and the stack, as a polynomial. */
    movs r0, #0
    ldr r1, =MEMORY
    ldr r2, =MEMORY_BYTES / 4
    movs r4, #31
1:  ldm r1!, {r3}
    muls r0, r4
    adds r0, r3
    subs r2, #1
    bne 1b
    movs r1, #0
#ifdef HAS_BASEPRI
    msr basepri, r1
#endif
    stmia r5!, {r0, r1}
#ifdef HAS_FLOAT
    vmrs r0, fpscr
    stmia r5!, {r0}
    vstmia r5!, {s0-s31}
#endif
    ldr r4, =CURSOR
    ldr r0, [r4]
    adds r0, #1
    str r0, [r4]

    .thumb_func
    .global next
next:
#ifdef HAS_FLOAT
    ldr r0, =0xE000ED88             /* CPACR: full access to the floating-point unit */
    ldr r1, =0x00F00000
    str r1, [r0]
    dsb
    isb
    ldr r0, =0xE000EF34             /* FPCCR: no lazy or automatic state preservation */
    movs r1, #0
    str r1, [r0]
    dsb
    isb
#endif
    ldr r4, =CURSOR
    ldr r0, [r4]
    ldr r1, =HEADER
    ldr r1, [r1]
    cmp r0, r1
    bhs finished
    ldr r1, =MEMORY_INIT
    ldr r2, =MEMORY
    ldr r3, =MEMORY_BYTES
1:  ldmia r1!, {r5, r6}
    stmia r2!, {r5, r6}
    subs r3, #8
    bne 1b
    ldr r1, =STATE_BYTES
    muls r0, r1
    ldr r1, =STATES
    adds r1, r0
    /* r0-r7 and pc go through the stack. */
    ldr r2, =STACK - 36
    mov sp, r2
    movs r3, #9
1:  ldmia r1!, {r4}
    stmia r2!, {r4}
    subs r3, #1
    bne 1b
    ldmia r1!, {r2-r7}
    mov r8, r2
    mov r9, r3
    mov r10, r4
    mov r11, r5
    mov r12, r6
    mov lr, r7
#ifdef HAS_FLOAT
    clrex
    ldmia r1!, {r2, r3}
    vldmia r1, {s0-s31}
    vmsr fpscr, r3
#else
    ldmia r1!, {r2}
#endif
#ifdef HAS_DSP
    msr apsr_nzcvqg, r2
#else
    msr apsr_nzcvq, r2
#endif
    pop {r0-r7, pc}

    .thumb_func
result_pointer:
    ldr r5, =CURSOR
    ldr r5, [r5]
    ldr r6, =RESULT_BYTES
    muls r5, r6
    ldr r6, =RESULTS
    adds r5, r6
    bx lr

    .thumb_func
    .global fault
fault:
    ldr r0, =STACK - 32
    mov sp, r0
    bl result_pointer
    mrs r0, ipsr
    str r0, [r5, #FAULT_OFFSET]
    ldr r4, =CURSOR
    ldr r0, [r4]
    adds r0, #1
    str r0, [r4]
    mov r1, sp
    ldr r0, =next + 1
    str r0, [r1, #24]
    movs r0, #1
    lsls r0, r0, #24
    str r0, [r1, #28]
    movs r0, #6
    mvns r0, r0                     /* EXC_RETURN: thread mode, main stack, no floating-point frame */
    bx r0

    .thumb_func
    .global finished
finished:
    movs r0, #1                     /* SYS_OPEN */
    ldr r1, =open_arguments
    bkpt #0xab
    ldr r1, =write_arguments
    ldr r2, =CURSOR + 4
    ldmia r1!, {r4, r5}
    str r0, [r2]
    str r4, [r2, #4]
    str r5, [r2, #8]
    mov r1, r2
    movs r0, #5                     /* SYS_WRITE */
    bkpt #0xab
    movs r0, #0x18                  /* SYS_EXIT */
    ldr r1, =0x20026                /* ADP_Stopped_ApplicationExit */
    bkpt #0xab
1:  b 1b

    .balign 4
open_arguments:
    .word result_name, 5, result_name_end - result_name - 1
write_arguments:
    .word RESULTS, RESULTS_BYTES
result_name:
    .asciz "results.bin"
result_name_end:
    .balign 4
    .ltorg
