#include "integration/daemon.h"

#include "support/wait.h"

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace pulsewatch::testing {

const std::string secret_key = "integration-tests-secret-key-0123456789-abcdefghij";

Environment requiredEnvironment() { return {{"SECRET_KEY", secret_key}, {"DJANGO_SETTINGS_MODULE", "core.settings.test"}}; }

std::string shippedPluginsConfig(const std::string& further) {
  return "http.port = 0\nstate.directory = @DIR@/state\nshutdown.drain = 0s\nplugins.directories = " PULSEWATCH_PLUGINS "\n" + further;
}

PulsewatchOptions fixtureOptions(const std::vector<std::string>& fixtures, const std::string& further) {
  PulsewatchOptions options;
  options.config = "http.port = 0\nstate.directory = @DIR@/state\nshutdown.drain = 0s\nplugins.directories = @DIR@/plugins\n" + further;
  options.environment = requiredEnvironment();
  for (const std::string& fixture : fixtures) {
    const std::string file = fixture + ".so";
    options.files["plugins/" + file] = readFile(std::filesystem::path(PULSEWATCH_FIXTURE_PLUGINS) / file);
    if (options.files["plugins/" + file].empty()) throw std::runtime_error("no fixture " + file);
  }
  return options;
}

std::string checkConfig(const std::string& name, const std::string& plugin, const std::vector<std::string>& settings) {
  std::string lines = "check." + name + ".plugin = " + plugin + "\n";
  for (const std::string& setting : settings) lines.append("check.").append(name).append(".").append(setting).append("\n");
  return lines;
}

std::string textOf(const Poco::JSON::Object::Ptr& object, const std::string& field) {
  if (object.isNull() || !object->has(field)) throw std::runtime_error("no field " + field);
  return object->getValue<std::string>(field);
}

Poco::JSON::Object::Ptr waitForCheck(PulsewatchProcess& daemon, const std::string& check, const std::string& status,
                                     const std::string& message) {
  Poco::JSON::Object::Ptr answer;
  std::string body;
  const bool reached = waitFor(
      [&] {
        body = daemon.get("/ready").body;
        answer = parseJsonObject(body);
        const Poco::JSON::Object::Ptr checks = answer->getObject("checks");
        if (checks.isNull() || !checks->has(check)) return false;
        const Poco::JSON::Object::Ptr object = checks->getObject(check);
        return textOf(object, "status") == status && textOf(object, "message").find(message) != std::string::npos;
      },
      slowness * PulsewatchProcess::patience);
  if (!reached) throw std::runtime_error(check + " does not become " + status + " with \"" + message + "\": " + body);
  return answer;
}

void waitForReady(PulsewatchProcess& daemon, int status_code) {
  HttpResponse response;
  const bool reached = waitFor(
      [&] {
        response = daemon.get("/ready");
        return response.status == status_code;
      },
      PulsewatchProcess::patience);
  if (!reached) throw std::runtime_error("/ready does not come to answer " + std::to_string(status_code) + ": " + response.body);
}

void waitUntilSignalsAreHeld(PulsewatchProcess& daemon) {
  // A thread inside sigwait() does not show the signals it waits for as blocked, so one of the others may have to tell.
  const std::filesystem::path tasks = "/proc/" + std::to_string(daemon.child().pid()) + "/task";
  const bool held = waitFor(
      [&tasks] {
        for (const auto& task : std::filesystem::directory_iterator(tasks)) {
          const std::string status = readFile(task.path() / "status");
          const std::size_t at = status.find("SigBlk:");
          if (at != std::string::npos && (std::stoull(status.substr(at + 7), nullptr, 16) >> (SIGTERM - 1) & 1) != 0) return true;
        }
        return false;
      },
      PulsewatchProcess::patience);
  if (!held) throw std::runtime_error("the program does not come to hold SIGTERM back");
}

}  // namespace pulsewatch::testing
