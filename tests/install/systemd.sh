#!/usr/bin/env bash
# Debian's package under a real systemd, with a real MariaDB and Redis: installed it is at work, watched, sandboxed and told of; reloaded,
# killed, hung, misconfigured, stopped, upgraded and purged it does as it says, by the README's commands. PACKAGE=FILE takes one that is there.
# shellcheck source=tests/install/images.sh
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"
# shellcheck source=tests/install/debian.sh
source "$here/debian.sh"

servers=(mariadb-server redis-server)
file=/etc/pulsewatch/pulsewatch.properties

take_down() {  # take_down EXIT-CODE
  [ "$1" -ne 0 ] && [ -n "${machine:-}" ] || return 0
  { inside systemctl status --no-pager --full pulsewatch; inside journalctl --no-pager -u pulsewatch -n 40 -o cat; } >&2
}

property() { inside systemctl show -p "$1" --value pulsewatch; }
property_is() { [ "$(property "$1")" = "$2" ]; }
status_is() { property_is StatusText "$1"; }
is_active() { [ "$(inside systemctl is-active pulsewatch)" = "$1" ]; }
answer() { inside curl -s "http://127.0.0.1:8080$1"; }
ready_is() { [ "$(inside curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/ready)" = "$1" ]; }
says() { answer /ready | grep -qF "$1"; }
journal_has() { inside journalctl --no-pager -o cat -u pulsewatch | grep -F "$1" >/dev/null; }  # all of it is read: no broken pipe
workers() { inside pulsewatchctl plugins | awk '$4 ~ /^[0-9]+$/ { print $4 }'; }

# The commands of the README's section. `as_written START` runs the one that begins so, as it stands there; root needs no sudo.
mapfile -t written < <(sed -n '/^## As a Debian package$/,/^## In/p' "$source_directory/README.md" | sed -n '/^```sh$/,/^```$/{/^```/d; s/ *#.*//; p}')
as_written() {
  local at
  for at in "${!written[@]}"; do
    [[ ${written[at]} == "$1"* ]] || continue
    docker exec -e DEBIAN_FRONTEND=noninteractive -w /root "$machine" sh -c "sudo() { \"\$@\"; }; ${written[at]}" >"$scratch/output" 2>&1 ||
      { cat "$scratch/output" >&2; fail "the README's \`${written[at]}\` fails"; }
    unset "written[at]"
    return
  done
  fail "the README has no command \`$1\`"
}
output_has() { grep -qF "$1" "$scratch/output" || { cat "$scratch/output" >&2; fail "the README's command doesn't say \`$1\`"; }; }

