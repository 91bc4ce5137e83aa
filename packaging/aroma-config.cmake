# SPDX-License-Identifier: BSL-1.0
#
# Installed, and read by find_package(aroma). aroma has no components.

include("${CMAKE_CURRENT_LIST_DIR}/aroma-targets.cmake")
foreach(_aroma_component IN LISTS aroma_FIND_COMPONENTS)
    if(aroma_FIND_REQUIRED_${_aroma_component})
        set(aroma_FOUND FALSE)
        set(aroma_NOT_FOUND_MESSAGE
            "aroma has no component ${_aroma_component}: ask for aroma alone"
        )
    endif()
endforeach()
unset(_aroma_component)
