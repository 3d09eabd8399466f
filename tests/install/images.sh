# Images for the tests of the container, and what those tests share beyond engine.sh. To be sourced.
#
# What the engine has is taken (with PULL=1 it gets them first). Where it lacks one, a stand-in is made of Debian's packages and named
# pulsewatch-test/…, never as the real one is.
# shellcheck shell=bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/install/engine.sh
source "$here/engine.sh"
scratch=$(mktemp -d /var/tmp/pulsewatch-container.XXXXXX)

say() { printf '%s\n' "$*"; }

# wait_for SECONDS WHAT COMMAND...: fails, with what did not come, when the command doesn't come to succeed.
wait_for() {
  local seconds=$1 what=$2
  shift 2
  wait_until "$seconds" "$@" || fail "$what: not within $seconds s"
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

# with_engine FUNCTION: starts the engine; the function takes down what the test made in it, and is given the exit code.
with_engine() {
  docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0
  mkdir -p "$source_directory/build/install"
  start_engine
  # shellcheck disable=SC2064
  trap "clean_up $1 \$?" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

clean_up() {
  trap - EXIT
  "$1" "$2" || true
  stop_engine
  rm -rf "$scratch"
  exit "$2"
}

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# Gives the name of the base image. In the functions that give a name, skip speaks on standard error, for the name is on the output.
base_image() {
  local tree=$scratch/base
  [ "${PULL:-0}" != 1 ] || docker pull -q debian:bookworm-slim >/dev/null
  if has_image debian:bookworm-slim; then echo debian:bookworm-slim; return; fi
  if ! has_image pulsewatch-test/debian; then
    [ "$(id -u)" -eq 0 ] || skip "the engine has no debian:bookworm-slim, and only root can make one" >&2
    command -v debootstrap >/dev/null || skip "the engine has no debian:bookworm-slim, and there is no debootstrap to make one" >&2
    debootstrap --variant=minbase bookworm "$tree" >"$scratch/debootstrap.log" 2>&1 || fail "debootstrap: $(tail -n 5 "$scratch/debootstrap.log")"
    rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
    tar -C "$tree" -c . | docker import -c 'CMD ["bash"]' - pulsewatch-test/debian >/dev/null
    rm -rf "$tree"
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

# server_image FOLDER IMAGE: gives the name of the image to use, for `server_image mysql mysql:8.4`; the folder, below images/, makes the stand-in.
server_image() {
  local base
  [ "${PULL:-0}" != 1 ] || docker pull -q "$2" >/dev/null
  if has_image "$2"; then echo "$2"; return; fi
  base=$(base_image)
  build "pulsewatch-test/$1" "$here/images/$1" --build-arg "BASE=$base"
  echo "pulsewatch-test/$1"
}

# Gives the name of the image of pulsewatch: IMAGE where that is set, else one of the programs that are built, in PULSEWATCH_BUILD, else (on
# another system than the image's, or with FULL=1) of what the Dockerfile compiles.
pulsewatch_image() {
  local base programs=${PULSEWATCH_BUILD:-$source_directory/build/release}
  if [ -n "${IMAGE:-}" ]; then echo "$IMAGE"; return; fi
  base=$(base_image)
  if [ "${FULL:-0}" = 1 ] || ! grep -q '^VERSION_CODENAME=bookworm' /etc/os-release || [ ! -x "$programs/bin/pulsewatchd" ]; then
    build pulsewatch-test/full "$source_directory" --build-arg "BASE=$base" ${JOBS:+--build-arg "JOBS=$JOBS"}
    echo pulsewatch-test/full
    return
  fi
  build pulsewatch-test/runtime "$source_directory" --build-arg "BASE=$base" --target runtime
  lay_out "$programs" "$scratch/image"
  build pulsewatch-test/prebuilt "$scratch/image" -f - <<<$'FROM pulsewatch-test/runtime\nCOPY . /'
  echo pulsewatch-test/prebuilt
}

# lay_out BUILD FOLDER: the programs as they lie in the image.
lay_out() {
  install -D -t "$2/usr/bin" "$1/bin/pulsewatchd" "$1/bin/pulsewatchctl"
  install -D -m 644 -t "$2/usr/lib/pulsewatch/plugins" "$1"/plugins/*.so
  strip --strip-debug "$2"/usr/bin/* "$2"/usr/lib/pulsewatch/plugins/*
}

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
  g++ -std=c++17 -shared -fPIC -fvisibility=hidden -I "$source_directory/sdk/include" "$scratch/$1.cpp" -o "$3" ||
    fail "the plugin $1 cannot be compiled"
}
