// From a request to its answer: Host, redirect, door, method, path and credentials are checked here, then the route answers; the log line
// and the counters are made here too. Knows nothing of sockets, so that whatever carries requests can use it.
//
// /metrics and what tells details (?verbose, ?explain, ?history) are for those with credentials, where there are such, and at the admin
// door, where there is one. Everything else answers strangers too, with neutral words where messages aren't public.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/published.h"
#include "config/host_config.h"
#include "serve/allowed_hosts.h"
#include "serve/credentials.h"
#include "serve/gatekeeper.h"
#include "serve/http_message.h"
#include "serve/http_metrics.h"
#include "serve/route.h"
#include "serve/trusted_proxies.h"

#include <memory>
#include <string>
#include <string_view>
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
  //
  // A thread that serves very many keeps copies of its own of what all answers need, and counts in a shard of its own, so that it meets no
  // other one. The copies must not outlive this.
  HttpAnswer serve(const HttpRequest& request, OwnCopies* copies = nullptr, HttpMetrics::Shard* counts = nullptr) noexcept;

  // Whether serve() answers from what is at hand, in microseconds. If not, it may render, judge, or check a password; then a thread that
  // others wait for leaves it to one that can take its time. Any thread.
  [[nodiscard]] bool quick(const HttpRequest& request, OwnCopies* copies = nullptr) const noexcept;

  // The answer to what can't be served as a request: it can't be understood, comes too late, or there is no room for it. `request` may have
  // nothing but the addresses. Any thread; never throws.
  HttpAnswer refuse(const HttpRequest& request, int status, std::string_view why, OwnCopies* copies = nullptr,
                    HttpMetrics::Shard* counts = nullptr) noexcept;

 private:
  enum class View { index, health, ready, readyCheck, readyGroup, metrics, unknown };
  struct Found {
    Route* route = nullptr;
    View view = View::unknown;
  };

  // What of the configuration a request is answered by.
  struct Rules {
    explicit Rules(const HostConfig& the_config)
        : config(the_config), allowed_hosts(config.allowed_hosts), proxies(config.trusted_proxies), credentials(config.auth) {}
    [[nodiscard]] std::string client(const HttpRequest& request) const;
    [[nodiscard]] bool secure(const HttpRequest& request) const;
    [[nodiscard]] bool probesOnly(const HttpRequest& request) const { return request.door == Door::open && config.admin.on(); }
    // Whether anything of it depends on who asks, if it isn't for details.
    [[nodiscard]] bool asksWho() const { return credentials.on() && !config.public_messages; }
    const HostConfig config;
    const AllowedHosts allowed_hosts;
    const TrustedProxies proxies;
    const Credentials credentials;
  };

  HttpAnswer answer(const Rules& rules, const HttpRequest& request, View& view, OwnCopies* copies);
  // Of a path that is served, by a method that is.
  HttpAnswer admit(const Rules& rules, const HttpRequest& request, const Found& found, HttpTarget& target);
  [[nodiscard]] HttpAnswer failed(const Rules& rules, const std::string& what, const std::string& request_id) const;
  [[nodiscard]] Found find(const Rules& rules, std::string_view path) const;
  static bool redirects(const Rules& rules, std::string_view path, const HttpRequest& request);
  // What every answer has, and what is noted of it. `why` it was refused, if it was.
  void finish(const Rules& rules, const HttpRequest& request, HttpAnswer& answer, View view, HttpMetrics::Shard* counts, SteadyTime begin,
              std::string_view why = {});
  void log(const Rules& rules, const HttpRequest& request, const HttpAnswer& answer, View view, Nanoseconds duration, std::string_view why);

  Published<Rules> rules_;
  const Routes routes_;
  HttpMetrics& metrics_;
  Log& log_;
  const Clock& clock_;
  Gatekeeper gatekeeper_;
};

}  // namespace pulsewatch
