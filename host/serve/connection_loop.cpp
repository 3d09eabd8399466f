#include "serve/connection_loop.h"

#include "base/network_address.h"
#include "base/thread_name.h"

#include <algorithm>
#include <cerrno>
#include <future>
#include <new>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>

namespace pulsewatch {

namespace {

constexpr Milliseconds kTick{500};         // the heartbeat's, at least
constexpr Milliseconds kAcceptPause{50};   // when there is no descriptor or memory for another connection
constexpr std::size_t kExpireAtOnce = 64;  // of thousands; then the others get their turn
constexpr int kMostWaiting = 4096;         // of a listening socket's connections when it is left

int opened(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

std::string localAddress(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return addressText(addressBytes(address));
}

}  // namespace

ConnectionLoop::ConnectionLoop(ServerParts& parts, const HttpLimits& limits, HttpMetrics::Shard& counts)
    : parts_(parts),
      epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "no epoll descriptor for HTTP")),
      wake_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "no event descriptor for HTTP")),
      table_(limits, parts.room, counts),
      conversation_(parts, table_, *this, counts) {
  table_.setNow(parts_.clock.running());
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) opened(-1, "no event descriptor for HTTP");
  heartbeat_.tick(parts_.clock.running());
}

ConnectionLoop::~ConnectionLoop() { stop(); }

void ConnectionLoop::start() {
  thread_ = std::thread([this] { loop(); });
}

void ConnectionLoop::stop() {
  if (!thread_.joinable()) return;
  perform([this] { stopping_ = true; });
  thread_.join();
  takePosted();
  table_.closeAll();
  takePosted();  // requests that came home at once; their connections are gone
  table_.clearOver();
}

void ConnectionLoop::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));  // full means that it is awake
}

void ConnectionLoop::perform(std::function<void()> task) {
  if (!thread_.joinable()) {
    task();
    return;
  }
  std::promise<void> done;
  {
    const MutexLock lock(mutex_);
    tasks_.emplace_back([&] {
      try {
        task();
        done.set_value();
      } catch (...) {
        done.set_exception(std::current_exception());
      }
    });
  }
  wake();
  done.get_future().get();
}

void ConnectionLoop::give(Newcomer newcomer) {
  {
    const MutexLock lock(mutex_);
    newcomers_.push_back(std::move(newcomer));
  }
  wake();
}

void ConnectionLoop::comeBack(std::unique_ptr<CarriedRequest> request) noexcept {
  {
    const MutexLock lock(mutex_);
    request->next = std::move(answers_);
    answers_ = std::move(request);
  }
  wake();
}

void ConnectionLoop::takePosted() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof(count));
  std::vector<std::function<void()>> tasks;
  std::vector<Newcomer> newcomers;
  std::unique_ptr<CarriedRequest> answers;
  {
    const MutexLock lock(mutex_);
    tasks.swap(tasks_);
    newcomers.swap(newcomers_);
    answers.swap(answers_);
  }
  for (const std::function<void()>& task : tasks) task();
  if (stopping_) newcomers.clear();
  for (Newcomer& newcomer : newcomers) newcomer.entered ? begin(std::move(newcomer)) : arrive(std::move(newcomer));
  while (answers != nullptr) {
    const std::unique_ptr<CarriedRequest> request = std::move(answers);
    answers = std::move(request->next);
    answered(*request);
  }
}

void ConnectionLoop::setLimits(const HttpLimits& limits) {
  perform([&] { table_.setLimits(limits); });
}

void ConnectionLoop::listen(const std::shared_ptr<ListeningSocket>& socket) {
  perform([&] {
    doors_.push_back(socket);
    watch(*socket);
  });
}

void ConnectionLoop::leave(const std::shared_ptr<ListeningSocket>& socket) {
  perform([&] {
    for (int i = 0; i < kMostWaiting && accept(*socket); ++i) {
    }
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket->fd(), nullptr);
  });
}

void ConnectionLoop::loop() {
  nameThread("pw-http");
  std::array<epoll_event, 128> events{};
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), waitMs());
    table_.setNow(parts_.clock.running());
    if (table_.now() - ticked_ >= kTick / 5) {
      ticked_ = table_.now();
      heartbeat_.tick(ticked_);
      takePosted();  // should a wake-up have been lost
    }
    for (int i = 0; i < count; ++i) dispatch(events.at(static_cast<std::size_t>(i)));
    expire();
    table_.clearOver();
  }
}

// Out of memory costs one connection, no more.
void ConnectionLoop::dispatch(const epoll_event& event) noexcept {
  auto* const watched = static_cast<Watched*>(event.data.ptr);
  auto* const connection = watched == nullptr || watched->is_door ? nullptr : static_cast<Connection*>(watched);
  try {
    if (watched == nullptr)
      takePosted();
    else if (connection == nullptr)
      knocked(static_cast<ListeningSocket&>(*watched));
    else
      conversation_.happened(*connection, event.events);
  } catch (const std::exception&) {
    if (connection != nullptr) table_.close(*connection, ConnectionEnd::error);
  }
}

void ConnectionLoop::watch(ListeningSocket& door) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.ptr = static_cast<Watched*>(&door);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, door.fd(), &event) != 0) opened(-1, "a listening socket cannot be watched");
}

// One that is being left may be closed by now: of the events that came together some are of before. leave() accepts what waits.
void ConnectionLoop::knocked(ListeningSocket& door) {
  if (!door.left()) accept(door);
}

