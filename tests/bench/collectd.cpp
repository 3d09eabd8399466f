#include "bench/collectd.h"

#include "support/http_client.h"
#include "support/metrics_text.h"
#include "support/private_server.h"
#include "support/wait.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketStream.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch::bench {

namespace {

// Values that are as old as they like, and nothing that is read by itself.
std::string configuration(const std::string& directory, std::uint16_t port) {
  return "BaseDir \"" + directory + "\"\nPIDFile \"" + directory + "/pid\"\nHostname \"localhost\"\nFQDNLookup false\n" +
         "TypesDB \"/usr/share/collectd/types.db\"\nLoadPlugin unixsock\nLoadPlugin write_prometheus\n" +
         "<Plugin unixsock>\n  SocketFile \"" + directory + "/socket\"\n  DeleteSocket true\n</Plugin>\n" +
         "<Plugin write_prometheus>\n  Host \"127.0.0.1\"\n  Port \"" + std::to_string(port) + "\"\n  StalenessDelta 86400\n</Plugin>\n";
}

}  // namespace

Collectd::Collectd(std::size_t series) : port_(testing::freePort()) {
  const std::string file = directory_.write("collectd.conf", configuration(directory_.path().string(), port_));
  process_ = std::make_unique<testing::ChildProcess>(std::vector<std::string>{"collectd", "-f", "-C", file}, testing::plainEnvironment());
  const auto answers = [this] {
    try {
      return !page().empty();
    } catch (const Poco::Exception&) {
      return false;
    }
  };
  const auto ready = [&] { return std::filesystem::exists(directory_ / "socket") && answers(); };
  if (!testing::waitFor([&] { return ready() || !process_->running(); }, std::chrono::seconds(20)) || !process_->running())
    throw std::runtime_error("collectd did not start: " + process_->errors() + process_->output());
  put(series);
  // It takes them up behind its answers, and each the more slowly the more it has.
  std::size_t there = 0;
  const auto complete = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // a look holds it up
    there = testing::MetricsText(page()).samples().size();
    return there == series;
  };
  if (!testing::waitFor(complete, std::chrono::seconds(120)))
    throw std::runtime_error("collectd has " + std::to_string(there) + " series where it was given " + std::to_string(series));
}

Collectd::~Collectd() {
  process_->signal(SIGTERM);
  process_->waitForExit(std::chrono::seconds(5));
}

void Collectd::put(std::size_t series) const {
  Poco::Net::StreamSocket socket(Poco::Net::SocketAddress(Poco::Net::SocketAddress::UNIX_LOCAL, (directory_ / "socket").string()));
  Poco::Net::SocketStream stream(socket);
  for (std::size_t i = 0; i < series; ++i) {
    stream << "PUTVAL \"localhost/bench-c" << i << "/gauge-value\" interval=86400 N:" << i << ".5\n" << std::flush;
    std::string answer;
    if (!std::getline(stream, answer) || answer.rfind("0 ", 0) != 0) throw std::runtime_error("collectd says: " + answer);
  }
}

std::string Collectd::page() const { return testing::HttpClient(port_, "127.0.0.1", std::chrono::seconds(20)).get("/metrics").body; }

}  // namespace pulsewatch::bench
