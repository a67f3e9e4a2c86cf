/* What lies at fixed addresses of the RP2040's boot ROM, its tables, and its functions for bits and memory.

   Source of every offset, code and meaning: RP2040 datasheet, section 2.8, "Bootrom". */

  .syntax unified
  .cpu cortex-m0plus
  .thumb

  .macro function name
  .section .text.\name, "ax", %progbits
  .global \name
  .type \name, %function
  .thumb_func
\name:
  .endm

  .macro entry first, second, value
  .byte \first, \second
  .hword \value
  .endm

  .section .vectors, "a", %progbits
  .word rom_boot2 /* the initial stack lies below where the second stage is copied to */
  .word rom_reset
  .word rom_stop
  .word rom_stop
  .byte 'M', 'u', 1, ROM_VERSION
  .hword rom_functions
  .hword rom_data
  .hword rom_table_lookup + 1 /* 16-bit addresses have no relocation that knows of Thumb */

  .section .rodata.tables, "a", %progbits
  .balign 4
rom_functions:
  entry 'P', '3', rom_popcount32 + 1
  entry 'R', '3', rom_reverse32 + 1
  entry 'L', '3', rom_clz32 + 1
  entry 'T', '3', rom_ctz32 + 1
  entry 'M', 'S', rom_memset + 1
  entry 'S', '4', rom_memset4 + 1
  entry 'M', 'C', rom_memcpy + 1
  entry 'C', '4', rom_memcpy44 + 1
  entry 'I', 'F', rom_connect_internal_flash + 1
  entry 'E', 'X', rom_flash_exit_xip + 1
  entry 'R', 'E', rom_flash_range_erase + 1
  entry 'R', 'P', rom_flash_range_program + 1
  entry 'F', 'C', rom_flash_flush_cache + 1
  entry 'C', 'X', rom_flash_enter_cmd_xip + 1
  entry 'U', 'B', rom_usb_boot + 1
  entry 'D', 'T', rom_debug_trampoline + 1
  entry 'D', 'E', rom_debug_trampoline_end + 1
  entry 'W', 'V', rom_wait_for_vector + 1
  .hword 0

rom_data:
  entry 'C', 'R', rom_copyright
  entry 'G', 'R', rom_revision
  entry 'F', 'S', rom_float_start
  entry 'F', 'E', rom_float_end
  entry 'S', 'F', rom_float_table
  entry 'S', 'D', rom_double_table
  .hword 0

  .balign 4
rom_revision:
  .word 0
rom_copyright:
  .asciz "(C) The Boardless Authors"

  .balign 4
  .hword 0
  .byte (rom_float_table_end - rom_float_table) / 4 /* two bytes in front of the table: its length in words */
  .byte 0
  .global rom_float_table
rom_float_table:
  .word rom_fadd, rom_fsub, rom_fmul, rom_fdiv, rom_fcmp, rom_fcmp_flags, rom_fsqrt
  .word rom_float2int, rom_float2fix, rom_float2uint, rom_float2ufix
  .word rom_int2float, rom_fix2float, rom_uint2float, rom_ufix2float
  .word rom_fcos, rom_fsincos, rom_ftan, rom_fsincos, rom_fexp, rom_fln
  .word rom_fcmp, rom_fatan2
  .word rom_int642float, rom_fix642float, rom_uint642float, rom_ufix642float
  .word rom_float2int64, rom_float2fix64, rom_float2uint64, rom_float2ufix64
  .word rom_float2double
rom_float_table_end:

  .balign 4
  .hword 0
  .byte (rom_double_table_end - rom_double_table) / 4
  .byte 0
  .global rom_double_table
rom_double_table:
  .word rom_dadd, rom_dsub, rom_dmul, rom_ddiv, rom_dcmp, rom_dcmp_flags, rom_dsqrt
  .word rom_double2int, rom_double2fix, rom_double2uint, rom_double2ufix
  .word rom_int2double, rom_fix2double, rom_uint2double, rom_ufix2double
  .word rom_dcos, rom_dsincos, rom_dtan, rom_dsincos, rom_dexp, rom_dln
  .word rom_dcmp, rom_datan2
  .word rom_int642double, rom_fix642double, rom_uint642double, rom_ufix642double
  .word rom_double2int64, rom_double2fix64, rom_double2uint64, rom_double2ufix64
  .word rom_double2float
rom_double_table_end:

