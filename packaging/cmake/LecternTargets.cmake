# SPDX-License-Identifier: GPL-3.0-or-later
# lectern_add_library, lectern_add_test, lectern_add_fuzz_target: one way to declare each kind of target.

# Presets that build everything compile the sources of a target some at a time (CMAKE_UNITY_BUILD): a third of the work.
# Those under ALONE are compiled by themselves, as they have names in unnamed namespaces that others of the target have.

# lectern_add_library(name SOURCES … [ALONE …] [PUBLIC libs…] [PRIVATE libs…]) makes the static library lectern_<name>
# and its alias Lectern::<name>. Include paths start at the repository root.
function(lectern_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ALONE;PUBLIC;PRIVATE" ${ARGN})
  add_library(lectern_${name} STATIC ${ARG_SOURCES} ${ARG_ALONE})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_library(Lectern::${name} ALIAS lectern_${name})
  target_include_directories(lectern_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(lectern_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} lectern_flags)
endfunction()

# lectern_add_test(name LABEL unit|golden|fuzz|… SOURCES … [ALONE …] LIBS …) makes one GoogleTest program whose cases
# are single ctest tests. TIMEOUT is seconds a case, five times as many with sanitizers.
function(lectern_add_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;ALONE;LIBS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(LECTERN_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 5")
  endif()
  add_executable(${name} ${ARG_SOURCES} ${ARG_ALONE})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest_main GTest::gmock lectern_flags)
  target_compile_definitions(${name} PRIVATE
    LECTERN_SOURCE_DIR="${PROJECT_SOURCE_DIR}" LECTERN_BINARY_DIR="${PROJECT_BINARY_DIR}")
  # Tests are compiled more often than they are run. What measures time is compiled as it is shipped.
  set_target_properties(${name} PROPERTIES LECTERN_TEST ON)
  if(LECTERN_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  elseif(NOT ARG_LABEL STREQUAL bench)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()

# lectern_add_fuzz_target(name SOURCES … LIBS … SEEDS folder) makes a libFuzzer program where LECTERN_FUZZ is on,
# and otherwise a program that replays every file of the seed folder; the replay is a test in every build.
function(lectern_add_fuzz_target name)
  cmake_parse_arguments(ARG "" "SEEDS" "SOURCES;LIBS" ${ARGN})
  if(LECTERN_FUZZ)
    add_executable(${name} ${ARG_SOURCES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} lectern_flags)
  if(LECTERN_FUZZ)
    add_test(NAME ${name}_replay COMMAND ${name} -runs=0 ${ARG_SEEDS})
  else()
    add_test(NAME ${name}_replay COMMAND ${name} ${ARG_SEEDS})
  endif()
  set_tests_properties(${name}_replay PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()
