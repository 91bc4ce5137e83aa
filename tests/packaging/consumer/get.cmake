# SPDX-License-Identifier: BSL-1.0
#
# Gets aroma one `way`, for the `part` of this number.

if(way STREQUAL "find_package")
    find_package(aroma ${AROMA_VERSION_WANTED} REQUIRED ${AROMA_COMPONENT})
elseif(way STREQUAL "add_subdirectory")
    add_subdirectory("${AROMA_SOURCE}" aroma_${part})
elseif(way STREQUAL "FetchContent")
    include(FetchContent)
    FetchContent_Declare(aroma SOURCE_DIR "${AROMA_SOURCE}")
    FetchContent_MakeAvailable(aroma)
else()
    message(FATAL_ERROR "AROMA_FROM is '${AROMA_FROM}'")
endif()
