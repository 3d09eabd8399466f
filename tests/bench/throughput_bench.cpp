#include "bench/host.h"
#include "bench/http_rows.h"
#include "bench/nginx.h"
#include "bench/process_tree.h"
#include "bench/samples.h"
#include "bench/system_calls.h"
#include "bench/table.h"
#include "bench/wrk.h"

#include <array>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch::bench {

namespace {

using testing::HttpResponse;

struct Side {
  Samples requests;
  Samples cpu_us;
};

// A load, pulsewatch's figures and those of each nginx.
struct Comparison {
  Load load;
  Side ours;
  struct Peer {
    Side side;
    Samples ratios;
  };
  std::array<Peer, 2> peers;

  [[nodiscard]] const Peer& faster() const {
    return peers[0].side.requests.median() >= peers[1].side.requests.median() ? peers[0] : peers[1];
  }
};

struct Subjects {
  const Host& host;
  const std::array<const Nginx*, 2> peers;
};

double measure(const Load& load, std::chrono::seconds time, std::uint16_t port, pid_t pid, Side& side) {
  const LoadResult result = runLoad(load, port, pid, time);
  side.requests.add(result.requests_per_second);
  side.cpu_us.add(result.cpu_us_per_request);
  return result.requests_per_second;
}

// All three, one right behind the other; who is first changes from round to round.
void measureAll(Comparison& comparison, const Subjects& subjects, std::chrono::seconds time, std::size_t round) {
  double ours = 0;
  std::array<double, 2> theirs{};
  for (std::size_t turn = 0; turn < 3; ++turn) {
    const std::size_t who = (round + turn) % 3;
    if (who == 2) {
      ours = measure(comparison.load, time, subjects.host.port(), subjects.host.pid(), comparison.ours);
    } else {
      const Nginx& nginx = *subjects.peers.at(who);
      theirs.at(who) = measure(comparison.load, time, nginx.port(), nginx.pid(), comparison.peers.at(who).side);
    }
  }
  for (std::size_t i = 0; i < 2; ++i) comparison.peers.at(i).ratios.add(ours / theirs.at(i));
}

std::vector<Comparison> comparisons(bool short_form) {
  std::vector<Comparison> all;
  for (const char* path : {"/healthz", "/ready"}) {
    for (const bool keep_alive : {true, false}) {
      all.push_back({{path, 8, keep_alive}, {}, {}});
      if (!short_form) all.push_back({{path, 64, keep_alive}, {}, {}});
    }
  }
  return all;
}

std::string shownCalls(const std::optional<double>& calls) { return calls ? fixed(*calls, 1) : "strace may not look"; }

void printSystemCalls(const Subjects& subjects, std::chrono::seconds time) {
  const Host& host = subjects.host;
  const Nginx& nginx = *subjects.peers[0];
  std::cout << "System calls a request, of one client, counted by strace; what the checks do meanwhile is in pulsewatch's.\n" << std::flush;
  Table table({"connection", "pulsewatch", "nginx"});
  const std::vector<pid_t> workers = processTree(nginx.pid());
  for (const bool keep_alive : {true, false}) {
    const Load load{"/ready", 1, keep_alive};
    table.add({keep_alive ? "kept alive" : "one a request", shownCalls(systemCalls(load, host.port(), {host.pid()}, time)),
               shownCalls(systemCalls(load, nginx.port(), workers, time))});
  }
  table.print();
}

}  // namespace

void benchThroughput(const Options& options, Table& aims) {
  const Servers servers;
  Host host(servers);
  host.waitFor("/ready");
  std::map<std::string, HttpResponse> answers;
  for (const char* path : {"/healthz", "/ready"}) answers[path] = host.get(path);
  const Nginx plain(answers);
  const Nginx pinned(answers, true);
  const Subjects subjects{host, {&plain, &pinned}};

  const std::size_t rounds = options.short_form ? 1 : 5;
  const std::chrono::seconds time(options.short_form ? 1 : 2);
  std::vector<Comparison> all = comparisons(options.short_form);
  if (!options.short_form) {
    for (Comparison warm_up : all) measureAll(warm_up, subjects, std::chrono::seconds(1), 0);
  }
  for (std::size_t round = 0; round < rounds; ++round) {
    for (Comparison& comparison : all) measureAll(comparison, subjects, time, round);
  }

  std::cout << "HTTP: wrk on the same machine, " << rounds << " times " << time.count()
            << " s each, by turns. nginx: `return 200` of the same body; of two, the one that is faster with the load: p has its workers "
               "pinned, and a listening socket for each.\n"
            << std::flush;
  Table table({"path", "body", "connections", "pulsewatch, requests/s", "nginx, requests/s", "ratio", "CPU a request, µs",
               "nginx' CPU a request, µs"});
  for (const Comparison& comparison : all) {
    const Load& load = comparison.load;
    const Comparison::Peer& peer = comparison.faster();
    const std::string number = std::to_string(load.connections);
    table.add({load.path, std::to_string(answers[load.path].body.size()) + " B",
               load.keep_alive ? number + " kept alive" : number + ", one a request", shown(comparison.ours.requests, 0),
               shown(peer.side.requests, 0) + (&peer == &comparison.peers[1] ? " p" : ""), shown(peer.ratios, 2),
               shown(comparison.ours.cpu_us, 1), shown(peer.side.cpu_us, 1)});
    aims.add({"`" + load.path + "`, " + number + (load.keep_alive ? " connections kept alive" : " at a time, a new connection for each"),
              "nginx", shown(peer.ratios, 2), "1.0 or more"});
  }
  table.print();
  printSystemCalls(subjects, time);
  host.stop();
}

}  // namespace pulsewatch::bench
