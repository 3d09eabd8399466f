# Debian's packages for the tests of installation, of what is built in PULSEWATCH_BUILD. To be sourced, after engine.sh.
# shellcheck shell=bash

build_directory=${PULSEWATCH_BUILD:-$source_directory/build/release}

# make_packages FOLDER: sets `host_package` and `dev_package`, the files.
make_packages() {
  grep -q '^VERSION_CODENAME=bookworm' /etc/os-release || skip "the packages are for Debian 12, and this is $(. /etc/os-release && echo "$PRETTY_NAME")"
  local program
  for program in cpack dpkg-shlibdeps file xz; do command -v "$program" >/dev/null || skip "there is no $program to make packages with"; done
  [ -x "$build_directory/bin/pulsewatchd" ] || fail "$build_directory has no programs; build them first"
  "$source_directory/etc/packaging/package.sh" "$build_directory" "$1" || fail "the packages can't be made"
  host_package=$(echo "$1"/pulsewatch_*.deb)
  dev_package=$(echo "$1"/pulsewatch-dev_*.deb)
}

# needed_packages FILE: the names of the packages it depends on.
needed_packages() { dpkg-deb -f "$1" Depends | tr ',' '\n' | sed -E 's/^ *([a-z0-9.+-]+).*/\1/'; }

# another_version FILE VERSION NEW-FILE [COMMAND...]: the package with another version, after the command has changed its tree (in $tree).
another_version() {
  local tree
  tree=$(mktemp -d /var/tmp/pulsewatch-package.XXXXXX)
  dpkg-deb --raw-extract "$1" "$tree"
  sed -i "s/^Version: .*/Version: $2/" "$tree/DEBIAN/control"
  [ $# -lt 4 ] || tree=$tree "${@:4}"
  dpkg-deb --root-owner-group --build "$tree" "$3" >/dev/null
  rm -rf "$tree"
}
