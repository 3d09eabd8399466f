// Who answers what comes in on the control socket: a line for a line, both without their ends.
#pragma once

#include "control/control_peer.h"

#include <future>
#include <string>

namespace pulsewatch {

class ControlService {
 public:
  virtual ~ControlService() = default;
  // On the socket's thread, which must not wait: what takes longer than a moment comes later. Any bytes but a line's end may come in.
  virtual std::future<std::string> answer(const std::string& request, const ControlPeer& peer) = 0;
  // What is answered to whom nothing is done for. Any thread.
  [[nodiscard]] virtual std::string refusal(const std::string& sentence) const = 0;
};

}  // namespace pulsewatch
