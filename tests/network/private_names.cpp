#include "network/private_names.h"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <sys/mount.h>
#include <system_error>

namespace pulsewatch::testing {

PrivateNames::PrivateNames(const std::string& hosts, const std::string& name_server) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
  if (std::getenv("PULSEWATCH_PRIVATE_NETWORK") == nullptr)
    throw std::runtime_error("run this program by ctest, or as: tests/private_network.sh PROGRAM");
  cover("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
  cover("/etc/host.conf", "multi on\n");
  cover("/etc/hosts", "127.0.0.1 localhost\n" + hosts);
  cover("/etc/resolv.conf", "nameserver " + name_server + "\n");
}

PrivateNames::~PrivateNames() {
  for (const std::string& file : covered_) ::umount2(file.c_str(), MNT_DETACH);
}

void PrivateNames::cover(const std::string& file, const std::string& content) {
  const std::string own = directory_.write(file.substr(file.rfind('/') + 1), content).string();
  if (::mount(own.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0)
    throw std::system_error(errno, std::generic_category(), "mounting " + file);
  covered_.push_back(file);
}

}  // namespace pulsewatch::testing
