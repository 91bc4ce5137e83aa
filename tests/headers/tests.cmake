# SPDX-License-Identifier: BSL-1.0
#
# Headers: each alone, within its budget of preprocessed lines, without what is forbidden.
# integrations/fmt.hpp costs what fmt costs.

get_target_property(headers aroma HEADER_SET)
set(names "")
foreach(header IN LISTS headers)
    cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${aroma_include}")
    list(APPEND names ${header})
    set(budget 10000)
    if(header STREQUAL "aroma/aroma.hpp")
        set(budget 7500)
    elseif(header MATCHES "linux/|_file.hpp")
        set(budget 11500)
    elseif(header MATCHES "decide/distance.hpp")
        set(budget 17000) # <cmath> has 15,900
    endif()
    aroma_add_test(headers "headers: ${header}"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/check.sh" "${CMAKE_CXX_COMPILER}" "${aroma_include}"
            ${header} ${budget}
    )
endforeach()
aroma_add_test(headers "headers: control"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/control.sh" "${CMAKE_CXX_COMPILER}"
)
set(elsewhere -I${aroma_include} -fsyntax-only "${CMAKE_CURRENT_LIST_DIR}/elsewhere.cpp")
aroma_add_test(headers "headers: the umbrella where there is no Linux"
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -U__linux__ ${elsewhere}
)
find_program(AROMA_MINGW x86_64-w64-mingw32-g++-posix)
set(without "")
if(NOT AROMA_MINGW)
    set(without "no x86_64-w64-mingw32-g++-posix")
endif()
aroma_add_test(headers "headers: the umbrella on Windows" WITHOUT "${without}"
    COMMAND ${AROMA_MINGW} -std=c++20 -Wall -Wextra -Werror ${elsewhere}
)

aroma_add_test(headers "headers: what cannot work is refused in one sentence"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/refused.sh" "${CMAKE_CXX_COMPILER}" "${PROJECT_SOURCE_DIR}"
)

# The real headers whose macros have ordinary names; windows.h has TextOut, for one.
set(portable ${names})
list(FILTER portable EXCLUDE REGEX "linux/|_file.hpp")
function(aroma_add_neighbour neighbour package)
    aroma_add_test(headers "headers: beside <${neighbour}>"
        COMMAND "${PROJECT_SOURCE_DIR}/tests/headers/neighbours.sh" "${CMAKE_CXX_COMPILER}"
            "${aroma_include}"
            ${neighbour} ${package} aroma/detail/text_out.hpp ${names}
    )
endfunction()
aroma_add_neighbour(X11/Xlib.h libx11-dev)
aroma_add_neighbour(curses.h libncurses-dev)
aroma_add_neighbour(term.h libncurses-dev)
aroma_add_test(headers "headers: beside <windows.h>" WITHOUT "${without}"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/neighbours.sh" "${AROMA_MINGW}" "${aroma_include}"
        windows.h g++-mingw-w64-x86-64-posix aroma/detail/text_out.hpp ${portable}
)

set(without "no fmt")
if(TARGET fmt::fmt)
    get_target_property(fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
    set(without "")
endif()
aroma_add_test(headers "headers: aroma/integrations/fmt.hpp without exceptions"
    WITHOUT "${without}"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/fmt.sh" "${CMAKE_CXX_COMPILER}" "${aroma_include}"
        "${fmt_include}"
)

# Two units of one program, optimised together when linked.
aroma_add_test(headers "headers: two units with other flags"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/two_units.sh" "${CMAKE_CXX_COMPILER}"
        "${PROJECT_SOURCE_DIR}" ${names}
)
