#include "conform/process_state.h"

#include "config/text_parts.h"

#include <algorithm>
#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <pthread.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::conform {

namespace {

std::string bytesOf(const sigset_t& set) {
  std::string bits;
  for (int signal = 1; signal < NSIG; ++signal) bits += sigismember(&set, signal) == 1 ? '1' : '0';
  return bits;
}

std::string environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) variables.emplace_back(*variable);
  std::sort(variables.begin(), variables.end());
  std::string all;
  for (const std::string& variable : variables) all += variable + '\0';
  return all;
}

// By /proc: umask() can't be asked without being set.
std::string umaskNow() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("Umask:", 0) == 0) return line;
  }
  return {};
}

std::string nameOf(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

}  // namespace

ProcessState ProcessState::now() {
  ProcessState state;
  const auto add = [&](std::string what, std::string how) { state.parts_.emplace_back(std::move(what), std::move(how)); };
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) != 0) continue;  // glibc's own two
    add("what " + nameOf(signal) + " does", std::to_string(reinterpret_cast<std::uintptr_t>(action.sa_handler)));
  }
  sigset_t mask;
  sigemptyset(&mask);
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  sigdelset(&mask, SIGPIPE);  // ignored in every host: whether it is blocked as well, as Poco does it, changes nothing
  add("the thread's signal mask", bytesOf(mask));
  add("the umask", umaskNow());
  std::error_code error;
  add("the working directory", std::filesystem::current_path(error).string());
  const char* const locale = std::setlocale(LC_ALL, nullptr);
  add("the locale", locale == nullptr ? "" : locale);
  add("the environment", environment());
  add("the rounding of floating-point numbers", std::to_string(std::fegetround()));
  for (int what = 0; what < static_cast<int>(RLIM_NLIMITS); ++what) {
    rlimit limit{};
    ::getrlimit(static_cast<decltype(RLIMIT_CORE)>(what), &limit);
    add("a limit of its resources", std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max));
  }
  return state;
}

std::string ProcessState::changedIn(const ProcessState& later) const {
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i] != later.parts_[i] && std::find(changed.begin(), changed.end(), parts_[i].first) == changed.end())
      changed.push_back(parts_[i].first);
  }
  constexpr std::size_t kMost = 6;
  if (changed.size() > kMost) changed.resize(kMost, "more");
  return joinedWords(changed, " and ");
}

}  // namespace pulsewatch::conform
