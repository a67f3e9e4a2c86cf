# TensorFlow Lite Micro of July 2020 (TensorFlow commit 33689c48ad) out of the crate `tfmicro`, which Cargo fetches as
# pinned by tflm/Cargo.lock. Defines the static library target `tflm`.
find_program(SIM_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin" REQUIRED)
execute_process(
  COMMAND ${SIM_CARGO} metadata --locked --format-version 1 --manifest-path ${CMAKE_CURRENT_SOURCE_DIR}/tflm/Cargo.toml
  OUTPUT_VARIABLE cargo_metadata
  ERROR_VARIABLE cargo_errors
  RESULT_VARIABLE cargo_status)
if(NOT cargo_status EQUAL 0)
  message(FATAL_ERROR "Cargo could not fetch the TFLM sources:\n${cargo_errors}")
endif()
string(REGEX MATCH "\"manifest_path\":\"([^\"]*/tfmicro-[^\"/]*)/Cargo.toml\"" matched "${cargo_metadata}")
set(TFLM_ROOT "${CMAKE_MATCH_1}/submodules/tensorflow")
set(tflm_lite "${TFLM_ROOT}/tensorflow/lite")
set(tflm_downloads "${tflm_lite}/micro/tools/make/downloads")

file(GLOB tflm_sources
  ${tflm_lite}/micro/*.cc
  ${tflm_lite}/micro/kernels/*.cc
  ${tflm_lite}/micro/memory_planner/*.cc)
list(FILTER tflm_sources EXCLUDE REGEX "(_test|/debug_log|/test_helpers|/all_ops_resolver)\\.cc$")
list(APPEND tflm_sources
  ${tflm_lite}/c/common.c
  ${tflm_lite}/core/api/error_reporter.cc
  ${tflm_lite}/core/api/flatbuffer_conversions.cc
  ${tflm_lite}/core/api/op_resolver.cc
  ${tflm_lite}/core/api/tensor_utils.cc
  ${tflm_lite}/kernels/internal/quantization_util.cc
  ${tflm_lite}/kernels/kernel_util.cc)
list(SORT tflm_sources)

add_library(tflm STATIC ${tflm_sources})
target_include_directories(tflm SYSTEM PUBLIC
  ${TFLM_ROOT}
  ${tflm_downloads}/flatbuffers/include
  ${tflm_downloads}/gemmlowp
  ${tflm_downloads}/ruy)
target_compile_definitions(tflm PUBLIC
  TF_LITE_STATIC_MEMORY
  GEMMLOWP_ALLOW_SLOW_SCALAR_FALLBACK)
target_compile_options(tflm PRIVATE -w $<$<COMPILE_LANGUAGE:CXX>:-fpermissive>)
