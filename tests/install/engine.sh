# What the scripts of this folder share; they source it. A container engine: the one that answers, else a private one of the machine's
# dockerd, for as long as the script runs. Where there is none a script ends with 77, which ctest knows as skipped, and says why.
#
# Images: what the engine has is taken (with PULL=1 it gets them first). Where it lacks one, a stand-in is made of Debian's packages and
# named pulsewatch-test/…, never as the real one is.
# shellcheck shell=bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_root=$(cd "$here/../.." && pwd)
script=$(basename "$0" .sh)
engine_directory=${PULSEWATCH_ENGINE_DIRECTORY:-/var/tmp/pulsewatch-engine.$(id -u)}
scratch=$(mktemp -d "/var/tmp/pulsewatch-$script.XXXXXX")
engine_pid=
cleanups=()  # functions, the last one first

say() { printf '%s: %s\n' "$script" "$*"; }
fail() {
  printf '%s: %s\n' "$script" "$*" >&2
  exit 1
}
skip() {
  printf '\nskipped: %s: %s\n' "$script" "$*" >&2
  exit 77
}

clean_up() {
  local status=$? i
  trap - EXIT INT TERM
  for ((i = ${#cleanups[@]} - 1; i >= 0; --i)); do "${cleanups[i]}" "$status" || true; done
  stop_engine
  rm -rf "$scratch"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local seconds=$1 what=$2 end
  shift 2
  end=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "$what: not within $seconds s"
    sleep 0.2
  done
}

# A port on 127.0.0.1 that nobody listens on.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  fail "no free port was found"
}

# ---- The engine

start_engine() {
  command -v docker >/dev/null || skip "there is no docker here"
  docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0
  docker info >/dev/null 2>&1 || start_private_engine
}

# It leaves the machine's firewall and bridges alone; published ports are served by docker-proxy.
start_private_engine() {
  local log=$engine_directory/dockerd.log
  command -v dockerd >/dev/null || skip "no container engine answers, and there is no dockerd to start"
  [ "$(id -u)" -eq 0 ] || skip "no container engine answers, and only root can start one"
  mkdir -p "$engine_directory"
  exec 9>"$engine_directory/lock"
  flock -w 600 9 || fail "another run has kept the private engine for ten minutes"
  export DOCKER_HOST=unix://$engine_directory/docker.sock
  rm -f "$engine_directory/dockerd.pid"
  dockerd --host "$DOCKER_HOST" --data-root "$engine_directory/data" --exec-root "$engine_directory/run" --pidfile "$engine_directory/dockerd.pid" \
    --bridge none --iptables=false --ip6tables=false >"$log" 2>&1 9>&- &
  engine_pid=$!
  for _ in $(seq 300); do
    docker info >/dev/null 2>&1 && return
    kill -0 "$engine_pid" 2>/dev/null || { engine_pid=; skip "a private container engine cannot run here: $(tail -n 1 "$log")"; }
    sleep 0.2
  done
  fail "the private container engine does not answer; its log: $log"
}

stop_engine() {
  [ -n "$engine_pid" ] || return 0
  kill "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
}

# ---- Images

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# Gives the name of the base image.
base_image() {
  local root=$scratch/base
  [ "${PULL:-0}" != 1 ] || docker pull -q debian:bookworm-slim >/dev/null
  if has_image debian:bookworm-slim; then echo debian:bookworm-slim; return; fi
  if ! has_image pulsewatch-test/debian; then
    command -v debootstrap >/dev/null || skip "the engine has no debian:bookworm-slim, and there is no debootstrap to make one"
    debootstrap --variant=minbase bookworm "$root" >"$scratch/debootstrap.log" 2>&1 || fail "debootstrap failed: $(tail -n 5 "$scratch/debootstrap.log")"
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    tar -C "$root" -c . | docker import -c 'CMD ["bash"]' - pulsewatch-test/debian >/dev/null
    rm -rf "$root"
  fi
  echo pulsewatch-test/debian
}

# build TAG CONTEXT OPTION...: apt in it uses the network as the machine does.
build() {
  local tag=$1 context=$2 log
  shift 2
  log=$scratch/build-${tag//[^a-z0-9]/-}.log
  docker build --network host -t "$tag" "$@" "$context" >"$log" 2>&1 || { tail -n 40 "$log" >&2; fail "the image $tag cannot be built"; }
}

# Gives the name of the image to use for NAME, which is that of a folder under images/ with a stand-in: `server_image mysql mysql:8.4`.
server_image() {
  local folder=$1 real=$2 base
  [ "${PULL:-0}" != 1 ] || docker pull -q "$real" >/dev/null
  if has_image "$real"; then echo "$real"; return; fi
  base=$(base_image)
  build "pulsewatch-test/$folder" "$here/images/$folder" --build-arg "BASE=$base"
  echo "pulsewatch-test/$folder"
}

# Gives the name of the image of pulsewatch: IMAGE where that is set, else one of the programs of PULSEWATCH_BUILD, else (on another
# system than the image's, or with FULL=1) of what the Dockerfile compiles.
pulsewatch_image() {
  local base tag programs=${PULSEWATCH_BUILD:-$source_root/build/release}
  if [ -n "${IMAGE:-}" ]; then echo "$IMAGE"; return; fi
  base=$(base_image)
  if [ "${FULL:-0}" = 1 ] || ! grep -q '^VERSION_CODENAME=bookworm' /etc/os-release || [ ! -x "$programs/bin/pulsewatchd" ]; then
    tag=pulsewatch-test/full
    build "$tag" "$source_root" --build-arg "BASE=$base" ${JOBS:+--build-arg "JOBS=$JOBS"}
  else
    tag=pulsewatch-test/prebuilt
    lay_out "$programs" "$scratch/context/build/image"
    cp -r "$source_root/Dockerfile" "$source_root/.dockerignore" "$source_root/etc" "$scratch/context/"
    build "$tag" "$scratch/context" --build-arg "BASE=$base" --target prebuilt
  fi
  echo "$tag"
}

# lay_out BUILD FOLDER: the programs as they lie in the image.
lay_out() {
  install -D -t "$2/usr/bin" "$1/bin/pulsewatchd" "$1/bin/pulsewatchctl"
  install -D -m 644 -t "$2/usr/lib/pulsewatch/plugins" "$1"/plugins/*.so
  strip --strip-debug "$2"/usr/bin/* "$2"/usr/lib/pulsewatch/plugins/*
}

# ---- Plugins

# plugin NAME STATUS FILE: compiles one whose check NAME always has that status.
plugin() {
  cat >"$scratch/$1.cpp" <<CPP
#include <pulsewatch/plugin.h>
class Constant : public pulsewatch::Check {
 public:
  explicit Constant(pulsewatch::Setup&) {}
  pulsewatch::Result run(pulsewatch::Run&) override { return pulsewatch::$2("it is $2"); }
};
PULSEWATCH_PLUGIN(Constant, pulsewatch::Plugin("$1", "1.0.0", "Always $2").defaultCheck("$1"))
CPP
  g++ -std=c++17 -shared -fPIC -fvisibility=hidden -I "$source_root/sdk/include" "$scratch/$1.cpp" -o "$3" || fail "the plugin $1 cannot be compiled"
}
