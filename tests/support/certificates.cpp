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

IssuedFiles Certificates::issue(const std::string& name, const Issue& how) const {
  const IssuedFiles files{path(name + ".pem"), path(name + ".key")};
  std::vector<std::string> request{"req",    "-new", "-nodes", "-subj", how.subject, "-keyout", files.key, "-out", path(name + ".csr"),
                                   "-newkey"};
  if (how.key.rfind("ec:", 0) == 0) {
    request.insert(request.end(), {"ec", "-pkeyopt", "ec_paramgen_curve:" + how.key.substr(3)});
  } else {
    request.push_back(how.key);
  }
  openssl(request);
  directory_.write(name + ".extensions", how.signs ? "basicConstraints=critical,CA:TRUE\n" : readFile(path("names")));
  openssl({"x509", "-req", "-in", path(name + ".csr"), "-CA", path(how.authority + ".pem"), "-CAkey", path(how.authority + ".key"),
           "-CAcreateserial", "-days", how.days, "-" + how.digest, "-extfile", path(name + ".extensions"), "-out", files.certificate});
  return files;
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
