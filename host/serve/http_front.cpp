#include "serve/http_front.h"

#include "config/network_text.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace pulsewatch {

namespace {

using SocketPointer = std::shared_ptr<ListeningSocket>;

bool contains(const std::vector<SocketPointer>& sockets, const SocketPointer& socket) {
  return std::find(sockets.begin(), sockets.end(), socket) != sockets.end();
}

}  // namespace

void HttpFront::ErrorLog::write(const std::string& what) {
  log_.write({LogLevel::warning, "pulsewatch.core.http", "connection_error", "a request ended with an error", {{"error", what}}});
}

HttpFront::HttpFront(const HostConfig& config, HttpService& service, HttpMetrics& metrics, Log& log, const Clock& clock)
    : error_log_(log),
      previous_(Poco::ErrorHandler::set(&error_log_)),
      tls_(log, clock),
      https_(config.https),
      server_(service, config.http_limits, metrics, log, clock) {
  try {
    tls_.use(https_);
    for (const ListenAddress& address : addressesOf(config)) sockets_.push_back(std::make_shared<ListeningSocket>(address));
  } catch (...) {
    Poco::ErrorHandler::set(previous_);
    throw;
  }
  for (const SocketPointer& socket : sockets_) server_.listen(socket);
}

HttpFront::~HttpFront() {
  stop();
  Poco::ErrorHandler::set(previous_);
}

// Leaves those that are not to stay and that have what is to be listened on.
void HttpFront::makeRoom(const ListenAddress& address, const Sockets& next, Sockets& left) {
  for (const SocketPointer& old : sockets_) {
    if (contains(next, old) || contains(left, old) || address.port == 0 || old->port() != address.port) continue;
    if (!addressesOverlap(address.address, old->where().address)) continue;
    server_.leave(old);
    left.push_back(old);
  }
}

std::vector<ListenAddress> HttpFront::addressesOf(const HostConfig& config) const {
  std::vector<ListenAddress> addresses{{"http.address, http.port", config.http_address, config.http_port}};
  if (config.https.on()) addresses.push_back({"http.address, https.port", config.http_address, config.https.port, Door::open, &tls_});
  if (config.admin.on()) addresses.push_back({"admin.address, admin.port", config.admin.address, config.admin.port, Door::admin});
  return addresses;
}

void HttpFront::open(const HostConfig& config) {
  tls_.use(config.https);
  try {
    listenOn(addressesOf(config));
  } catch (const CannotListen&) {
    tls_.use(https_);
    throw;
  }
  https_ = config.https;
}

void HttpFront::listenOn(const std::vector<ListenAddress>& wanted) {
  Sockets next(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto stays = std::find_if(sockets_.begin(), sockets_.end(), [&](const SocketPointer& old) { return old->where() == wanted[i]; });
    if (stays != sockets_.end()) next[i] = *stays;
  }
  Sockets left;
  try {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (next[i] != nullptr) continue;
      makeRoom(wanted[i], next, left);
      next[i] = std::make_shared<ListeningSocket>(wanted[i]);
    }
  } catch (const CannotListen&) {
    next.clear();  // what was opened is free again
    for (const SocketPointer& old : left) {
      ListenAddress address = old->where();
      address.port = old->port();
      const auto again = std::make_shared<ListeningSocket>(address);
      server_.listen(again);
      std::replace(sockets_.begin(), sockets_.end(), old, again);
    }
    throw;
  }
  next_ = std::move(next);
}

std::vector<SocketPointer> HttpFront::move(const HostConfig& config) {
  server_.setLimits(config.http_limits);
  Sockets opened;
  if (next_.empty()) return opened;
  const Sockets before = std::exchange(sockets_, std::exchange(next_, {}));
  for (const SocketPointer& socket : sockets_) {
    if (contains(before, socket)) continue;
    server_.listen(socket);
    opened.push_back(socket);
  }
  for (const SocketPointer& socket : before) {
    if (!contains(sockets_, socket) && !socket->left()) server_.leave(socket);
  }
  return opened;
}

}  // namespace pulsewatch
