# SPDX-License-Identifier: BSL-1.0
#
# Threads: what is shared without a lock, under ThreadSanitizer, where there is one.

include(CheckCXXSourceRuns)
set(CMAKE_REQUIRED_FLAGS -fsanitize=thread)
check_cxx_source_runs("int main() {}" AROMA_THREAD_SANITIZER)
unset(CMAKE_REQUIRED_FLAGS)
foreach(name IN ITEMS baseline threshold_file)
    if(AROMA_THREAD_SANITIZER)
        add_executable(threads-${name} threads/${name}.cpp)
        target_link_libraries(threads-${name} PRIVATE aroma-dev)
        target_compile_options(threads-${name} PRIVATE -fsanitize=thread)
        target_link_options(threads-${name} PRIVATE -fsanitize=thread)
        set(without "")
    else()
        set(without "no program runs with -fsanitize=thread here")
    endif()
    aroma_add_test(threads "threads: ${name}" WITHOUT "${without}" COMMAND threads-${name})
endforeach()
