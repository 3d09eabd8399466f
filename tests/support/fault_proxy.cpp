#include "support/fault_proxy.h"

#include "support/wait.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pulsewatch::testing {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// What came; nothing at the end of the stream.
std::optional<std::string> receive(int fd) {
  std::array<char, 16384> buffer{};
  const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count > 0) return std::string(buffer.data(), static_cast<std::size_t>(count));
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::string();
  return std::nullopt;
}

bool sendAll(int fd, const std::string& bytes) {
  return bytes.empty() || ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

}  // namespace

struct FaultProxy::Connection {
  Connection(int client_fd, int server_fd) : client(client_fd), server(server_fd) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    ::close(client);
    if (server >= 0) ::close(server);
  }

  int client;
  int server;           // -1: canned
  std::string pending;  // from the server, not yet passed on
  std::size_t passed = 0;
  std::size_t next_reply = 0;
  bool server_ended = false;
  Clock::time_point next_drip{};
};

FaultProxy::FaultProxy(std::uint16_t upstream_port) : upstream_port_(upstream_port) { listen(); }

FaultProxy::FaultProxy(std::string greeting, std::vector<std::string> replies)
    : upstream_port_(0), greeting_(std::move(greeting)), replies_(std::move(replies)) {
  listen();
}

FaultProxy::~FaultProxy() {
  stopping_ = true;
  wake();
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

void FaultProxy::listen() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, any, size) != 0 || ::listen(listener_, 128) != 0 || ::getsockname(listener_, any, &size) != 0)
    fail("listening");
  port_ = ntohs(address.sin_port);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) fail("eventfd");
  thread_ = std::thread([this] { serve(); });
}

void FaultProxy::wake() const { ::eventfd_write(wake_, 1); }

void FaultProxy::setFault(const Fault& fault) {
  {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
  }
  wake();
}

void FaultProxy::closeConnections() {
  const int request = ++close_requests_;
  wake();
  waitFor([&] { return closes_done_ >= request; }, std::chrono::seconds(10));
}

std::string FaultProxy::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

void FaultProxy::accept() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int on = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int server = -1;
  if (upstream_port_ != 0) {
    server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const sockaddr_in address = loopback(upstream_port_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(server);
      ::close(client);
      return;
    }
  }
  connections_.emplace_back(client, server).pending = greeting_;
  open_ = connections_.size();
  ++accepted_;
  wake();  // for the greeting
}

bool FaultProxy::fromClient(Connection& connection, const Fault& fault) {
  if (fault.silent) return true;
  const std::optional<std::string> bytes = receive(connection.client);
  if (!bytes) return false;
  {
    const std::lock_guard lock(mutex_);
    received_ += *bytes;
  }
  if (connection.server >= 0) return sendAll(connection.server, *bytes);
  if (!bytes->empty() && connection.next_reply < replies_.size()) connection.pending += replies_[connection.next_reply++];
  return true;
}

bool FaultProxy::fromServer(Connection& connection) {
  const std::optional<std::string> bytes = receive(connection.server);
  if (bytes) connection.pending += *bytes;
  connection.server_ended = !bytes;
  return true;
}

bool FaultProxy::toClient(Connection& connection, const Fault& fault) {
  std::size_t allowed = connection.pending.size();
  const std::optional<std::size_t> limit = fault.close_after ? fault.close_after : fault.stop_after;
  if (limit) allowed = std::min(allowed, *limit - std::min(*limit, connection.passed));
  if (fault.drip.count() > 0 && allowed > 0) {
    if (Clock::now() < connection.next_drip) return true;
    connection.next_drip = Clock::now() + fault.drip;
    allowed = 1;
  }
  if (fault.silent) allowed = 0;
  if (!sendAll(connection.client, connection.pending.substr(0, allowed))) return false;
  connection.pending.erase(0, allowed);
  connection.passed += allowed;
  if (fault.close_after && connection.passed >= *fault.close_after) return false;
  return !(connection.server_ended && connection.pending.empty());
}

void FaultProxy::serve() {
  while (!stopping_) {
    Fault fault;
    {
      const std::lock_guard lock(mutex_);
      fault = fault_;
    }
    if (const int requests = close_requests_; requests != closes_done_) {
      connections_.clear();
      open_ = 0;
      closes_done_ = requests;
    }
    std::vector<pollfd> watched = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    for (const Connection& connection : connections_) {
      // A silent proxy still has to see a client go: POLLRDHUP comes without reading.
      watched.push_back({connection.client, static_cast<short>(fault.silent ? POLLRDHUP : POLLIN), 0});
      watched.push_back({connection.server_ended ? -1 : connection.server, POLLIN, 0});
    }
    const bool dripping = fault.drip.count() > 0;
    ::poll(watched.data(), watched.size(), dripping ? 1 : -1);

    std::size_t i = 2;
    for (auto connection = connections_.begin(); connection != connections_.end(); i += 2) {
      bool alive = true;
      if (watched[i].revents != 0) alive = (watched[i].revents & POLLRDHUP) == 0 && fromClient(*connection, fault);
      if (alive && watched[i + 1].revents != 0) alive = fromServer(*connection);
      if (alive) alive = toClient(*connection, fault);
      connection = alive ? std::next(connection) : connections_.erase(connection);
      open_ = connections_.size();
    }
    eventfd_t ignored = 0;
    if (watched[1].revents != 0) ::eventfd_read(wake_, &ignored);
    if (watched[0].revents != 0) accept();
  }
  connections_.clear();
}

}  // namespace pulsewatch::testing
