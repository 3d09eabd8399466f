// A plugin directory that things happen to while a daemon watches it: the shell commands that users have for it, and what comes of them.
// One thread, but for ReadyPoll's own.
#pragma once

#include "integration/daemon.h"

#include <atomic>
#include <chrono>
#include <initializer_list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

// From the last write to a plugin at work, with room for a busy machine: it takes about half a second.
constexpr std::chrono::seconds soon{3 * slowness};

// A directory with `plugins` in it, empty but for the given fixtures, each as FILE=FIXTURE ("a.so=versioned_1"), apart from the daemon's
// own so that the directory itself can be made, removed and turned.
class PluginPlace {
 public:
  PluginPlace(std::initializer_list<std::pair<std::string, std::string>> files = {});

  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  [[nodiscard]] std::filesystem::path plugins() const { return directory_ / "plugins"; }
  // A daemon whose plugin directory it is, or of which these are, by their names in it.
  [[nodiscard]] PulsewatchOptions options(const std::string& further = {}, const std::vector<std::string>& directories = {"plugins"}) const;
  // Runs this in it; $F is where the fixtures are.
  void sh(const std::string& commands) const;

 private:
  TemporaryDirectory directory_;
};

// Waits until pulsewatch_plugin_info has this version of the plugin in this state; fails the test when it doesn't come to.
void waitForPlugin(PulsewatchProcess& daemon, const std::string& plugin, const std::string& version, const std::string& state = "loaded",
                   std::chrono::milliseconds timeout = soon);

// Waits until there is neither a check of that name nor any series that has it, or the plugin, as a label's value.
void waitUntilGone(PulsewatchProcess& daemon, const std::string& check, const std::string& plugin);

// How many workers it has.
std::size_t workersOf(PulsewatchProcess& daemon);

// Asks /ready (or what else is the target) all the time, on a thread of its own, until the end.
class ReadyPoll {
 public:
  explicit ReadyPoll(PulsewatchProcess& daemon, const std::string& target = "/ready");
  ReadyPoll(const ReadyPoll&) = delete;
  ReadyPoll& operator=(const ReadyPoll&) = delete;
  ~ReadyPoll();

  // Ends it; fails the test when an answer was not 200, or none came.
  void finish();

 private:
  std::atomic<bool> over_{false};
  int asked_ = 0;      // the thread's, until it is joined
  std::string wrong_;  // the same
  std::thread thread_;
};

}  // namespace pulsewatch::testing
