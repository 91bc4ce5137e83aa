#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# In the place of the program of this name for one apt-get (packages.sh): no service is started.
exit 0
