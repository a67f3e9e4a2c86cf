# TensorFlow Lite Micro of today, out of a checkout of tflite-micro, with CMSIS-NN kernels out of a checkout of CMSIS-NN
# where CMSIS_NN_DIR names one. Defines the static library target `tflm`.
set(TFLM_ROOT "${TFLM_DIR}")
set(tflm_lite "${TFLM_ROOT}/tensorflow/lite")
set(tflm_downloads "${tflm_lite}/micro/tools/make/downloads")
foreach(download flatbuffers/include gemmlowp ruy)
  if(NOT EXISTS "${tflm_downloads}/${download}")
    message(FATAL_ERROR "TFLM_DIR lacks ${tflm_downloads}/${download}; run this in the checkout:\n"
      "  make -f tensorflow/lite/micro/tools/make/Makefile third_party_downloads")
  endif()
endforeach()

file(GLOB tflm_sources
  ${tflm_lite}/micro/*.cc
  ${tflm_lite}/micro/arena_allocator/*.cc
  ${tflm_lite}/micro/kernels/*.cc
  ${tflm_lite}/micro/memory_planner/*.cc
  ${tflm_lite}/micro/tflite_bridge/*.cc)
file(GLOB_RECURSE tflm_shared_sources
  ${TFLM_ROOT}/tensorflow/compiler/*.cc
  ${tflm_lite}/c/*.cc
  ${tflm_lite}/core/*.cc
  ${tflm_lite}/kernels/*.cc
  ${tflm_lite}/schema/*.cc)
list(APPEND tflm_sources ${tflm_shared_sources})
list(FILTER tflm_sources EXCLUDE REGEX "(_test|_test_common|/debug_log|/test_helpers|/test_helper_custom_ops)\\.cc$")

set(tflm_definitions TF_LITE_STATIC_MEMORY)
set(tflm_includes
  ${TFLM_ROOT}
  ${tflm_downloads}/flatbuffers/include
  ${tflm_downloads}/gemmlowp
  ${tflm_downloads}/ruy)

if(CMSIS_NN_DIR)
  file(GLOB glue_sources ${tflm_lite}/micro/kernels/cmsis_nn/*.cc)
  foreach(source IN LISTS glue_sources)
    get_filename_component(name ${source} NAME)
    list(REMOVE_ITEM tflm_sources ${tflm_lite}/micro/kernels/${name})
  endforeach()
  file(GLOB cmsis_nn_sources ${CMSIS_NN_DIR}/Source/*/*.c)
  list(FILTER cmsis_nn_sources EXCLUDE REGEX "(_f16|_f32|/arm_nntables_flt)\\.c$")
  list(APPEND tflm_sources ${glue_sources} ${cmsis_nn_sources})
  list(APPEND tflm_definitions CMSIS_NN ARM_NN_ENABLE_F16=0 ARM_NN_ENABLE_F32=0)
  list(APPEND tflm_includes ${CMSIS_NN_DIR} ${CMSIS_NN_DIR}/Include)
endif()
list(SORT tflm_sources)

add_library(tflm STATIC ${tflm_sources})
target_include_directories(tflm SYSTEM PUBLIC ${tflm_includes})
target_compile_definitions(tflm PUBLIC ${tflm_definitions})
target_compile_options(tflm PRIVATE -w)
