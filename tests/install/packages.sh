#!/usr/bin/env bash
# Debian's packages: what is in them, what lintian says, and their life on a plain Debian without systemd: installed, run by hand, upgraded,
# removed, purged without a trace. systemd.sh has the service's.
# shellcheck source=tests/install/images.sh
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"
# shellcheck source=tests/install/debian.sh
source "$here/debian.sh"

# What the package holds, without directories. Whatever is added to the installation has to be meant.
files='
etc/pulsewatch/pulsewatch.d/README
etc/pulsewatch/pulsewatch.properties
lib/systemd/system/pulsewatch.service
usr/bin/pulsewatch-plugin-test
usr/bin/pulsewatchctl
usr/bin/pulsewatchd
usr/lib/pulsewatch/plugins/migrations.so
usr/lib/pulsewatch/plugins/mysql.so
usr/lib/pulsewatch/plugins/redis.so
usr/share/bash-completion/completions/pulsewatch-plugin-test
usr/share/bash-completion/completions/pulsewatchctl
usr/share/bash-completion/completions/pulsewatchd
usr/share/doc/pulsewatch/CHANGELOG.md.gz
usr/share/doc/pulsewatch/README.md.gz
usr/share/doc/pulsewatch/changelog.gz
usr/share/doc/pulsewatch/copyright
usr/share/man/man1/pulsewatch-plugin-test.1.gz
usr/share/man/man1/pulsewatchctl.1.gz
usr/share/man/man5/pulsewatch.properties.5.gz
usr/share/man/man8/pulsewatchd.8.gz
usr/share/zsh/vendor-completions/_pulsewatch-plugin-test
usr/share/zsh/vendor-completions/_pulsewatchctl
usr/share/zsh/vendor-completions/_pulsewatchd'
dev_files='
usr/bin/pulsewatch-new-plugin
usr/include/pulsewatch/abi.h
usr/include/pulsewatch/plugin.h
usr/include/pulsewatch/testing.h
usr/share/bash-completion/completions/pulsewatch-new-plugin
usr/share/cmake/pulsewatch-sdk/pulsewatch-sdk-config.cmake
usr/share/man/man1/pulsewatch-new-plugin.1.gz
usr/share/pkgconfig/pulsewatch-sdk.pc
usr/share/pulsewatch/template/c++/plugin.cpp
usr/share/zsh/vendor-completions/_pulsewatch-new-plugin'

listed() { dpkg-deb -c "$1" | awk '$1 !~ /^d/ { print substr($6, 3) }' | LC_ALL=C sort; }

check_contents() {
  local file found
  diff <(tail -n +2 <<<"$files" | LC_ALL=C sort) <(listed "$host_package") >&2 || fail "pulsewatch has other files than it should (left: those)"
  found=$(listed "$dev_package")
  for file in $dev_files; do grep -qxF "$file" <<<"$found" || fail "pulsewatch-dev lacks $file"; done
  for file in "$host_package" "$dev_package"; do
    found=$(dpkg-deb -c "$file" | grep -vE '^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--) root/root ') && fail "modes or owners of files are wrong: $found"
  done
  [ "$(dpkg-deb -I "$host_package" conffiles)" = "$(grep -E '^etc/' <<<"$files" | sed 's/^/\//')" ] || fail "the files in /etc are not all conffiles"
  found=$(needed_packages "$host_package" | tr '\n' ' ')
  for file in adduser libc6 libmariadb3 libpocofoundation80 libssl3 libstdc++6; do
    [[ " $found " == *" $file "* ]] || fail "pulsewatch doesn't depend on $file, only on $found"
  done
  [ "$(dpkg-deb -f "$dev_package" Architecture Depends Recommends)" = $'Architecture: all\nRecommends: pulsewatch' ] ||
    fail "pulsewatch-dev: $(dpkg-deb -f "$dev_package")"
  say "the packages hold what they should: $(du -k "$host_package" | cut -f 1) and $(du -k "$dev_package" | cut -f 1) KiB"
}

check_lintian() {
  command -v lintian >/dev/null || { echo 'skipped: installation: lintian is not there; install it'; return; }
  # Its hints, too, but for those: there is no init script; words in programs aren't all English; and a program without a buffer whose size the
  # compiler knows has no fortified function, with -D_FORTIFY_SOURCE either.
  lintian --allow-root --fail-on error,warning,info --display-info \
    --suppress-tags package-supports-alternative-init-but-no-init.d-script,spelling-error-in-binary,hardening-no-fortify-functions "$host_package" "$dev_package" >&2 ||
    fail "lintian found something"
  say "lintian has nothing to say"
}

