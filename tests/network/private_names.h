// What host names mean to this process and its children: an /etc/hosts and a name server of the test's own, mounted over the machine's in
// the mount namespace that tests/private_network.sh has made. The machine's are back at the end. One object at a time, one thread.
//
// Throws std::runtime_error outside such a namespace, std::system_error when a file can't be mounted.
#pragma once

#include "support/temporary_directory.h"

#include <string>
#include <vector>

namespace pulsewatch::testing {

class PrivateNames {
 public:
  // The lines of /etc/hosts, which is asked first; the address of the name server that is asked then.
  explicit PrivateNames(const std::string& hosts, const std::string& name_server = "127.0.0.53");
  PrivateNames(const PrivateNames&) = delete;
  PrivateNames& operator=(const PrivateNames&) = delete;
  ~PrivateNames();

 private:
  void cover(const std::string& file, const std::string& content);

  TemporaryDirectory directory_;
  std::vector<std::string> covered_;
};

}  // namespace pulsewatch::testing
