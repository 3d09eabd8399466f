#include "bench/nginx.h"

#include "support/mariadb_server.h"
#include "support/private_server.h"
#include "support/wait.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch::bench {

namespace {

using testing::HttpClient;
using testing::HttpResponse;

constexpr std::size_t kLongestWord = 3000;  // of nginx' configuration: 4096 bytes, with the quotes and escapes

std::string quoted(const std::string& text) {
  if (text.find('$') != std::string::npos) throw std::runtime_error("a body with a $ can't be written into nginx' configuration");
  std::string word = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') word += '\\';
    word += c;
  }
  return word + "\"";
}

// nginx writes these itself.
bool isNginxOwn(const std::string& header) {
  static const std::set<std::string> own{"Date", "Connection", "Content-Length", "Content-Type", "Server", "Keep-Alive"};
  return own.count(header) > 0;
}

// The body in pieces, since nginx takes no longer word: `set` for each, and what `return` puts together again.
std::pair<std::string, std::string> pieces(const std::string& body) {
  std::string sets;
  std::string whole;
  for (std::size_t at = 0; at < body.size(); at += kLongestWord) {
    const std::string variable = "$piece" + std::to_string(at / kLongestWord);
    sets.append("      set ").append(variable).append(" ").append(quoted(body.substr(at, kLongestWord))).append(";\n");
    whole += variable;
  }
  return {sets, whole};
}

std::string locationOf(const std::string& path, const HttpResponse& answer) {
  std::string text = "    location = " + path + " {\n      types { }\n      default_type " + quoted(*answer.header("Content-Type")) + ";\n";
  for (const auto& [name, value] : answer.headers) {
    if (!isNginxOwn(name)) text += "      add_header " + name + " " + (name == "X-Request-ID" ? "$request_id" : quoted(value)) + ";\n";
  }
  if (answer.body.size() <= kLongestWord) return text + "      return 200 " + quoted(answer.body) + ";\n    }\n";
  const auto [sets, whole] = pieces(answer.body);
  return text + sets + "      return 200 " + whole + ";\n    }\n";
}

}  // namespace

Nginx::Nginx(const std::map<std::string, HttpResponse>& answers, bool pinned) : port_(testing::freePort()) {
  const std::string directory = directory_.path().string();
  std::string text = "daemon off;\nworker_processes " + std::to_string(std::thread::hardware_concurrency()) + ";\n" +
                     (pinned ? "worker_cpu_affinity auto;\n" : "") + "worker_rlimit_nofile 16384;\npid " + directory +
                     "/pid;\nevents { worker_connections 8192; }\nhttp {\n  access_log off;\n  server_tokens off;\n" +
                     "  keepalive_requests 100000000;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    text.append("  ").append(kind).append("_temp_path temporary;\n");
  text += "  server {\n    listen 127.0.0.1:" + std::to_string(port_) + (pinned ? " reuseport" : "") + ";\n";
  for (const auto& [path, answer] : answers) text += locationOf(path, answer);
  directory_.write("nginx.conf", text + "  }\n}\n");
  testing::ChildOptions options;
  options.user = testing::unprivilegedUser();
  testing::giveTo(directory_.path(), options.user);
  process_ = std::make_unique<testing::ChildProcess>(
      std::vector<std::string>{"nginx", "-p", directory, "-c", directory + "/nginx.conf", "-e", directory + "/error.log"},
      testing::plainEnvironment(), options);
  const auto answersNow = [this] {
    try {
      return HttpClient(port_).get("/").status > 0;
    } catch (const Poco::Exception&) {
      return false;
    }
  };
  if (!testing::waitFor([&] { return answersNow() || !process_->running(); }, std::chrono::seconds(20)) || !process_->running())
    throw std::runtime_error("nginx did not start: " + process_->errors() + testing::readFile(directory_ / "error.log"));
  for (const auto& [path, answer] : answers) checkAnswer(path, answer);
}

Nginx::~Nginx() {
  process_->signal(SIGTERM);
  process_->waitForExit(std::chrono::seconds(5));
}

// A comparison with another answer would be none.
void Nginx::checkAnswer(const std::string& path, const HttpResponse& expected) const {
  const HttpResponse answer = HttpClient(port_).get(path);
  const auto head = [](const HttpResponse& response) { return response.bytes.size() - response.body.size(); };
  const std::size_t longer = std::max(head(answer), head(expected));
  const std::size_t shorter = std::min(head(answer), head(expected));
  if (answer.status != 200 || answer.body != expected.body || longer - shorter > 40)
    throw std::runtime_error("nginx answers " + path + " otherwise than pulsewatchd:\n" + answer.bytes + "\n-- and --\n" + expected.bytes);
}

}  // namespace pulsewatch::bench
