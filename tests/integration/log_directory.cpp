#include "integration/log_directory.h"

#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace pulsewatch::testing {

LogDirectory::LogDirectory(const std::optional<User>& owner) {
  std::filesystem::permissions(outer_.path(), std::filesystem::perms::owner_all | std::filesystem::perms::others_exec);
  std::filesystem::create_directory(path());
  if (owner && ::chown(path().c_str(), owner->uid, owner->gid) != 0) throw std::system_error(errno, std::generic_category(), "chown");
}

PulsewatchOptions LogDirectory::options(const std::string& further) const {
  PulsewatchOptions options = fixtureOptions({"ok"}, "log.file = " + file() + "\n" + further + checkConfig("steady", "ok"));
  options.log_file = file();
  return options;
}

std::map<std::string, JsonLines> LogDirectory::files() const {
  std::map<std::string, JsonLines> files;
  for (const auto& entry : std::filesystem::directory_iterator(path()))
    if (entry.path().filename().string().rfind("pulsewatch.log", 0) == 0)
      files[entry.path().filename()] = parseJsonLines(readFile(entry.path()));
  return files;
}

JsonLines LogDirectory::lines() const {
  JsonLines all;
  for (const auto& [name, lines] : files()) all.insert(all.end(), lines.begin(), lines.end());
  return all;
}

std::vector<std::string> sendLoggedRequests(std::uint16_t port, int threads, int each) {
  std::mutex mutex;
  std::vector<std::string> ids;
  std::string failure;
  std::vector<std::thread> clients;
  for (int i = 0; i < threads; ++i) {
    clients.emplace_back([&] {
      std::vector<std::string> mine;
      std::string wrong;
      try {
        for (int n = 0; n < each; ++n) mine.push_back(HttpClient(port).get("/nowhere").header("X-Request-ID").value());
      } catch (const std::exception& e) {
        wrong = e.what();
      }
      const std::lock_guard lock(mutex);
      ids.insert(ids.end(), mine.begin(), mine.end());
      failure += wrong;
    });
  }
  for (std::thread& client : clients) client.join();
  if (!failure.empty()) throw std::runtime_error("a request failed: " + failure);
  return ids;
}

std::map<std::string, int> countRequests(const JsonLines& lines) {
  std::map<std::string, int> counts;
  for (const JsonLine& line : linesOfEvent(lines, "api_request")) ++counts[line.text("request_id")];
  return counts;
}

}  // namespace pulsewatch::testing
