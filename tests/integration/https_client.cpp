#include "integration/https_client.h"

#include "support/child_process.h"
#include "support/wait.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>

#include <stdexcept>

namespace pulsewatch::testing {

CurlAnswer curl(const std::vector<std::string>& arguments) {
  const TemporaryDirectory directory;
  std::vector<std::string> argv = {"curl",        "--disable",
                                   "--silent",    "--show-error",
                                   "--max-time",  "30",
                                   "--output",    (directory / "body").string(),
                                   "--write-out", "%{http_code} %{redirect_url}"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ChildProcess process(argv, plainEnvironment());
  const auto code = process.waitForExit(std::chrono::seconds(60));
  if (!code) throw std::runtime_error("curl does not end");
  const std::string said = process.output();
  const std::size_t space = said.find(' ');
  if (space == std::string::npos) throw std::runtime_error("curl: " + process.errors());
  return {*code, std::stoi(said.substr(0, space)), readFile(directory / "body"), said.substr(space + 1)};
}

PulsewatchOptions httpsOptions(std::uint16_t https_port, const IssuedFiles& files, const std::string& further) {
  PulsewatchOptions options = fixtureOptions({"ok"}, "https.port = " + std::to_string(https_port) +
                                                         "\nhttps.certificate = @DIR@/tls.crt\nhttps.key = @DIR@/tls.key\n" + further +
                                                         checkConfig("steady", "ok"));
  options.files["tls.crt"] = readFile(files.certificate);
  options.files["tls.key"] = readFile(files.key);
  return options;
}

void waitForHttps(std::uint16_t https_port) {
  const bool listens = waitFor(
      [&] {
        try {
          const Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", https_port));
          return true;
        } catch (const Poco::Net::NetException&) {
          return false;
        }
      },
      PulsewatchProcess::patience);
  if (!listens) throw std::runtime_error("nobody listens for https on port " + std::to_string(https_port));
}

}  // namespace pulsewatch::testing
