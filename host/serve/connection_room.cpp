#include "serve/connection_room.h"

#include <algorithm>

namespace pulsewatch {

namespace {

AddressBytes clientOf(AddressBytes address) {
  if (!isIpv4(address)) std::fill(address.begin() + 8, address.end(), static_cast<unsigned char>(0));
  return address;
}

}  // namespace

bool ConnectionRoom::take(const AddressBytes& address) {
  const MutexLock lock(mutex_);
  unsigned& open = of_address_[clientOf(address)];
  if (open >= most_per_address_.load(std::memory_order_relaxed)) return false;
  ++open;
  return true;
}

void ConnectionRoom::give(const AddressBytes& address) {
  const MutexLock lock(mutex_);
  const auto entry = of_address_.find(clientOf(address));
  if (--entry->second == 0) of_address_.erase(entry);
}

}  // namespace pulsewatch
