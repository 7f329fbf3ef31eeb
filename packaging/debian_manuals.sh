#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Unpacks manuals from Debian packages into build/debian-manuals, where the tests look for them. Nothing is installed.
# What cannot be had is said aloud; the tests that want it skip.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

manuals=$source_folder/build/debian-manuals
mkdir -p "$manuals"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# fetch PACKAGE PATH-IN-IT NAME
fetch() {
  [ -s "$manuals/$3" ] && return
  if (cd "$scratch" && apt-get -q download "$1" && dpkg -x "$1"_*.deb "$1") < /dev/null > "$scratch/log" 2>&1 &&
    cp "$scratch/$1/$2" "$manuals/$3.part" && mv "$manuals/$3.part" "$manuals/$3"; then
    say "unpacked $3 from $1"
  else
    cat "$scratch/log" >&2
    say "SKIPPED: $3; the package $1 could not be downloaded, and tests that read it will skip"
  fi
}

while read -r package path name; do
  fetch "$package" "$path" "$name"
done < <(lines_of docs-for-tests)
