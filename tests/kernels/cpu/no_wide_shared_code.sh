#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# no_wide_shared_code.sh OBJECT…: of a function that several objects have (inline functions, templates) the linker
# keeps one for all. Fails where one of the objects has such a function with AVX instructions in it, for a processor
# without them would run into it.
set -eu
command -v objdump >/dev/null || { echo "skipped: there is no objdump here"; exit 0; }
found=0
wide=0
for object in "$@"; do
  shared=$(nm --defined-only "$object" | awk '$2 == "W" || $2 == "V" || $2 == "u" { print $3 }')
  guilty=$(objdump -d --no-show-raw-insn "$object" | SHARED="$shared" awk '
    BEGIN { n = split(ENVIRON["SHARED"], names, "\n"); for (i = 1; i <= n; i++) shared[names[i]] = 1 }
    /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3) }
    /%[yz]mm|\tv[a-z]+/ { any = 1; if (name in shared) print name }
    END { if (any) print "any AVX" }' | sort -u)
  case "$guilty" in *"any AVX"*) wide=$((wide + 1)) ;; esac
  guilty=$(printf '%s\n' "$guilty" | grep -v "any AVX" || true)
  [ -z "$guilty" ] || { echo "$object:"; echo "$guilty"; found=1; }
done
# The two objects that must have AVX code, or this test looks at nothing.
[ "$wide" -ge 2 ] || { echo "only $wide objects have AVX instructions"; exit 1; }
exit "$found"