// One, then those that are here get their turn. Whether there may be more.
bool ConnectionLoop::accept(ListeningSocket& door) {
  Newcomer newcomer;
  newcomer.door = &door;
  socklen_t size = sizeof(newcomer.address);
  newcomer.fd = FileDescriptor(::accept4(door.fd(), reinterpret_cast<sockaddr*>(&newcomer.address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (newcomer.fd.valid()) {
    arrive(std::move(newcomer));
    return true;
  }
  if (errno == EAGAIN || errno == EBADF) return false;
  if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return true;  // that one has gone already
  if (table_.evictIdle()) return true;
  pauseAccepting();
  return false;
}

// Level-triggered: those who wait would wake the loop again at once.
void ConnectionLoop::pauseAccepting() {
  for (const auto& door : doors_) {
    if (!door->left()) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, door->fd(), nullptr);
  }
  accept_again_ = table_.now() + kAcceptPause;
}

void ConnectionLoop::acceptAgain() {
  accept_again_ = SteadyTime::max();
  try {
    for (const auto& door : doors_) {
      if (!door->left()) watch(*door);
    }
  } catch (const std::exception&) {  // no memory yet
    pauseAccepting();
  }
}

void ConnectionLoop::answered(CarriedRequest& request) noexcept {
  Connection& connection = request.connection();
  try {
    conversation_.answered(request);
  } catch (const std::exception&) {
    table_.close(connection, ConnectionEnd::error);
  }
}

// Out of memory costs it alone.
void ConnectionLoop::arrive(Newcomer newcomer) noexcept {
  try {
    settle(newcomer);
  } catch (const std::exception&) {
    giveRoom(newcomer);
  }
}

// Where it goes: here or to the sibling, or nowhere.
void ConnectionLoop::settle(Newcomer& newcomer) {
  newcomer.entered = parts_.room.enter();
  while (!newcomer.entered && table_.evictIdle()) newcomer.entered = parts_.room.enter();  // the sibling may have been quicker
  if (!newcomer.entered) {
    if (newcomer.sent_on || sibling_ == nullptr || !sibling_->table_.hasIdle()) {
      refuse(newcomer, ConnectionEnd::max_connections);
    } else {
      newcomer.sent_on = true;
      sibling_->give(std::move(newcomer));
    }
    return;
  }
  if (parts_.room.countsAddresses()) {
    newcomer.counted = parts_.room.take(addressBytes(newcomer.address));
    if (!newcomer.counted) {
      giveRoom(newcomer);
      refuse(newcomer, ConnectionEnd::per_address);
      return;
    }
  }
  if (sibling_ != nullptr && sibling_->table_.open() + 1 < table_.open())
    sibling_->give(std::move(newcomer));
  else
    begin(std::move(newcomer));
}

void ConnectionLoop::giveRoom(Newcomer& newcomer) noexcept {
  if (std::exchange(newcomer.counted, false)) parts_.room.give(addressBytes(newcomer.address));
  if (std::exchange(newcomer.entered, false)) parts_.room.left();
}

std::unique_ptr<Connection> ConnectionLoop::connectionOf(Newcomer& newcomer) {
  std::unique_ptr<TlsStream> tls;
  if (newcomer.door->where().tls != nullptr) {
    const std::shared_ptr<const TlsContext> context = newcomer.door->where().tls->context();
    if (context == nullptr) throw std::runtime_error("https is off");
    tls = context->accept(newcomer.fd.get());
  }
  auto connection = std::make_unique<Connection>(std::move(newcomer.fd), *newcomer.door, std::move(tls));
  connection->peer_address = addressText(addressBytes(newcomer.address));
  connection->local_address = newcomer.door->localAddress().empty() ? localAddress(connection->fd.get()) : newcomer.door->localAddress();
  connection->counted = newcomer.counted;
  return connection;
}

void ConnectionLoop::begin(Newcomer newcomer) noexcept {
  std::unique_ptr<Connection> made;
  try {
    made = connectionOf(newcomer);
  } catch (const std::exception&) {  // no memory, or https has just been turned off
    giveRoom(newcomer);
    return;
  }
  Connection& connection = table_.add(std::move(made));
  try {
    conversation_.happened(connection, EPOLLIN);
    if (connection.state != Connection::State::over) connection.watch(epoll_.get());
  } catch (const std::exception&) {
    table_.close(connection, ConnectionEnd::error);
  }
}

// With TLS there is no word to be said before the handshake.
void ConnectionLoop::refuse(Newcomer& newcomer, ConnectionEnd why) {
  parts_.room.refuse();
  if (newcomer.door->where().tls != nullptr) return;
  std::unique_ptr<Connection> made = connectionOf(newcomer);
  if (!parts_.room.admitRefused()) return;
  made->refused = true;
  made->end = why;
  Connection& connection = table_.add(std::move(made));
  try {
    conversation_.refuse(connection);
    if (connection.state != Connection::State::over) connection.watch(epoll_.get());
  } catch (const std::exception&) {
    table_.close(connection, ConnectionEnd::error);
  }
}

int ConnectionLoop::waitMs() const {
  const SteadyTime now = table_.now();
  const SteadyTime next = std::min({now + kTick, accept_again_, table_.nextDeadline()});
  return next <= now ? 0 : static_cast<int>(std::chrono::ceil<Milliseconds>(next - now).count());
}

void ConnectionLoop::expire() noexcept {
  if (accept_again_ <= table_.now()) acceptAgain();
  for (std::size_t i = 0; i < kExpireAtOnce; ++i) {
    Connection* const connection = table_.expired();
    if (connection == nullptr) return;
    try {
      conversation_.expired(*connection);
    } catch (const std::exception&) {
      table_.close(*connection, ConnectionEnd::error);
    }
  }
}

}  // namespace pulsewatch
