#include "control/control_peer.h"

#include <pulsewatch/setting_value.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <optional>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr int kMostParents = 1000;

struct Process {
  pid_t parent = 0;
  bool no_new_privileges = false;
};

// Nothing when it is gone.
std::optional<Process> processOf(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  if (!status) return std::nullopt;
  Process process;
  for (std::string line; std::getline(status, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    const std::string key = line.substr(0, tab);
    const std::int64_t value = parseInteger(line.substr(tab + 1)).value_or(0);
    if (key == "PPid:") process.parent = static_cast<pid_t>(value);
    if (key == "NoNewPrivs:") process.no_new_privileges = value != 0;
  }
  return process;
}

bool isOfUs(pid_t pid) {
  const pid_t us = ::getpid();
  for (int i = 0; i < kMostParents && pid > 1; ++i) {
    if (pid == us) return true;
    const auto process = processOf(pid);
    if (!process) return false;
    pid = process->parent;
  }
  return false;
}

bool confinedUnlikeUs(const Process& process) {
  const auto us = processOf(::getpid());
  return process.no_new_privileges && us && !us->no_new_privileges;
}

}  // namespace

ControlPeer peerOf(int socket) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "who has connected cannot be told");
  return {credentials.pid, credentials.uid};
}

std::string refusalOf(const ControlPeer& peer) {
  const uid_t us = ::geteuid();
  if (peer.uid != 0 && peer.uid != us) return "only root and the daemon's user may do this";
  if (peer.pid == 0 || peer.uid != us) return {};
  const auto process = processOf(peer.pid);
  if (!process && (::kill(peer.pid, 0) == 0 || errno == EPERM))
    return "the process that connected can't be looked at (systemd: ProtectProc=), and may be a plugin's; start pulsewatchctl as root";
  if (!process) return "the process that connected is gone";
  if (isOfUs(peer.pid)) return "pulsewatchd's own processes, its plugins that is, may not do this";
  if (confinedUnlikeUs(*process))
    return "a process under no_new_privs may not do this, as plugins are; start pulsewatchctl outside of it (systemd: NoNewPrivileges=no)";
  return {};
}

}  // namespace pulsewatch
