#include "readiness/judge_loop.h"

#include "base/thread_name.h"

#include <utility>

namespace pulsewatch {

void JudgeLoop::start() {
  judgeNow();
  heartbeat_.tick(clock_.running());
  thread_ = std::thread([this] { loop(); });
}

void JudgeLoop::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void JudgeLoop::wake() {
  const MutexLock lock(mutex_);
  changed_ = true;
  wake_.notifyAll();
}

void JudgeLoop::setPolicy(ReadinessPolicy policy) {
  policy_.set(std::make_shared<const ReadinessPolicy>(policy));
  wake();
}

void JudgeLoop::drain() {
  draining_ = true;
  judgeNow();
}

void JudgeLoop::setDrained(bool drained) {
  drained_ = drained;
  judgeNow();
}

void JudgeLoop::setMutes(std::shared_ptr<const MuteList> mutes) {
  mutes_.set(std::move(mutes));
  judgeNow();
}

JudgeInput JudgeLoop::input() const {
  JudgeInput input;
  input.wall = clock_.wall();
  input.active = active_time_.now();
  input.draining = draining_;
  input.drained = drained_;
  input.mutes = mutes_.get();
  input.scheduler_alive = scheduler_.alive(clock_.running());
  return input;
}

void JudgeLoop::judgeNow() {
  const MutexLock lock(judging_);
  sink_.judged(std::make_shared<const Verdict>(judge(board_.snapshot(), policy(), input())));
}

void JudgeLoop::loop() {
  nameThread("pw-judge");
  SteadyTime rest_until = clock_.steady();
  for (;;) {
    {
      const MutexLock lock(mutex_);
      const SteadyTime until = clock_.steady() + kPeriod;
      while (!stopping_ && !changed_ && clock_.steady() < until) wake_.waitUntil(mutex_, until);
      while (!stopping_ && clock_.steady() < rest_until) wake_.waitUntil(mutex_, rest_until);
      if (stopping_) return;
      changed_ = false;
    }
    const SteadyTime begin = clock_.steady();
    heartbeat_.tick(clock_.running());
    judgeNow();
    const SteadyTime end = clock_.steady();
    rest_until = end + 4 * (end - begin);
  }
}

}  // namespace pulsewatch
