#include "bench/process_tree.h"

#include "support/temporary_directory.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>

namespace pulsewatch::bench {

namespace {

std::string procFile(pid_t pid, const std::string& name) { return testing::readFile("/proc/" + std::to_string(pid) + "/" + name); }

// Field `number` of /proc/PID/stat, as proc(5) counts them; those from 3 on, which stand behind the command's name.
double statField(pid_t pid, int number) {
  const std::string stat = procFile(pid, "stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(stat.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= number; ++i) rest >> field;
  return std::atof(field.c_str());
}

// A line "key:   1234 kB".
double kilobytes(const std::string& text, const std::string& key) {
  const std::size_t at = ("\n" + text).find("\n" + key + ":");
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + key.size() + 1);
}

}  // namespace

std::vector<pid_t> processTree(pid_t root) {
  std::multimap<pid_t, pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0) children.emplace(static_cast<pid_t>(statField(pid, 4)), pid);
  }
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto [begin, end] = children.equal_range(tree[i]);
    for (auto child = begin; child != end; ++child) tree.push_back(child->second);
  }
  return tree;
}

double cpuSeconds(pid_t root) {
  double ticks = 0;
  for (const pid_t pid : processTree(root)) ticks += statField(pid, 14) + statField(pid, 15);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Memory memoryOf(pid_t root) {
  Memory all;
  for (const pid_t pid : processTree(root)) {
    const Memory one = memoryOfOne(pid);
    all.resident_mib += one.resident_mib;
    all.proportional_mib += one.proportional_mib;
    all.private_dirty_mib += one.private_dirty_mib;
  }
  return all;
}

Memory memoryOfOne(pid_t pid) {
  const std::string rollup = procFile(pid, "smaps_rollup");
  return {kilobytes(procFile(pid, "status"), "VmRSS") / 1024, kilobytes(rollup, "Pss") / 1024, kilobytes(rollup, "Private_Dirty") / 1024};
}

}  // namespace pulsewatch::bench