# set_up NAME LINE...: what an operator gives the unit by `systemctl edit`; with no line it is taken away.
set_up() {
  local name=$1
  shift
  if [ $# -gt 0 ]; then
    printf '%s\n' '[Service]' "$@" | docker exec -i "$machine" sh -c "mkdir -p /etc/systemd/system/pulsewatch.service.d && cat >/etc/systemd/system/pulsewatch.service.d/$name.conf"
  else
    inside rm "/etc/systemd/system/pulsewatch.service.d/$name.conf"
  fi
  inside systemctl daemon-reload
}

# configure LINE...: what is in a drop-in of the configuration.
configure() { printf '%s\n' "$@" | docker exec -i "$machine" sh -c 'cat >/etc/pulsewatch/pulsewatch.d/50-test.properties'; }

check_installed() {
  as_written 'sudo apt-get install ./build/package/pulsewatch_'
  is_active active || fail "the service is not active after the installation: $(inside systemctl is-active pulsewatch)"
  property_is Type notify || fail "the unit is not of Type=notify"
  [ "$(inside systemctl is-enabled pulsewatch)" = enabled ] || fail "the service is not enabled"
  ready_is 503 || fail "/ready is not 503 without servers"
  says 'MySQL connection refused at 127.0.0.1:3306' || fail "/ready doesn't say what is wrong: $(answer /ready)"
  local status='not ready: database: MySQL connection refused at 127.0.0.1:3306; redis: Redis connection refused at 127.0.0.1:6379'
  wait_for 10 "systemctl status says why it is not ready" status_is "$status"
  as_written 'systemctl status pulsewatch'
  output_has "Status: \"$status\""
  as_written 'curl'
  output_has 'MySQL connection refused at 127.0.0.1:3306'
  say "installed: active, and not ready because there is no server"
}

check_servers() {
  # As its installation does, which could not while the image was made.
  inside sh -c '[ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql --skip-test-db' >"$scratch/mariadb.log" 2>&1 ||
    { cat "$scratch/mariadb.log" >&2; fail "MariaDB has no data directory"; }
  inside systemctl start mariadb redis-server || fail "MariaDB and Redis don't start in the container"
  inside mariadb -e "CREATE DATABASE pulsewatch; CREATE USER pulsewatch@'127.0.0.1'; CREATE USER pulsewatch@localhost; GRANT ALL ON pulsewatch.* TO pulsewatch@'127.0.0.1', pulsewatch@localhost"
  wait_for 30 "ready with MariaDB and Redis" ready_is 200
  wait_for 10 "systemctl status says that it is ready" status_is 'ready, 2 checks'
  inside systemctl stop mariadb
  wait_for 10 "not ready without MariaDB" ready_is 503
  wait_for 10 "systemctl status says why" status_is 'not ready: database: MySQL connection refused at 127.0.0.1:3306'
  inside systemctl start mariadb
  wait_for 30 "ready again" ready_is 200
  wait_for 10 "systemctl status says so" status_is 'ready, 2 checks'
  say "the verdict follows MariaDB, and systemctl status the verdict"
}

check_secret() {
  local key pid
  key=$(inside cat /etc/pulsewatch/secret_key)
  [ ${#key} -ge 50 ] || fail "the secret key has ${#key} characters"
  pid=$(property MainPID)
  inside cat "/proc/$pid/environ" | tr '\0' '\n' | grep -qx 'SECRET_KEY_FILE=/run/credentials/pulsewatch.service/secret_key' ||
    fail "the key is not handed over as a credential"
  [ "$(inside cat /run/credentials/pulsewatch.service/secret_key)" = "$key" ] || fail "the credential is not the key"
  inside sh -c "cat /proc/$pid/environ /proc/$pid/cmdline; systemctl show pulsewatch; journalctl --no-pager" | grep -aqF "$key" &&
    fail "the key shows in the environment, the arguments, the unit or the journal"
  inside setpriv --reuid nobody --regid nogroup --clear-groups cat /etc/pulsewatch/secret_key >/dev/null 2>&1 && fail "others can read the key"
  say "the key is a credential, and shows nowhere"
}

# Of every process of the service, by what the kernel says.
check_sandbox() {
  local pid count=0
  inside systemd-analyze security --offline=true --no-pager --threshold=11 /lib/systemd/system/pulsewatch.service >"$scratch/security" ||
    fail "its exposure is above 1.1: $(tail -n 1 "$scratch/security")"
  for pid in $(inside cat "/sys/fs/cgroup$(property ControlGroup)/cgroup.procs" 2>/dev/null || inside cat "/sys/fs/cgroup/systemd$(property ControlGroup)/cgroup.procs"); do
    count=$((count + 1))
    inside cat "/proc/$pid/status" >"$scratch/status"
    local what
    for what in 'NoNewPrivs:	1' 'Seccomp:	2' 'CapEff:	0000000000000000' 'CapBnd:	0000000000000000'; do
      grep -qx "$what" "$scratch/status" || fail "process $pid is not sandboxed: no '$what'"
    done
    inside setpriv --reuid pulsewatch --regid pulsewatch --clear-groups cat "/proc/$pid/environ" >/dev/null 2>&1 &&
      fail "process $pid can be looked into by its own user"
    grep -q "^Uid:	$(inside id -u pulsewatch)	" "$scratch/status" || fail "process $pid is not of the user pulsewatch"
    [ "$(inside readlink "/proc/$pid/ns/user")" != "$(inside readlink /proc/1/ns/user)" ] || fail "process $pid has the machine's users"
    inside test ! -e "/proc/$pid/root/home/anybody" || fail "process $pid sees /home"
  done
  [ "$count" -ge 3 ] || fail "the service has $count processes: its workers are missing"
  [ "$(workers | wc -l)" -eq 2 ] || fail "not each of the two plugins has a worker: $(inside pulsewatchctl plugins)"
  for pid in $(workers); do
    inside grep -q 'Max data size  *268435456 ' "/proc/$pid/limits" || fail "worker $pid has no limit of memory"
  done
  inside setpriv --reuid pulsewatch --regid pulsewatch --clear-groups pulsewatchctl drain >"$scratch/told" 2>&1 &&
    fail "a process of the service's user, as plugins are, may use the control socket"
  grep -q 'may be a plugin.s; start pulsewatchctl as root' "$scratch/told" || fail "why it may not is not said: $(cat "$scratch/told")"
  inside pulsewatchctl mute redis --for 1m --reason "the state is writable" >/dev/null || fail "its state can't be written"
  inside pulsewatchctl unmute redis >/dev/null
  [ "$(answer /metrics | grep -c '^process_start_time_seconds ')" -eq 1 ] || fail "/proc is not what the metrics need"
  say "$(tail -n 1 "$scratch/security" | grep -oE 'exposure level.*[0-9.]+'), of $count processes"
}

check_plugin() {
  plugin dropped unhealthy "$scratch/dropped.so"
  docker cp -q "$scratch/dropped.so" "$machine:/root/dropped.so"
  inside install -m 644 /root/dropped.so /usr/local/lib/pulsewatch/plugins/
  wait_for 30 "a plugin that was dropped in votes" says '"dropped":{"status":"unhealthy"'
  wait_for 10 "systemctl status says so" status_is 'not ready: dropped: it is unhealthy'
  inside rm /usr/local/lib/pulsewatch/plugins/dropped.so
  wait_for 30 "ready when it has gone" ready_is 200
  say "a plugin that was dropped in votes, until it is removed"
}

check_reload() {
  local pid
  pid=$(property MainPID)
  configure 'check.redis.critical = false'
  as_written 'sudo systemctl reload pulsewatch'
  answer '/ready?verbose' | grep -q '"redis":{[^}]*"critical":false' || fail "the reload did not take effect: $(answer '/ready?verbose')"
  configure 'http.adress = ::1'
  inside systemctl reload pulsewatch 2>/dev/null && fail "systemctl reload is content with a mistake"
  as_written 'journalctl -u pulsewatch'
  output_has '50-test.properties:1: http.adress: unknown key; did you mean http.address?'
  is_active active || fail "a mistake ended it: $(inside systemctl is-active pulsewatch)"
  wait_for 10 "status as before" status_is 'ready, 2 checks'
  inside kill -HUP "$pid"
  wait_for 10 "the mistake again" sh -c "[ \$(docker exec $machine journalctl --no-pager -o cat -u pulsewatch | grep -c config_mistake) -ge 2 ]"
  wait_for 10 "active after a refused SIGHUP" is_active active
  inside rm /etc/pulsewatch/pulsewatch.d/50-test.properties
  inside systemctl reload pulsewatch || fail "systemctl reload fails after the mistake was taken away"
  { property_is MainPID "$pid" && property_is NRestarts 0; } || fail "a reload has restarted it"
  say "systemctl reload takes effect, and with a mistake says it and changes nothing"
}

# What the sandbox keeps from it, an operator gives back as the unit says.
check_given_back() {
  inside sh -c 'echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start' || fail "the container's ports can't be as a machine's are"
  configure 'plugins.owners = root,games' 'http.port = 80'
  inside install -m 644 -o games -g games /root/dropped.so /usr/local/lib/pulsewatch/plugins/
  inside systemctl restart pulsewatch 2>/dev/null && fail "it may have a port below 1024 in its sandbox"
  property_is ExecMainStatus 69 || fail "without the right to the port it ended with $(property ExecMainStatus), not 69"
  wait_for 10 "tried again" sh -c "[ \$(docker exec $machine systemctl show -p NRestarts --value pulsewatch) -ge 1 ]"
  configure 'plugins.owners = root,games'
  wait_for 20 "active again" is_active active
  wait_for 20 "the refusal says what the sandbox does" journal_has 'PrivateUsers=yes every other user is this one'
  configure 'plugins.owners = root,games' 'http.port = 80'
  set_up given PrivateUsers=no CapabilityBoundingSet=CAP_NET_BIND_SERVICE AmbientCapabilities=CAP_NET_BIND_SERVICE
  inside systemctl restart pulsewatch || fail "it doesn't start with port 80"
  wait_for 20 "it answers at port 80, with another user's plugin" sh -c "docker exec $machine curl -s http://127.0.0.1/ready | grep -q '\"dropped\"'"
  set_up given
  inside rm /etc/pulsewatch/pulsewatch.d/50-test.properties /usr/local/lib/pulsewatch/plugins/dropped.so
  inside systemctl restart pulsewatch
  wait_for 30 "ready in its sandbox again" ready_is 200
  say "given the right, it has port 80 and another user's plugin"
}

is_new() { [ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" != 0 ] && is_active active; }

check_killed() {
  local pid old
  pid=$(property MainPID)
  old=$(workers)
  inside kill -9 "$pid"
  wait_for 30 "restarted after kill -9" is_new "$pid"
  property_is NRestarts 1 || fail "it was restarted $(property NRestarts) times"
  for pid in $old; do inside test ! -e "/proc/$pid" || fail "worker $pid has outlived the host"; done
  wait_for 30 "ready after kill -9" ready_is 200
  say "kill -9: restarted, and ready again"
}

# A thread that makes no step, which nothing but the watchdog finds out.
check_hung() {
  local name pid begin
  cc -O1 -o "$scratch/stop-thread" "$here/stop_thread.c" || fail "stop_thread.c can't be compiled"
  docker cp -q "$scratch/stop-thread" "$machine:/root/stop-thread"
  set_up watchdog WatchdogSec=2s
  inside systemctl restart pulsewatch
  for name in pw-scheduler pw-judge pw-log pw-http; do
    pid=$(property MainPID)
    begin=$SECONDS
    docker exec -d "$machine" /root/stop-thread "$pid" "$name"
    wait_for 30 "restarted when $name hangs" is_new "$pid"
    wait_for 30 "ready after $name hung" ready_is 200
    say "$name hung: restarted within $((SECONDS - begin)) s"
  done
  inside journalctl --no-pager -o cat | grep -c 'Watchdog timeout' | grep -qx 4 || fail "it was not the watchdog that restarted it"
  set_up watchdog
  inside systemctl restart pulsewatch
}

check_misconfigured() {
  configure 'http.adress = ::1'
  inside systemctl restart pulsewatch 2>/dev/null && fail "it starts with a mistake in its configuration"
  wait_for 10 "failed with a mistake" is_active failed
  property_is ExecMainStatus 78 || fail "it ended with $(property ExecMainStatus), not 78"
  property_is NRestarts 0 || fail "it was started again with the same mistake"
  inside rm /etc/pulsewatch/pulsewatch.d/50-test.properties
  inside systemctl start pulsewatch
  wait_for 30 "ready without the mistake" ready_is 200
  say "a mistake in the configuration: failed with 78, and not tried again"
}

check_stopped() {
  local group begin
  group=$(property ControlGroup)
  begin=$SECONDS
  inside systemctl stop pulsewatch
  [ $((SECONDS - begin)) -le 8 ] || fail "it took $((SECONDS - begin)) s to stop, with 5 s of drain"
  { property_is Result success && property_is ExecMainStatus 0; } || fail "it did not stop cleanly: $(property Result), $(property ExecMainStatus)"
  is_active inactive || fail "it is $(inside systemctl is-active pulsewatch) when it was stopped"
  [ -z "$(inside pgrep pulsewatch)" ] || fail "processes are left in $group"
  inside test ! -e /run/pulsewatch || fail "/run/pulsewatch is left"
  # A drain that is longer than systemd would wait.
  configure 'shutdown.drain = 4s'
  set_up stop TimeoutStopSec=1s
  inside systemctl start pulsewatch
  wait_for 30 "started" ready_is 200
  inside systemctl stop pulsewatch
  property_is Result success || fail "a drain that is longer than TimeoutStopSec= is cut off: $(property Result)"
  set_up stop
  inside rm /etc/pulsewatch/pulsewatch.d/50-test.properties
  inside systemctl start pulsewatch
  wait_for 30 "ready" ready_is 200
  say "systemctl stop: drained, clean and quick"
}

dpkg_does() { inside dpkg "$@" >"$scratch/dpkg.log" 2>&1 || { cat "$scratch/dpkg.log" >&2; fail "dpkg $*"; }; }

check_upgraded() {
  local pid
  pid=$(property MainPID)
  another_version "$host_package" 99.0 "$scratch/newer.deb"
  docker cp -q "$scratch/newer.deb" "$machine:/root/newer.deb"
  inside sed -i '$ a # mine' $file
  dpkg_does --unpack --force-confold /root/newer.deb
  { property_is MainPID "$pid" && is_active active && ready_is 200; } || fail "the old program does not run until the new one is there"
  dpkg_does --configure --force-confold pulsewatch
  is_new "$pid" || fail "the upgrade did not restart it"
  inside grep -qx '# mine' $file || fail "the upgrade has lost a changed configuration"
  wait_for 30 "ready after the upgrade" ready_is 200
  say "upgraded: the new program, the old configuration"
}

check_purged() {
  as_written 'sudo apt-get purge pulsewatch'
  [ -z "$(inside pgrep pulsewatch)" ] || fail "the purged program runs"
  inside systemctl cat pulsewatch >/dev/null 2>&1 && fail "the unit is left"
  local left
  for left in /etc/pulsewatch /var/lib/pulsewatch /var/log/pulsewatch /run/pulsewatch /usr/lib/pulsewatch /usr/local/lib/pulsewatch; do
    inside test ! -e $left || fail "$left is left after a purge"
  done
  say "purged: nothing is left"
}

with_engine take_down
host_package=${PACKAGE:-}
[ -n "$host_package" ] || make_packages "$scratch/packages"
# shellcheck disable=SC2046
debian_image systemd systemd systemd-sysv dbus curl procps adduser "${servers[@]}" $(needed_packages "$host_package")
boot SYS_PTRACE
inside mkdir -p /home/anybody /root/build/package
docker cp -q "$host_package" "$machine:/root/build/package/"
inside sh -c 'echo "APT::Get::Assume-Yes true;" >/etc/apt/apt.conf.d/tests'
check_installed
check_servers
check_secret
check_sandbox
check_plugin
check_reload
check_killed
check_hung
check_misconfigured
check_given_back
check_stopped
check_upgraded
check_purged
[ "${written[*]}" = './dev package' ] || fail "these commands of the README were not tried: ${written[*]}"  # that one is what the package is of
say "the package under systemd does what it says"