inside_is() {  # inside_is EXPECTED COMMAND...
  local expected=$1 found
  shift
  found=$(inside "$@" 2>&1) || true
  [ "$found" = "$expected" ] || fail "\`$*\` gives '$found', not '$expected'"
}

install_packages() {  # install_packages FILE...: as an operator does; apt refuses a package whose dependencies are not there
  local file names=()
  for file in "$@"; do
    docker cp -q "$file" "$machine:/root/"
    names+=("/root/$(basename "$file")")
  done
  inside env DEBIAN_FRONTEND=noninteractive apt-get install -y "${names[@]}" >"$scratch/apt.log" 2>&1 || { cat "$scratch/apt.log" >&2; fail "the packages can't be installed"; }
  ! grep -iE '^(warning|error)|dpkg: (warning|error)|: not found' "$scratch/apt.log" >&2 || fail "the installation complains"
}

# Every file of the system with what dpkg could have done to it, but for what it and apt remember of any package.
snapshot() {
  inside find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /root -o -path /tmp -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache \
    -o -path /var/log -o -path /run/adduser \) -prune -o ! -name '*-' ! -path /etc/ld.so.cache ! -type d -printf '%p %M %u %g\n' -o -type d -printf '%p/ %M %u %g\n' | LC_ALL=C sort
  inside find /var/log /var/cache -name '*pulse*'
  inside cat /etc/passwd /etc/group /etc/shadow /etc/gshadow
}

probe() { docker exec "$machine" pulsewatchctl probe; }
answers() { probe >"$scratch/probe" || true; grep -q "$1" "$scratch/probe"; }

check_installed() {
  install_packages "$host_package" "$dev_package"
  inside_is "pulsewatchd $version" pulsewatchd --version
  inside_is 'pulsewatch:/nonexistent:/usr/sbin/nologin' sh -c 'getent passwd pulsewatch | cut -d: -f1,6,7'
  inside_is '640 root pulsewatch' stat -c '%a %U %G' /etc/pulsewatch/secret_key
  inside_is 64 sh -c 'wc -c </etc/pulsewatch/secret_key'
  inside_is '755 root root' stat -c '%a %U %G' /usr/local/lib/pulsewatch/plugins
  inside_is enabled sh -c 'test -L /etc/systemd/system/multi-user.target.wants/pulsewatch.service && echo enabled'
  inside sh -c 'setpriv --reuid=nobody --regid=nogroup --clear-groups cat /etc/pulsewatch/secret_key' >/dev/null 2>&1 && fail "anybody can read the secret key"
  secret=$(inside cat /etc/pulsewatch/secret_key)
  inside runuser -u pulsewatch -- env SECRET_KEY_FILE=/etc/pulsewatch/secret_key pulsewatchd --check-config=offline >"$scratch/checks" 2>&1 ||
    { cat "$scratch/checks" >&2; fail "the configuration of the package is not accepted"; }
  ! grep -q "$secret" "$scratch/checks" || fail "--check-config shows the secret key"
  for check in database redis; do grep -q "^$check " "$scratch/checks" || fail "there is no check $check in: $(cat "$scratch/checks")"; done
}

# What systemd would do. A plugin of the operator's crashes in it, and the crash is told with the names of functions.
check_running() {
  inside install -m 644 /root/crash.so /usr/local/lib/pulsewatch/plugins/
  docker exec -d "$machine" sh -c 'install -d -o pulsewatch -m 750 /run/pulsewatch /var/lib/pulsewatch &&
    exec runuser -u pulsewatch -- env SECRET_KEY_FILE=/etc/pulsewatch/secret_key PULSEWATCH_SHUTDOWN_DRAIN=0s pulsewatchd >/tmp/log 2>&1'
  wait_for 30 "it says that there is no database" answers 'MySQL connection refused at 127.0.0.1:3306'
  grep -q 'Redis connection refused at 127.0.0.1:6379' "$scratch/probe" || fail "the probe says: $(cat "$scratch/probe")"
  wait_for 30 "the crash of a plugin is logged" inside grep -q '"event":"worker_.*SIGSEGV' /tmp/log
  inside grep -m 1 SIGSEGV /tmp/log | grep -q 'in_the_plugin.*pulsewatch::HostedCheck[^ ]* in pulsewatchd' || fail "the crash is told without the names of functions: $(inside grep -m 1 SIGSEGV /tmp/log)"
  inside pulsewatchctl mute redis --for 1h --reason "state to keep" >/dev/null || fail "pulsewatchctl doesn't reach it"
  inside sh -c 'kill -TERM $(pidof pulsewatchd | tr " " "\n" | sort -n | head -n 1)'
  wait_for 15 "it stops" docker exec "$machine" sh -c '! pidof pulsewatchd'
  inside rm /usr/local/lib/pulsewatch/plugins/crash.so
  say "installed it runs, and says MySQL connection refused at 127.0.0.1:3306"
}

