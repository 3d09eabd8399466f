#include "bench/host.h"
#include "bench/nginx.h"
#include "bench/parts.h"
#include "bench/samples.h"
#include "bench/table.h"
#include "bench/wrk.h"

#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace pulsewatch::bench {

namespace {

using testing::HttpResponse;

struct Side {
  std::uint16_t port;
  pid_t pid;
  Samples requests;
  Samples cpu_us;

  double measure(const Load& load, std::chrono::seconds time) {
    const LoadResult result = runLoad(load, port, pid, time);
    requests.add(result.requests_per_second);
    cpu_us.add(result.cpu_us_per_request);
    return result.requests_per_second;
  }
};

std::vector<Load> loads(bool short_form) {
  std::vector<Load> all;
  for (const char* path : {"/healthz", "/ready", "/metrics"}) {
    all.push_back({path, 8, true});
    if (!short_form || std::string(path) == "/ready") all.push_back({path, 64, true});
    if (!short_form || std::string(path) == "/ready") all.push_back({path, 8, false});
  }
  return all;
}

}  // namespace

void benchHttp(const Options& options) {
  const Servers servers;
  Host host(servers);
  host.waitFor("/ready");
  std::map<std::string, HttpResponse> answers;
  for (const char* path : {"/healthz", "/ready", "/metrics"}) answers[path] = host.get(path);
  const Nginx nginx(answers);

  const int rounds = options.short_form ? 1 : 5;
  const std::chrono::seconds time(options.short_form ? 1 : 2);
  std::cout << "HTTP: wrk on the same machine, " << rounds << " times " << time.count()
            << " s each, by turns. nginx: `return 200` of the same body.\n"
            << std::flush;
  Table table({"path", "body", "connections", "pulsewatch, requests/s", "nginx, requests/s", "ratio", "CPU a request, µs",
               "nginx' CPU a request, µs"});
  for (const Load& load : loads(options.short_form)) {
    Side ours{host.port(), host.pid(), {}, {}};
    Side theirs{nginx.port(), nginx.pid(), {}, {}};
    if (!options.short_form) {
      runLoad(load, host.port(), host.pid(), std::chrono::seconds(1));
      runLoad(load, nginx.port(), nginx.pid(), std::chrono::seconds(1));
    }
    Samples ratios;
    for (int round = 0; round < rounds; ++round) ratios.add(ours.measure(load, time) / theirs.measure(load, time));
    table.add({load.path, std::to_string(answers[load.path].body.size()) + " B",
               load.keep_alive ? std::to_string(load.connections) + " kept alive" : "one a request", shown(ours.requests, 0),
               shown(theirs.requests, 0), shown(ratios, 2), shown(ours.cpu_us, 1), shown(theirs.cpu_us, 1)});
  }
  table.print();
  host.stop();
}

}  // namespace pulsewatch::bench
