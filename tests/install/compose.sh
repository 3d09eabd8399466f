#!/usr/bin/env bash
# docker-compose.yml in a checkout of an ordinary user: up until /ready is 200, the database stopped and started again, a plugin dropped in, a
# property edited. With LONG=1 the profile `monitoring` too: Prometheus scrapes it and has its rules.
# shellcheck source=tests/install/images.sh
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"

checkout=$scratch/checkout
user=1000
[ "$(id -u)" -eq 0 ] || user=$(id -u)

compose() { (cd "$checkout" && "${compose_command[@]}" -p "$project" -f docker-compose.yml -f images.yml --profile monitoring "$@"); }

take_down() {  # take_down EXIT-CODE
  [ -e "$checkout/images.yml" ] || return 0
  [ "$1" -eq 0 ] || { compose ps; compose logs --tail 20; } >&2
  compose down -v --remove-orphans >/dev/null 2>&1
}

find_compose() {
  if docker compose version >/dev/null 2>&1; then
    compose_command=(docker compose)
  elif command -v docker-compose >/dev/null; then
    compose_command=(docker-compose)
  else
    skip "there is no docker compose here"
  fi
}

# What a user has: the files, an own .env, and, where a real image is not to be had, its stand-in.
make_checkout() {
  local web db redis prometheus
  web=$(pulsewatch_image)
  db=$(server_image mysql mysql:8.4)
  redis=$(server_image redis redis:7)
  [ "${LONG:-0}" != 1 ] || prometheus=$(server_image prometheus prom/prometheus)
  mkdir "$checkout"
  cp -r "$source_directory/docker-compose.yml" "$source_directory/.env.example" "$source_directory/etc" "$checkout/"
  cat >"$checkout/images.yml" <<YAML
services:
  web: {image: "$web"}
  db: {image: "$db"}
  redis: {image: "$redis"}
YAML
  [ "${LONG:-0}" != 1 ] || echo "  prometheus: {image: \"$prometheus\"}" >>"$checkout/images.yml"
  sed -e "s/^PLUGINS_OWNER=.*/PLUGINS_OWNER=$user/" -e "s/^PULSEWATCH_PORT=.*/PULSEWATCH_PORT=$port/" \
    -e "s/^PROMETHEUS_PORT=.*/PROMETHEUS_PORT=$prometheus_port/" -e "s/^GRAFANA_PORT=.*/GRAFANA_PORT=$grafana_port/" "$checkout/.env.example" >"$checkout/.env"
  [ "$(id -u)" -ne 0 ] || chown -R "$user:$user" "$checkout"
  chmod 755 "$scratch"
}

as_user() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@"; else "$@"; fi; }

ready_is() { [ "$(curl -s -o "$scratch/ready" -w '%{http_code}' "http://127.0.0.1:$port/ready?verbose")" = "$1" ]; }
says() { curl -s "http://127.0.0.1:$port/ready?verbose" | grep -q "$1"; }
has_no() { ! says "$1"; }
state_is() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q "$1")")" = "$2" ]; }

check_up() {
  local begin=$SECONDS
  compose up -d --no-build web >"$scratch/up.log" 2>&1 || { cat "$scratch/up.log" >&2; fail "it doesn't come up"; }
  state_is db healthy || fail "web was started before db was healthy"
  wait_for 60 "/ready is 200" ready_is 200
  wait_for 60 "the container of web is healthy" state_is web healthy
  for part in database redis; do says "\"$part\":{\"status\":\"healthy\"" || fail "the check $part is not healthy: $(cat "$scratch/ready")"; done
  docker network inspect -f '{{.Driver}}' "${project}_pulsewatch_network" | grep -qx bridge || fail "there is no bridge pulsewatch_network"
  docker volume inspect "${project}_mysql_data" >/dev/null || fail "there is no volume mysql_data"
  say "ready $((SECONDS - begin)) s after \`up\`"
}

check_database() {
  compose stop db >/dev/null 2>&1
  wait_for 30 "/ready is 503 without the database" ready_is 503
  grep -q '"database":{"status":"unhealthy"' "$scratch/ready" || fail "without the database /ready says: $(cat "$scratch/ready")"
  compose start db >/dev/null 2>&1
  wait_for 60 "/ready is 200 again with the database" ready_is 200
  say "503 while the database was stopped, 200 after"
}

check_plugin() {
  plugin dropped unhealthy "$scratch/dropped.so"
  as_user install -m 644 "$scratch/dropped.so" "$checkout/etc/plugins.d/dropped.so"
  wait_for 30 "the check of a plugin that was dropped in votes" ready_is 503
  grep -q '"dropped":{"status":"unhealthy"' "$scratch/ready" || fail "with the plugin /ready says: $(cat "$scratch/ready")"
  rm "$checkout/etc/plugins.d/dropped.so"
  wait_for 30 "/ready is 200 when the plugin has gone" ready_is 200
  has_no '"dropped"' || fail "the check of a plugin that has gone is still there"
  say "a plugin that was dropped in votes, until it is removed"
}

check_property() {
  says '"redis":{[^}]*"critical":true' || fail "redis is not critical at first"
  echo 'check.redis.critical = false' >>"$checkout/etc/pulsewatch.properties"
  wait_for 30 "an edited property takes effect" says '"redis":{[^}]*"critical":false'
  say "an edited property took effect"
}

# One number, which is what a query gives.
prometheus_says() {
  curl -sG "http://127.0.0.1:$prometheus_port/api/v1/query" --data-urlencode "query=$1" | grep -q "\"value\":\[[0-9.]*,\"$2\"\]"
}

check_monitoring() {
  compose up -d --no-build prometheus >"$scratch/up.log" 2>&1 || { cat "$scratch/up.log" >&2; fail "Prometheus doesn't come up"; }
  wait_for 90 "Prometheus scrapes it" prometheus_says 'up{job="pulsewatch",instance="web:8080"}' 1
  wait_for 90 "Prometheus evaluates the rules" prometheus_says 'pulsewatch:ready:ratio' 1
  say "Prometheus scrapes it and evaluates its rules"
}

# Debian has no Grafana to make a stand-in of.
check_grafana() {
  [ "${PULL:-0}" != 1 ] || docker pull -q grafana/grafana >/dev/null
  has_image grafana/grafana || { echo 'skipped: installation: Grafana: the engine has no image grafana/grafana'; return; }
  compose up -d --no-build grafana >"$scratch/up.log" 2>&1 || { cat "$scratch/up.log" >&2; fail "Grafana doesn't come up"; }
  wait_for 120 "Grafana has the dashboard" grafana_has_dashboard
  say "Grafana has the dashboard"
}

grafana_has_dashboard() {
  curl -s -K - "http://127.0.0.1:$grafana_port/api/search?query=pulsewatch" <<<"user = \"admin:$(sed -n 's/^GRAFANA_PASSWORD=//p' "$checkout/.env")\"" |
    grep -q '"type":"dash-db"'
}

find_compose
command -v curl >/dev/null || skip "there is no curl here"
port=$(free_port)
prometheus_port=$(free_port)
grafana_port=$(free_port)
project=pulsewatch-test-$$
with_engine take_down
make_checkout
check_up
check_database
check_plugin
check_property
if [ "${LONG:-0}" = 1 ]; then
  check_monitoring
  check_grafana
fi
say "docker-compose.yml does what it says"
