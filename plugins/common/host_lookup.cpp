#include "common/host_lookup.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace pulsewatch::net {
namespace {

// A thread that nobody knows of mustn't be the one that takes the program's signals.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

struct HostLookup::Request {
  Request() : done(::eventfd(0, EFD_CLOEXEC)) {
    if (done < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() { ::close(done); }

  void run(const std::string& host, const std::string& port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      Address& address = addresses.emplace_back();
      std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
      address.size = one->ai_addrlen;
    }
    if (found != nullptr) ::freeaddrinfo(found);
  }

  void finish() {
    finished = true;
    ::eventfd_write(done, 1);
  }

  // The lookup's until `finished`, then the asker's.
  int code = EAI_AGAIN;
  std::vector<Address> addresses;
  std::atomic<bool> finished{false};
  const int done;  // an eventfd: readable once finished
};

std::string Address::text() const {
  std::array<char, NI_MAXHOST> host{};
  ::getnameinfo(get(), size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  return host.data();
}

HostLookup::HostLookup(std::string host, std::uint16_t port) : host_(std::move(host)), port_(std::to_string(port)) {}

HostLookup::~HostLookup() = default;

HostLookup::Outcome HostLookup::resolve(const Deadline& deadline, std::vector<Address>& addresses) {
  auto request = std::exchange(pending_, nullptr);
  // One that has failed since is old news.
  if (!request || (request->finished && request->code != 0)) {
    request = std::make_shared<Request>();
    request->run(host_, port_, AI_NUMERICHOST | AI_NUMERICSERV);
    if (request->code == 0) {
      request->finish();
    } else {
      const SignalsBlocked blocked;
      std::thread([request, host = host_, port = port_] {
        request->run(host, port, AI_NUMERICSERV);
        request->finish();
      }).detach();
    }
  }
  while (!request->finished) {
    if (deadline.wait(request->done, POLLIN) != 0) continue;
    pending_ = std::move(request);
    return Outcome::timed_out;
  }
  addresses = std::move(request->addresses);
  if (request->code == 0) return Outcome::found;
  return request->code == EAI_NONAME || request->code == EAI_NODATA ? Outcome::not_found : Outcome::failed;
}

}  // namespace pulsewatch::net
