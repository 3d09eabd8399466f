#include "bench/host.h"
#include "bench/http_rows.h"
#include "bench/samples.h"
#include "bench/slow_clients.h"
#include "bench/table.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

namespace pulsewatch::bench {

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::milliseconds kApart{5};
constexpr std::chrono::seconds kDeadline{5};  // of a request; what has no answer by then counts as so long

struct Answers {
  Samples ms;
  int failed = 0;
  std::size_t fewest_open = 0;
};

// One request after the other, each by a new connection, from when it was due: one that waited for a slow one before it counts with that.
Answers ask(std::uint16_t port, const SlowClients& slow, std::chrono::seconds time) {
  const testing::HttpClient client(port, "127.0.0.1", kDeadline);
  Answers answers;
  answers.fewest_open = slow.open();
  const auto begin = std::chrono::steady_clock::now();
  auto due = begin;
  while (due < begin + time) {
    bool good = false;
    const auto now = std::chrono::steady_clock::now();
    if (now < due) std::this_thread::sleep_until(due);
    const auto from = now < due ? std::chrono::steady_clock::now() : due;
    try {
      good = client.get("/ready").status == 503;
    } catch (const Poco::Exception&) {     // NOLINT(bugprone-empty-catch): no answer
    } catch (const testing::HttpError&) {  // NOLINT(bugprone-empty-catch): a reset
    }
    if (!good) ++answers.failed;
    answers.ms.add(good ? Milliseconds(std::chrono::steady_clock::now() - from).count() : Milliseconds(kDeadline).count());
    answers.fewest_open = std::min(answers.fewest_open, slow.open());
    due += kApart;
  }
  return answers;
}

}  // namespace

void benchSiege(const Options& options, Table& aims) {
  const std::size_t number = options.short_form ? 50 : 5000;
  const std::chrono::seconds time(options.short_form ? 1 : 25);
  Servers servers;
  Host host(servers);
  host.waitFor("/ready");
  servers.mariadb.freeze();
  servers.redis.freeze();
  host.waitFor("/ready", 503);
  {
    const SlowClients slow(host.port(), number);
    const std::uint64_t before = slow.reopened();
    const Answers answers = ask(host.port(), slow, time);
    const auto reopened = static_cast<double>(slow.reopened() - before) / static_cast<double>(time.count());

    std::cout << "`/ready` by a new connection every " << kApart.count() << " ms for " << time.count()
              << " s, while MariaDB and Redis are stopped and " << number << " clients send a byte a second each.\n"
              << std::flush;
    Table table({"requests", "without an answer", "slow connections, at least", "reopened a second", "median, ms", "p99, ms", "p99.9, ms",
                 "most, ms"});
    table.add({std::to_string(answers.ms.count()), std::to_string(answers.failed), std::to_string(answers.fewest_open), fixed(reopened, 0),
               fixed(answers.ms.median(), 2), fixed(answers.ms.quantile(0.99), 2), fixed(answers.ms.quantile(0.999), 2),
               fixed(answers.ms.max(), 2)});
    table.print();
    aims.add({"`/ready` p99, dependencies hung, " + std::to_string(number) + " slow connections", "",
              fixed(answers.ms.quantile(0.99), 2) + " ms", "20 ms at most"});
  }
  servers.mariadb.thaw();
  servers.redis.thaw();
  host.stop();
}

}  // namespace pulsewatch::bench
