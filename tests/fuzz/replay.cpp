// SPDX-License-Identifier: BSL-1.0
//
// A fuzz target without a fuzzer: each file that is named, and each file of a folder that is named,
// is given to it once.
//
//     fuzz-NAME FILE-OR-FOLDER...

#include "fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <dirent.h>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

int main(int argc, char** argv)
{
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
        DIR* const folder = ::opendir(argv[i]);
        if (!folder)
            files.emplace_back(argv[i]);
        while (dirent const* const entry = folder ? ::readdir(folder) : nullptr)
            if (entry->d_name[0] != '.')
                files.push_back(std::string{argv[i]} + "/" + entry->d_name);
        if (folder)
            ::closedir(folder);
    }
    std::sort(files.begin(), files.end());
    LLVMFuzzerInitialize(&argc, &argv);
    int const output = ::dup(STDOUT_FILENO);
    // What a program under test prints about bad input is its business.
    if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))
        return 2;
    for (std::string const& file : files) {
        std::FILE* const in = std::fopen(file.c_str(), "rb");
        if (!in) {
            ::dprintf(fuzz::messages, "aroma: cannot read %s\n", file.c_str());
            return 2;
        }
        std::vector<std::uint8_t> bytes(1 << 20);
        bytes.resize(std::fread(bytes.data(), 1, bytes.size(), in));
        bytes.shrink_to_fit(); // so that a sanitizer sees one byte too many
        std::fclose(in);
        ::dprintf(fuzz::messages, "%s\n", file.c_str()); // the last one told is the one that fails
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    if (files.empty()) {
        ::dprintf(fuzz::messages, "aroma: no files: name a corpus\n");
        return 2;
    }
    ::dprintf(output, "%zu inputs, none breaks a promise\n", files.size());
    return 0;
}
