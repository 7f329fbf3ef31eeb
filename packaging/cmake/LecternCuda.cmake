# SPDX-License-Identifier: GPL-3.0-or-later
# Looks for the CUDA toolkit, once, and declares how kernel sources are compiled: by nvcc for the plug-in, and as plain C++
# for the tests.
#
# Sets LECTERN_CUDA_TOOLKIT (TRUE or FALSE), LECTERN_CUDA_PLUGIN (likewise: nvcc is at hand as CMake's language CUDA),
# LECTERN_CUDA_INCLUDE_DIR, LECTERN_CUDA_NVCC, LECTERN_CUDA_STATIC_RUNTIME, and makes Lectern::cuda_headers. Places:
# CUDAToolkit_ROOT (variable or environment), CUDA_HOME, /usr/local/cuda.

set(LECTERN_CUDA AUTO CACHE STRING
  "The backend for NVIDIA graphics cards: AUTO tests its sources where there is a CUDA toolkit, ON builds its plug-in, too")
set_property(CACHE LECTERN_CUDA PROPERTY STRINGS AUTO ON OFF)

set(LECTERN_CUDA_TOOLKIT FALSE)
if(LECTERN_CUDA)  # AUTO and ON are true, OFF is false
  set(_lectern_cuda_places ${CUDAToolkit_ROOT} $ENV{CUDAToolkit_ROOT} $ENV{CUDA_HOME} /usr/local/cuda)
  find_path(LECTERN_CUDA_INCLUDE_DIR cuda_runtime_api.h
    PATHS ${_lectern_cuda_places} PATH_SUFFIXES include targets/x86_64-linux/include NO_DEFAULT_PATH)
  find_program(LECTERN_CUDA_NVCC nvcc PATHS ${_lectern_cuda_places} PATH_SUFFIXES bin NO_DEFAULT_PATH)
  find_library(LECTERN_CUDA_STATIC_RUNTIME libcudart_static.a
    PATHS ${_lectern_cuda_places} PATH_SUFFIXES lib64 lib targets/x86_64-linux/lib NO_DEFAULT_PATH)
  mark_as_advanced(LECTERN_CUDA_INCLUDE_DIR LECTERN_CUDA_NVCC LECTERN_CUDA_STATIC_RUNTIME)
  if(LECTERN_CUDA_INCLUDE_DIR AND LECTERN_CUDA_NVCC AND LECTERN_CUDA_STATIC_RUNTIME)
    set(LECTERN_CUDA_TOOLKIT TRUE)
  elseif(LECTERN_CUDA STREQUAL AUTO)
    message(STATUS "No CUDA toolkit in CUDAToolkit_ROOT, CUDA_HOME or /usr/local/cuda: "
                   "the CUDA backend and its tests are not built")
  else()
    message(FATAL_ERROR "LECTERN_CUDA is ON, and there is no CUDA toolkit (headers, nvcc and libcudart_static.a) in "
                        "CUDAToolkit_ROOT, CUDA_HOME or /usr/local/cuda. Name its folder with CUDAToolkit_ROOT.")
  endif()
else()
  message(STATUS "LECTERN_CUDA is OFF: the CUDA backend and its tests are not built")
endif()

if(LECTERN_CUDA_TOOLKIT)
  add_library(lectern_cuda_headers INTERFACE)
  add_library(Lectern::cuda_headers ALIAS lectern_cuda_headers)
  target_include_directories(lectern_cuda_headers SYSTEM INTERFACE ${LECTERN_CUDA_INCLUDE_DIR})
endif()

set(LECTERN_CUDA_PLUGIN FALSE)
if(LECTERN_CUDA_TOOLKIT AND LECTERN_CUDA STREQUAL AUTO)
  message(STATUS "The plug-in for NVIDIA graphics cards is built with LECTERN_CUDA=ON (--preset cuda)")
elseif(LECTERN_CUDA_TOOLKIT)
  set(LECTERN_CUDA_PLUGIN TRUE)
  # What is shipped runs on the cards of 2020 (80, 86) to 2025 (120) as it is, and on later ones from the intermediate code;
  # other builds have that alone, which takes a sixth of the time.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    if(CMAKE_BUILD_TYPE STREQUAL Release AND NOT LECTERN_SANITIZE)
      set(CMAKE_CUDA_ARCHITECTURES 80-real 86-real 89-real 90-real 120-real 80-virtual)
    else()
      set(CMAKE_CUDA_ARCHITECTURES 80-virtual)
    endif()
  endif()
  set(CMAKE_CUDA_COMPILER ${LECTERN_CUDA_NVCC})
  if(LECTERN_CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${LECTERN_CCACHE})
  endif()
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc has it
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  set(CMAKE_CUDA_RUNTIME_LIBRARY None)  # linked by name, into the plug-in alone
endif()

# Whether tests can run kernels on the CPU here. The engine is the receiver of the thread sanitizer's callbacks, so it
# cannot be linked with the sanitizer's own; its fibers switch stacks by x86-64 assembly.
set(LECTERN_SIMT ${LECTERN_CUDA_TOOLKIT})
if(LECTERN_SANITIZE MATCHES "thread")
  set(LECTERN_SIMT FALSE)
  message(STATUS "Kernels do not run on the CPU under the thread sanitizer: their engine takes its place")
elseif(LECTERN_SANITIZE)
  set(LECTERN_SIMT FALSE)
  message(STATUS "Kernels do not run on the CPU under ${LECTERN_SANITIZE}: their instrumentation excludes it, and the "
                 "engine's stack switches have not been tried with it")
elseif(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(LECTERN_SIMT FALSE)
  message(STATUS "Kernels run on the CPU on x86-64 only: their tests are not built")
endif()

# lectern_add_simt_kernels(name SOURCES x.cu … [PUBLIC libs…]) compiles kernel sources as C++ into the object library
# lectern_<name> (alias Lectern::<name>): linked into a test program together with Lectern::simt, gpu::launch runs them.
# Every load and store calls __tsan_…, which Lectern::simt defines.
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
  set_target_properties(lectern_${name} PROPERTIES UNITY_BUILD OFF)  # kernels call the same things by the same names
  target_include_directories(lectern_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(lectern_${name} PUBLIC Lectern::simt ${ARG_PUBLIC})
  # Optimised enough that values stay in registers, as on the device; lines for the findings. Not lectern_flags: other
  # sanitizers exclude this one.
  target_compile_options(lectern_${name} PRIVATE
    -O1 -g1 -fsanitize=thread -Wall -Wextra -Wpedantic -Wno-unknown-pragmas -Wno-unused-function)
endfunction()
