#include "integration/crowd.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pulsewatch::testing {
namespace {

constexpr std::size_t kHead = 512;  // of what comes is kept
constexpr int kParts = 50;          // of a pace: so that they don't drip all at once

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

sockaddr_in addressOf(const std::string& ipv4, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, ipv4.c_str(), &address.sin_addr);
  return address;
}

}  // namespace

std::size_t raiseDescriptorLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Crowd::Crowd(std::uint16_t port, std::size_t count, Manner manner)
    : port_(port), manner_(std::move(manner)), epoll_(::epoll_create1(EPOLL_CLOEXEC)), members_(count) {
  for (std::size_t i = 0; i < count; ++i) {
    connect(members_[i]);
    epoll_event event{};
    event.events = (manner_.reads ? EPOLLIN : 0U) | EPOLLRDHUP;
    event.data.u64 = i;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, members_[i].fd, &event) != 0) fail("epoll_ctl");
    ++open_;
  }
  thread_ = std::thread([this] { run(); });
}

Crowd::~Crowd() {
  over_ = true;
  thread_.join();
  for (const Member& member : members_)
    if (member.fd >= 0) ::close(member.fd);
  ::close(epoll_);
}

void Crowd::connect(Member& member) const {
  member.begin = Clock::now();
  member.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (member.fd < 0) fail("a socket of many");
  const int on = 1;
  const int small = 1;
  const sockaddr_in source = addressOf(manner_.source, 0);
  const sockaddr_in server = addressOf("127.0.0.1", port_);
  ::setsockopt(member.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  ::setsockopt(member.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!manner_.reads) ::setsockopt(member.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  if (::bind(member.fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0 ||
      ::connect(member.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0)
    fail("a connection of many");
  (void)::send(member.fd, manner_.first.data(), manner_.first.size(), MSG_NOSIGNAL);  // may be refused: that shows when it is read
}

void Crowd::run() {
  std::array<epoll_event, 256> events{};
  const auto part = manner_.pace / kParts;
  auto next = Clock::now() + part;
  for (std::size_t turn = 0; !over_;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now()).count();
    const int count =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(std::clamp<std::int64_t>(left, 0, 20)));
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < count; ++i)
      take(members_[events[static_cast<std::size_t>(i)].data.u64], events[static_cast<std::size_t>(i)].events);
    if (Clock::now() < next) continue;
    next = std::max(next + part, Clock::now());
    if (!manner_.drip.empty())
      for (std::size_t i = turn % kParts; i < members_.size(); i += kParts) drip(members_[i]);
    ++turn;
  }
}

void Crowd::drip(Member& member) {
  if (member.fd >= 0) (void)::send(member.fd, &manner_.drip[member.dripped++ % manner_.drip.size()], 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Crowd::take(Member& member, std::uint32_t events) {
  std::array<char, 4096> buffer{};
  ssize_t count = -1;
  if (manner_.reads) {
    count = ::recv(member.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) {
      if (member.head.empty()) ++answered_;
      if (member.head.size() < kHead) member.head.append(buffer.data(), static_cast<std::size_t>(count));
      return;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  } else if ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) == 0) {
    return;
  }
  member.end = Clock::now();
  ::close(std::exchange(member.fd, -1));
  --open_;
}

Crowd::Report Crowd::report() const {
  const std::lock_guard lock(mutex_);
  Report report;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& member = members_[i];
    const bool status = member.head.compare(0, 9, "HTTP/1.1 ") == 0 && member.head.size() > 12;
    ++report.statuses[status ? std::stoi(member.head.substr(9, 3)) : 0];
    report.with_retry_after += member.head.find("\r\nRetry-After: ") != std::string::npos ? 1 : 0;
    if (member.fd >= 0) continue;
    report.ended.push_back(i);
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(member.end - member.begin);
    report.shortest = std::min(report.shortest, time);
    report.longest = std::max(report.longest, time);
  }
  return report;
}

}  // namespace pulsewatch::testing
