#include "bench/nginx.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

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

std::string httpOf(const std::map<std::string, HttpResponse>& answers, bool pinned) {
  std::string text =
      "  keepalive_requests 100000000;\n  server {\n    listen 127.0.0.1:@PORT@" + std::string(pinned ? " reuseport" : "") + ";\n";
  for (const auto& [path, answer] : answers) text += locationOf(path, answer);
  return text + "  }\n";
}

}  // namespace

Nginx::Nginx(const std::map<std::string, HttpResponse>& answers, bool pinned)
    : server_(httpOf(answers, pinned), std::string(pinned ? "worker_cpu_affinity auto;\n" : "") + "worker_rlimit_nofile 16384;\n") {
  for (const auto& [path, answer] : answers) checkAnswer(path, answer);
}

// A comparison with another answer would be none.
void Nginx::checkAnswer(const std::string& path, const HttpResponse& expected) const {
  const HttpResponse answer = HttpClient(port()).get(path);
  const auto head = [](const HttpResponse& response) { return response.bytes.size() - response.body.size(); };
  const std::size_t longer = std::max(head(answer), head(expected));
  const std::size_t shorter = std::min(head(answer), head(expected));
  if (answer.status != 200 || answer.body != expected.body || longer - shorter > 40)
    throw std::runtime_error("nginx answers " + path + " otherwise than pulsewatchd:\n" + answer.bytes + "\n-- and --\n" + expected.bytes);
}

}  // namespace pulsewatch::bench
