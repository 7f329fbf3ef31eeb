#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From a bare Debian 12 machine to tested: installs what is missing, unpacks the manuals that the tests read, builds the
# release preset ($LECTERN_PRESET names another) and runs every test. Arguments go to ctest, for instance -L unit or
# -R Citation.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages build run test
"$packaging/debian_manuals.sh"
cd "$source_folder"
preset=${LECTERN_PRESET:-release}
cmake --preset "$preset"
cmake --build --preset "$preset" -j "$(job_count)"
ctest --preset "$preset" "$@"
