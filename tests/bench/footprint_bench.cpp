#include "bench/host.h"
#include "bench/http_rows.h"
#include "bench/idle_connections.h"
#include "bench/nginx.h"
#include "bench/process_tree.h"
#include "bench/samples.h"
#include "bench/table.h"
#include "bench/wrk.h"

#include <chrono>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

namespace pulsewatch::bench {

namespace {

// All three shipped plugins have something to do: golang-migrate's table says what its directory says.
testing::PulsewatchOptions threePlugins(const Servers& servers) {
  servers.mariadb.sql("CREATE TABLE IF NOT EXISTS " + testing::MariaDbServer::database() +
                      ".schema_migrations (version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL)");
  servers.mariadb.sql("REPLACE INTO " + testing::MariaDbServer::database() + ".schema_migrations VALUES (1, FALSE)");
  testing::PulsewatchOptions options;
  options.files["site/1_begin.up.sql"] = "CREATE TABLE item (id INT);\n";
  options.config = "check.migrations.path = @DIR@/site\ncheck.migrations.mode = golang-migrate\nplugins.isolation = process\n";
  return options;
}

// After a start and some requests, idle.
void measureIdle(const Servers& servers, const Options& options, Table& aims) {
  const std::chrono::seconds idle(options.short_form ? 1 : 60);
  Host host(servers, threePlugins(servers));
  host.waitFor("/ready");
  if (host.get("/ready?verbose").body.find("\"migrations\"") == std::string::npos)
    throw std::runtime_error("there is no check of migrations");
  for (const char* path : {"/healthz", "/ready", "/metrics"}) runLoad({path, 8, true}, host.port(), host.pid(), std::chrono::seconds(1));
  std::this_thread::sleep_for(idle);  // so that threads have ended, and what a scrape needed is given back
  const Memory alone = memoryOfOne(host.pid());
  const Memory all = memoryOf(host.pid());
  host.stop();

  std::cout << "Memory, idle for " << idle.count() << " s after some requests: mysql, redis and migrations in workers, no TLS.\n"
            << std::flush;
  Table table({"", "resident, MiB", "shared pages divided, MiB", "written and its own, MiB"});
  table.add({"pulsewatchd", fixed(alone.resident_mib, 1), fixed(alone.proportional_mib, 1), fixed(alone.private_dirty_mib, 1)});
  table.add({"with its three workers", fixed(all.resident_mib, 1), fixed(all.proportional_mib, 1), fixed(all.private_dirty_mib, 1)});
  table.print();
  aims.add({"resident memory of the host, idle, plugins in workers, no TLS", "", fixed(alone.resident_mib, 1) + " MiB", "16 MiB at most"});
}

// What each of these connections adds to a server that has had a few before, in bytes.
double bytesAConnection(std::uint16_t port, pid_t pid, Memory (*memory)(pid_t), std::size_t number) {
  runLoad({"/healthz", 8, true}, port, pid, std::chrono::seconds(1));
  const double before = memory(pid).private_dirty_mib;
  const IdleConnections connections(port, "/healthz", number);
  const double after = memory(pid).private_dirty_mib;
  if (!connections.allOpen()) throw std::runtime_error("idle connections were closed while memory was read");
  return (after - before) * 1024 * 1024 / static_cast<double>(number);
}

void measureConnections(const Servers& servers, const Options& options, Table& aims) {
  const std::size_t number = options.short_form ? 20 : 2000;
  const int rounds = options.short_form ? 1 : 5;
  Samples ours;
  Samples theirs;
  Samples ratios;
  for (int round = 0; round < rounds; ++round) {
    Host host(servers);  // a new one each time: what was given back once is used again
    host.waitFor("/ready");
    const Nginx nginx({{"/healthz", host.get("/healthz")}});
    const double our_bytes = bytesAConnection(host.port(), host.pid(), memoryOfOne, number);
    const double their_bytes = bytesAConnection(nginx.port(), nginx.pid(), memoryOf, number);
    ours.add(our_bytes);
    theirs.add(their_bytes);
    ratios.add(our_bytes / their_bytes);
    host.stop();
  }
  std::cout << "Memory of an idle connection: " << number << " that have had one answer each, " << rounds
            << " times, a server started anew for each; by how much the pages grow that the server has written itself.\n"
            << std::flush;
  Table table({"pulsewatch, bytes", "nginx, bytes", "ratio"});
  table.add({shown(ours, 0), shown(theirs, 0), shown(ratios, 2)});
  table.print();
  aims.add({"memory of an idle connection", "nginx", shown(ratios, 2), "2 times at most"});
}

}  // namespace

void benchFootprint(const Options& options, Table& aims) {
  const Servers servers;
  measureIdle(servers, options, aims);
  measureConnections(servers, options, aims);
}

}  // namespace pulsewatch::bench
