#!/usr/bin/env bash
# The image: its size, its labels, and that it runs as an ordinary user on a read-only root file system, is found healthy and unhealthy by its
# health check, and stops cleanly. FULL=1 compiles it as the Dockerfile does; IMAGE=NAME looks at one that is there.
# shellcheck source=tests/install/images.sh
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"

most_bytes=$((120 * 1000 * 1000))
container=pulsewatch-test-$$

remove_container() {  # remove_container EXIT-CODE
  [ "$1" -eq 0 ] || docker logs "$container" 2>&1 | tail -n 30 >&2
  docker rm -f -v "$container" >/dev/null 2>&1
}

inspect() { docker inspect -f "$1" "$container"; }
is() { [ "$(inspect "$1")" = "$2" ]; }

check_image() {
  local base size user
  base=$(base_image)
  size=$(($(docker image inspect -f '{{.Size}}' "$image") - $(docker image inspect -f '{{.Size}}' "$base")))
  [ "$size" -lt "$most_bytes" ] || fail "the image is $size bytes larger than its base, more than $most_bytes"
  say "$((size / 1000000)) MB over its base"
  user=$(docker image inspect -f '{{.Config.User}}' "$image")
  [[ $user =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || fail "the image's user is '$user', not a number above 0"
  local label
  for label in title description licenses version revision created base.name; do
    docker image inspect -f '{{range $key, $value := .Config.Labels}}{{println $key}}{{end}}' "$image" | grep -qx "org.opencontainers.image.$label" ||
      fail "the image has no label org.opencontainers.image.$label"
  done
  [ "pulsewatchd $(docker image inspect -f '{{index .Config.Labels "org.opencontainers.image.version"}}' "$image")" = "$(docker run --rm "$image" --version)" ] ||
    fail "the label of the version is not the program's: $(docker run --rm "$image" --version)"
}

# start_container OPTION...: without a network.
start_container() {
  docker run -d --name "$container" --read-only --cap-drop ALL --security-opt no-new-privileges --network none \
    --health-interval 1s --health-start-period 0s --health-retries 2 \
    -e SECRET_KEY="$(printf 's%.0s' $(seq 50))" -e DJANGO_SETTINGS_MODULE=core.settings.prod -e PULSEWATCH_SHUTDOWN_DRAIN=0s \
    "$@" "$image" >/dev/null
}

control() { docker exec "$container" pulsewatchctl "$@"; }

check_unhealthy() {
  start_container -e DATABASE_URL=mysql://u:p@127.0.0.1:1/d -e REDIS_URL=redis://127.0.0.1:1/0
  wait_for 60 "the health check finds it unhealthy" is '{{.State.Health.Status}}' unhealthy
  docker inspect -f '{{range .State.Health.Log}}{{.Output}}{{end}}' "$container" | grep -q 'MySQL connection refused at 127.0.0.1:1' ||
    fail "the health check doesn't say why"
  docker rm -f -v "$container" >/dev/null
}

check_healthy() {
  # A check that passes is what it is ready by: the shipped plugins, which would want servers, are left out.
  start_container -e PULSEWATCH_PLUGINS_DIRECTORIES=/opt -v "$scratch/plugins:/opt:ro"
  wait_for 60 "the health check finds it healthy" is '{{.State.Health.Status}}' healthy
  control status | grep -q fine || fail "pulsewatchctl doesn't reach the daemon: $(control status)"
  control mute fine --for 1h --reason "the state is writable" >/dev/null
  docker exec "$container" sh -c 'touch /here 2>/dev/null' && fail "the root file system is writable"
  [ "$(docker exec "$container" id -u)" != 0 ] || fail "it runs as root"
  docker stop -t 10 "$container" >/dev/null
  is '{{.State.ExitCode}}' 0 || fail "it did not stop cleanly: exit code $(inspect '{{.State.ExitCode}}')"
  docker start "$container" >/dev/null
  wait_for 60 "healthy again after a restart" is '{{.State.Health.Status}}' healthy
  control mutes | grep -q 'the state is writable' || fail "a mute did not outlive the restart"
}

make_plugin() {
  mkdir "$scratch/plugins"
  chmod 755 "$scratch" "$scratch/plugins"
  plugin fine healthy "$scratch/plugins/fine.so"
}

with_engine remove_container
make_plugin
image=$(pulsewatch_image)
check_image
check_unhealthy
check_healthy
say "the image is as it should be"
