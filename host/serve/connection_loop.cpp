#include "serve/connection_loop.h"

#include "serve/network_address.h"

#include <algorithm>
#include <cerrno>
#include <future>
#include <netinet/in.h>
#include <new>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>

namespace pulsewatch {

namespace {

constexpr Milliseconds kTick{500};            // the heartbeat's, at least
constexpr Milliseconds kLinger{1000};         // for a client that still sends, to read why it is refused
constexpr Milliseconds kAcceptPause{50};      // when there is no descriptor or memory for another connection
constexpr std::size_t kAcceptsAtOnce = 16;    // then those that are here get their turn
constexpr std::size_t kTogether = 65'536;     // bytes of answers to a client that asks on without waiting
constexpr std::size_t kSmallBody = 16'384;    // copied behind its head
constexpr std::size_t kMostRefusedOpen = 64;  // refused ones beyond that are closed without a word
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

int opened(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

AddressBytes bytesOf(const sockaddr_storage& address) {
  AddressBytes bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (address.ss_family == AF_INET6) {
    const auto& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    std::copy(std::begin(ip.s6_addr), std::end(ip.s6_addr), bytes.begin());
  } else {
    const auto* const ip = reinterpret_cast<const unsigned char*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr);
    std::copy(ip, ip + 4, bytes.begin() + 12);
  }
  return bytes;
}

std::string localAddress(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return addressText(bytesOf(address));
}

HttpAnswer noAnswer(bool begun) { return begun ? errorAnswer(500, "internal error") : errorAnswer(503, "busy", "too many requests wait"); }

}  // namespace

ConnectionLoop::ConnectionLoop(LoopWorld& world, const HttpLimits& limits)
    : world_(world),
      limits_(limits),
      epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "no epoll descriptor for HTTP")),
      wake_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "no event descriptor for HTTP")),
      now_(world.clock.steady()),
      writer_(world.clock) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) opened(-1, "no event descriptor for HTTP");
  heartbeat_.tick(world_.clock.running());
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
  for (ConnectionList& list : lists_) {
    while (list.first() != nullptr) close(*list.first());
  }
  clearOver();
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

void ConnectionLoop::takePosted() {
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
  for (Newcomer& newcomer : newcomers) begin(std::move(newcomer));
  while (answers != nullptr) {
    const std::unique_ptr<CarriedRequest> request = std::move(answers);
    answers = std::move(request->next);
    answered(*request);
  }
}

void ConnectionLoop::setLimits(const HttpLimits& limits) {
  perform([&] { limits_ = limits; });
}

void ConnectionLoop::listen(const std::shared_ptr<ListeningSocket>& socket) {
  perform([&] {
    doors_.push_back(socket);
    watch(*socket);
  });
}

void ConnectionLoop::leave(const std::shared_ptr<ListeningSocket>& socket) {
  perform([&] {
    while (accept(*socket)) {
    }
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket->fd(), nullptr);
  });
}

void ConnectionLoop::loop() {
  std::array<epoll_event, 128> events{};
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), waitMs());
    now_ = world_.clock.steady();
    if (now_ - ticked_ >= kTick / 5) {
      ticked_ = now_;
      heartbeat_.tick(world_.clock.running());
    }
    for (int i = 0; i < count; ++i) dispatch(events.at(static_cast<std::size_t>(i)));
    expire();
    clearOver();
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
      accept(static_cast<ListeningSocket&>(*watched));
    else
      happened(*connection, event.events);
  } catch (const std::exception&) {
    if (connection != nullptr) close(*connection);
  }
}

// ---- Connections come. ----

void ConnectionLoop::watch(ListeningSocket& door) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.ptr = static_cast<Watched*>(&door);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, door.fd(), &event) != 0) opened(-1, "a listening socket cannot be watched");
}

