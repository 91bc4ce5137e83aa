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

# Under -ffast-math, which takes NaN for whatever it likes: at the levels where it shows and hides.
foreach(level IN ITEMS 0 2)
    add_executable(fast-math-O${level} fast_math/fast_math.cpp)
    target_link_libraries(fast-math-O${level} PRIVATE aroma-dev)
    target_compile_options(fast-math-O${level} PRIVATE -ffast-math -O${level})
    aroma_add_test(unit "unit: fast-math at -O${level}" COMMAND fast-math-O${level})
endforeach()
