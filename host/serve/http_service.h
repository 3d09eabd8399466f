// From a request to its answer: Host, redirect, method and path are checked here, then the route answers; the log line and the counters are
// made here too. Knows nothing of sockets, so that whatever carries requests can use it.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/published.h"
#include "config/host_config.h"
#include "serve/allowed_hosts.h"
#include "serve/http_message.h"
#include "serve/http_metrics.h"
#include "serve/route.h"
#include "serve/trusted_proxies.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pulsewatch {

class HttpService {
 public:
  struct Routes {
    Route* index = nullptr;
    Route* health = nullptr;
    Route* ready = nullptr;    // of /ready and all below it
    Route* metrics = nullptr;  // null: 404
  };
  // The values of the `view` label.
  static std::vector<std::string> views();

  // Takes its rules from the configuration; the others must outlive it.
  HttpService(const HostConfig& config, Routes routes, HttpMetrics& metrics, Log& log, const Clock& clock);

  // Other rules, for the requests that begin from now on. Any thread.
  void configure(const HostConfig& config);

  // Any thread; never throws. The answer has every header but Content-Length and what concerns the connection; of HEAD and OPTIONS too (the
  // carrier leaves the body away).
  HttpAnswer serve(const HttpRequest& request) noexcept;

  // Whether serve() answers it from what is at hand. Otherwise it renders or judges: not for a thread that others wait for. Any thread.
  [[nodiscard]] bool quick(const HttpRequest& request) const noexcept;

  // The answer to what is no request that can be served, or comes when there is no room. `request` may have nothing but the addresses. Any
  // thread; never throws.
  HttpAnswer refuse(const HttpRequest& request, int status, std::string_view why) noexcept;

 private:
  struct Found {
    Route* route = nullptr;
    std::string view = "unknown";
  };
  struct Client {
    std::string address;
    bool https = false;
  };

  // What of the configuration a request is answered by.
  struct Rules {
    explicit Rules(const HostConfig& the_config)
        : config(the_config), allowed_hosts(config.allowed_hosts), proxies(config.trusted_proxies) {}
    const HostConfig config;
    const AllowedHosts allowed_hosts;
    const TrustedProxies proxies;
  };

  HttpAnswer answer(const Rules& rules, const HttpRequest& request, std::string& view, const Client& client) const;
  [[nodiscard]] HttpAnswer failed(const Rules& rules, const std::string& what, const std::string& request_id) const;
  [[nodiscard]] Found find(const Rules& rules, const std::string& path) const;
  static bool redirects(const Rules& rules, const std::string& path, const Client& client);
  void finish(const Rules& rules, const HttpRequest& request, HttpAnswer& answer, const std::string& view, const Client& client,
              const std::string& request_id, SteadyTime begin);
  void record(const Rules& rules, const HttpRequest& request, const HttpAnswer& answer, const std::string& view, const Client& client,
              const std::string& request_id, SteadyTime begin);

  Published<Rules> rules_;
  const Routes routes_;
  HttpMetrics& metrics_;
  Log& log_;
  const Clock& clock_;
};

}  // namespace pulsewatch
