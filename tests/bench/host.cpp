#include "bench/host.h"

#include "support/temporary_directory.h"

#include <Poco/Exception.h>

#include <stdexcept>
#include <thread>

namespace pulsewatch::bench {

using testing::HttpClient;

Host::Host(const Servers& servers, testing::PulsewatchOptions options) {
  options.config += "plugins.directories = " PULSEWATCH_PLUGINS "\n";
  options.environment = {{"DATABASE_URL", servers.mariadb.url()}, {"REDIS_URL", servers.redis.url()}};
  options.secrets = {testing::MariaDbServer::password()};
  start(std::move(options));
}

Host::Host(int checks, std::chrono::milliseconds interval, const std::string& isolation) {
  testing::PulsewatchOptions options;
  options.config = "plugins.directories = @DIR@/plugins\nplugins.isolation = " + isolation + "\n";
  options.files["plugins/instant.so"] = testing::readFile(PULSEWATCH_INSTANT_PLUGIN);
  for (int i = 0; i < checks; ++i) {
    const std::string check = "check.c" + std::to_string(i);
    options.config += check + ".plugin = instant\n" + check + ".interval = " + std::to_string(interval.count()) + "ms\n";
  }
  start(std::move(options));
}

Host::~Host() = default;

void Host::start(testing::PulsewatchOptions options) {
  port_ = testing::freePort();
  options.config += "http.port = " + std::to_string(port_) + "\nstate.directory = @DIR@/state\nshutdown.drain = 0s\n";
  options.environment["SECRET_KEY"] = "bench-secret-key-0123456789-0123456789-0123456789-";
  options.environment["DJANGO_SETTINGS_MODULE"] = "core.settings.bench";
  started_ = std::chrono::steady_clock::now();
  process_ = std::make_unique<testing::PulsewatchProcess>(options);
}

void Host::waitFor(const std::string& path, int status) const {
  const HttpClient client(port_);
  const auto deadline = std::chrono::steady_clock::now() + testing::PulsewatchProcess::patience;
  while (std::chrono::steady_clock::now() < deadline) {
    try {
      if (client.get(path).status == status) return;
    } catch (const Poco::Exception&) {  // NOLINT(bugprone-empty-catch): it doesn't listen yet
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  throw std::runtime_error("pulsewatchd never answered " + path + " with " + std::to_string(status) + "\n" + process_->child().errors() +
                           process_->child().output());
}

testing::HttpResponse Host::get(const std::string& path) const {
  testing::HttpResponse response = HttpClient(port_, "127.0.0.1", std::chrono::seconds(20)).get(path);
  if (response.status != 200) throw std::runtime_error("pulsewatchd answers " + path + " with " + std::to_string(response.status));
  return response;
}

}  // namespace pulsewatch::bench
