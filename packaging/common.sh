# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the scripts of this folder and .ci/run; sourced by bash.

set -euo pipefail
packaging=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_folder=$(dirname "$packaging")

say() { printf '%s\n' "== $*" >&2; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# The lines of the named sections of packages.txt; a line begins with a package.
lines_of() {
  local section
  for section in "$@"; do
    awk -v wanted="[$section]" '/^\[/ { in_it = $0 == wanted; next } in_it && NF && !/^#/' "$packaging/packages.txt"
  done
}

# Those of the given packages that are not installed. Asks dpkg alone, which takes milliseconds.
missing_of() {
  comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

# Runs apt-get as root, through sudo where we are not.
apt_as_root() {
  local command=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@")
  if [ "$(id -u)" != 0 ]; then
    command=(sudo "${command[@]}")
  fi
  "${command[@]}" < /dev/null
}

# Installs what is missing of the named sections, or says in a sentence what to do.
install_packages() {
  command -v dpkg-query > /dev/null && command -v apt-get > /dev/null ||
    die "This script installs packages with apt-get and is made for Debian 12; the list is in packaging/packages.txt."
  local wanted missing
  mapfile -t wanted < <(lines_of "$@" | cut -d ' ' -f 1)
  mapfile -t missing < <(missing_of "${wanted[@]}")
  [ "${#missing[@]}" = 0 ] && return
  say "installing ${#missing[@]} packages: ${missing[*]}"
  if [ "$(id -u)" != 0 ] && ! { command -v sudo && sudo -v; } > /dev/null; then
    die "Packages are missing and neither root nor sudo is at hand. Ask somebody who may install them to run:
  apt-get install --no-install-recommends ${missing[*]}"
  fi
  apt_as_root update || say "the list of packages could not be renewed; going on with the one that is there"
  apt_as_root install --no-install-recommends "${missing[@]}" ||
    die "The packages could not be installed; apt-get says why above. When that is put right, run this script again."
}

# As many compilers at once as there are processors, with 1.5 GB of memory for each.
job_count() {
  local by_memory
  by_memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  local by_processor
  by_processor=$(nproc)
  echo $((by_memory < 1 ? 1 : by_memory < by_processor ? by_memory : by_processor))
}
