// SPDX-License-Identifier: BSL-1.0
//
// A fuzz target without a fuzzer: each file that is named, and each file of a folder that is named, is given to it once.
//
//     fuzz-NAME FILE-OR-FOLDER...

#include "fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

int main(int argc, char** argv)
{
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    for (int i = 1; i < argc; ++i) {
        if (!fs::is_directory(argv[i])) {
            files.emplace_back(argv[i]);
            continue;
        }
        for (auto const& entry : fs::directory_iterator{argv[i]})
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    LLVMFuzzerInitialize(&argc, &argv);
    int const output = ::dup(STDOUT_FILENO);
    // What a program under test prints about bad input is its business.
    if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))
        return 2;
    for (fs::path const& file : files) {
        std::ifstream in{file, std::ios::binary};
        std::string const bytes{std::istreambuf_iterator<char>{in}, {}};
        if (!in) {
            ::dprintf(fuzz::messages, "aroma: cannot read %s\n", file.c_str());
            return 2;
        }
        // Memory of its own and of its size, so that a sanitizer sees one byte too many.
        std::vector<std::uint8_t> const exact(bytes.begin(), bytes.end());
        ::dprintf(fuzz::messages, "%s\n", file.c_str()); // the last one told is the one that fails
        LLVMFuzzerTestOneInput(exact.data(), exact.size());
    }
    if (files.empty()) {
        ::dprintf(fuzz::messages, "aroma: no files: name a corpus\n");
        return 2;
    }
    ::dprintf(output, "%zu inputs, none breaks a promise\n", files.size());
    return 0;
}
