# A container engine for the tests of installation, and images for it that need no registry. To be sourced.
#
# It is the machine's own Docker where that runs. Else one is started for the test alone, with a socket, data and processes of its own and
# without a bridge or any rule of a firewall, and ended with the test; what it builds is kept under build/install. Where neither can be had
# the test is skipped, and says why.
# shellcheck shell=bash

source_directory=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
engine_directory=$source_directory/build/install/engine
engine_log=$source_directory/build/install/engine.log
engine_pid=
ran=()  # containers

skip() { echo "skipped: installation: $*"; exit 77; }
fail() { printf 'failed: %s\n' "$*" >&2; exit 1; }

# wait_until SECONDS COMMAND...: whether the command comes to succeed.
wait_until() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}

start_engine() {
  trap stop_engine EXIT
  command -v docker >/dev/null || skip "there is no docker; install docker.io"
  if docker info >/dev/null 2>&1; then return; fi
  [ "$(id -u)" -eq 0 ] || skip "no container engine runs, and only root can start one"
  command -v dockerd >/dev/null || skip "there is no dockerd; install docker.io"
  mkdir -p "$engine_directory"
  exec 9>"$engine_directory/lock"
  flock -w 900 9 || skip "another test has the container engine for a long time"
  export DOCKER_HOST=unix://$engine_directory/docker.sock
  [ "${#DOCKER_HOST}" -lt 110 ] || skip "the path of $engine_directory is too long for a socket"
  rm -f "$engine_directory/docker.pid"
  dockerd --host "$DOCKER_HOST" --data-root "$engine_directory/data" --exec-root "$engine_directory/exec" \
    --pidfile "$engine_directory/docker.pid" --bridge none --iptables=false --ip6tables=false >"$engine_log" 2>&1 9>&- &
  engine_pid=$!
  wait_until 60 docker info || skip "a container engine can't be started: $(grep -E 'level=(error|fatal)|^failed' "$engine_log" | tail -n 1 | cut -c 1-300)"
  docker container prune -f >/dev/null  # what a test that was killed left
}

# The containers and an engine of our own go; the images stay.
stop_engine() {
  [ ${#ran[@]} -eq 0 ] || docker rm -f "${ran[@]}" >/dev/null 2>&1 || true
  [ -z "$engine_pid" ] || { kill "$engine_pid" && wait "$engine_pid"; } 2>/dev/null || true
  engine_pid=
}

# debian_image NAME PACKAGE...: a Debian 12 with these packages; sets `image`. It is made anew when the packages are others. What of
# systemd would change the machine itself does not run there, and its servers wait until they are started.
debian_image() {
  local name=$1 tree
  shift
  image=pulsewatch-test-$name:$(echo "$@" | sha256sum | cut -c 1-12)
  if docker image inspect "$image" >/dev/null 2>&1; then return; fi
  [ "$(id -u)" -eq 0 ] || skip "the image $image is not there, and only root can make it"
  command -v debootstrap >/dev/null || skip "there is no debootstrap, to make an image with; install it"
  tree=$(mktemp -d /var/tmp/pulsewatch-image.XXXXXX)
  debootstrap --variant=minbase --include="$(echo "$*" | tr ' ' ,)" bookworm "$tree" >"$source_directory/build/install/image.log" 2>&1 ||
    { rm -rf "$tree"; skip "debootstrap can't make an image: $(tail -n 1 "$source_directory/build/install/image.log")"; }
  rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
  local unit
  mkdir -p "$tree/etc/systemd/system" "$tree/etc/systemd/system-preset"
  for unit in systemd-sysctl systemd-modules-load systemd-udevd systemd-remount-fs systemd-timesyncd getty@tty1 console-getty; do
    ln -sf /dev/null "$tree/etc/systemd/system/$unit.service"
  done
  rm -f "$tree"/etc/systemd/system/*.wants/{mariadb,redis-server}.*
  printf 'disable %s\n' 'mariadb.*' redis-server.service >"$tree/etc/systemd/system-preset/00-tests.preset"  # a first boot enables all
  tar -C "$tree" -c . | docker import -c 'CMD ["/sbin/init"]' - "$image" >/dev/null
  rm -rf "$tree"
}

# boot [CAPABILITY...]: a container of `image` with systemd as its first process, no network but loopback, and these capabilities beyond
# what systemd itself can't do without; sets `machine`.
boot() {
  local capabilities=("${@/#/--cap-add=}")
  # Mounts are shared, as on a machine: systemd hands credentials over by one.
  local cgroups=(--cgroupns private) prepare='mount --make-rshared / && mount -o remount,rw /sys/fs/cgroup'
  if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
    cgroups=(-v /sys/fs/cgroup:/sys/fs/cgroup:rw)
    prepare='mount --make-rshared /'
  fi
  machine=$(docker run -d --network none --cap-add SYS_ADMIN "${capabilities[@]}" --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
    --security-opt systempaths=unconfined "${cgroups[@]}" --tmpfs /run --tmpfs /run/lock --tmpfs /tmp "$image" sh -c "$prepare && exec /sbin/init") ||
    fail "a container can't be started"
  ran+=("$machine")
  wait_until 60 is_up || fail "systemd does not come up in the container: $(docker logs "$machine" 2>&1 | tail -n 5)"
}
is_up() { { inside systemctl is-system-running || true; } | grep -qE 'running|degraded'; }

inside() { docker exec "$machine" "$@"; }
