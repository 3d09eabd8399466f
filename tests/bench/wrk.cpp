#include "bench/wrk.h"

#include "bench/process_tree.h"
#include "support/child_process.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

namespace pulsewatch::bench {

namespace {

double numberBehind(const std::string& output, const std::string& words) {
  const std::size_t at = output.find(words);
  if (at == std::string::npos) throw std::runtime_error("wrk says no \"" + words + "\": " + output);
  return std::atof(output.c_str() + at + words.size());
}

double numberBefore(const std::string& output, const std::string& words) {
  const std::size_t end = output.find(words);
  if (end == std::string::npos) throw std::runtime_error("wrk says no \"" + words + "\": " + output);
  return std::atof(output.c_str() + output.rfind(' ', end - 1) + 1);
}

}  // namespace

LoadResult runLoad(const Load& load, std::uint16_t port, pid_t server, std::chrono::seconds time) {
  const int threads = std::min(load.connections, static_cast<int>(std::thread::hardware_concurrency()));
  std::vector<std::string> argv{"wrk", "--threads=" + std::to_string(threads), "--connections=" + std::to_string(load.connections),
                                "--duration=" + std::to_string(time.count()) + "s", "--header=Host: localhost"};
  if (!load.keep_alive) argv.emplace_back("--header=Connection: close");
  argv.push_back("http://127.0.0.1:" + std::to_string(port) + load.path);

  const double before = cpuSeconds(server);
  testing::ChildProcess wrk(argv, testing::plainEnvironment());
  const auto code = wrk.waitForExit(time + std::chrono::seconds(30));
  const double cpu = cpuSeconds(server) - before;
  const std::string output = wrk.output();
  if (code != 0) throw std::runtime_error("wrk failed: " + output + wrk.errors());
  if (output.find("Non-2xx") != std::string::npos || output.find("Socket errors") != std::string::npos)
    throw std::runtime_error("requests for " + load.path + " failed: " + output);

  LoadResult result;
  result.requests_per_second = numberBehind(output, "Requests/sec:");
  result.requests = numberBefore(output, " requests in ");
  result.cpu_us_per_request = cpu * 1e6 / result.requests;
  return result;
}

}  // namespace pulsewatch::bench
