// bench [--short] [--without-icinga] [--rounds=NUMBER] [detect] [http] [metrics] [scale] [start] [worker]: what pulsewatch costs, beside
// its peers, as Markdown tables. All parts when none is named. Needs wrk, nginx, icinga2, haproxy, collectd, strace, mariadbd and
// redis-server. Asserts no figure: 1 is a bench that did not work.
#include "bench/parts.h"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view kRounds = "--rounds=";

}  // namespace

int main(int argc, char** argv) {
  using namespace pulsewatch::bench;  // NOLINT(google-build-using-namespace): this is the program
  std::signal(SIGPIPE, SIG_IGN);      // NOLINT(cert-err33-c): can't fail for SIGPIPE
  const std::vector<std::pair<std::string, void (*)(const Options&)>> parts{{"detect", benchDetect},   {"http", benchHttp},
                                                                            {"metrics", benchMetrics}, {"scale", benchScale},
                                                                            {"start", benchStart},     {"worker", benchWorker}};
  Options options;
  std::vector<void (*)(const Options&)> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    bool known = argument == "--short" || argument == "--without-icinga";
    if (argument == "--short") options.short_form = true;
    if (argument == "--without-icinga") options.with_icinga = false;
    if (argument.rfind(kRounds, 0) == 0) {
      options.rounds = std::atoi(argument.c_str() + kRounds.size());
      known = options.rounds > 0;
    }
    for (const auto& [name, part] : parts) {
      if (argument != name) continue;
      known = true;
      wanted.push_back(part);
    }
    if (known) continue;
    std::cerr << "bench: " << argument
              << " is no part; there are detect, http, metrics, scale, start and worker, and --short, --without-icinga and --rounds=NUMBER "
                 "(of detect)\n";
    return 1;
  }
  try {
    describeMachine(options);
    if (wanted.empty())
      for (const auto& [name, part] : parts) wanted.push_back(part);
    for (auto* part : wanted) part(options);
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "bench: " << e.what() << '\n';
  }
  return 1;
}
