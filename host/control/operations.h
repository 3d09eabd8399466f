// What an operator can have the running host do: the narrow door between the control socket and all that is behind it.
//
// Called on the control socket's thread, reload() on one of its own; none may wait for a check. Text that is given back is for people: one
// line of UTF-8 each, without secrets. Where a sentence says why something was not done, "" means that it was.
#pragma once

#include "base/check_result.h"
#include "readiness/mute_list.h"
#include "readiness/readiness.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pulsewatch {

struct HostCondition {
  std::shared_ptr<const Verdict> verdict;  // may be null at the very start
  std::shared_ptr<const MuteList> mutes;   // of checks that are not there, too
  bool drained = false;                    // by an operator
  bool stopping = false;
  Nanoseconds uptime{0};
  WallTime now;
};

// A run that was asked for.
struct AskedRun {
  std::string refusal;       // not empty: it can't be had
  std::uint64_t after = 0;   // its sequence is above this
  Milliseconds timeout{0};   // of the check
  bool waits_first = false;  // one was going on already, whose result it will be
};

// How a run ended that was asked for.
struct RunEnd {
  std::uint64_t sequence = 0;
  RunOutcome outcome = RunOutcome::unhealthy;
  std::string message;
  double duration_ms = 0;
  CheckStatus status = CheckStatus::unhealthy;  // of the check after it
};

struct PluginCondition {
  std::string name;
  std::string version;
  std::string state;  // loaded, refused, disabled
  std::string file;
  std::string refusal;         // a sentence
  std::vector<pid_t> workers;  // none of one inside the host
  std::uint64_t restarts = 0;  // of its workers, since the host's start
};

class Operations {
 public:
  virtual ~Operations() = default;

  virtual HostCondition condition() = 0;
  virtual std::vector<std::string> explain() = 0;  // why the verdict is what it is, a sentence each
  virtual std::vector<PluginCondition> plugins() = 0;

  virtual AskedRun run(const std::string& check) = 0;
  // The end of a run that was asked for; nothing as long as there is none.
  virtual std::optional<RunEnd> runEnd(const std::string& check, std::uint64_t after) = 0;

  virtual std::string drain() = 0;
  virtual std::string undrain() = 0;
  virtual std::string mute(const std::string& check, Milliseconds time, const std::string& reason) = 0;
  virtual std::string unmute(const std::string& check) = 0;

  // Reads the configuration anew; gives the mistakes, and then nothing was changed. May take seconds.
  virtual std::vector<std::string> reload() = 0;
};

}  // namespace pulsewatch