// Whether there may be more.
bool ConnectionLoop::accept(ListeningSocket& door) {
  for (std::size_t i = 0; i < kAcceptsAtOnce; ++i) {
    Newcomer newcomer;
    newcomer.door = &door;
    socklen_t size = sizeof(newcomer.address);
    newcomer.fd = FileDescriptor(::accept4(door.fd(), reinterpret_cast<sockaddr*>(&newcomer.address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (newcomer.fd.valid()) {
      arrive(std::move(newcomer));
      continue;
    }
    if (errno == EAGAIN || errno == EBADF) return false;
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) continue;  // that one has gone already
    if (evictIdle()) continue;
    pauseAccepting();
    return false;
  }
  return true;
}

// Level-triggered: those who wait would wake the loop again at once.
void ConnectionLoop::pauseAccepting() {
  for (const auto& door : doors_) {
    if (!door->left()) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, door->fd(), nullptr);
  }
  accept_again_ = now_ + kAcceptPause;
}

void ConnectionLoop::acceptAgain() {
  accept_again_ = SteadyTime::max();
  for (const auto& door : doors_) {
    if (!door->left()) watch(*door);
  }
}

void ConnectionLoop::arrive(Newcomer newcomer) {
  const unsigned siblings = sibling_ == nullptr ? 0 : sibling_->open();
  if (world_.room.full(open() + siblings) && !evictIdle()) {
    refuse(std::move(newcomer));
    return;
  }
  if (world_.room.countsAddresses()) {
    newcomer.counted = world_.room.take(bytesOf(newcomer.address));
    if (!newcomer.counted) {
      refuse(std::move(newcomer));
      return;
    }
  }
  if (sibling_ != nullptr && siblings + 1 < open())
    sibling_->give(std::move(newcomer));
  else
    begin(std::move(newcomer));
}

std::unique_ptr<Connection> ConnectionLoop::connectionOf(Newcomer& newcomer) {
  std::unique_ptr<TlsStream> tls;
  if (newcomer.door->where().tls != nullptr) {
    const std::shared_ptr<const TlsContext> context = newcomer.door->where().tls->get();
    if (context == nullptr) return nullptr;
    tls = context->accept(newcomer.fd.get());
  }
  auto connection = std::make_unique<Connection>(std::move(newcomer.fd), *newcomer.door, std::move(tls));
  connection->peer_address = addressText(bytesOf(newcomer.address));
  connection->local_address = newcomer.door->localAddress().empty() ? localAddress(connection->fd.get()) : newcomer.door->localAddress();
  connection->counted = newcomer.counted;
  return connection;
}

void ConnectionLoop::begin(Newcomer newcomer) {
  std::unique_ptr<Connection> owned;
  try {
    owned = connectionOf(newcomer);
  } catch (const std::exception&) {  // no memory
  }
  if (owned == nullptr) {
    if (newcomer.counted) world_.room.leave(bytesOf(newcomer.address));
    return;
  }
  Connection& connection = *owned.release();  // the lists' from now on
  open_.fetch_add(1, std::memory_order_relaxed);
  enter(connection, connection.tls == nullptr ? State::head : State::handshake);
  try {
    happened(connection, EPOLLIN);
  } catch (const std::exception&) {
    close(connection);
  }
  if (connection.state != State::over && !registered(connection)) close(connection);
}

// Edge-triggered, once for all that is to come.
bool ConnectionLoop::registered(Connection& connection) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = static_cast<Watched*>(&connection);
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd.get(), &event) == 0;
}

// The connection that has been without a request for longest makes room.
bool ConnectionLoop::evictIdle() {
  Connection* const longest = list(State::idle).first();
  if (longest == nullptr) return false;
  close(*longest);
  return true;
}

void ConnectionLoop::refuse(Newcomer newcomer) {
  world_.room.refused();
  if (newcomer.door->where().tls != nullptr || refused_open_ >= kMostRefusedOpen) return;
  Connection& connection = *connectionOf(newcomer).release();  // the lists' from now on
  connection.refused = true;
  ++refused_open_;
  open_.fetch_add(1, std::memory_order_relaxed);
  enter(connection, State::head);
  HttpAnswer answer = world_.service.refuse(HttpRequest(), 503, "there are as many connections as there may be");
  answer.headers.emplace_back("Retry-After", "1");
  connection.close_next = true;
  write(connection, HttpRequest(), answer);
  flush(connection);
  if (connection.state != State::over && !registered(connection)) close(connection);
}

