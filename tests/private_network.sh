#!/bin/sh
# Runs a command in a network and a mount namespace of its own: no host name, no port and no file of the machine's is touched. Without root
# it takes a user namespace. Exits with 77 (ctest: skipped) where the kernel or a container allows neither.
set -eu
set -- sh -c 'ip link set lo up && echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start && exec "$@"' sh "$@"
spaces='--mount --net'
[ "$(id -u)" -eq 0 ] || spaces="$spaces --user --map-current-user --keep-caps"
# shellcheck disable=SC2086
unshare $spaces true 2>/dev/null || { echo "skipped: unshare $spaces is not allowed here" >&2; exit 77; }
export PULSEWATCH_PRIVATE_NETWORK=1
# shellcheck disable=SC2086
exec unshare $spaces "$@"
