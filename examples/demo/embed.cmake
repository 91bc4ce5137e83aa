# SPDX-License-Identifier: BSL-1.0
#
# Files into one header, each a std::string_view named as the file is: page.html is demo::files::page_html.
#
#     cmake -DOUT=HEADER "-DFILES=A;B" -P embed.cmake

set(text "// Made of examples/demo/page by embed.cmake.\n#include <string_view>\nnamespace demo::files {\n")
foreach(file IN LISTS FILES)
    cmake_path(GET file FILENAME name)
    string(REPLACE . _ name "${name}")
    file(READ "${file}" content)
    string(FIND "${content}" ")page\"" end)
    if(NOT end EQUAL -1)
        message(FATAL_ERROR "${file} has )page\" in it, which ends a string")
    endif()
    string(APPEND text "inline constexpr std::string_view ${name} = R\"page(${content})page\";\n")
endforeach()
file(WRITE "${OUT}" "${text}} // namespace demo::files\n")
