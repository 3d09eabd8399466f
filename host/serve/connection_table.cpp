#include "serve/connection_table.h"

#include "base/network_address.h"

#include <algorithm>

namespace pulsewatch {

namespace {

constexpr Milliseconds kLinger{1000};  // for a client that still sends, to read its last answer

}  // namespace

void ConnectionTable::setLimits(const HttpLimits& limits) {
  limits_ = limits;
  const auto time = [this](State state) -> Milliseconds& { return times_.at(static_cast<std::size_t>(state)); };
  time(State::head) = limits.header_timeout;
  time(State::body) = limits.body_timeout;
  time(State::sending) = limits.send_timeout;
  time(State::idle) = limits.keepalive_timeout;
  time(State::lingering) = kLinger;
}

Connection& ConnectionTable::add(std::unique_ptr<Connection> connection) {
  Connection& added = *connection.release();  // the lists' from now on
  open_.fetch_add(1, std::memory_order_relaxed);
  counts_.accepted();
  enter(added, State::head);
  return added;
}

void ConnectionTable::leaveList(Connection& connection) noexcept {
  if (connection.state == State::over) return;
  ConnectionList& left = list(connection.state);
  left.remove(connection);
  if (connection.state == State::idle && left.first() == nullptr) has_idle_.store(false, std::memory_order_relaxed);
}

void ConnectionTable::enter(Connection& connection, State state) {
  leaveList(connection);
  connection.state = state;
  connection.since = now_;
  if (state == State::idle && list(state).first() == nullptr) has_idle_.store(true, std::memory_order_relaxed);
  list(state).append(connection);
}

void ConnectionTable::close(Connection& connection, ConnectionEnd why) noexcept {
  if (connection.state == State::over) return;
  if (connection.tls != nullptr && !connection.handshaking) connection.tls->shutdown();
  leaveList(connection);
  connection.state = State::over;
  // There is room before the client can see the end.
  if (connection.counted) room_.give(*addressBytes(connection.peer_address));
  connection.refused ? room_.refusedGone() : room_.left();
  connection.unwatch();
  connection.fd = FileDescriptor();
  connection.tls = nullptr;
  connection.partial = nullptr;
  connection.upload = nullptr;
  connection.output = nullptr;
  open_.fetch_sub(1, std::memory_order_relaxed);
  counts_.closed(connection.end.value_or(why));
  if (!connection.carried) over_.append(connection);
}

void ConnectionTable::clearOver() noexcept {
  while (Connection* const connection = over_.first()) {
    over_.remove(*connection);
    delete connection;
  }
}

void ConnectionTable::closeAll() noexcept {
  for (ConnectionList& list : lists_) {
    while (list.first() != nullptr) close(*list.first(), ConnectionEnd::stopping);
  }
  clearOver();
}

bool ConnectionTable::evictIdle() noexcept {
  Connection* const longest = list(State::idle).first();
  if (longest != nullptr) close(*longest, ConnectionEnd::idle_evicted);
  return longest != nullptr;
}

Connection* ConnectionTable::expired() const {
  for (std::size_t i = 0; i < kTimedStates; ++i) {
    Connection* const longest = lists_[i].first();
    if (longest != nullptr && longest->since + times_[i] <= now_) return longest;
  }
  return nullptr;
}

SteadyTime ConnectionTable::nextDeadline() const {
  SteadyTime next = SteadyTime::max();
  for (std::size_t i = 0; i < kTimedStates; ++i) {
    if (const Connection* const longest = lists_[i].first()) next = std::min(next, longest->since + times_[i]);
  }
  return next;
}

}  // namespace pulsewatch
