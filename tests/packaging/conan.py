# SPDX-License-Identifier: BSL-1.0
#
# Conan's recipe with as much of Conan as it calls, since Conan itself is not packaged everywhere:
# it has the project's version, what it exports can be configured and installed as it says, and its
# consumer's files are there.
#
#     conan.py SOURCE WORK VERSION COMPILER GENERATOR

import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import types

source, work, version, compiler, generator = sys.argv[1:]
source = os.path.abspath(source)
sys.dont_write_bytecode = True
shutil.rmtree(work, ignore_errors=True)
os.makedirs(work)


class ConanFile:
    source_folder = export_sources_folder = os.path.join(os.path.abspath(work), "sources")
    package_folder = os.path.join(os.path.abspath(work), "package")


class CMakeToolchain:
    last = None

    def __init__(self, conanfile):
        self.cache_variables = {}
        CMakeToolchain.last = self

    def generate(self):
        pass


class CMake:
    def __init__(self, conanfile):
        self.conanfile = conanfile

    def configure(self):
        definitions = [f"-D{key}={'ON' if value else 'OFF'}" for key,
                       value in CMakeToolchain.last.cache_variables.items()]
        subprocess.run(["cmake", "-S", self.conanfile.source_folder, "-B", f"{work}/build", "-G",
                        generator, f"-DCMAKE_CXX_COMPILER={compiler}",
                        f"-DCMAKE_INSTALL_PREFIX={self.conanfile.package_folder}", *definitions],
                        check=True, stdout=subprocess.DEVNULL)

    def install(self):
        subprocess.run(["cmake", "--install", f"{work}/build"], check=True,
                       stdout=subprocess.DEVNULL)


def copy(conanfile, pattern, src, dst):
    paths = [path for path in glob.glob(os.path.join(src, pattern))
             + glob.glob(os.path.join(src, os.path.dirname(pattern), "**"), recursive=True)
             if os.path.isfile(path) and (pattern.endswith("*")
                                          or os.path.relpath(path, src) == pattern)]
    assert paths, f"the recipe copies {pattern} of {src}, where nothing is"
    for path in paths:
        to = os.path.join(dst, os.path.relpath(path, src))
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(path, to)


def module(name, **members):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)


module("conan", ConanFile=ConanFile)
module("conan.tools")
module("conan.tools.build", check_min_cppstd=lambda conanfile, standard: None,
       can_run=lambda conanfile: True)
module("conan.tools.cmake", CMake=CMake, CMakeToolchain=CMakeToolchain,
       cmake_layout=lambda conanfile: None)
module("conan.tools.files", copy=copy, load=lambda conanfile,
       path: open(path, encoding="utf-8").read())


def load_recipe(path):
    specification = importlib.util.spec_from_file_location("recipe", path)
    recipe = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(recipe)
    return recipe


path = f"{source}/packaging/conan/conanfile.py"
recipe = load_recipe(path).AromaConan()
recipe.recipe_folder = os.path.dirname(path)
recipe.set_version()
assert recipe.version == version, f"the recipe's version is {recipe.version}, and the project's {version}"
recipe.export_sources()
recipe.generate()
recipe.build()
recipe.package()
headers = sorted(os.path.relpath(header, source)
                 for header in glob.glob(f"{source}/include/**/*.hpp", recursive=True))
installed = sorted(os.path.relpath(header, recipe.package_folder)
    for header in glob.glob(f"{recipe.package_folder}/include/**/*.hpp", recursive=True))
assert installed == headers, f"installed are {installed}"
assert os.path.isfile(f"{recipe.package_folder}/licenses/LICENSE")
assert os.path.isfile(f"{recipe.package_folder}/share/doc/aroma/docs/usage.md")

load_recipe(f"{source}/packaging/conan/test_package/conanfile.py")
subprocess.run(["cmake", "-S", f"{source}/packaging/conan/test_package", "-B", f"{work}/consumer",
                "-G", generator, f"-DCMAKE_CXX_COMPILER={compiler}",
                f"-DCMAKE_PREFIX_PATH={recipe.package_folder}"], check=True,
                stdout=subprocess.DEVNULL)
subprocess.run(["cmake", "--build", f"{work}/consumer"], check=True, stdout=subprocess.DEVNULL)
subprocess.run([f"{work}/consumer/consumer"], check=True)
