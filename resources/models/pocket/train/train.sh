#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Starts or resumes the training in the background, at low priority; installs nothing.
#
#   train.sh [--state-dir DIR] [--run NAME] [--minutes N] [--threads N] [--nice N] [--until HH:MM] …
#
# Needs Debian's python3-torch, gcc and libc6-dev; python3-matplotlib for plot.py. The documentation
# packages whose sentences it trains on, and OpenBLAS where the system's BLAS is the slow reference one,
# are downloaded with apt-get and unpacked into the state folder.
# Stop it with: kill PID (it saves first). The same command resumes it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
state=$(cd "$here/../../../.." && pwd)/.training
run=xs
previous=
for a in "$@"; do
  case "$previous" in
    --state-dir) state=$a ;;
    --run) run=$a ;;
  esac
  previous=$a
done

missing=
"$python" -c 'import torch' 2>/dev/null || missing="$missing python3-torch"
command -v gcc >/dev/null || missing="$missing gcc libc6-dev"
if [ -n "$missing" ]; then
  echo "Missing Debian packages:$missing" >&2
  echo "Install them first: sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

mkdir -p "$state/$run"
case "$(readlink -f /usr/lib/*/libblas.so.3 | head -n 1)" in
  *openblas*) ;;
  *)
    blas=$state/blas
    if [ ! -d "$blas" ]; then
      echo "The system's BLAS is slow; unpacking libopenblas0-pthread into $blas"
      mkdir -p "$blas.tmp"
      (cd "$blas.tmp" && apt-get -q download libopenblas0-pthread >/dev/null 2>&1 && dpkg -x ./*.deb .)
      mv "$blas.tmp" "$blas"
    fi
    ;;
esac
setsid nohup "$python" "$here/trainer.py" "$@" >>"$state/$run/output.txt" 2>&1 </dev/null &
echo "Training runs as process $!; progress: $state/$run/metrics.jsonl"