/* r0: table, r1: code; returns what the table has for it, else 0 */
function rom_table_lookup
1:
  ldrh r2, [r0]
  cmp r2, #0
  beq 2f
  ldrh r3, [r0, #2]
  adds r0, #4
  cmp r2, r1
  bne 1b
  mov r0, r3
  bx lr
2:
  movs r0, #0
  bx lr

/* Firmware relies on the functions for bits to leave everything but r0 to r3 alone, ip too. */
function rom_popcount32
  ldr r3, =0x55555555
  lsrs r1, r0, #1
  ands r1, r3
  subs r0, r1
  ldr r3, =0x33333333
  lsrs r1, r0, #2
  ands r1, r3
  ands r0, r3
  adds r0, r1
  lsrs r1, r0, #4
  adds r0, r1
  ldr r3, =0x0f0f0f0f
  ands r0, r3
  ldr r3, =0x01010101
  muls r0, r3
  lsrs r0, #24
  bx lr
  .ltorg

function rom_clz32
  movs r1, #32
  lsrs r2, r0, #16
  beq 1f
  subs r1, #16
  mov r0, r2
1:
  lsrs r2, r0, #8
  beq 2f
  subs r1, #8
  mov r0, r2
2:
  lsrs r2, r0, #4
  beq 3f
  subs r1, #4
  mov r0, r2
3:
  adr r2, 4f
  ldrb r2, [r2, r0] /* bits in the number below 16 that is left */
  subs r0, r1, r2
  bx lr
  .balign 4
4:
  .byte 0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4

function rom_ctz32
  cmp r0, #0
  beq 1f
  push {lr}
  rsbs r1, r0, #0
  ands r0, r1 /* the lowest bit alone */
  bl rom_clz32
  movs r1, #31
  subs r0, r1, r0
  pop {pc}
1:
  movs r0, #32
  bx lr

function rom_reverse32
  ldr r3, =0x55555555
  lsrs r1, r0, #1
  ands r1, r3
  ands r0, r3
  lsls r0, #1
  orrs r0, r1
  ldr r3, =0x33333333
  lsrs r1, r0, #2
  ands r1, r3
  ands r0, r3
  lsls r0, #2
  orrs r0, r1
  ldr r3, =0x0f0f0f0f
  lsrs r1, r0, #4
  ands r1, r3
  ands r0, r3
  lsls r0, #4
  orrs r0, r1
  rev r0, r0
  bx lr
  .ltorg

/* r0: destination, r1: byte, r2: length; returns the destination */
function rom_memset
  mov r12, r0
  uxtb r1, r1
  lsls r3, r1, #8
  orrs r1, r3
  lsls r3, r1, #16
  orrs r1, r3
1:
  lsls r3, r0, #30
  beq 4f
  subs r2, #1
  blo 5f
  strb r1, [r0]
  adds r0, #1
  b 1b
2:
  strb r1, [r0]
  adds r0, #1
3:
  subs r2, #1
  bhs 2b
5:
  mov r0, r12
  bx lr
4:
  push {r4, r5}
  mov r3, r1
  mov r4, r1
  mov r5, r1
  b 7f
6:
  stmia r0!, {r1, r3, r4, r5}
7:
  subs r2, #16
  bhs 6b
  adds r2, #16
  pop {r4, r5}
  b 9f
8:
  stmia r0!, {r1}
9:
  subs r2, #4
  bhs 8b
  adds r2, #4
  b 3b

function rom_memset4
  b rom_memset

/* r0: destination, r1: source, r2: length; returns the destination */
function rom_memcpy
  mov r12, r0
  mov r3, r0
  eors r3, r1
  lsls r3, #30
  bne 3f /* never both on a word boundary */
1:
  lsls r3, r0, #30
  beq copy_words
  subs r2, #1
  blo 4f
  ldrb r3, [r1]
  strb r3, [r0]
  adds r0, #1
  adds r1, #1
  b 1b
2:
  ldrb r3, [r1]
  strb r3, [r0]
  adds r0, #1
  adds r1, #1
3:
  subs r2, #1
  bhs 2b
4:
  mov r0, r12
  bx lr
copy_words:
  push {r4, r5, r6}
  b 6f
5:
  ldmia r1!, {r3, r4, r5, r6}
  stmia r0!, {r3, r4, r5, r6}
6:
  subs r2, #16
  bhs 5b
  adds r2, #16
  pop {r4, r5, r6}
  b 8f
7:
  ldmia r1!, {r3}
  stmia r0!, {r3}
8:
  subs r2, #4
  bhs 7b
  adds r2, #4
  b 3b

  .global rom_memcpy44
  .type rom_memcpy44, %function
  .thumb_func
rom_memcpy44:
  mov r12, r0
  b copy_words

/* A debugger calls functions of the ROM through this: their address is in r7. */
function rom_debug_trampoline
  blx r7
  .global rom_debug_trampoline_end
  .type rom_debug_trampoline_end, %function
  .thumb_func
rom_debug_trampoline_end:
  bkpt #0

function rom_reset
  ldr r0, =0xd0000000 /* SIO: number of the core */
  ldr r0, [r0]
  cmp r0, #0
  bne rom_wait_for_vector
  b rom_boot
  .ltorg

/* The second core is not simulated; it would wait here for where to start. */
function rom_wait_for_vector
  wfe
  b rom_wait_for_vector

function rom_stop
  cpsid i
1:
  wfi
  b 1b

/* r0: text that ends with 0; written where a debugger shows it (Arm semihosting, SYS_WRITE0) */
function rom_say
  mov r1, r0
  movs r0, #4
  bkpt #0xab
  bx lr

/* r0: code of the second stage; it finds by lr = 0 that the ROM has called it */
function rom_enter
  adds r0, #1
  movs r1, #0
  mov lr, r1
  bx r0

function rom_fcmp_flags
  push {r4, lr}
  bl rom_fcmp
  cmp r0, #0
  pop {r4, pc}

function rom_dcmp_flags
  push {r4, lr}
  bl rom_dcmp
  cmp r0, #0
  pop {r4, pc}

/* r1:r0: angle; returns its sine there and its cosine in r3:r2, which no function in C can */
function rom_dsincos
  sub sp, #20
  mov r2, lr
  str r2, [sp, #16]
  mov r2, sp
  add r3, sp, #8
  bl rom_dsincos_to
  ldr r0, [sp, #16]
  mov lr, r0
  pop {r0, r1, r2, r3}
  add sp, #4
  bx lr
