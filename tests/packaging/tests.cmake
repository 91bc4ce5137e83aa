# SPDX-License-Identifier: BSL-1.0
#
# Packaging: another project uses aroma in each of the ways that docs/install.md names, and gets
# nothing but what it asked for.

function(aroma_add_packaging_test name)
    string(MAKE_C_IDENTIFIER "${name}" work)
    aroma_add_test(packaging "packaging: ${name}"
        COMMAND "${CMAKE_COMMAND}" -DSOURCE=${PROJECT_SOURCE_DIR} -DBUILD=${PROJECT_BINARY_DIR}
            -DWORK=${CMAKE_CURRENT_BINARY_DIR}/packaging/${work} -DCOMPILER=${CMAKE_CXX_COMPILER}
            -DGENERATOR=${CMAKE_GENERATOR} ${ARGN}
            -P "${PROJECT_SOURCE_DIR}/tests/packaging/consume.cmake"
    )
endfunction()
set(this ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
math(EXPR next "${PROJECT_VERSION_MINOR} + 1")
set(next ${PROJECT_VERSION_MAJOR}.${next})
aroma_add_packaging_test("installed and found" -DFROM=find_package)
aroma_add_packaging_test("this version is found" -DFROM=find_package -DVERSION=${this})
aroma_add_packaging_test("the next version is refused"
    -DFROM=find_package -DVERSION=${next} -DREFUSED=ON
)
aroma_add_packaging_test("the next major version is refused"
    -DFROM=find_package -DVERSION=9 -DREFUSED=ON
)
aroma_add_test(packaging "packaging: versions and ranges of them"
    COMMAND "${CMAKE_COMMAND}" -DBUILD=${PROJECT_BINARY_DIR}
        -DWORK=${CMAKE_CURRENT_BINARY_DIR}/packaging/versions -DVERSION=${PROJECT_VERSION}
        -DCOMPILER=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR}
        -P "${CMAKE_CURRENT_LIST_DIR}/versions.cmake"
)
aroma_add_packaging_test("add_subdirectory" -DFROM=add_subdirectory)
aroma_add_packaging_test("FetchContent" -DFROM=FetchContent)
aroma_add_packaging_test("installed and found by CMake before file sets"
    -DFROM=find_package -DCMAKE_SAYS=3.16.3
)
aroma_add_packaging_test("headers installed by an absolute path"
    -DFROM=find_package -DINCLUDEDIR=prefix/include
)
aroma_add_packaging_test("headers installed outside of the prefix"
    -DFROM=find_package -DINCLUDEDIR=dev/include
)
aroma_add_packaging_test("installed from a path with #"
    -DFROM=find_package -DINCLUDEDIR=prefix/include -DBUILT=\#
)
aroma_add_packaging_test("a component is refused" -DFROM=find_package -DCOMPONENT=tools)
aroma_add_packaging_test("a consumer exports from its build folder"
    -DFROM=add_subdirectory -DEXPORTED=ON
)
aroma_add_packaging_test("pkg-config" -DFROM=pkg-config -DVERSION=${PROJECT_VERSION})
set(tools OFF)
if(TARGET aroma-calibrate AND TARGET aroma-top AND TARGET aroma-vcl)
    set(tools ON)
endif()
aroma_add_packaging_test("Debian package" -DFROM=find_package -DDEB=ON -DTOOLS=${tools})
set_tests_properties("packaging: Debian package" PROPERTIES FIXTURES_SETUP deb)

# Copied headers, under every warning that a user may compile with. What only the optimiser sees g++
# warns of; clang++ instantiates all without it.
include("${CMAKE_CURRENT_LIST_DIR}/warnings.cmake")
set(warnings ${aroma_warnings_${CMAKE_CXX_COMPILER_ID}})
set(without "")
if(NOT warnings)
    set(without "no list of ${CMAKE_CXX_COMPILER_ID}'s warnings")
endif()
set(compiled -fsyntax-only)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # which instantiates nothing if it only parses
    set(compiled -S -o /dev/null)
