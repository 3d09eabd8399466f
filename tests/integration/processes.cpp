#include "integration/processes.h"

#include "support/wait.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <stdexcept>

namespace pulsewatch::testing {
namespace {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
};

// Those that live: what nobody has waited for yet does not.
std::set<pid_t> processesWhere(const std::function<bool(const Process&)>& wanted) {
  std::set<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = processFile(name, "stat");
    const std::size_t behind_name = stat.rfind(')');
    if (behind_name == std::string::npos) continue;  // it has gone meanwhile
    std::istringstream rest(stat.substr(behind_name + 1));
    char state = 0;
    Process process;
    rest >> state >> process.parent >> process.group;
    process.pid = static_cast<pid_t>(std::stol(name));
    if (state != 'Z' && state != 'X' && wanted(process)) found.insert(process.pid);
  }
  return found;
}

}  // namespace

std::set<pid_t> processesOf(pid_t parent) {
  return processesWhere([parent](const Process& process) { return process.parent == parent; });
}

bool anyInGroups(const std::set<pid_t>& groups) {
  return !processesWhere([&groups](const Process& process) { return groups.count(process.group) != 0; }).empty();
}

pid_t workerOf(PulsewatchProcess& daemon, const std::string& plugin) {
  using std::string_literals::operator""s;
  const std::string command = "pulsewatchd\0--worker\0"s + plugin + '\0';
  std::set<pid_t> workers;
  const bool there = waitFor(
      [&] {
        workers = processesWhere([&](const Process& process) {
          return process.parent == daemon.child().pid() && readFile("/proc/" + std::to_string(process.pid) + "/cmdline") == command;
        });
        return workers.size() == 1;
      },
      PulsewatchProcess::patience);
  if (!there) throw std::runtime_error("there is no one worker of " + plugin + ", but " + std::to_string(workers.size()));
  return *workers.begin();
}

std::filesystem::path fixturePath(const std::string& fixture) {
  return std::filesystem::path(PULSEWATCH_FIXTURE_PLUGINS) / (fixture + ".so");
}

void dropPlugin(PulsewatchProcess& daemon, const std::string& file, const std::string& content) {
  const std::filesystem::path arriving = daemon.directory().write("plugins/" + file + ".arriving", content);
  std::filesystem::rename(arriving, daemon.directory() / ("plugins/" + file));
}

}  // namespace pulsewatch::testing
