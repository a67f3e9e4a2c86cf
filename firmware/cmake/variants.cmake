# What an image is built for: `full` has every operator and is fast; `compact` has the operators of small models and
# leaves as much of a small microcontroller as it can to the model.
set(SIM_VARIANT "full" CACHE STRING "full or compact")
if(SIM_VARIANT STREQUAL "full")
  set(SIM_OPTIMIZATION -O2)
  set(SIM_KERNEL_OPTIMIZATION -O3)
  set(SIM_STACK_BYTES 8192)
  set(SIM_SUFFIX "")
elseif(SIM_VARIANT STREQUAL "compact")
  set(SIM_OPTIMIZATION -Os)
  set(SIM_KERNEL_OPTIMIZATION -O2) # 5 % more flash than -Os, for a quarter less time on Cortex-M0+
  set(SIM_STACK_BYTES 2048)
  set(SIM_SUFFIX "-compact")
  add_compile_definitions(SIM_COMPACT=1 SIM_RUNNER_LOG_BYTES=256u)
  add_compile_options(-specs=nano.specs)
  add_link_options(-specs=nano.specs) # whose state takes 1 KiB of RAM less
  if(TFLM_DIR)
    message(FATAL_ERROR "The operators of the compact runner are those of the pinned release: leave out TFLM_DIR")
  endif()
else()
  message(FATAL_ERROR "SIM_VARIANT is '${SIM_VARIANT}': not full or compact")
endif()
