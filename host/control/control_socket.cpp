#include "control/control_socket.h"

#include "base/thread_name.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

constexpr Milliseconds kPeriod{500};
constexpr Milliseconds kPendingPeriod{20};  // an answer that comes later has no descriptor to wait on
constexpr Milliseconds kAcceptPause{200};   // no descriptors left
constexpr std::chrono::seconds kTellRefusedEvery{10};

}  // namespace

ControlSocket::ControlSocket(const ControlSocketConfig& config, ControlService& service, Log& log, const Clock& clock, PeerRule rule)
    : listener_(config), service_(service), log_(log), clock_(clock), rule_(rule), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_.valid()) throw std::system_error(errno, std::generic_category(), "the control socket's thread cannot be woken");
}

void ControlSocket::start() {
  thread_ = std::thread([this] { loop(); });
}

void ControlSocket::stop() {
  stopping_ = true;
  static_cast<void>(::eventfd_write(wake_.get(), 1));
  if (thread_.joinable()) thread_.join();
  clients_.clear();
}

void ControlSocket::loop() {
  nameThread("pw-control");
  while (!stopping_) {
    std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}};
    const bool accepts = clock_.steady() >= accept_after_;
    watched.push_back({accepts ? listener_.fd() : -1, POLLIN, 0});
    Milliseconds wait = accepts ? kPeriod : kAcceptPause;
    for (const Client& client : clients_) {
      const bool pending = client.pending.valid();
      if (pending) wait = kPendingPeriod;
      watched.push_back({pending ? -1 : client.socket.get(), static_cast<short>(client.out.empty() ? POLLIN : POLLOUT), 0});
    }
    if (::poll(watched.data(), watched.size(), static_cast<int>(wait.count())) < 0 && errno != EINTR) return;
    const SteadyTime now = clock_.steady();
    std::size_t i = 2;
    for (Client& client : clients_) {
      const bool ready = watched[i++].revents != 0;
      if (client.pending.valid()) {
        if (client.pending.wait_for(std::chrono::seconds(0)) == std::future_status::ready) setAnswer(client, client.pending.get(), now);
      } else if (ready && client.out.empty()) {
        receive(client, now);
      } else if (ready) {
        send(client);
      }
      if (!client.pending.valid() && now >= client.until) client.over = true;
    }
    clients_.remove_if([](const Client& client) { return client.over; });
    if (accepts && watched[1].revents != 0) acceptAll(now);
  }
}

void ControlSocket::acceptAll(SteadyTime now) {
  // Not more than there are places: who is accepted is looked at before he could be let go of again.
  for (std::size_t i = 0; i < kMostClients; ++i) {
    FileDescriptor socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.valid()) {
      admit(std::move(socket), now);
    } else if (errno != EINTR && errno != ECONNABORTED) {
      if (errno != EAGAIN) accept_after_ = now + kAcceptPause;
      return;
    }
  }
}

void ControlSocket::admit(FileDescriptor socket, SteadyTime now) {
  makeRoom();
  Client& client = clients_.emplace_back(Client{std::move(socket), {}, now + kPatience});
  client.peer = peerOf(client.socket.get());
  const std::string why = rule_(client.peer);
  if (!why.empty()) {
    tellRefused(client.peer, why, now);
    setAnswer(client, service_.refusal(why), now);
  } else {
    receive(client, now);  // as a rule it is there already
  }
  if (client.over) clients_.pop_back();
}

// The oldest that has asked nothing goes, else the oldest that doesn't take its answer.
void ControlSocket::makeRoom() {
  if (clients_.size() < kMostClients) return;
  const auto idle = [](const Client& client) { return !client.pending.valid() && client.out.empty(); };
  const auto slow = [](const Client& client) { return !client.pending.valid(); };
  auto found = std::find_if(clients_.begin(), clients_.end(), idle);
  if (found == clients_.end()) found = std::find_if(clients_.begin(), clients_.end(), slow);
  if (found != clients_.end()) clients_.erase(found);
}

void ControlSocket::receive(Client& client, SteadyTime now) {
  std::array<char, 4096> buffer{};
  while (client.in.size() <= kMostRequest) {
    const ssize_t count = ::recv(client.socket.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      client.over = true;  // a request that has no end is none
      return;
    }
    client.in.append(buffer.data(), static_cast<std::size_t>(count));
    const std::size_t end = client.in.find('\n');
    if (end == std::string::npos) continue;
    if (end > kMostRequest) break;
    if (end + 1 < client.in.size()) return setAnswer(client, service_.refusal("one request a connection, but there is more"), now);
    client.in.pop_back();
    client.pending = service_.answer(client.in, client.peer);
    if (client.pending.wait_for(std::chrono::seconds(0)) == std::future_status::ready) setAnswer(client, client.pending.get(), now);
    return;
  }
  setAnswer(client, service_.refusal("the request is longer than " + std::to_string(kMostRequest) + " bytes"), now);
}

void ControlSocket::setAnswer(Client& client, std::string answer, SteadyTime now) {
  client.out = std::move(answer) + "\n";
  client.until = now + kPatience;
  send(client);
}

void ControlSocket::send(Client& client) {
  while (!client.out.empty()) {
    const ssize_t count = ::send(client.socket.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) break;
    client.out.erase(0, static_cast<std::size_t>(count));
  }
  client.over = true;
}

// A plugin that tries it all day gets a line now and then.
void ControlSocket::tellRefused(const ControlPeer& peer, const std::string& why, SteadyTime now) {
  ++refused_;
  if (refusal_told_ && now - *refusal_told_ < kTellRefusedEvery) return;
  refusal_told_ = now;
  const std::string times = refused_ == 1 ? "" : " (" + std::to_string(refused_) + " times since it was last said)";
  refused_ = 0;
  log_.write({LogLevel::warning,
              "pulsewatch.core.control",
              "control_refused",
              "the control socket refused process " + std::to_string(peer.pid) + times + ": " + why,
              {{"user_id", std::to_string(peer.uid)}, {"pid", static_cast<std::int64_t>(peer.pid)}}});
}

}  // namespace pulsewatch
