// One path (or a family of paths) of the server. Handlers answer from what is at hand: none runs a check, waits for one, or for a lock that
// one holds.
#pragma once

#include "serve/http_message.h"

#include <string>

namespace pulsewatch {

class Route {
 public:
  virtual ~Route() = default;
  // Any thread. May throw: that is a 500.
  virtual HttpAnswer answer(const HttpTarget& target) = 0;
  // Whether its plain path is answered with what is made already. Any thread.
  [[nodiscard]] virtual bool prepared(OwnCopies* /*copies*/) const { return true; }
};

}  // namespace pulsewatch
