// The thread that all workers hang on: it waits for what they say and for their ends, starts them (a worker dies with the thread that
// started it) and looks after their times.
#pragma once

#include "base/file_descriptor.h"
#include "base/heartbeat.h"
#include "base/mutex.h"

#include <cstdint>
#include <map>
#include <thread>

namespace pulsewatch {

// Whoever has something on the loop. Called on the loop's thread, one at a time, with no lock of the loop's held.
class WorkerLoopClient {
 public:
  virtual ~WorkerLoopClient() = default;
  // Does what is due by now; gives when there is more.
  virtual SteadyTime attend(SteadyTime now) = 0;
  // A watched descriptor is readable or has ended (`in`), or takes more (`out`).
  virtual void ready(int fd, bool in, bool out) = 0;
  // For so long nothing was done here: the process, or the machine, stood still. Comes before what has happened meanwhile.
  virtual void stalled(Nanoseconds length) = 0;
};

class WorkerLoop {
 public:
  static constexpr Milliseconds kPeriod{500};  // every client is attended to at least so often
  static constexpr Milliseconds kStall{100};   // later than that, it was kept from it

  explicit WorkerLoop(const Clock& clock);  // throws std::system_error
  WorkerLoop(const WorkerLoop&) = delete;
  WorkerLoop& operator=(const WorkerLoop&) = delete;
  ~WorkerLoop();  // every client has been removed

  // Any thread but the loop's. The client is attended to at once; after remove() it is called no more.
  void add(WorkerLoopClient& client) EXCLUDES(mutex_);
  void remove(WorkerLoopClient& client) EXCLUDES(mutex_);
  // Any thread: the client's next attend() shall come now.
  void wake();

  // On the loop's thread. A descriptor is unwatched before it is closed.
  void watch(WorkerLoopClient& client, int fd);
  void unwatch(int fd);
  // Any thread: whether the client is told when the descriptor takes more.
  void watchOut(int fd, bool wanted);

  [[nodiscard]] const Heartbeat& heartbeat() const { return heartbeat_; }

 private:
  void loop();
  void attendAll() EXCLUDES(mutex_);
  void tellStall(Nanoseconds length) EXCLUDES(mutex_);
  void dispatch(int fd, std::uint32_t events) EXCLUDES(mutex_);

  const Clock& clock_;
  const FileDescriptor epoll_;
  const FileDescriptor wake_;
  Heartbeat heartbeat_;

  Mutex mutex_;
  CondVar left_;                                                        // the client that was being called
  std::map<WorkerLoopClient*, SteadyTime> clients_ GUARDED_BY(mutex_);  // with when each wants to be attended to
  std::map<int, WorkerLoopClient*> watched_ GUARDED_BY(mutex_);
  WorkerLoopClient* called_ GUARDED_BY(mutex_) = nullptr;
  bool woken_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pulsewatch
