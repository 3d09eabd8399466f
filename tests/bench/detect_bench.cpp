#include "bench/haproxy.h"
#include "bench/host.h"
#include "bench/parts.h"
#include "bench/samples.h"
#include "bench/table.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch::bench {

namespace {

using Moment = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds kPatience{60};

// Asks until there is an answer of this status, a millisecond apart; when that was.
Moment whenStatus(std::uint16_t port, const std::string& path, int status) {
  const testing::HttpClient client(port);
  const Moment begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < kPatience) {
    try {
      if (client.get(path).status == status) return std::chrono::steady_clock::now();
    } catch (const Poco::Exception&) {  // NOLINT(bugprone-empty-catch): a busy machine; it is asked again
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw std::runtime_error(path + " on port " + std::to_string(port) + " never answers " + std::to_string(status));
}

// Connects until somebody accepts, a millisecond apart; when that was.
Moment whenAccepted(std::uint16_t port) {
  const Moment begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < kPatience) {
    try {
      const Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", port));
      return std::chrono::steady_clock::now();
    } catch (const Poco::Exception&) {  // NOLINT(bugprone-empty-catch): not yet
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw std::runtime_error("nobody comes to accept on port " + std::to_string(port));
}

// Of one server, by one of the two who look at it.
struct Times {
  Samples down_ms;
  Samples up_ms;
};

struct Subject {
  std::uint16_t port;
  std::string path;
  Times times;
};

double msBetween(Moment from, Moment to) { return std::chrono::duration<double, std::milli>(to - from).count(); }

// All at once: the subjects are asked by a thread each, so that none waits for the other.
template <class Server>
void killAndRestart(Server& server, const std::vector<Subject*>& subjects) {
  const auto watch = [&subjects](int status) {
    std::vector<std::future<Moment>> moments;
    for (const Subject* subject : subjects)
      moments.push_back(std::async(std::launch::async, whenStatus, subject->port, subject->path, status));
    return moments;
  };
  std::vector<std::future<Moment>> down = watch(503);
  const Moment killed = std::chrono::steady_clock::now();
  server.kill();
  for (std::size_t i = 0; i < subjects.size(); ++i) subjects[i]->times.down_ms.add(msBetween(killed, down[i].get()));

  std::vector<std::future<Moment>> up = watch(200);
  std::future<Moment> accepted = std::async(std::launch::async, whenAccepted, server.port());
  server.start();
  const Moment back = accepted.get();
  // A server accepts a moment before anybody can see that it does.
  for (std::size_t i = 0; i < subjects.size(); ++i) subjects[i]->times.up_ms.add(std::max(0.0, msBetween(back, up[i].get())));
}

void addRow(Table& table, const std::string& who, const std::string& what, const Times& times) {
  std::vector<std::string> row{who, what};
  for (const Samples* samples : {&times.down_ms, &times.up_ms}) {
    row.push_back(shown(*samples, 1));
    row.push_back(fixed(samples->quantile(0.99), 1));
  }
  table.add(std::move(row));
}

}  // namespace

void benchDetect(const Options& options) {
  const int rounds = options.short_form ? 1 : options.rounds;
  Servers servers;
  servers.mariadb.sql("CREATE USER haproxy@'%'");
  servers.mariadb.sql("FLUSH TABLES");  // or it goes with the first kill
  const HaProxy haproxy(servers.redis.port(), servers.mariadb.port(), options.short_form ? "inter 100ms" : "");
  Host host(servers);
  host.waitFor("/ready");
  Subject redis{host.port(), "/ready", {}};
  Subject mariadb = redis;
  Subject redis_peer{haproxy.redisStatusPort(), "/", {}};
  Subject mariadb_peer{haproxy.mariaDbStatusPort(), "/", {}};
  for (int round = 0; round < rounds; ++round) {
    killAndRestart(servers.redis, {&redis, &redis_peer});
    killAndRestart(servers.mariadb, {&mariadb, &mariadb_peer});
  }
  host.stop();

  std::cout << "Detection: kill -9 and restart, " << rounds << " times each, with an interval of 10 s, in worker processes. Down is from "
            << "just before the kill to the first 503, up from the server's first accept to the first 200; each asked every millisecond.\n"
            << std::flush;
  Table table({"", "server", "down, ms", "p99", "up, ms", "p99"});
  addRow(table, "pulsewatch (aim: 20 down)", "Redis", redis.times);
  addRow(table, "HAProxy's redis-check", "Redis", redis_peer.times);
  addRow(table, "pulsewatch (aim: 20 down)", "MariaDB", mariadb.times);
  addRow(table, "HAProxy's mysql-check", "MariaDB", mariadb_peer.times);
  table.print();
}

}  // namespace pulsewatch::bench
