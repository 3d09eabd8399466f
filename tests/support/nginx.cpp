#include "support/nginx.h"

#include "support/connect.h"

#include <thread>
#include <utility>

namespace pulsewatch::testing {

Nginx::Nginx(std::string http, std::string workers) : http_(std::move(http)), workers_(std::move(workers)) { start(); }

std::string Nginx::accessLog() const { return readFile(path("access.log")); }

std::vector<std::string> Nginx::commandLine() {
  const std::string at = directory().string();
  std::string text = "daemon off;\nworker_processes " + std::to_string(std::thread::hardware_concurrency()) + ";\n" + workers_ +
                     "pid pid;\nevents { worker_connections 8192; }\nhttp {\n  access_log off;\n  server_tokens off;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    text.append("  ").append(kind).append("_temp_path temporary;\n");
  write("nginx.conf", text + replaced(http_, "@PORT@", std::to_string(port())) + "}\n");
  std::filesystem::remove(path("pid"));
  return {"nginx", "-p", at, "-c", at + "/nginx.conf", "-e", at + "/server.log"};
}

// The file is there once it listens.
bool Nginx::answers() const { return !readFile(path("pid")).empty() && canConnect(port()); }

}  // namespace pulsewatch::testing
