#include "bench/parts.h"
#include "bench/table.h"
#include "support/child_process.h"
#include "support/temporary_directory.h"

#include <chrono>
#include <iostream>
#include <string>
#include <sys/utsname.h>
#include <thread>
#include <vector>

namespace pulsewatch::bench {

namespace {

// What a program says of its version: the first line of its output, or of its errors.
std::string versionLine(const std::vector<std::string>& argv) {
  testing::ChildProcess program(argv, testing::plainEnvironment());
  program.waitForExit(std::chrono::seconds(20));
  const std::string text = program.output() + program.errors();
  return text.substr(0, text.find('\n'));
}

// The value behind "key : " in /proc/cpuinfo.
std::string cpuInfo(const std::string& key) {
  const std::string text = testing::readFile("/proc/cpuinfo");
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return "unknown";
  const std::size_t begin = text.find(": ", at) + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

void describeMachine(const Options& options) {
  utsname system{};
  ::uname(&system);
  const std::string load = testing::readFile("/proc/loadavg");
  Table table({"the machine", ""});
  table.add({"processor", cpuInfo("model name") + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores"});
  table.add({"kernel", std::string(system.sysname) + " " + system.release});
  table.add({"load before the bench (1, 5, 15 min)", load.substr(0, load.find(' ', load.find(' ', load.find(' ') + 1) + 1))});
  table.add({"pulsewatch", versionLine({PULSEWATCH_PROGRAM, "--version"}) + ", " + PULSEWATCH_BUILD_TYPE});
  table.add({"nginx", versionLine({"nginx", "-v"})});
  table.add({"HAProxy", versionLine({"haproxy", "-v"})});
  if (options.with_icinga) table.add({"Icinga 2", versionLine({"icinga2", "--version"})});
  table.add({"MariaDB", versionLine({"mariadbd", "--version"})});
  table.add({"Redis", versionLine({"redis-server", "--version"})});
  table.add({"wrk", versionLine({"wrk", "--version"})});
  table.print();
}

}  // namespace pulsewatch::bench
