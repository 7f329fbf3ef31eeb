#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From a bare Debian 12 machine to the first cited answer: installs what is missing, builds, and starts.
#
#   packaging/run.sh                  the window with the sample shelf; without a display, the sample question in
#                                     the terminal
#   packaging/run.sh ask FILE "…"     any command of lectern-cli, with your own library
#
# Run again, it asks dpkg and the build tool whether anything is to do, and starts within seconds.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages build run
build=$source_folder/build/run
log=$build/build.log
programs=(lectern-cli lectern-extract)
[ -d "$source_folder/app/gui" ] && programs+=(lectern)
mkdir -p "$build"
[ -s "$log" ] || say "building Lectern; this takes some minutes the first time"
if ! {
  { [ -f "$build/build.ninja" ] ||
    cmake -S "$source_folder" --preset release -B "$build" -DLECTERN_BUILD_TESTS=OFF; } &&
    cmake --build "$build" -j "$(job_count)" --target "${programs[@]}"
} > "$log" 2>&1; then
  tail -n 30 "$log" >&2
  die "The build failed; the whole log is in $log"
fi

cli=$build/app/cli/lectern-cli
window=$build/app/gui/lectern
sample=$source_folder/resources/sample
shelf=("$sample"/tenancy-agreement.pdf "$sample"/dehumidifier-manual.md "$sample"/hausordnung.txt "$sample"/notice-he.pdf)

if [ $# -gt 0 ]; then
  exec "$cli" "$@"
elif [ -x "$window" ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  exec "$window" "${shelf[@]}"
fi
question=$(cat "$sample/sample_question.txt")
export LECTERN_DATA_DIR=$build/sample-library  # the sample leaves your own library alone
printf 'lectern-cli ask %s "%s"\n\n' "resources/sample/…" "$question"
exec "$cli" ask "${shelf[@]}" "$question"
