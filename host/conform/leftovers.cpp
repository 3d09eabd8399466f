#include "conform/leftovers.h"

#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace pulsewatch::conform {

Memory Memory::now() {
  const struct mallinfo2 heap = ::mallinfo2();
  std::size_t skipped = 0;
  std::size_t data = 0;  // pages, with the stacks
  std::ifstream("/proc/self/statm") >> skipped >> skipped >> skipped >> skipped >> skipped >> data;
  return {heap.uordblks + heap.hblkhd, data * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))};
}

std::map<int, std::string> openDescriptors() {
  std::map<int, std::string> open;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    if (!error) open[std::stoi(entry.path().filename().string())] = target;
  }
  const std::string own = "/proc/" + std::to_string(::getpid()) + "/fd";  // the iteration's
  std::erase_if(open, [&](const auto& one) { return one.second == own; });
  return open;
}

std::size_t threadCount() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ++count;
  return count;
}

bool hasChildren() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

bool waitUntil(const std::function<bool()>& condition, Milliseconds within) {
  constexpr Milliseconds kLook{5};
  for (const SteadyTime until = std::chrono::steady_clock::now() + within; !condition();) {
    if (std::chrono::steady_clock::now() > until) return condition();
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

}  // namespace pulsewatch::conform
