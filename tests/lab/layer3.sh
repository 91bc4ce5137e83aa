layer3_packages=()
