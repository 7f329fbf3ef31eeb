#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The plug-in needs no library that a machine with this program could lack, and shows one name alone.
set -eu
plugin=$1
needed=$(readelf --dynamic --wide "$plugin" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $needed; do
  case $library in
    libc.so.* | libm.so.* | ld-linux* | libstdc++.so.* | libgcc_s.so.*) ;;
    *) echo "$plugin needs $library"; exit 1 ;;
  esac
done
shown=$(nm --dynamic --defined-only --format=posix "$plugin" | cut -d ' ' -f 1)
[ "$shown" = lecternPlugin ] || { echo "$plugin shows: $shown"; exit 1; }
