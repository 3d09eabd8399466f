#include "ctl/probe.h"

#include "text_layout.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/URI.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <iostream>
#include <sstream>
#include <sys/time.h>
#include <unistd.h>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostBody = std::size_t{64} << 20U;

enum class Grade { ok, warning, critical };

struct Finding {
  Grade grade = Grade::critical;
  std::string sentence;
  int checks = 0;
  int unhealthy = 0;
  int degraded = 0;
};

int exitCode(Grade grade, bool container) {
  if (container) return grade == Grade::critical ? 1 : 0;
  return static_cast<int>(grade);
}

// What is said when the time is over, whatever hangs then: a name server, a connection, an answer that drips.
std::array<char, 200> late_line{};
volatile sig_atomic_t late_code = 2;

void timeIsOver(int /*signal*/) {
  [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, late_line.data(), std::strlen(late_line.data()));
  _exit(late_code);
}

void setAlarm(const ProbeOptions& options) {
  std::ostringstream line;
  line << "PULSEWATCH CRITICAL - no answer within " << options.timeout.count() << " ms\n";
  line.str().copy(late_line.data(), late_line.size() - 1);
  late_code = exitCode(Grade::critical, options.container);
  struct sigaction action {};
  action.sa_handler = timeIsOver;
  ::sigaction(SIGALRM, &action, nullptr);
  const auto whole = std::chrono::floor<std::chrono::seconds>(options.timeout);
  const itimerval timer{{0, 0}, {whole.count(), std::chrono::microseconds(options.timeout - whole).count()}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

struct Answer {
  int status = 0;
  std::string body;
};

Answer get(const std::string& url) {
  const Poco::URI uri(url);
  Poco::Net::HTTPClientSession session(uri.getHost(), uri.getPort());
  session.setTimeout(Poco::Timespan(3600, 0));  // the alarm is earlier
  const std::string target = uri.getPathAndQuery();
  Poco::Net::HTTPRequest request(Poco::Net::HTTPRequest::HTTP_GET, target.empty() ? "/ready?verbose" : target,
                                 Poco::Net::HTTPRequest::HTTP_1_1);
  request.set("User-Agent", "pulsewatchctl");
  request.set("Connection", "close");
  session.sendRequest(request);
  Poco::Net::HTTPResponse response;
  std::istream& in = session.receiveResponse(response);
  Answer answer{response.getStatus(), {}};
  std::array<char, 65536> buffer{};
  while (in && answer.body.size() < kMostBody) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    answer.body.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  return answer;
}

std::string textOf(const Poco::JSON::Object& object, const std::string& key) {
  return object.has(key) && object.get(key).isString() ? object.getValue<std::string>(key) : std::string();
}

void addTo(std::string& list, const std::string& entry) { list += (list.empty() ? "" : "; ") + entry; }

// A muted check is what the operator knows of already.
void lookAtChecks(const Poco::JSON::Object& checks, Finding& finding, std::string& troubles) {
  for (const auto& [name, value] : checks) {
    const auto check = value.extract<Poco::JSON::Object::Ptr>();
    const std::string status = textOf(*check, "status");
    ++finding.checks;
    if (status == "unhealthy") ++finding.unhealthy;
    if (status == "degraded") ++finding.degraded;
    if (status != "healthy" && check->getObject("muted").isNull())
      addTo(troubles, name + " is " + status + ": " + textOf(*check, "message"));
  }
}

Finding judged(const Answer& answer) {
  Finding finding;
  std::string troubles;
  std::string reasons;
  std::string status;
  try {
    const auto object = Poco::JSON::Parser().parse(answer.body).extract<Poco::JSON::Object::Ptr>();
    status = textOf(*object, "status");
    if (const auto checks = object->getObject("checks")) lookAtChecks(*checks, finding, troubles);
    if (const auto list = object->getArray("reasons")) {
      for (const auto& reason : *list) addTo(reasons, reason.toString());
    }
    if (status == "degraded") addTo(troubles, textOf(*object, "message"));  // the answer of /ready/CHECK
  } catch (const Poco::Exception&) {
    status.clear();
  }
  if (status.empty() || (answer.status != 200 && answer.status != 503)) {
    finding.sentence = "answered " + std::to_string(answer.status) + ", not as pulsewatch answers; is the URL right?";
    return finding;
  }
  std::replace(status.begin(), status.end(), '_', ' ');
  if (answer.status == 503) {
    finding.sentence = status + (reasons.empty() ? (troubles.empty() ? "" : ": " + troubles) : ": " + reasons);
    return finding;
  }
  finding.grade = troubles.empty() ? Grade::ok : Grade::warning;
  finding.sentence = status + (troubles.empty() ? "" : ", but " + troubles);
  return finding;
}

}  // namespace

std::string probeUrlFault(const std::string& url) {
  try {
    const Poco::URI uri(url);
    if (uri.getScheme() == "https") return "is https, which this version does not speak; ask the daemon's own address by http";
    if (uri.getScheme() != "http" || uri.getHost().empty()) return "is no URL as http://127.0.0.1:8080/ready";
    if (!uri.getUserInfo().empty()) return "has a user in it, which is not sent; leave that out";
    return {};
  } catch (const Poco::Exception&) {
    return "is no URL as http://127.0.0.1:8080/ready";
  }
}

int probe(const ProbeOptions& options) {
  setAlarm(options);
  const SteadyTime begin = std::chrono::steady_clock::now();
  Finding finding;
  try {
    finding = judged(get(options.url));
  } catch (const Poco::Exception& e) {
    finding.sentence = "no answer: " + e.displayText();
  }
  const double took = seconds(std::chrono::steady_clock::now() - begin);
  std::string sentence = oneLine(finding.sentence);
  std::replace(sentence.begin(), sentence.end(), '|', '/');  // behind one Nagios reads figures
  constexpr std::array<const char*, 3> kWords{"OK", "WARNING", "CRITICAL"};
  std::cout << "PULSEWATCH " << kWords[static_cast<std::size_t>(finding.grade)] << " - " << sentence << " | time=" << took
            << "s;;;0 checks=" << finding.checks << ";;;0 unhealthy=" << finding.unhealthy << ";;;0 degraded=" << finding.degraded
            << ";;;0\n"
            << std::flush;
  return exitCode(finding.grade, options.container);
}

}  // namespace pulsewatch
