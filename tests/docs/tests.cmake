# SPDX-License-Identifier: BSL-1.0
#
# The reference and the site: they can be made, and have no gaps. They are the same whatever
# compiles.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    aroma_add_test(docs "docs: the reference has no gaps"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/reference.test.sh" "${PROJECT_SOURCE_DIR}"
            "${CMAKE_CURRENT_BINARY_DIR}/docs"
    )
    aroma_add_test(docs "docs: the site has no dead link, and loads nothing from elsewhere"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/site.test.sh" "${PROJECT_SOURCE_DIR}"
            "${CMAKE_CURRENT_BINARY_DIR}/site"
        PROPERTIES FIXTURES_SETUP site
    )
    aroma_add_test(docs "docs: the site in a browser, on a phone and in the dark"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/site_browser.test.sh"
            "${CMAKE_CURRENT_BINARY_DIR}/site/made/html"
        PROPERTIES FIXTURES_REQUIRED site TIMEOUT 300
    )
endif()
