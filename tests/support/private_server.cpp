#include "support/private_server.h"

#include "support/wait.h"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

}  // namespace

void giveTo(const std::filesystem::path& directory, const std::optional<User>& user) {
  if (!user) return;
  const auto give = [&](const fs::path& path) {
    if (::lchown(path.c_str(), user->uid, user->gid) != 0)
      throw std::system_error(errno, std::generic_category(), "chown " + path.string());
  };
  give(directory);
  for (const auto& entry : fs::recursive_directory_iterator(directory)) give(entry.path());
}

std::uint16_t freePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool fine = fd >= 0 && ::bind(fd, any, size) == 0 && ::getsockname(fd, any, &size) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!fine) throw std::system_error(error, std::generic_category(), "looking for a free port");
  return ntohs(address.sin_port);
}

PrivateServer::~PrivateServer() = default;

std::string PrivateServer::log() const { return readFile(path("server.log")) + (process_ ? process_->output() + process_->errors() : ""); }

void PrivateServer::start() {
  if (process_) return;
  ChildOptions options;
  options.working_directory = directory();
  options.user = unprivilegedUser();
  std::string said;
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (!port_is_settled_) port_ = freePort();
    fs::remove(path("server.log"));
    const std::vector<std::string> argv = commandLine();
    program_ = argv.at(0);
    giveTo(directory(), options.user);
    process_ = std::make_unique<ChildProcess>(argv, plainEnvironment(), options);
    bool ended = false;
    if (waitFor([&] { return answers() || (ended = !process_->running()); }, seconds(60)) && !ended) {
      port_is_settled_ = true;
      return;
    }
    said = log();
    process_.reset();
    // Somebody else was quicker to take the port.
    if (said.find("ddress already in use") == std::string::npos) break;
  }
  throw std::runtime_error(program_ + " did not start:\n" + said);
}

void PrivateServer::stop() {
  if (!process_) return;
  process_->signal(SIGTERM);
  process_->signal(SIGCONT);
  if (!process_->waitForExit(seconds(30))) throw std::runtime_error(program_ + " did not stop:\n" + log());
  process_.reset();
}

void PrivateServer::kill() { process_.reset(); }

void PrivateServer::freeze() {
  process_->signal(SIGSTOP);
  const std::string stat = "/proc/" + std::to_string(process_->pid()) + "/stat";
  if (!waitFor([&] { return readFile(stat).find(") T ") != std::string::npos; }, seconds(5)))
    throw std::runtime_error(program_ + " did not freeze");
}

void PrivateServer::thaw() { process_->signal(SIGCONT); }

}  // namespace pulsewatch::testing
