# SPDX-License-Identifier: BSL-1.0
#
# Files into one header, each a std::string_view named as the file is: page.html of the demo is
# demo::files::page_html.
#
#     cmake -DOUT=HEADER -DNAMESPACE=demo "-DFILES=A;B" -P embed.cmake

set(text "// Made by examples/embed.cmake.\n#include <string_view>\nnamespace ${NAMESPACE}::files {\n")
foreach(file IN LISTS FILES)
    cmake_path(GET file FILENAME name)
    string(MAKE_C_IDENTIFIER "${name}" name)
    file(READ "${file}" content)
    string(FIND "${content}" ")file\"" end)
    if(NOT end EQUAL -1)
        message(FATAL_ERROR "${file} has )file\" in it, which ends a string")
    endif()
    string(APPEND text
        "inline constexpr std::string_view ${name} = R\"file(${content})file\";\n")
endforeach()
file(WRITE "${OUT}" "${text}} // namespace ${NAMESPACE}::files\n")
