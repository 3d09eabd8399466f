#include "bench/system_calls.h"

#include "support/child_process.h"
#include "support/wait.h"

#include <csignal>
#include <sstream>
#include <stdexcept>
#include <string>

namespace pulsewatch::bench {

namespace {

std::size_t occurrences(const std::string& text, const std::string& word) {
  std::size_t number = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++number;
  return number;
}

// From the summary's last line: "100.00    0.184516           7     24013       118 total".
double totalCalls(const std::string& summary) {
  const std::size_t end = summary.rfind(" total");
  const std::size_t begin = end == std::string::npos ? end : summary.rfind('\n', end);
  if (begin == std::string::npos) throw std::runtime_error("strace counts nothing: " + summary);
  std::istringstream line(summary.substr(begin, end - begin));
  double share = 0;
  double seconds = 0;
  double us_per_call = 0;
  double calls = 0;
  if (!(line >> share >> seconds >> us_per_call >> calls)) throw std::runtime_error("strace's summary has changed: " + summary);
  return calls;
}

}  // namespace

std::optional<double> systemCalls(const Load& load, std::uint16_t port, const std::vector<pid_t>& processes, std::chrono::seconds time) {
  std::vector<std::string> argv{"strace", "-c", "-f"};
  for (const pid_t pid : processes) argv.push_back("--attach=" + std::to_string(pid));
  testing::ChildProcess strace(argv, testing::plainEnvironment());
  const auto attached = [&] { return occurrences(strace.errors(), "attached") >= processes.size(); };
  if (!testing::waitFor([&] { return attached() || !strace.running(); }, std::chrono::seconds(20)) || !strace.running()) return {};
  const LoadResult result = runLoad(load, port, processes.front(), time);
  strace.signal(SIGINT);
  if (!strace.waitForExit(std::chrono::seconds(20))) throw std::runtime_error("strace does not end");
  return totalCalls(strace.errors()) / result.requests;
}

}  // namespace pulsewatch::bench
