# SPDX-License-Identifier: BSL-1.0
#
# Rejects: one construct each that must not compile, for the reason expected, and a control beside
# it that must.

file(STRINGS rejects/expected.txt rejects)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS rejects/expected.txt)
foreach(line IN LISTS rejects)
    string(REGEX MATCH "^([a-z0-9_]+) +(.+)$" matched "${line}")
    set(name ${CMAKE_MATCH_1})
    set(reason "${CMAKE_MATCH_2}")
    set(compile ${CMAKE_CXX_COMPILER} -std=c++20 -Wall -Wextra -Werror -fsyntax-only
        -I${aroma_include} "${CMAKE_CURRENT_LIST_DIR}/${name}.cpp")
    aroma_add_test(rejects "rejects: ${name}" COMMAND ${compile} -DAROMA_EXPECT_FAIL
        PROPERTIES PASS_REGULAR_EXPRESSION "${reason}"
    )
    aroma_add_test(rejects "rejects: ${name}: control" COMMAND ${compile})
endforeach()
