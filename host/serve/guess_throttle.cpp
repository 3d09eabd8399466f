#include "serve/guess_throttle.h"

#include <algorithm>

namespace pulsewatch {

namespace {

constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 client's /64

// What is no address is one of its own.
AddressBytes guesserOf(const std::string& text) {
  AddressBytes address = addressBytes(text).value_or(AddressBytes{});
  if (!isIpv4(address)) std::fill(address.begin() + kNetworkBytes, address.end(), static_cast<unsigned char>(0));
  return address;
}

Nanoseconds waitAfter(unsigned wrong) {
  if (wrong < GuessThrottle::kFree) return Nanoseconds(0);
  const unsigned doublings = std::min(wrong - GuessThrottle::kFree, 16U);
  return std::min(Nanoseconds(GuessThrottle::kFirstWait) * (1U << doublings), Nanoseconds(GuessThrottle::kLongestWait));
}

}  // namespace

Nanoseconds GuessThrottle::begin(const std::string& text) {
  const AddressBytes address = guesserOf(text);
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  auto guesser = find(address);
  if (guesser != guessers_.end() && now - guesser->last > Nanoseconds(kForgotten)) {
    forget(guesser);
    guesser = guessers_.end();
  }
  if (guesser != guessers_.end() && now < guesser->free_at) return guesser->free_at - now;
  if (guesser == guessers_.end()) {
    if (guessers_.size() >= kMostAddresses) forget(guessers_.begin());
    guessers_.push_back({address, 0, now, now});
    guesser = std::prev(guessers_.end());
    places_[address] = guesser;
  }
  ++guesser->wrong;
  guesser->last = now;
  guesser->free_at = now + waitAfter(guesser->wrong);
  guessers_.splice(guessers_.end(), guessers_, guesser);
  return Nanoseconds(0);
}

void GuessThrottle::right(const std::string& text) {
  const AddressBytes address = guesserOf(text);
  const MutexLock lock(mutex_);
  const auto guesser = find(address);
  if (guesser != guessers_.end()) forget(guesser);
}

void GuessThrottle::undone(const std::string& text) {
  const AddressBytes address = guesserOf(text);
  const MutexLock lock(mutex_);
  const auto guesser = find(address);
  if (guesser == guessers_.end()) return;
  if (--guesser->wrong == 0)
    forget(guesser);
  else
    guesser->free_at = guesser->last + waitAfter(guesser->wrong);
}

std::size_t GuessThrottle::addresses() const {
  const MutexLock lock(mutex_);
  return guessers_.size();
}

GuessThrottle::Guessers::iterator GuessThrottle::find(const AddressBytes& address) {
  const auto place = places_.find(address);
  return place == places_.end() ? guessers_.end() : place->second;
}

void GuessThrottle::forget(Guessers::iterator guesser) {
  places_.erase(guesser->address);
  guessers_.erase(guesser);
}

}  // namespace pulsewatch
