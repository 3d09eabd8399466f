// Slows down who guesses credentials: after a few wrong ones an address has to wait, twice as long after each further one. An IPv6 client
// has a whole /64 to speak from, so that counts as one address. Of a bounded number of addresses, those that failed last: more of them cost
// no more memory. Any thread.
#pragma once

#include "base/clock.h"
#include "base/mutex.h"
#include "base/network_address.h"

#include <cstddef>
#include <list>
#include <map>
#include <string>

namespace pulsewatch {

class GuessThrottle {
 public:
  static constexpr unsigned kFree = 5;  // wrong ones before the first wait
  static constexpr std::chrono::seconds kFirstWait{1};
  static constexpr std::chrono::seconds kLongestWait{300};
  static constexpr std::chrono::seconds kForgotten{900};  // without a further wrong one
  static constexpr std::size_t kMostAddresses = 4096;

  explicit GuessThrottle(const Clock& clock) : clock_(clock) {}

  // How long this address must wait yet before it may try. None: it tries now, which counts as wrong until it is said to be right, so that
  // no more can be tried at once than one after the other.
  Nanoseconds begin(const std::string& address) EXCLUDES(mutex_);
  void right(const std::string& address) EXCLUDES(mutex_);   // nothing is held against it any more
  void undone(const std::string& address) EXCLUDES(mutex_);  // it wasn't tried after all

  [[nodiscard]] std::size_t addresses() const EXCLUDES(mutex_);

 private:
  struct Guesser {
    AddressBytes address{};
    unsigned wrong = 0;
    SteadyTime last;
    SteadyTime free_at;
  };
  using Guessers = std::list<Guesser>;  // who failed last is the last

  Guessers::iterator find(const AddressBytes& address) REQUIRES(mutex_);
  void forget(Guessers::iterator guesser) REQUIRES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  Guessers guessers_ GUARDED_BY(mutex_);
  std::map<AddressBytes, Guessers::iterator> places_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