endif()
set(strict "${CMAKE_CXX_COMPILER}" -std=c++20 -Werror ${warnings} ${compiled}
    "-I${CMAKE_CURRENT_BINARY_DIR}/every" "${CMAKE_CURRENT_LIST_DIR}/strict.cpp"
)
aroma_add_test(packaging "packaging: every warning" WITHOUT "${without}"
    COMMAND ${strict} "-I${aroma_include}"
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    aroma_add_test(packaging "packaging: every warning, optimised"
        COMMAND ${strict} "-I${aroma_include}" -O2
    )
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # the same, whatever compiles
    foreach(ways IN ITEMS
        add_subdirectory+add_subdirectory
        add_subdirectory+FetchContent+find_package
        FetchContent+find_package+add_subdirectory
        find_package+add_subdirectory+FetchContent
    )
        aroma_add_packaging_test("parts of one build bring it by ${ways}" -DFROM=${ways})
    endforeach()
    aroma_add_test(packaging "packaging: Meson finds it by CMake and by pkg-config"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/meson.test.sh" "${PROJECT_BINARY_DIR}"
            "${CMAKE_CURRENT_LIST_DIR}/consumer/main.cpp"
    )
    aroma_add_test(packaging "packaging: lintian of the Debian packages"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/lintian.test.sh"
            "${CMAKE_CURRENT_BINARY_DIR}/packaging/Debian_package/deb"
        PROPERTIES FIXTURES_REQUIRED deb
    )
    aroma_add_test(packaging "packaging: a release passes every step, and each can fail"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/release.test.sh" "${PROJECT_SOURCE_DIR}"
            "${CMAKE_CURRENT_BINARY_DIR}/packaging/release"
        PROPERTIES TIMEOUT 300
    )
    aroma_add_test(packaging "packaging: vcpkg's recipe"
        COMMAND "${CMAKE_COMMAND}" -DSOURCE=${PROJECT_SOURCE_DIR}
            -DWORK=${CMAKE_CURRENT_BINARY_DIR}/packaging/vcpkg -DVERSION=${PROJECT_VERSION}
            -DCOMPILER=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR}
            -P "${CMAKE_CURRENT_LIST_DIR}/vcpkg.cmake"
    )
    find_program(AROMA_PYTHON3 python3)
    set(without "")
    if(NOT AROMA_PYTHON3)
        set(without "no python3")
    endif()
    aroma_add_test(packaging "packaging: Conan's recipe" WITHOUT "${without}"
        COMMAND "${AROMA_PYTHON3}" "${CMAKE_CURRENT_LIST_DIR}/conan.py" "${PROJECT_SOURCE_DIR}"
            "${CMAKE_CURRENT_BINARY_DIR}/packaging/conan" ${PROJECT_VERSION}
            "${CMAKE_CXX_COMPILER}" "${CMAKE_GENERATOR}"
    )
endif()

# The single header: the same facts and the same unit tests where every header of aroma/ is the
# single one. Nothing else of include/ is there but what needs fmt. To save CI's time one
# compiler has the facts and the other the unit tests, each without optimisation, with the single
# header precompiled, and without the unit test that then takes more than 10 s.
if(TARGET aroma-single-header)
    set(single "${CMAKE_CURRENT_BINARY_DIR}/single")
    get_target_property(headers aroma HEADER_SET)
    foreach(header IN LISTS headers)
        cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${aroma_include}")
        file(CONFIGURE OUTPUT "${single}/${header}"
            CONTENT "#include \"${AROMA_SINGLE_HEADER}\"\n"
        )
    endforeach()
    set(of_fmt aroma/integrations/fmt.hpp)
    configure_file("${aroma_include}/${of_fmt}" "${single}/${of_fmt}" COPYONLY)
    set(without_slow "")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        file(GLOB single_header_tests CONFIGURE_DEPENDS static/*.cpp)
        add_executable(single-header ${single_header_tests} includes/all.cpp
            includes/another_unit.cpp includes/hostile_macros.cpp
        )
        target_precompile_headers(single-header PRIVATE "${AROMA_SINGLE_HEADER}")
        set_source_files_properties(includes/hostile_macros.cpp PROPERTIES
            SKIP_PRECOMPILE_HEADERS ON
        )
    else()
        file(GLOB single_header_tests CONFIGURE_DEPENDS unit/*.cpp)
        add_executable(single-header ${single_header_tests})
        target_precompile_headers(single-header PRIVATE support/catch.hpp "${AROMA_SINGLE_HEADER}")
        target_link_libraries(single-header PRIVATE Catch2::Catch2WithMain fmt::fmt)
        target_compile_definitions(single-header PRIVATE AROMA_RECORDINGS="${AROMA_RECORDINGS}")
        set(without_slow "~calibration: 20 ms of jitter*")
    endif()
    add_dependencies(single-header aroma-single-header)
    target_include_directories(single-header
        PRIVATE "${single}" "${CMAKE_CURRENT_BINARY_DIR}/every")
    target_compile_features(single-header PRIVATE cxx_std_20)
    target_compile_options(single-header PRIVATE ${aroma_warnings} -O0)
    aroma_add_test(packaging "packaging: single header" COMMAND single-header ${without_slow})
    aroma_add_test(packaging "packaging: every warning, of the single header" WITHOUT "${without}"
        COMMAND ${strict} "-I${single}"
    )
endif()
