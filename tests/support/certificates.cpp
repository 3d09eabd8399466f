#include "support/certificates.h"

#include "support/child_process.h"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace pulsewatch::testing {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  ChildProcess process(arguments, plainEnvironment());
  if (process.waitForExit(std::chrono::seconds(60)) != 0) throw std::runtime_error("openssl " + arguments[1] + ": " + process.errors());
}

}  // namespace

Certificates::Certificates() {
  makeAuthority("authority");
  makeAuthority("stranger");
  directory_.write("names", "subjectAltName=DNS:localhost,DNS:several.test\n");
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", key(),
           "-out", path("server.csr")});
  sign(certificate(), "2");
  sign(expired(), "-1");
  namespace fs = std::filesystem;
  fs::permissions(directory_.path(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  fs::permissions(key(), fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
}

void Certificates::makeAuthority(const std::string& name) const {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=" + name,
           "-keyout", path(name + ".key"), "-out", path(name + ".pem")});
}

void Certificates::sign(const std::string& certificate, const std::string& days) const {
  openssl({"x509", "-req", "-in", path("server.csr"), "-CA", authority(), "-CAkey", path("authority.key"), "-CAcreateserial", "-days", days,
           "-extfile", path("names"), "-out", certificate});
}

}  // namespace pulsewatch::testing