// ---- are read from, ----

void ConnectionLoop::happened(Connection& connection, std::uint32_t events) {
  if (connection.state == State::over) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    close(connection);
    return;
  }
  if ((events & EPOLLRDHUP) != 0) connection.hung_up = true;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0 || connection.tls != nullptr) connection.readable = true;
  if (connection.state == State::handshake && !handshaken(connection)) return;
  if (connection.state == State::sending) sendMore(connection);
  receive(connection);
}

bool ConnectionLoop::handshaken(Connection& connection) {
  switch (connection.tls->handshake()) {
    case TlsStream::Outcome::done:
      list(State::handshake).remove(connection);
      connection.state = State::head;  // its time is that of the handshake
      list(State::head).insert(connection);
      return true;
    case TlsStream::Outcome::want_read:
    case TlsStream::Outcome::want_write:
      return false;
    case TlsStream::Outcome::ended:
    case TlsStream::Outcome::failed:
      break;
  }
  close(connection);
  return false;
}

void ConnectionLoop::receive(Connection& connection) {
  while (connection.readable && connection.receives()) {
    std::size_t received = 0;
    switch (connection.receive(buffer_.data(), buffer_.size(), received)) {
      case Connection::Io::some:
        // What fills the buffer in part was all there was, unless the end came with it.
        connection.readable = received == buffer_.size() || connection.hung_up || connection.tls != nullptr;
        take(connection, {buffer_.data(), received});
        break;
      case Connection::Io::none:
        connection.readable = false;
        break;
      case Connection::Io::ended:
      case Connection::Io::failed:
        close(connection);
        break;
    }
  }
}

// What a client sends while its answer is made or sent is kept for then.
void ConnectionLoop::take(Connection& connection, std::string_view bytes) {
  if (connection.state == State::lingering) return;
  if (connection.partial == nullptr) {
    HeadScan scan;
    bytes.remove_prefix(takeRequests(connection, bytes, scan));
    if (!bytes.empty() && connection.expectsRequests()) connection.partial = std::make_unique<PartialHead>(std::string(bytes), scan);
    return;
  }
  PartialHead& partial = *connection.partial;
  partial.bytes += bytes;
  const std::size_t used = takeRequests(connection, partial.bytes, partial.scan);
  if (!connection.expectsRequests()) return;
  if (used == partial.bytes.size())
    connection.partial = nullptr;
  else
    partial.bytes.erase(0, used);
}

// How many bytes were whole requests, or of a body.
std::size_t ConnectionLoop::takeRequests(Connection& connection, std::string_view bytes, HeadScan& scan) {
  std::size_t used = 0;
  while (used < bytes.size() && connection.receivesRequests()) {
    const std::string_view rest = bytes.substr(used);
    const std::size_t taken = connection.state == State::body ? takeBody(connection, rest) : takeHead(connection, rest, scan);
    if (taken == 0) break;
    used += taken;
    if (out_.size() > kTogether) flush(connection);
  }
  flush(connection);
  return used;
}

std::size_t ConnectionLoop::takeHead(Connection& connection, std::string_view bytes, HeadScan& scan) {
  const std::size_t end = scan.end(bytes);
  if (scan.fault()) {
    fault(connection, HttpRequest(), scan.fault());
    return 0;
  }
  if (end == 0) {
    if (connection.state == State::idle) enter(connection, State::head);
    return 0;
  }
  scan = HeadScan();
  const std::string_view head = bytes.substr(0, end);
  if (const RequestFault wrong = parseHead(head, limits_.body_limit, parsed_)) {
    fault(connection, parsed_.request, wrong);
    return end;
  }
  complete(connection, parsed_.request);
  const bool at_once = parsed_.framing.kind == BodyFraming::Kind::none && world_.service.quick(parsed_.request);
  if (!at_once && !out_.empty()) {  // answers to those before it: first they go
    flush(connection);
    if (!connection.receivesRequests()) return 0;
  }
  if (parsed_.framing.kind != BodyFraming::Kind::none) {
    connection.upload = std::make_unique<Upload>(std::string(head), parsed_.framing, limits_.body_limit);
    enter(connection, State::body);
    if (parsed_.expects_continue && end == bytes.size()) out_ += kContinue;
    return end;
  }
  request(connection, parsed_, at_once, head, {});
  return end;
}

