// The control socket's commands: a request's JSON object becomes a call of an operation, what that gives a JSON object again.
//
//   {"protocol":1,"command":"mute","check":"redis","for_ms":1800000,"reason":"move"}
//   {"protocol":1,"version":"0.1.0","ok":true, …}       or "ok":false,"error":"a sentence"[,"mistakes":[…]]
//
// Whatever changes something is logged with the user who wanted it.
#pragma once

#include "base/json_writer.h"
#include "base/log.h"
#include "control/control_service.h"
#include "control/operations.h"

#include <atomic>
#include <string>

namespace pulsewatch {

class ControlRequest;

class ControlHandler final : public ControlService {
 public:
  static constexpr int kProtocol = 1;

  // Both must outlive it, and all answers that are pending.
  ControlHandler(Operations& operations, Log& log, std::string version)
      : operations_(operations), log_(log), version_(std::move(version)) {}

  std::future<std::string> answer(const std::string& request, const ControlPeer& peer) override;
  [[nodiscard]] std::string refusal(const std::string& sentence) const override;

 private:
  using Command = void (ControlHandler::*)(const ControlRequest& request, JsonWriter& json);

  static Command commandOf(const std::string& name);
  void status(const ControlRequest& request, JsonWriter& json);
  void explain(const ControlRequest& request, JsonWriter& json);
  void plugins(const ControlRequest& request, JsonWriter& json);
  void run(const ControlRequest& request, JsonWriter& json);
  void runEnd(const ControlRequest& request, JsonWriter& json);
  void drain(const ControlRequest& request, JsonWriter& json);
  void undrain(const ControlRequest& request, JsonWriter& json);
  void mute(const ControlRequest& request, JsonWriter& json);
  void unmute(const ControlRequest& request, JsonWriter& json);
  std::future<std::string> reload(const ControlPeer& peer);
  std::string reloadAnswer(const ControlPeer& peer);

  [[nodiscard]] JsonWriter begun(bool ok) const;
  void tell(LogLevel level, std::string_view event, const std::string& message, const ControlRequest& request);

  Operations& operations_;
  Log& log_;
  const std::string version_;
  std::atomic<bool> reloading_{false};
};

}  // namespace pulsewatch
