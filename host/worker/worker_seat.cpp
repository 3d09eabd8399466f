#include "worker/worker_seat.h"

#include "base/text.h"
#include "config/duration.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace pulsewatch {

namespace {

SeatEnd closedChannel() { return {"exit", "plugin crashed: it closed the channel to its host", {}, 0, {}}; }

}  // namespace

WorkerSeat::Change WorkerSeat::attend(SteadyTime now) {
  if (process_ == nullptr) return closed_ || now < start_at_ ? Change::none : start(now);
  if (state_ == State::loading && now - since_ >= WorkerProcess::kLoadTime)
    condemn({"hang",
             "plugin killed: it does not finish loading",
             "its initialisers have run for " + describeDuration(WorkerProcess::kLoadTime),
             0,
             {}});
  if (channel_closed_ && now - heard_ >= kEndTime) condemn(closedChannel());
  if (now >= leave_by_) condemn({"hang", "plugin killed: its checks do not say goodbye", {}, 0, {}});
  return Change::none;
}

SteadyTime WorkerSeat::next() const {
  if (process_ == nullptr) return closed_ ? SteadyTime::max() : start_at_;
  if (channel_closed_) return heard_ + kEndTime;
  return state_ == State::loading ? std::min(since_ + WorkerProcess::kLoadTime, leave_by_) : leave_by_;
}

void WorkerSeat::stalled(Nanoseconds length) {
  since_ += length;
  heard_ += length;
}

WorkerSeat::Change WorkerSeat::start(SteadyTime now) {
  since_ = heard_ = now;
  asked_for_ = Nanoseconds(0);
  channel_closed_ = false;
  sentence_.reset();
  last_words_.reset();
  try {
    process_ = std::make_unique<WorkerProcess>(options_.program, plugin_);
    loop_.watch(client_, process_->channel().fd());
    loop_.watch(client_, process_->endDescriptor());
    process_->channel().sendWith(encoded(ToWorker(Load{options_.log_level, options_.limits.memory_max, options_.limits.files_max})),
                                 image_->copy.get());
    state_ = State::loading;
    return Change::none;
  } catch (const std::exception& e) {
    dismiss();
    end_ = {"crash", "plugin's worker cannot be started", e.what(), 0, {}};
    return Change::down;
  }
}

void WorkerSeat::setLogLevel(LogLevel level) {
  options_.log_level = level;
  if (there()) send(SetLogLevel{level});
}

bool WorkerSeat::has(int fd) const { return process_ != nullptr && (fd == process_->channel().fd() || fd == process_->endDescriptor()); }

WorkerSeat::Change WorkerSeat::ready(int fd, bool in, bool out, SteadyTime now, std::vector<ToHost>& said) {
  if (!has(fd)) return Change::none;
  if (out) {
    loop_.watchOut(fd, false);
    if (!process_->channel().flush()) loop_.watchOut(fd, true);
  }
  if (!in) return Change::none;
  return fd == process_->endDescriptor() ? reap(now, said) : receive(now, said);
}

WorkerSeat::Change WorkerSeat::receive(SteadyTime now, std::vector<ToHost>& said) {
  const State before = state_;
  try {
    const Channel::State channel = process_->channel().receive([&](std::string_view bytes) {
      heard_ = now;
      asked_for_ = Nanoseconds(0);
      ToHost message = decoded<ToHost>(bytes);
      if (!takeOwn(message)) said.push_back(std::move(message));
    });
    if (channel == Channel::State::closed && !channel_closed_) {
      channel_closed_ = true;
      heard_ = now;
      loop_.unwatch(process_->channel().fd());
    }
  } catch (const BadMessage& e) {
    condemn({"protocol", "plugin broke the channel to its host", std::string("a message of its worker ") + e.what(), 0, {}});
  }
  return before != State::up && state_ == State::up ? Change::up : Change::none;
}

// The messages that are about the worker itself.
bool WorkerSeat::takeOwn(ToHost& message) {
  if (const auto* hello = std::get_if<Hello>(&message)) {
    if (hello->version != kProtocolVersion) throw BadMessage("speaks protocol version " + std::to_string(hello->version));
  } else if (std::holds_alternative<Loaded>(message)) {
    if (state_ == State::loading) state_ = State::up;
  } else if (const auto* refused = std::get_if<Refused>(&message)) {
    condemn({"crash", "plugin refused: " + cleanText(refused->why, 400), {}, 0, {}});
  } else if (auto* crash = std::get_if<Crash>(&message)) {
    last_words_ = std::move(*crash);
  } else if (!std::holds_alternative<Pong>(message)) {
    return false;
  }
  return true;
}

WorkerSeat::Change WorkerSeat::reap(SteadyTime now, std::vector<ToHost>& said) {
  const auto ended = process_->reap();
  if (!ended) return Change::none;
  // What it said before it died counts; there is an end to it, as nobody writes any more.
  std::size_t before = 0;
  do {
    before = said.size();
    if (!channel_closed_ && !sentence_) receive(now, said);
  } while (said.size() > before);
  end_ = endOf(*ended);
  if (ended->by_signal && !sentence_) end_.signal = describeEnd(*ended);
  dismiss();
  return Change::down;
}

SeatEnd WorkerSeat::endOf(const ProcessEnd& end) const {
  if (sentence_) return *sentence_;
  if (last_words_) {
    const std::string what = cleanText(last_words_->what, 500);
    const std::string name = what.substr(0, what.find(','));
    return {"crash", "plugin crashed: " + name, "plugin crashed: " + what, last_words_->check, cleanText(last_words_->stack_trace, 16000)};
  }
  if (end.by_signal) return {"crash", "plugin crashed: " + describeEnd(end), {}, 0, {}};
  if (end.number == WorkerProcess::kChannelLost) return closedChannel();
  return {"exit", "plugin crashed: it ended its process with " + describeEnd(end), {}, 0, {}};
}

void WorkerSeat::condemn(SeatEnd end) {
  if (process_ == nullptr || sentence_) return;
  sentence_ = std::move(end);
  process_->kill();
}

void WorkerSeat::ask(SteadyTime now, Milliseconds patience) {
  if (now - asked_ < WorkerLoop::kPeriod && asked_for_ > Nanoseconds(0)) return;
  asked_for_ += asked_for_ == Nanoseconds(0) ? Nanoseconds(1) : Nanoseconds(WorkerLoop::kPeriod);
  asked_ = now;
  if (asked_for_ > patience) return condemn({"hang", "plugin killed: its worker does not answer", {}, 0, {}});
  send(Ping{});
}

Nanoseconds WorkerSeat::restartLater(SteadyTime now) {
  const Nanoseconds wait = policy_.died(since_, now);
  start_at_ = now + wait;
  keeps_runs_ = false;
  return wait;
}

void WorkerSeat::restartNow(SteadyTime now) {
  start_at_ = now;
  keeps_runs_ = true;
}

void WorkerSeat::retire(SteadyTime now) {
  if (closed_) return;
  closed_ = true;
  leave_by_ = up() ? now + kGoodbye : now;
  if (up()) send(Stop{kGoodbye});
}

void WorkerSeat::dismiss() {
  if (process_ != nullptr) {
    if (!channel_closed_) loop_.unwatch(process_->channel().fd());
    loop_.unwatch(process_->endDescriptor());
  }
  process_ = nullptr;
  state_ = State::down;
}

void WorkerSeat::send(const std::string& message) {
  if (process_ != nullptr && !process_->channel().send(message)) loop_.watchOut(process_->channel().fd(), true);
}

}  // namespace pulsewatch
