# Compiler flags that select one core class. The M7 class has the single-precision FPU of the STM32F745/746, the
# smallest one a Cortex-M7 with FPU has.
set(SIM_CORE_FLAGS_cortex-m0plus -mcpu=cortex-m0plus -mfloat-abi=soft)
set(SIM_CORE_FLAGS_cortex-m3 -mcpu=cortex-m3 -mfloat-abi=soft)
set(SIM_CORE_FLAGS_cortex-m4f -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard)
set(SIM_CORE_FLAGS_cortex-m7f -mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard -DSIM_HAS_L1_CACHES)
set(SIM_CORE_FLAGS_cortex-m33f -mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard)
set(SIM_CORE_FLAGS_cortex-m55 -mcpu=cortex-m55+nomve -mfloat-abi=hard -DSIM_HAS_L1_CACHES -DSIM_HAS_LOOP_CACHE)

# What the optimized kernels are compiled with beside these: the vector instructions are theirs alone. GCC 12 finds uses
# for them in any loop, and its assembler mistakes some conditional conversions (`vcvtne`) for others then.
set(SIM_KERNEL_FLAGS_cortex-m55 -mcpu=cortex-m55)

set(SIM_CORES "cortex-m0plus, cortex-m3, cortex-m4f, cortex-m7f, cortex-m33f, cortex-m55")
set(SIM_CORE "cortex-m4f" CACHE STRING "Core class: one of ${SIM_CORES}")
if(NOT DEFINED SIM_CORE_FLAGS_${SIM_CORE})
  message(FATAL_ERROR "SIM_CORE is '${SIM_CORE}': not one of ${SIM_CORES}")
endif()
set(SIM_CORE_FLAGS -mthumb ${SIM_CORE_FLAGS_${SIM_CORE}})
set(SIM_KERNEL_FLAGS ${SIM_KERNEL_OPTIMIZATION} ${SIM_KERNEL_FLAGS_${SIM_CORE}})
