# SPDX-License-Identifier: BSL-1.0
#
# Unit tests: what needs to run, and no system.

file(GLOB unit_tests CONFIGURE_DEPENDS unit/*.cpp)
aroma_add_catch_test(unit unit-tests ${unit_tests})
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # g++ compiles each file by itself, which finds what it does not include; clang++ several as
    # one, in a quarter of the time.
    set_target_properties(unit-tests PROPERTIES UNITY_BUILD ON)
endif()
