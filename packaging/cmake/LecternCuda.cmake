# SPDX-License-Identifier: GPL-3.0-or-later
# Looks for the CUDA toolkit, once, and declares how kernel sources are compiled as plain C++ for the tests.
#
# Sets LECTERN_CUDA_TOOLKIT (TRUE or FALSE), LECTERN_CUDA_INCLUDE_DIR, LECTERN_CUDA_NVCC, LECTERN_CUDA_STATIC_RUNTIME, and
# makes Lectern::cuda_headers. Places: CUDAToolkit_ROOT (variable or environment), CUDA_HOME, /usr/local/cuda.

set(_lectern_cuda_places ${CUDAToolkit_ROOT} $ENV{CUDAToolkit_ROOT} $ENV{CUDA_HOME} /usr/local/cuda)
find_path(LECTERN_CUDA_INCLUDE_DIR cuda_runtime_api.h
  PATHS ${_lectern_cuda_places} PATH_SUFFIXES include targets/x86_64-linux/include NO_DEFAULT_PATH)
find_program(LECTERN_CUDA_NVCC nvcc PATHS ${_lectern_cuda_places} PATH_SUFFIXES bin NO_DEFAULT_PATH)
find_library(LECTERN_CUDA_STATIC_RUNTIME libcudart_static.a
  PATHS ${_lectern_cuda_places} PATH_SUFFIXES lib64 lib targets/x86_64-linux/lib NO_DEFAULT_PATH)
mark_as_advanced(LECTERN_CUDA_INCLUDE_DIR LECTERN_CUDA_NVCC LECTERN_CUDA_STATIC_RUNTIME)

if(LECTERN_CUDA_INCLUDE_DIR AND LECTERN_CUDA_NVCC AND LECTERN_CUDA_STATIC_RUNTIME)
  set(LECTERN_CUDA_TOOLKIT TRUE)
  add_library(lectern_cuda_headers INTERFACE)
  add_library(Lectern::cuda_headers ALIAS lectern_cuda_headers)
  target_include_directories(lectern_cuda_headers SYSTEM INTERFACE ${LECTERN_CUDA_INCLUDE_DIR})
else()
  set(LECTERN_CUDA_TOOLKIT FALSE)
  message(STATUS "No CUDA toolkit in CUDAToolkit_ROOT, CUDA_HOME or /usr/local/cuda: "
                 "the CUDA backend and its tests are not built")
endif()

# Whether tests can run kernels on the CPU here. The engine is the receiver of the thread sanitizer's callbacks, so it
# cannot be linked with the sanitizer's own; its fibers switch stacks by x86-64 assembly.
set(LECTERN_SIMT ${LECTERN_CUDA_TOOLKIT})
if(LECTERN_SANITIZE MATCHES "thread")
  set(LECTERN_SIMT FALSE)
  message(STATUS "Kernels do not run on the CPU under the thread sanitizer: their engine takes its place")
elseif(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(LECTERN_SIMT FALSE)
  message(STATUS "Kernels run on the CPU on x86-64 only: their tests are not built")
endif()

# lectern_add_simt_kernels(name SOURCES x.cu … [PUBLIC libs…]) compiles kernel sources as C++ into the object library
# lectern_<name> (alias Lectern::<name>): linked into a test program together with Lectern::simt, gpu::launch runs them.
# Every load and store calls __tsan_…, which Lectern::simt defines. Under the address sanitizer the kernels alone go without it
# (the two exclude each other); the engine checks their bounds itself.
function(lectern_add_simt_kernels name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC" ${ARGN})
  set(host_sources)
  foreach(source IN LISTS ARG_SOURCES)
    cmake_path(ABSOLUTE_PATH source NORMALIZE OUTPUT_VARIABLE path)
    cmake_path(RELATIVE_PATH path BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE from_root)
    cmake_path(GET source STEM stem)
    set(host_source ${CMAKE_CURRENT_BINARY_DIR}/${name}/${stem}_host.cpp)
    file(CONFIGURE OUTPUT ${host_source} CONTENT "#include \"${from_root}\"\n")
    list(APPEND host_sources ${host_source})
  endforeach()
  add_library(lectern_${name} OBJECT ${host_sources})
  add_library(Lectern::${name} ALIAS lectern_${name})
  target_include_directories(lectern_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(lectern_${name} PUBLIC Lectern::simt ${ARG_PUBLIC})
  # Optimised enough that values stay in registers, as on the device; lines for the findings. Not lectern_flags: its
  # sanitizers would come after this one.
  target_compile_options(lectern_${name} PRIVATE
    -O1 -g1 -fsanitize=thread -Wall -Wextra -Wpedantic -Wno-unknown-pragmas -Wno-unused-function)
endfunction()
