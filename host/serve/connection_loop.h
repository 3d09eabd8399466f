// One thread that has connections: it accepts them, waits for what happens on them, hands that to the conversation, and keeps deadlines.
// Two of them serve together: a new connection goes to the one that has fewer.
#pragma once

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/heartbeat.h"
#include "base/mutex.h"
#include "serve/carried_request.h"
#include "serve/connection_table.h"
#include "serve/conversation.h"
#include "serve/listening_socket.h"

#include <atomic>
#include <functional>
#include <memory>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace pulsewatch {

class ConnectionLoop final : public CarriedHome {
 public:
  ConnectionLoop(ServerParts& parts, const HttpLimits& limits, HttpMetrics::Shard& counts);  // throws std::system_error
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

  [[nodiscard]] const Heartbeat& heartbeat() const { return heartbeat_; }

 private:
  struct Newcomer {
    FileDescriptor fd;
    ListeningSocket* door = nullptr;
    sockaddr_storage address{};
    bool counted = false;  // for its address
    bool entered = false;  // there is room for it
    bool sent_on = false;  // from where no idle one could make room
  };

  void loop();
  void dispatch(const epoll_event& event) noexcept;
  void expire() noexcept;
  [[nodiscard]] int waitMs() const;
  void answered(CarriedRequest& request) noexcept;

  // From other threads.
  void wake();
  void perform(std::function<void()> task) EXCLUDES(mutex_);
  void give(Newcomer newcomer) EXCLUDES(mutex_);
  void takePosted() noexcept EXCLUDES(mutex_);

  // Connections come.
  void watch(ListeningSocket& door);
  void knocked(ListeningSocket& door);
  bool accept(ListeningSocket& door);
  void pauseAccepting();
  void acceptAgain();
  void arrive(Newcomer newcomer) noexcept;
  void settle(Newcomer& newcomer);
  void giveRoom(Newcomer& newcomer) noexcept;
  static std::unique_ptr<Connection> connectionOf(Newcomer& newcomer);
  void begin(Newcomer newcomer) noexcept;
  void refuse(Newcomer& newcomer, ConnectionEnd why);

  ServerParts& parts_;
  const FileDescriptor epoll_;
  const FileDescriptor wake_;
  ConnectionLoop* sibling_ = nullptr;
  Heartbeat heartbeat_;

  // The loop's own.
  ConnectionTable table_;
  Conversation conversation_;
  std::vector<std::shared_ptr<ListeningSocket>> doors_;  // all that there ever were: connections name them
  SteadyTime ticked_;
  SteadyTime accept_again_ = SteadyTime::max();  // while accepting pauses
  bool stopping_ = false;

  Mutex mutex_;
  std::vector<std::function<void()>> tasks_ GUARDED_BY(mutex_);
  std::vector<Newcomer> newcomers_ GUARDED_BY(mutex_);
  std::unique_ptr<CarriedRequest> answers_ GUARDED_BY(mutex_);  // the latest first
  std::thread thread_;
};

}  // namespace pulsewatch
