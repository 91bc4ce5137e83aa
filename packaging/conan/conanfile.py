# SPDX-License-Identifier: BSL-1.0
#
# Conan 2's recipe: conan create packaging/conan

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class AromaConan(ConanFile):
    name = "aroma"
    description = "Tells a server, from round-trip times alone, whether a TCP proxy stands between it and its client"
    license = "BSL-1.0"
    topics = ("tcp", "proxy-detection", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    def set_version(self):
        source = load(self, os.path.join(self.recipe_folder, "..", "..", "include", "aroma",
                                         "version.hpp"))
        self.version = ".".join(re.search(r"version\[3\] = \{(\d+), (\d+), (\d+)\}",
                                          source).groups())

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "README.md", "CHANGELOG.md", "docs/*",
                        "include/*", "packaging/*"):
            copy(self, pattern, root, self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for option in ("TESTS", "EXAMPLES", "BENCHMARKS"):
            toolchain.cache_variables[f"AROMA_BUILD_{option}"] = False
        toolchain.generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "aroma")
        self.cpp_info.set_property("cmake_target_name", "aroma::aroma")
        self.cpp_info.set_property("pkg_config_name", "aroma")
