#include "integration/plugin_place.h"

#include "integration/page.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <exception>
#include <filesystem>

namespace pulsewatch::testing {

PluginPlace::PluginPlace(std::initializer_list<std::pair<std::string, std::string>> files) {
  std::filesystem::create_directory(plugins());
  for (const auto& [file, fixture] : files) sh("install -m 644 $F/" + fixture + ".so plugins/" + file);
}

PulsewatchOptions PluginPlace::options(const std::string& further, const std::vector<std::string>& directories) const {
  std::string list;
  for (const std::string& directory : directories) list += (list.empty() ? "" : ",") + (path() / directory).string();
  PulsewatchOptions options;
  options.config = "http.port = 0\nstate.directory = @DIR@/state\nshutdown.drain = 0s\nplugins.directories = " + list + "\n" + further;
  options.environment = requiredEnvironment();
  return options;
}

void PluginPlace::sh(const std::string& commands) const {
  followCommands("umask 022; F=" PULSEWATCH_FIXTURE_PLUGINS "\n" + commands + "\n", path().string());
}

void waitForPlugin(PulsewatchProcess& daemon, const std::string& plugin, const std::string& version, const std::string& state,
                   std::chrono::milliseconds timeout) {
  std::string page;
  const bool there = waitFor(
      [&] {
        page = daemon.get("/metrics").body;
        return MetricsText(page).find("pulsewatch_plugin_info", {{"plugin", plugin}, {"version", version}, {"state", state}}).has_value();
      },
      timeout);
  std::string infos;
  for (std::size_t at = page.find("\npulsewatch_plugin_info{"); at != std::string::npos;
       at = page.find("\npulsewatch_plugin_info{", at + 1))
    infos += page.substr(at, page.find('\n', at + 1) - at);
  CPPUNIT_ASSERT_MESSAGE("plugin " + plugin + " " + version + " is not " + state + ":" + infos, there);
}

void waitUntilGone(PulsewatchProcess& daemon, const std::string& check, const std::string& plugin) {
  const bool gone = waitFor(
      [&] {
        const Poco::JSON::Object::Ptr checks = daemon.ready()->getObject("checks");
        const MetricsText metrics = daemon.metrics();
        return !checks->has(check) && std::none_of(metrics.samples().begin(), metrics.samples().end(), [&](const auto& sample) {
          return std::any_of(sample.labels.begin(), sample.labels.end(),
                             [&](const auto& label) { return label.second == check || label.second == plugin; });
        });
      },
      soon);
  CPPUNIT_ASSERT_MESSAGE(check + " of plugin " + plugin + " does not go", gone);
}

std::size_t workersOf(PulsewatchProcess& daemon) {
  const std::string parent = std::to_string(daemon.child().pid());
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string status = processFile(entry.path().filename().string(), "status");
    if (status.find("\nPPid:\t" + parent + "\n") != std::string::npos) ++count;
  }
  return count;
}

ReadyPoll::ReadyPoll(PulsewatchProcess& daemon, const std::string& target) {
  const std::uint16_t port = daemon.port();
  thread_ = std::thread([this, port, target] {
    const HttpClient client(port, "127.0.0.1", std::chrono::seconds(10));
    for (; !over_ && wrong_.empty(); ++asked_) {
      try {
        const HttpResponse answer = client.get(target);
        if (answer.status != 200) wrong_ = answer.bytes;
      } catch (const std::exception& e) {
        wrong_ = std::string("no answer: ") + e.what();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // leaves the machine something
    }
  });
}

ReadyPoll::~ReadyPoll() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

void ReadyPoll::finish() {
  over_ = true;
  thread_.join();
  CPPUNIT_ASSERT_EQUAL(std::string(), wrong_);
  CPPUNIT_ASSERT(asked_ > 0);
}

}  // namespace pulsewatch::testing
