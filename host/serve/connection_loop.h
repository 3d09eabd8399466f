// One thread that has connections: it accepts them, reads whole requests, answers what is at hand itself and has the others carried to
// Poco's server; every wait of a client has a deadline. Two of them serve together: a new connection goes to the one that has fewer.
//
// A request on a connection that is kept open takes two system calls, besides the wait for events that many share.
#pragma once

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/heartbeat.h"
#include "base/mutex.h"
#include "serve/answer_writer.h"
#include "serve/carried_request.h"
#include "serve/connection.h"
#include "serve/connection_room.h"
#include "serve/http_service.h"
#include "serve/poco_server.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace pulsewatch {

// What the loops share.
struct LoopWorld {
  HttpService& service;
  PocoServer& poco;
  ConnectionRoom& room;
  OutputBudget& budget;
  const Clock& clock;
  std::atomic<bool> closing{false};  // no connection is kept open for a next request
};

class ConnectionLoop final : public CarriedHome {
 public:
  ConnectionLoop(LoopWorld& world, const HttpLimits& limits);  // throws std::system_error
  ConnectionLoop(const ConnectionLoop&) = delete;
  ConnectionLoop& operator=(const ConnectionLoop&) = delete;
  ~ConnectionLoop() override;  // stop() has been called

  // Before start().
  void setSibling(ConnectionLoop& sibling) { sibling_ = &sibling; }

  void start();
  void stop();  // closes every connection; all carried requests must have come home

  // Any thread but the loop's own. Waits until the loop has done it; before start() it is done at once.
  void setLimits(const HttpLimits& limits);
  void listen(const std::shared_ptr<ListeningSocket>& socket);
  void leave(const std::shared_ptr<ListeningSocket>& socket);  // what waits to be accepted is accepted before

  void comeBack(std::unique_ptr<CarriedRequest> request) noexcept override EXCLUDES(mutex_);  // any thread

  [[nodiscard]] unsigned open() const { return open_.load(std::memory_order_relaxed); }  // any thread
  [[nodiscard]] const Heartbeat& heartbeat() const { return heartbeat_; }

 private:
  using State = Connection::State;
  struct Newcomer {
    FileDescriptor fd;
    ListeningSocket* door = nullptr;
    sockaddr_storage address{};
    bool counted = false;  // for its address
  };
  static constexpr std::size_t kStates = static_cast<std::size_t>(State::over);

  void loop();
  void dispatch(const epoll_event& event) noexcept;
  [[nodiscard]] int waitMs() const;
  [[nodiscard]] std::optional<Milliseconds> limitOf(State state) const;
  ConnectionList& list(State state) { return lists_.at(static_cast<std::size_t>(state)); }

  // From other threads.
  void wake();
  void perform(std::function<void()> task) EXCLUDES(mutex_);
  void give(Newcomer newcomer) EXCLUDES(mutex_);
  void takePosted() EXCLUDES(mutex_);

  // Connections come,
  void watch(ListeningSocket& door);
  bool accept(ListeningSocket& door);
  void pauseAccepting();
  void acceptAgain();
  void arrive(Newcomer newcomer);
  static std::unique_ptr<Connection> connectionOf(Newcomer& newcomer);
  void begin(Newcomer newcomer);
  void refuse(Newcomer newcomer);
  bool registered(Connection& connection);
  bool evictIdle();

  // are read from,
  void happened(Connection& connection, std::uint32_t events);
  bool handshaken(Connection& connection);
  void receive(Connection& connection);
  void take(Connection& connection, std::string_view bytes);
  std::size_t takeRequests(Connection& connection, std::string_view bytes, HeadScan& scan);
  std::size_t takeHead(Connection& connection, std::string_view bytes, HeadScan& scan);
  std::size_t takeBody(Connection& connection, std::string_view bytes);

  // answered,
  static void complete(const Connection& connection, HttpRequest& request);
  void request(Connection& connection, const ParsedHead& parsed, bool at_once, std::string_view head, std::string_view content);
  void fault(Connection& connection, HttpRequest request, const RequestFault& fault);
  void answered(CarriedRequest& carried);
  void write(Connection& connection, const HttpRequest& request, const HttpAnswer& answer);
  void flush(Connection& connection, const OutputBudget::Body& body = nullptr);
  void sendMore(Connection& connection);
  void goOn(Connection& connection);

  // and go.
  void finish(Connection& connection);
  void enter(Connection& connection, State state);
  void close(Connection& connection) noexcept;
  void clearOver() noexcept;
  void expire() noexcept;
  void expired(Connection& connection);

  LoopWorld& world_;
  HttpLimits limits_;
  const FileDescriptor epoll_;
  const FileDescriptor wake_;
  ConnectionLoop* sibling_ = nullptr;
  std::atomic<unsigned> open_{0};
  Heartbeat heartbeat_;

  // The loop's own.
  std::array<ConnectionList, kStates> lists_;
  std::vector<std::shared_ptr<ListeningSocket>> doors_;  // all that there ever were: connections name them
  ConnectionList over_;                                  // until what epoll has said about them has been read
  unsigned refused_open_ = 0;
  SteadyTime now_;
  SteadyTime ticked_;
  SteadyTime accept_again_ = SteadyTime::max();  // while accepting pauses
  AnswerWriter writer_;
  ParsedHead parsed_;
  std::string out_;  // answers that go together
  std::array<char, 16'384> buffer_;

  bool stopping_ = false;

  // From other threads.
  Mutex mutex_;
  std::vector<std::function<void()>> tasks_ GUARDED_BY(mutex_);
  std::vector<Newcomer> newcomers_ GUARDED_BY(mutex_);
  std::unique_ptr<CarriedRequest> answers_ GUARDED_BY(mutex_);  // the latest first
  std::thread thread_;
};

}  // namespace pulsewatch
