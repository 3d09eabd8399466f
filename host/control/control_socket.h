// The control socket: one request a connection, one line in and one line out, on a thread of its own.
//
// It waits for no client: whoever says nothing, or doesn't take his answer, is let go of after a while, and at once when others need his
// place. So the one that has something to say is always heard.
#pragma once

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/log.h"
#include "base/mutex.h"
#include "control/control_listener.h"
#include "control/control_service.h"

#include <atomic>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <thread>

namespace pulsewatch {

class ControlSocket {
 public:
  static constexpr std::size_t kMostClients = 64;
  static constexpr std::size_t kMostRequest = std::size_t{16} * 1024;  // bytes
  static constexpr Milliseconds kPatience{5000};                       // for a request, and for an answer to be taken

  using PeerRule = std::string (*)(const ControlPeer& peer);  // as refusalOf()

  // Listens: clients that connect wait for start(). Throws CannotListen. All but the config must outlive it.
  ControlSocket(const ControlSocketConfig& config, ControlService& service, Log& log, const Clock& clock, PeerRule rule = refusalOf);
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  ~ControlSocket() { stop(); }

  void start();
  void stop();  // an answer that is being worked on is waited for

 private:
  struct Client {
    FileDescriptor socket;
    ControlPeer peer;
    SteadyTime until;
    std::string in = {};
    std::future<std::string> pending = {};  // valid: there is a request, and no answer yet
    std::string out = {};
    bool over = false;
  };
  using Clients = std::list<Client>;  // the oldest first

  void loop();
  void acceptAll(SteadyTime now);
  void admit(FileDescriptor socket, SteadyTime now);
  void makeRoom();
  void receive(Client& client, SteadyTime now);
  void setAnswer(Client& client, std::string answer, SteadyTime now);
  static void send(Client& client);
  void tellRefused(const ControlPeer& peer, const std::string& why, SteadyTime now);

  ControlListener listener_;
  ControlService& service_;
  Log& log_;
  const Clock& clock_;
  const PeerRule rule_;
  const FileDescriptor wake_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;

  // The thread's own.
  Clients clients_;
  SteadyTime accept_after_;
  std::optional<SteadyTime> refusal_told_;
  std::uint64_t refused_ = 0;  // since that
};

}  // namespace pulsewatch
