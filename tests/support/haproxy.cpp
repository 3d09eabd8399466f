#include "support/haproxy.h"

#include "support/connect.h"

#include <stdexcept>
#include <utility>

namespace pulsewatch::testing {

HaProxy::HaProxy(std::string sections) : sections_(std::move(sections)) { start(); }

std::string HaProxy::tell(const std::string& command) const { return exchangeAt(path("admin.sock"), command + "\n"); }

std::vector<std::string> HaProxy::commandLine() {
  // One thread: of two that log at once it drops one's line rather than let it wait.
  write("haproxy.cfg", "global\n  nbthread 1\n  maxconn 1000\n  stats socket " + path("admin.sock").string() +
                           " level admin\n  log stdout format raw local0\ndefaults\n  timeout connect 5s\n  timeout client 10s\n"
                           "  timeout server 10s\n" +
                           replaced(sections_, "@PORT@", std::to_string(port())));
  return {"haproxy", "-db", "-f", path("haproxy.cfg").string()};
}

bool HaProxy::answers() const {
  try {
    return tell("show info").find("Uptime_sec:") != std::string::npos;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace pulsewatch::testing
