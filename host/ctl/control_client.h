// The client's end of the control socket: one request, one answer. One thread.
#pragma once

#include "base/clock.h"

#include <Poco/JSON/Object.h>

#include <stdexcept>
#include <string>

namespace pulsewatch {

// The daemon can't be reached, or doesn't answer as one: what, why, what to do.
class CannotReach : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ControlAnswer {
  std::string text;  // one line of JSON
  Poco::JSON::Object::Ptr object;
};

// `socket` is its path. Throws CannotReach; gives up after `patience`.
ControlAnswer askDaemon(const std::string& socket, const std::string& request, Milliseconds patience);

}  // namespace pulsewatch
