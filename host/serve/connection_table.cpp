#include "serve/connection_table.h"

#include "base/network_address.h"

#include <algorithm>

namespace pulsewatch {

namespace {

constexpr Milliseconds kLinger{1000};  // for a client that still sends, to read its last answer

}  // namespace

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

std::optional<Milliseconds> ConnectionTable::limitOf(State state) const {
  switch (state) {
    case State::head:
      return limits_.header_timeout;
    case State::body:
      return limits_.body_timeout;
    case State::sending:
      return limits_.send_timeout;
    case State::idle:
      return limits_.keepalive_timeout;
    case State::lingering:
      return kLinger;
    case State::carried:
    case State::over:
      break;
  }
  return std::nullopt;
}

Connection* ConnectionTable::expired() const {
  for (std::size_t i = 0; i < kStates; ++i) {
    const auto limit = limitOf(static_cast<State>(i));
    Connection* const longest = lists_.at(i).first();
    if (limit && longest != nullptr && longest->since + *limit <= now_) return longest;
  }
  return nullptr;
}

SteadyTime ConnectionTable::nextDeadline() const {
  SteadyTime next = SteadyTime::max();
  for (std::size_t i = 0; i < kStates; ++i) {
    const auto limit = limitOf(static_cast<State>(i));
    const Connection* const longest = lists_.at(i).first();
    if (limit && longest != nullptr) next = std::min(next, longest->since + *limit);
  }
  return next;
}

}  // namespace pulsewatch