std::size_t ConnectionLoop::takeBody(Connection& connection, std::string_view bytes) {
  BodyReader& body = connection.upload->body;
  const std::size_t taken = body.take(bytes);
  if (!body.fault() && !body.complete()) return taken;
  const std::unique_ptr<Upload> upload = std::move(connection.upload);
  parseHead(upload->head, limits_.body_limit, parsed_);
  complete(connection, parsed_.request);
  parsed_.request.body = body.content();
  if (body.fault())
    fault(connection, parsed_.request, body.fault());
  else
    request(connection, parsed_, world_.service.quick(parsed_.request), upload->head, body.content());
  return taken;
}

// ---- answered, ----

void ConnectionLoop::complete(const Connection& connection, HttpRequest& request) {
  request.peer_address = connection.peer_address;
  request.local_address = connection.local_address;
  request.secure = connection.tls != nullptr;
  request.door = connection.door.where().door;
}

void ConnectionLoop::request(Connection& connection, const ParsedHead& parsed, bool at_once, std::string_view head,
                             std::string_view content) {
  // After a body too, however well it was framed: somebody between us and the client may have counted otherwise.
  connection.close_next = !parsed.keep_alive || parsed.framing.kind != BodyFraming::Kind::none;
  if (!at_once) {
    auto carried = std::make_unique<CarriedRequest>(std::string(head), std::string(content), connection, *this);
    enter(connection, State::carried);
    connection.carried = true;
    world_.poco.take(std::move(carried));
    return;
  }
  enter(connection, State::idle);
  write(connection, parsed.request, world_.service.serve(parsed.request));
}

void ConnectionLoop::fault(Connection& connection, HttpRequest request, const RequestFault& fault) {
  complete(connection, request);
  connection.close_next = true;
  connection.faulty = true;
  write(connection, request, world_.service.refuse(request, fault.status, fault.why));
}

void ConnectionLoop::answered(CarriedRequest& carried) {
  Connection& connection = carried.connection();
  connection.carried = false;
  if (connection.state == State::over) {
    over_.append(connection);
    return;
  }
  try {
    enter(connection, State::idle);
    HttpAnswer answer = carried.answer ? std::move(*carried.answer) : noAnswer(carried.begun);
    if (!world_.budget.hasRoom(answer.body)) answer = errorAnswer(503, "busy", "too many clients have not taken their answers yet");
    write(connection, carried.request(), answer);
    flush(connection);
    goOn(connection);
    receive(connection);
  } catch (const std::exception&) {
    close(connection);
  }
}

void ConnectionLoop::write(Connection& connection, const HttpRequest& request, const HttpAnswer& answer) {
  if (world_.closing.load(std::memory_order_relaxed) || connection.door.left() || answer.status == 405) connection.close_next = true;
  writer_.writeHead(out_, answer, request.version, !connection.close_next);
  if (request.method == "HEAD" || answer.body->empty()) return;
  if (answer.body->size() <= kSmallBody)
    out_ += *answer.body;
  else
    flush(connection, answer.body);
}

void ConnectionLoop::flush(Connection& connection, const OutputBudget::Body& body) {
  if (out_.empty()) return;
  std::size_t sent = 0;
  const Connection::Io outcome = connection.send(out_, body == nullptr ? std::string_view() : *body, sent);
  const bool lost = outcome == Connection::Io::failed || outcome == Connection::Io::ended;
  const bool all = sent == out_.size() + (body == nullptr ? 0 : body->size());
  if (!lost && !all && world_.budget.take(body)) connection.output = std::make_unique<Output>(out_, body, sent, world_.budget);
  out_.clear();
  if (all) {
    if (connection.close_next) finish(connection);
  } else if (connection.output == nullptr) {
    close(connection);
  } else {
    enter(connection, State::sending);
    sendMore(connection);
  }
}

