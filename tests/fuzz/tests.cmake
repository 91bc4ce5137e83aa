# SPDX-License-Identifier: BSL-1.0
#
# Fuzz: the committed corpora through each target, without a fuzzer; with AROMA_FUZZ, targets for
# libFuzzer instead, which fuzz/run.sh runs.

set(AROMA_FUZZ "" CACHE STRING "Fuzz with these -fsanitize=, fuzzer among them")
find_package(Boost 1.74 QUIET)
find_package(nlohmann_json 3 QUIET)
find_package(OpenSSL 1.1.1 QUIET)

set(libraries CLI11::CLI11 fmt::fmt Boost::headers nlohmann_json::nlohmann_json OpenSSL::Crypto)
set(without "")
foreach(target IN LISTS libraries)
    if(NOT TARGET ${target})
        set(without "${target} was not found")
    endif()
endforeach()
if(NOT AROMA_FUZZ)
    add_library(fuzz-corpus-driver OBJECT fuzz/corpus_driver.cpp)
    target_link_libraries(fuzz-corpus-driver PRIVATE aroma-dev)
endif()
# KIND NAME: of the library, or of the examples
function(aroma_add_fuzz_target of name)
    if(NOT (of STREQUAL "examples" AND without))
        add_executable(fuzz-${name} fuzz/${name}.cpp)
        target_link_libraries(fuzz-${name} PRIVATE aroma-dev)
        if(of STREQUAL "examples")
            target_link_libraries(fuzz-${name} PRIVATE ${libraries})
        endif()
        if(AROMA_FUZZ)
            target_compile_options(fuzz-${name} PRIVATE -fsanitize=${AROMA_FUZZ}
                -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
            target_link_options(fuzz-${name} PRIVATE -fsanitize=${AROMA_FUZZ})
            return()
        endif()
        target_link_libraries(fuzz-${name} PRIVATE fuzz-corpus-driver)
        # A few inputs: to compile takes longer than to run.
        target_compile_options(fuzz-${name} PRIVATE -O0)
    endif()
    aroma_add_test(fuzz "fuzz: ${name}" WITHOUT "${without}" NEEDS fuzz-${name}
        COMMAND fuzz-${name} "${CMAKE_CURRENT_LIST_DIR}/corpus/${name}.tar"
    )
endfunction()
foreach(name IN ITEMS baseline_text endpoint prometheus score sock_diag tcp_info threshold_table)
    aroma_add_fuzz_target(library ${name})
endforeach()
foreach(name IN ITEMS calibrate http replay_files tokens vcl)
    aroma_add_fuzz_target(examples ${name})
endforeach()
