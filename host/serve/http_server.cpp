#include "serve/http_server.h"

#include "serve/connection_loop.h"

#include <algorithm>
#include <array>
#include <string>
#include <sys/resource.h>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostOutput = std::size_t{64} << 20U;  // bytes of answers that clients haven't taken
constexpr rlim_t kOtherDescriptors = 512;                    // for plugins, workers, logs and files

// The configured limits, as far as descriptors go, of which as many are taken as that needs and the process may have.
HttpLimits possible(HttpLimits limits, Log& log) {
  const rlim_t needed = limits.max_connections + kOtherDescriptors;
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur >= needed) return limits;
  const rlimit raised{std::min(needed, descriptors.rlim_max), descriptors.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) descriptors = raised;
  if (descriptors.rlim_cur >= needed) return limits;
  const rlim_t left = descriptors.rlim_cur > 2 * kOtherDescriptors ? descriptors.rlim_cur - kOtherDescriptors : descriptors.rlim_cur / 2;
  const unsigned asked = limits.max_connections;
  limits.max_connections = static_cast<unsigned>(std::min<rlim_t>(asked, std::max<rlim_t>(left, 1)));
  if (limits.max_connections == asked) return limits;
  log.write({LogLevel::warning,
             "pulsewatch.core.http",
             "connections_capped",
             "http.max_connections is " + std::to_string(asked) + ", but the process may have " + std::to_string(descriptors.rlim_cur) +
                 " descriptors open: at most " + std::to_string(limits.max_connections) +
                 " connections are served; raise the limit (LimitNOFILE, ulimit -n), or lower http.max_connections",
             {{"max_connections", static_cast<std::int64_t>(limits.max_connections)}}});
  return limits;
}

}  // namespace

struct HttpServer::Parts {
  Parts(HttpService& service, const HttpLimits& limits, HttpMetrics& metrics, Log& the_log, const Clock& clock)
      : log(the_log),
        poco(service),
        shared{service, poco, room, budget, clock},
        loops{ConnectionLoop(shared, limits, metrics.ofLoop(0)), ConnectionLoop(shared, limits, metrics.ofLoop(1))} {
    room.setLimits(limits);
    loops[0].setSibling(loops[1]);
    loops[1].setSibling(loops[0]);
  }

  Log& log;
  ConnectionRoom room;
  OutputBudget budget{kMostOutput};
  PocoServer poco;
  ServerParts shared;
  std::array<ConnectionLoop, 2> loops;
};

HttpServer::HttpServer(HttpService& service, const HttpLimits& limits, HttpMetrics& metrics, Log& log, const Clock& clock)
    : parts_(std::make_unique<Parts>(service, possible(limits, log), metrics, log, clock)) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start() {
  parts_->poco.start();
  for (ConnectionLoop& loop : parts_->loops) loop.start();
}

void HttpServer::stop() {
  parts_->poco.stop();
  for (ConnectionLoop& loop : parts_->loops) loop.stop();
}

void HttpServer::listen(const std::shared_ptr<ListeningSocket>& socket) {
  for (ConnectionLoop& loop : parts_->loops) loop.listen(socket);
}

void HttpServer::leave(const std::shared_ptr<ListeningSocket>& socket) {
  socket->leave();
  for (ConnectionLoop& loop : parts_->loops) loop.leave(socket);
  socket->close();
}

void HttpServer::setLimits(const HttpLimits& limits) {
  const HttpLimits taken = possible(limits, parts_->log);
  parts_->room.setLimits(taken);
  for (ConnectionLoop& loop : parts_->loops) loop.setLimits(taken);
}

void HttpServer::closeConnections() { parts_->shared.closing = true; }

std::uint64_t HttpServer::refusedConnections() const { return parts_->room.refusedConnections(); }

std::vector<const Heartbeat*> HttpServer::heartbeats() const { return {&parts_->loops[0].heartbeat(), &parts_->loops[1].heartbeat()}; }

}  // namespace pulsewatch