void ConnectionLoop::sendMore(Connection& connection) {
  Output& output = *connection.output;
  while (!output.empty()) {
    std::size_t sent = 0;
    const Connection::Io outcome = connection.send(output.text(), output.body(), sent);
    if (outcome == Connection::Io::none) return;
    if (outcome != Connection::Io::some) {
      close(connection);
      return;
    }
    if (output.sent(sent)) enter(connection, State::sending);  // time for the next piece
  }
  connection.output = nullptr;
  if (connection.close_next) {
    finish(connection);
  } else {
    enter(connection, State::idle);
    goOn(connection);
  }
}

// With what came while the answer was made.
void ConnectionLoop::goOn(Connection& connection) {
  if (connection.partial != nullptr && connection.receivesRequests()) take(connection, {});
}

// ---- and go. ----

// The last answer is with the kernel. A connection that is closed while something unread is there is reset, and the answer with it.
void ConnectionLoop::finish(Connection& connection) {
  const bool more = connection.readable || connection.faulty || connection.partial != nullptr;
  if (connection.hung_up || !more) {
    close(connection);
    return;
  }
  if (connection.tls != nullptr) connection.tls->shutdown();
  ::shutdown(connection.fd.get(), SHUT_WR);
  enter(connection, State::lingering);
}

void ConnectionLoop::enter(Connection& connection, State state) {
  if (connection.state != State::over) list(connection.state).remove(connection);
  connection.state = state;
  connection.since = now_;
  list(state).append(connection);
}

void ConnectionLoop::close(Connection& connection) noexcept {
  if (connection.state == State::over) return;
  if (connection.tls != nullptr && connection.state != State::handshake) connection.tls->shutdown();
  list(connection.state).remove(connection);
  connection.state = State::over;
  connection.fd = FileDescriptor();
  connection.tls = nullptr;
  connection.partial = nullptr;
  connection.upload = nullptr;
  connection.output = nullptr;
  open_.fetch_sub(1, std::memory_order_relaxed);
  if (connection.counted) world_.room.leave(*addressBytes(connection.peer_address));
  if (connection.refused) --refused_open_;
  if (!connection.carried) over_.append(connection);
}

void ConnectionLoop::clearOver() noexcept {
  while (Connection* const connection = over_.first()) {
    over_.remove(*connection);
    delete connection;
  }
}

std::optional<Milliseconds> ConnectionLoop::limitOf(State state) const {
  switch (state) {
    case State::handshake:
    case State::head:
      return limits_.header_timeout;
    case State::body:
      return limits_.body_timeout;
    case State::sending:
      return limits_.send_timeout;
    case State::idle:
      return limits_.keepalive_timeout;
    case State::lingering:
      return kLinger;
    case State::carried:
    case State::over:
      break;
  }
  return std::nullopt;
}

int ConnectionLoop::waitMs() const {
  SteadyTime next = std::min(now_ + kTick, accept_again_);
  for (std::size_t i = 0; i < kStates; ++i) {
    const Connection* const longest = lists_.at(i).first();
    if (longest == nullptr) continue;
    if (const auto limit = limitOf(static_cast<State>(i))) next = std::min(next, longest->since + *limit);
  }
  return next <= now_ ? 0 : static_cast<int>(std::chrono::ceil<Milliseconds>(next - now_).count());
}

void ConnectionLoop::expire() noexcept {
  if (accept_again_ <= now_) acceptAgain();
  for (std::size_t i = 0; i < kStates; ++i) {
    const auto limit = limitOf(static_cast<State>(i));
    if (!limit) continue;
    while (Connection* const longest = lists_.at(i).first()) {
      if (longest->since + *limit > now_) break;
      try {
        expired(*longest);
      } catch (const std::exception&) {
        close(*longest);
      }
    }
  }
}

void ConnectionLoop::expired(Connection& connection) {
  const bool begun = connection.state == State::body || (connection.state == State::head && connection.partial != nullptr);
  if (!begun) {
    close(connection);
    return;
  }
  fault(connection, HttpRequest(), {408, "the request did not come to its end in time"});
  flush(connection);
}

}  // namespace pulsewatch
