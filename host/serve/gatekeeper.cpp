#include "serve/gatekeeper.h"

#include "base/text.h"

#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostName = 64;

class Counted {
 public:
  explicit Counted(std::atomic<int>& count) : count_(count), before_(count.fetch_add(1)) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { count_.fetch_sub(1); }
  [[nodiscard]] int before() const { return before_; }

 private:
  std::atomic<int>& count_;
  const int before_;
};

}  // namespace

Gatekeeper::Meeting Gatekeeper::meet(const Credentials& credentials, std::string_view authorization, const std::string& client) {
  if (!credentials.on() || authorization.empty()) return {};
  const Presented shown = presented(authorization);
  if (shown.scheme == Presented::Scheme::none) return {};
  const Nanoseconds wait = throttle_.begin(client);
  if (wait.count() > 0) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(wait + std::chrono::seconds(1) - Nanoseconds(1));
    return {Visitor::throttled, whole.count()};
  }
  switch (check(credentials, shown)) {
    case Checked::right:
      throttle_.right(client);
      return {Visitor::known, 0};
    case Checked::busy:
      throttle_.undone(client);
      return {Visitor::busy, 1};
    case Checked::wrong:
      break;
  }
  tell(shown, client);
  return {Visitor::wrong, 0};
}

Gatekeeper::Checked Gatekeeper::check(const Credentials& credentials, const Presented& presented) {
  if (!credentials.hashes(presented)) return credentials.areRight(presented) ? Checked::right : Checked::wrong;
  const Counted turn(checking_);
  if (turn.before() >= kMostHashing) return Checked::busy;
  const MutexLock lock(hashing_);
  return credentials.areRight(presented) ? Checked::right : Checked::wrong;
}

void Gatekeeper::tell(const Presented& presented, const std::string& client) {
  std::int64_t untold = 0;
  {
    const SteadyTime now = clock_.steady();
    const MutexLock lock(log_mutex_);
    if (lines_ == 0 || now - lines_since_ >= Nanoseconds(kLinesTime)) {
      lines_since_ = now;
      lines_ = 0;
    }
    if (lines_ >= kMostLines) {
      ++untold_;
      return;
    }
    ++lines_;
    untold = std::exchange(untold_, 0);
  }
  LogRecord record{LogLevel::warning, "pulsewatch.core.http", "authentication_failed", "wrong credentials", {{"ip_address", client}}};
  if (presented.scheme == Presented::Scheme::basic) {
    const std::string user = cleanText(visibleText(presented.user), kMostName);
    record.message = "wrong password, or no such user: " + user;
    record.fields.emplace_back("user_id", user);
  } else {
    record.message = "wrong token";
  }
  if (untold > 0) record.message += "; " + std::to_string(untold) + " more were not written";
  log_.write(record);
}

}  // namespace pulsewatch