newer_configuration() { echo '# of the newer version' >>"${tree:?}/etc/pulsewatch/pulsewatch.properties"; }

check_upgrade() {
  another_version "$host_package" 99.0 "$scratch/newer.deb" newer_configuration
  install_packages "$scratch/newer.deb"
  inside_is 99.0 dpkg-query -W -f '${Version}' pulsewatch
  inside_is '# of the newer version' tail -n 1 /etc/pulsewatch/pulsewatch.properties
  inside_is "$secret" cat /etc/pulsewatch/secret_key
  inside sh -c 'echo "check.redis.critical = false" >>/etc/pulsewatch/pulsewatch.properties && echo "log.format = text" >/etc/pulsewatch/pulsewatch.d/mine.properties'
  another_version "$host_package" 99.1 "$scratch/newest.deb" newest_configuration
  docker cp -q "$scratch/newest.deb" "$machine:/root/"
  inside dpkg --force-confdef --force-confold -i /root/newest.deb >"$scratch/dpkg.log" 2>&1 || { cat "$scratch/dpkg.log" >&2; fail "it can't be upgraded"; }
  inside_is 99.1 dpkg-query -W -f '${Version}' pulsewatch
  inside_is 'check.redis.critical = false' tail -n 1 /etc/pulsewatch/pulsewatch.properties
  inside_is 'log.format = text' cat /etc/pulsewatch/pulsewatch.d/mine.properties
  inside_is "$secret" cat /etc/pulsewatch/secret_key
  say "an upgrade brings what the operator has not changed, and keeps what he has"
}

newest_configuration() { echo '# of the newest version' >>"${tree:?}/etc/pulsewatch/pulsewatch.properties"; }

dpkg_does() { inside dpkg "$@" >"$scratch/dpkg.log" 2>&1 || { cat "$scratch/dpkg.log" >&2; fail "dpkg $*"; }; }

check_gone() {
  dpkg_does --remove pulsewatch
  inside_is "$secret" cat /etc/pulsewatch/secret_key
  inside test ! -e /usr/local/lib/pulsewatch || fail "an empty plugin directory outlives the removal"
  inside test -e /var/lib/pulsewatch || fail "the state doesn't outlive the removal"
  dpkg_does --force-confold --install "/root/$(basename "$host_package")"
  inside_is "$secret" cat /etc/pulsewatch/secret_key
  inside touch /usr/local/lib/pulsewatch/plugins/operators.so
  dpkg_does --purge pulsewatch pulsewatch-dev
  inside rm /usr/local/lib/pulsewatch/plugins/operators.so || fail "the purge takes an operator's plugin"
  inside rmdir /usr/local/lib/pulsewatch/plugins /usr/local/lib/pulsewatch
  snapshot >"$scratch/after"
  diff "$scratch/before" "$scratch/after" >&2 || fail "a purge leaves this behind"
  say "a purge leaves nothing, and an operator's plugins alone"
}

crashing_plugin() {
  cat >"$scratch/crash.cpp" <<'CPP'
#include <csignal>
#include <pulsewatch/plugin.h>
class Crash : public pulsewatch::Check {
 public:
  explicit Crash(pulsewatch::Setup&) {}
  pulsewatch::Result run(pulsewatch::Run&) override { return in_the_plugin(); }
 private:
  [[gnu::noinline]] static pulsewatch::Result in_the_plugin() {
    std::raise(SIGSEGV);
    return pulsewatch::healthy("not reached");
  }
};
PULSEWATCH_PLUGIN(Crash, pulsewatch::Plugin("crash", "1.0.0", "Crashes").defaultCheck("crash"))
CPP
  g++ -std=c++17 -O0 -shared -fPIC -I "$source_directory/sdk/include" "$scratch/crash.cpp" -o "$scratch/crash.so" || fail "the plugin can't be compiled"
}

nothing_to_take_down() { [ "$1" -eq 0 ] || docker exec "$machine" tail -n 20 /tmp/log >&2; }

make_packages "$scratch/packages"
version=$(dpkg-deb -f "$host_package" Version)
check_contents
check_lintian
crashing_plugin
with_engine nothing_to_take_down
# shellcheck disable=SC2046
debian_image packages ca-certificates $(needed_packages "$host_package")
machine=$(docker run -d --network none "$image" sleep infinity)
ran+=("$machine")
docker cp -q "$scratch/crash.so" "$machine:/root/"
snapshot >"$scratch/before"
check_installed
check_running
check_upgrade
check_gone
say "the packages do what they say"
