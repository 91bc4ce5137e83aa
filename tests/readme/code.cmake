# SPDX-License-Identifier: BSL-1.0
#
# Every C++ block of every page stands below a line `<!-- from FILE NAME -->` and is the text of
# that file between its two lines `[NAME]`, without their indentation.
#
#     cmake -DSOURCE=FOLDER -P code.cmake

cmake_minimum_required(VERSION 3.23)

# What stands before and after the first place of a text.
macro(split text at before after)
    set(split_whole "${${text}}")
    string(FIND "${split_whole}" "${at}" split_begin)
    string(LENGTH "${at}" split_length)
    math(EXPR split_end "${split_begin} + ${split_length}")
    string(SUBSTRING "${split_whole}" 0 ${split_begin} ${before})
    string(SUBSTRING "${split_whole}" ${split_end} -1 ${after})
endmacro()

file(GLOB pages RELATIVE "${SOURCE}" "${SOURCE}/*.md" "${SOURCE}/*/*.md")
set(in_all 0)
foreach(page IN LISTS pages)
    file(READ "${SOURCE}/${page}" readme)
    string(REGEX MATCHALL "\n```cpp\n" all "${readme}")
    list(LENGTH all blocks)
    set(checked 0)
    while(readme MATCHES "<!-- from ([^ ]+) ([^ ]+) -->\n```cpp\n")
        set(file "${CMAKE_MATCH_1}")
        set(name "${CMAKE_MATCH_2}")
        split(readme "${CMAKE_MATCH_0}" skipped readme)
        split(readme "```" block readme)
        if(NOT readme MATCHES "^\n")
            message(FATAL_ERROR
                "${page} does not end its block of ${file}, ${name}, before the next")
        endif()

        file(READ "${SOURCE}/${file}" text)
        if(NOT text MATCHES "\n( *)// \\[${name}\\]\n.*\n *// \\[${name}\\]\n")
            message(FATAL_ERROR "${file} has no two lines [${name}], which ${page} shows")
        endif()
        set(indentation "${CMAKE_MATCH_1}")
        split(text "// [${name}]\n" skipped text)
        split(text "${indentation}// [${name}]" text skipped)
        if(indentation)
            string(REPLACE "\n${indentation}" "\n" text "\n${text}")
            string(SUBSTRING "${text}" 1 -1 text)
        endif()
        if(NOT block STREQUAL text)
            message(FATAL_ERROR
                "${page} shows of ${file}, ${name}:\n${block}\nbut the file says:\n${text}")
        endif()
        math(EXPR checked "${checked} + 1")
    endwhile()
    if(NOT checked EQUAL blocks)
        message(FATAL_ERROR "${page} has ${blocks} blocks of C++, of which ${checked} name the "
            "file that they are from")
    endif()
    math(EXPR in_all "${in_all} + ${checked}")
endforeach()
if(in_all LESS 15)
    message(FATAL_ERROR "only ${in_all} blocks of C++ in all pages")
endif()
message("the ${in_all} blocks of C++ in the pages are those of their files")
