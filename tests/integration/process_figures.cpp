#include "integration/process_figures.h"

#include "support/temporary_directory.h"

#include <filesystem>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;

fs::path processDirectory(pid_t pid) { return "/proc/" + std::to_string(pid); }

std::size_t entriesOf(const fs::path& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace

ProcessFigures figuresOf(pid_t pid) {
  const fs::path process = processDirectory(pid);
  const std::string status = readFile(process / "status");
  const std::string resident = "\nVmRSS:";
  return {entriesOf(process / "fd"), entriesOf(process / "task"), std::stoul(status.substr(status.find(resident) + resident.size()))};
}

std::chrono::milliseconds processorTimeOf(pid_t pid) {
  const std::string stat = readFile(processDirectory(pid) / "stat");
  std::istringstream words(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 14; ++i) words >> skipped;
  long long user = 0;
  long long system = 0;
  words >> user >> system;
  return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::size_t acceptedConnections(std::uint16_t port) {
  std::size_t count = 0;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::istringstream lines(readFile(table));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string number, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
      const bool open = state == "01" || state == "08";  // or closed by the client alone; one that waits to be accepted has no inode
      if (open && inode != "0" && std::stoul(local.substr(local.find(':') + 1), nullptr, 16) == port) ++count;
    }
  }
  return count;
}

std::ostream& operator<<(std::ostream& out, const ProcessFigures& figures) {
  return out << figures.descriptors << " descriptors, " << figures.threads << " threads, " << figures.resident_kib << " KiB";
}

}  // namespace pulsewatch::testing
