// Judges again and again, on a thread of its own: at once after a change of status, else twice a second, so that what it publishes is never
// old. Between two verdicts lies at least four times the work of one, so that ten thousand checks turning at once cost it a fraction of a
// core, not all of it.
#pragma once

#include "base/heartbeat.h"
#include "base/mutex.h"
#include "base/published.h"
#include "readiness/readiness.h"
#include "schedule/active_time.h"

#include <atomic>
#include <memory>
#include <thread>

namespace pulsewatch {

// Takes each verdict, on the judge's thread. What it does there is work between two verdicts.
class VerdictSink {
 public:
  virtual ~VerdictSink() = default;
  virtual void judged(const std::shared_ptr<const Verdict>& verdict) = 0;
};

class JudgeLoop {
 public:
  static constexpr Milliseconds kPeriod{500};

  // All must outlive stop().
  JudgeLoop(const Clock& clock, const ActiveTime& active_time, const Heartbeat& scheduler, const ResultBoard& board, ReadinessPolicy policy,
            VerdictSink& sink)
      : clock_(clock), active_time_(active_time), scheduler_(scheduler), board_(board), sink_(sink) {
    policy_.set(std::make_shared<const ReadinessPolicy>(policy));
    heartbeat_.tick(clock_.running());
  }
  JudgeLoop(const JudgeLoop&) = delete;
  JudgeLoop& operator=(const JudgeLoop&) = delete;
  ~JudgeLoop() { stop(); }

  void start();  // the first verdict is there when it returns
  void stop() EXCLUDES(mutex_);

  void wake() EXCLUDES(mutex_);                             // a status has changed; any thread
  void setPolicy(ReadinessPolicy policy) EXCLUDES(mutex_);  // from the next verdict on, which comes at once; any thread
  // The verdict of this moment is published when it returns: after a stall, when the last one is of before it. Any thread.
  void judgeNow() EXCLUDES(judging_);
  // Not ready from now on: the verdict that says so is published when it returns. Any thread.
  void drain() EXCLUDES(mutex_, judging_);
  // The same for as long as an operator wants it.
  void setDrained(bool drained) EXCLUDES(mutex_, judging_);
  // The checks that don't vote from now on. The same.
  void setMutes(std::shared_ptr<const MuteList> mutes) EXCLUDES(mutex_, judging_);

  [[nodiscard]] bool draining() const { return draining_.load(); }
  [[nodiscard]] bool drained() const { return drained_.load(); }
  [[nodiscard]] const Heartbeat& heartbeat() const { return heartbeat_; }  // of the judge's thread, whoever else has judged
  // The moment as judge() takes it. Any thread.
  [[nodiscard]] JudgeInput input() const;
  [[nodiscard]] ReadinessPolicy policy() const { return *policy_.get(); }

 private:
  void loop();

  // Constant after construction, or synchronized by themselves.
  const Clock& clock_;
  const ActiveTime& active_time_;
  const Heartbeat& scheduler_;
  const ResultBoard& board_;
  Published<ReadinessPolicy> policy_;
  VerdictSink& sink_;
  Heartbeat heartbeat_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> drained_{false};
  Published<MuteList> mutes_;
  std::thread thread_;
  Mutex judging_;  // one verdict at a time

  Mutex mutex_;
  CondVar wake_;
  bool changed_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace pulsewatch
