#include "bench/slow_clients.h"

#include "bench/descriptors.h"
#include "support/wait.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pulsewatch::bench {

namespace {

constexpr std::string_view kBegin = "GET /ready HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
constexpr std::chrono::milliseconds kTick{10};
constexpr std::size_t kTicks = 100;  // a second

}  // namespace

SlowClients::SlowClients(std::uint16_t port, std::size_t number) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)), clients_(number) {
  allowDescriptors(number);
  thread_ = std::thread([this] { run(); });
  // While the last ones connect the server may already have ended the first.
  if (testing::waitFor([&] { return open_ + number / 10 >= number; }, std::chrono::seconds(60))) return;
  const std::size_t had = open_;
  stop_ = true;
  thread_.join();
  throw std::runtime_error("only " + std::to_string(had) + " of " + std::to_string(number) + " slow clients are connected");
}

SlowClients::~SlowClients() {
  stop_ = true;
  thread_.join();
  ::close(epoll_);
}

// Each client has its own hundredth of a second.
void SlowClients::run() {
  std::array<epoll_event, 256> events{};
  auto next = std::chrono::steady_clock::now();
  for (std::size_t tick = 0; !stop_; tick = (tick + 1) % kTicks) {
    for (std::size_t i = tick; i < clients_.size(); i += kTicks) sendByte(i);
    next += kTick;
    for (auto now = std::chrono::steady_clock::now(); now < next && !stop_; now = std::chrono::steady_clock::now()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
      const int number = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(left.count()));
      for (int i = 0; i < number; ++i)
        handle(events.at(static_cast<std::size_t>(i)).data.u64, events.at(static_cast<std::size_t>(i)).events);
    }
  }
  for (Client& client : clients_) disconnect(client);
}

void SlowClients::handle(std::size_t index, std::uint32_t events) {
  Client& client = clients_[index];
  if (!client.connected && (events & (EPOLLERR | EPOLLHUP)) == 0) {
    client.connected = true;
    ++open_;
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;
  // The server has answered, or closed: either is the end.
  if (client.connected) ++reopened_;
  disconnect(client);
  connect(index);
}

void SlowClients::sendByte(std::size_t index) {
  Client& client = clients_[index];
  if (client.socket < 0) connect(index);
  if (!client.connected) return;
  const char byte = client.sent < kBegin.size() ? kBegin[client.sent] : 'x';
  if (::send(client.socket, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) ++client.sent;
}

void SlowClients::connect(std::size_t index) {
  Client& client = clients_[index];
  client.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = index;
  const int connected = ::connect(client.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if ((connected == 0 || errno == EINPROGRESS) && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.socket, &event) == 0) return;
  disconnect(client);  // with its next byte it tries again
}

void SlowClients::disconnect(Client& client) {
  if (client.connected) --open_;
  if (client.socket >= 0) ::close(client.socket);
  client = {};
}

}  // namespace pulsewatch::bench
