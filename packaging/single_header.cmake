# SPDX-License-Identifier: BSL-1.0
#
# The target aroma-single-header makes single_header/aroma.hpp in the build folder, of all headers
# that need no other library.

find_program(AROMA_SH sh)
if(AROMA_SH)
    get_target_property(aroma_headers aroma HEADER_SET)
    set(aroma_names "")
    foreach(header IN LISTS aroma_headers)
        cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/include"
            OUTPUT_VARIABLE name)
        list(APPEND aroma_names ${name})
    endforeach()
    set(AROMA_SINGLE_HEADER "${PROJECT_BINARY_DIR}/single_header/aroma.hpp")
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/single_header")
    add_custom_command(OUTPUT "${AROMA_SINGLE_HEADER}"
        COMMAND "${AROMA_SH}" packaging/single_header.sh . ${aroma_names} >
        "${AROMA_SINGLE_HEADER}.new"
        COMMAND "${CMAKE_COMMAND}" -E rename "${AROMA_SINGLE_HEADER}.new" "${AROMA_SINGLE_HEADER}"
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
        DEPENDS packaging/single_header.sh ${aroma_headers} LICENSE
        VERBATIM
    )
    add_custom_target(aroma-single-header DEPENDS "${AROMA_SINGLE_HEADER}")
endif()
