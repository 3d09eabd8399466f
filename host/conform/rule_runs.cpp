#include "conform/rule_runs.h"

#include "conform/rule_process.h"

#include <algorithm>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace pulsewatch::conform {

namespace {

constexpr int kLookMs = 20;

// Most rules wait: for a run's end, a deadline, a thread that is to end.
std::size_t atOnce() { return std::max<std::size_t>(4, std::thread::hardware_concurrency()); }

// What outlived the process of its rule, in a session of its own, is this one's child now.
void killOrphans() {
  const std::string self = std::to_string(::getpid());
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream status(entry.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line != "PPid:\t" + self) continue;
      ::kill(std::stoi(name), SIGKILL);
      ::waitpid(std::stoi(name), nullptr, 0);
      break;
    }
  }
}

}  // namespace

void runRules(const std::vector<const Rule*>& chosen, const Subject& subject, const TellRule& tell) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  struct Running {
    const Rule* rule;
    std::unique_ptr<RuleProcess> process;
  };
  std::deque<Running> running;  // in their order, those that wait to be told among them
  for (auto next = chosen.begin(); next != chosen.end() || !running.empty();) {
    std::vector<pollfd> ends;
    for (const Running& each : running) {
      if (!each.process->over()) ends.push_back({each.process->endDescriptor(), POLLIN, 0});
    }
    while (!running.empty() && running.front().process->over()) {
      tell(*running.front().rule, running.front().process->verdict(), running.front().process->sentence());
      running.pop_front();
    }
    if (next != chosen.end() && ends.size() < atOnce()) {
      running.push_back({*next, std::make_unique<RuleProcess>(**next, subject)});
      ++next;
      continue;
    }
    ::poll(ends.data(), ends.size(), kLookMs);
  }
  killOrphans();
}

}  // namespace pulsewatch::conform
