// What the log says of a reload: one line with what has changed, by name and never by value, or the mistakes.
#pragma once

#include "base/log.h"
#include "check_posts.h"
#include "config/mistakes.h"
#include "config/properties.h"
#include "setup.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pulsewatch {

// One thread. What a configuration gives reason to say is said once, as long as the next ones give the same reason.
class ReloadReport {
 public:
  // `log` must outlive it.
  explicit ReloadReport(Log& log) : log_(log) {}

  void started(const Setup& setup);
  void taken(const Setup& setup, const CheckChanges& checks);
  void refused(const Mistakes& mistakes);

 private:
  void sayOnce(const Setup& setup);

  Log& log_;
  std::shared_ptr<const Properties> properties_;    // in effect
  std::map<std::string, std::string> since_start_;  // of keys that need a restart
  std::set<std::string> said_;
};

// The keys, of the host and of checks and plugins, whose values are others; those made of other keys, too.
std::vector<std::string> changedKeys(const Properties& before, const Properties& now);

}  // namespace pulsewatch
