# SPDX-License-Identifier: GPL-3.0-or-later
# The project's options, and the flags that every target of ours is compiled with.

option(LECTERN_BUILD_GUI "Build the window (Qt 6)" ON)
option(LECTERN_BUILD_TESTS "Build the tests and the fuzz targets" ON)
option(LECTERN_FUZZ "Build the fuzz targets with libFuzzer (clang); without it they replay their seeds" OFF)
set(LECTERN_SANITIZE "" CACHE STRING "Sanitizers for everything: address,undefined or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(LECTERN_CCACHE ccache)
if(LECTERN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LECTERN_CCACHE})
endif()

# Warnings and sanitizers ride on one interface target; nothing is set globally.
add_library(lectern_flags INTERFACE)
# Options are structs with defaults, so naming some of their fields is how they are meant to be used.
target_compile_options(lectern_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wno-missing-field-initializers)
if(LECTERN_SANITIZE)
  # Tests themselves are not watched for undefined behaviour, which is two fifths of compiling them.
  target_compile_options(lectern_flags INTERFACE
    -fsanitize=${LECTERN_SANITIZE} $<$<BOOL:$<TARGET_PROPERTY:LECTERN_TEST>>:-fno-sanitize=undefined>
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(lectern_flags INTERFACE -fsanitize=${LECTERN_SANITIZE})
  target_compile_definitions(lectern_flags INTERFACE LECTERN_SANITIZED=1)
endif()
if(LECTERN_FUZZ)
  target_compile_options(lectern_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
