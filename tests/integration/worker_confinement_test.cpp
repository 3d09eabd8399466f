// What a worker can see and do, as the kernel tells it: nothing of the host's environment, descriptors, privileges or of another plugin's
// settings; and it never outlives its host.
#include "integration/daemon.h"
#include "integration/processes.h"
#include "support/skip.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

const std::string database_url = "mysql://someone:databases-secret@127.0.0.1:1/nowhere";
const std::string redis_url = "redis://someone:rediss-secret@127.0.0.1:1/0";

// A field of /proc/PID/status.
std::string statusField(pid_t pid, const std::string& field) {
  std::istringstream status(readFile("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(field + ":", 0) != 0) continue;
    const std::size_t value = line.find_first_not_of(" \t", field.size() + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  throw std::runtime_error("no " + field + " of process " + std::to_string(pid));
}

// Soft and hard limit, as one text: "67108864 67108864".
std::string limitOf(pid_t pid, const std::string& name) {
  std::istringstream limits(readFile("/proc/" + std::to_string(pid) + "/limits"));
  for (std::string line; std::getline(limits, line);) {
    if (line.rfind(name, 0) != 0) continue;
    std::istringstream values(line.substr(name.size()));
    std::string soft;
    std::string hard;
    values >> soft >> hard;
    return soft + " " + hard;
  }
  throw std::runtime_error("no limit " + name + " of process " + std::to_string(pid));
}

uid_t ownerOfProc(pid_t pid) {
  struct stat info {};
  CPPUNIT_ASSERT_EQUAL(0, ::stat(("/proc/" + std::to_string(pid) + "/environ").c_str(), &info));
  return info.st_uid;
}

class WorkerConfinementTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WorkerConfinementTest);
  CPPUNIT_TEST(testEnvironmentAndDescriptors);
  CPPUNIT_TEST(testPrivilegesSignalsAndLimits);
  CPPUNIT_TEST(testNobodyLooksIn);
  CPPUNIT_TEST(testEndsWithItsHost);
  CPPUNIT_TEST(testIsToldItsOwnSettingsOnly);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testEnvironmentAndDescriptors() {
    if (::geteuid() != 0) return skipped("a worker's environment and descriptors", "only root may look into it");
    PulsewatchOptions options = oneCheck();
    options.environment["DATABASE_URL"] = database_url;
    options.environment["REDIS_URL"] = redis_url;
    options.environment["HOME"] = "/root";
    options.environment["SOMETHING_ELSE"] = "of the host's";
    options.environment["TZ"] = "UTC";
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "one", "healthy");
    const std::string proc = "/proc/" + std::to_string(workerOf(daemon, "ok"));

    const std::set<std::string> allowed{"PATH",         "TZ",          "LD_LIBRARY_PATH", "LD_PRELOAD",   "SSL_CERT_FILE",
                                        "SSL_CERT_DIR", "RES_OPTIONS", "GLIBC_TUNABLES",  "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                        "TSAN_OPTIONS", "LSAN_OPTIONS"};
    std::istringstream environment(readFile(proc + "/environ"));
    std::set<std::string> names;
    for (std::string variable; std::getline(environment, variable, '\0');) names.insert(variable.substr(0, variable.find('=')));
    CPPUNIT_ASSERT(names.count("PATH") == 1 && names.count("TZ") == 1);
    for (const std::string& name : names) CPPUNIT_ASSERT_MESSAGE(name, allowed.count(name) == 1);

    std::multiset<std::string> open;
    for (const auto& fd : std::filesystem::directory_iterator(proc + "/fd")) {
      const std::string target = std::filesystem::read_symlink(fd.path()).string();
      open.insert(target.substr(0, target.find_first_of("[(")));
    }
    std::string all;
    for (const std::string& target : open) all += target + "; ";
    if (slowness == 1) CPPUNIT_ASSERT_EQUAL_MESSAGE(all, std::size_t{3}, open.count("/dev/null"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(all, std::size_t{1}, open.count("socket:"));
    for (const std::string& target : open)
      CPPUNIT_ASSERT_MESSAGE(all, target == "/dev/null" || target == "socket:" || target.rfind("/memfd:", 0) == 0 || slowness > 1);
    CPPUNIT_ASSERT_MESSAGE(all, open.size() <= 5);
    daemon.stop();
  }

  void testPrivilegesSignalsAndLimits() {
    PulsewatchOptions options = oneCheck();
    options.config += "plugin.ok.memory_max = 77MiB\nplugin.ok.files_max = 99\n";
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "one", "healthy");
    const pid_t worker = workerOf(daemon, "ok");

    CPPUNIT_ASSERT_EQUAL(worker, ::getpgid(worker));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), statusField(worker, "NoNewPrivs"));
    CPPUNIT_ASSERT_EQUAL(0ULL, std::stoull(statusField(worker, "SigBlk"), nullptr, 16));
    constexpr unsigned long long kOfTheLibrary = 3ULL << 31U;  // 32 and 33 are glibc's own
    CPPUNIT_ASSERT_EQUAL(1ULL << (SIGPIPE - 1), std::stoull(statusField(worker, "SigIgn"), nullptr, 16) & ~kOfTheLibrary);
    CPPUNIT_ASSERT_EQUAL(0ULL, std::stoull(statusField(worker, "SigCgt"), nullptr, 16) & 1ULL << (SIGTERM - 1));
    CPPUNIT_ASSERT_EQUAL(std::string("0 0"), limitOf(worker, "Max core file size"));
    CPPUNIT_ASSERT_EQUAL(std::string("99 99"), limitOf(worker, "Max open files"));
    if (slowness == 1) CPPUNIT_ASSERT_EQUAL(std::to_string(77 << 20) + " " + std::to_string(77 << 20), limitOf(worker, "Max data size"));
    daemon.stop();
  }

  // /proc shows a process that can't be looked into as root's.
  void testNobodyLooksIn() {
    if (::geteuid() != 0) return skipped("processes that nobody may look into", "the daemon must be another's than root's for it");
    PulsewatchOptions options = oneCheck();
    options.child.user = unprivilegedUser();
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "one", "healthy");
    for (const pid_t pid : {daemon.child().pid(), workerOf(daemon, "ok")}) {
      CPPUNIT_ASSERT_EQUAL(std::to_string(options.child.user->uid), statusField(pid, "Uid").substr(0, statusField(pid, "Uid").find('\t')));
      CPPUNIT_ASSERT_EQUAL(uid_t{0}, ownerOfProc(pid));
    }
    // And yet the host still reads of itself what it shows.
    CPPUNIT_ASSERT(daemon.metrics().value("process_open_fds") > 3);
    daemon.stop();
  }

  void testEndsWithItsHost() {
    PulsewatchProcess daemon(fixtureOptions({"ok", "hang"}, checkConfig("one", "ok") + checkConfig("two", "hang")));
    waitForCheck(daemon, "one", "healthy");
    const std::set<pid_t> workers{workerOf(daemon, "ok"), workerOf(daemon, "hang")};
    daemon.child().signal(SIGKILL);
    CPPUNIT_ASSERT_EQUAL(128 + SIGKILL, daemon.finish());
    CPPUNIT_ASSERT(waitFor([&] { return !anyInGroups(workers); }, PulsewatchProcess::patience));
  }

  // All that the host sends to anyone, by the socket that it goes through, as strace sees it.
  void testIsToldItsOwnSettingsOnly() {
    PulsewatchOptions options;
    options.config = shippedPluginsConfig("check.database.interval = 100ms\ncheck.redis.interval = 100ms\n");
    options.environment = requiredEnvironment();
    options.environment["DATABASE_URL"] = database_url;
    options.environment["REDIS_URL"] = redis_url;
    options.launcher = {"strace", "-D",         "-f", "-y", "-yy", "-s", "4096", "-e", "trace=write,writev,sendto,sendmsg,sendmmsg",
                        "-o",     "@DIR@/trace"};
    PulsewatchProcess daemon(options);
    for (const char* check : {"database", "redis"})
      CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", "unhealthy"}},
                                          [](double runs) { return runs >= 1; }));
    const std::filesystem::path trace = daemon.directory() / "trace";
    daemon.stop();

    std::map<std::string, std::string> sent;  // by socket
    std::istringstream lines(readFile(trace));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t begin = line.find("<UNIX");
      const std::size_t end = line.find(">,", begin);
      CPPUNIT_ASSERT_MESSAGE("SECRET_KEY was sent: " + line, line.find(secret_key) == std::string::npos);
      if (begin == std::string::npos || end == std::string::npos) continue;
      sent[line.substr(begin, end - begin)] += line + "\n";
    }
    int of_database = 0;
    int of_redis = 0;
    for (const auto& [socket, bytes] : sent) {
      const bool database = bytes.find("databases-secret") != std::string::npos;
      const bool redis = bytes.find("rediss-secret") != std::string::npos;
      CPPUNIT_ASSERT_MESSAGE("one worker was told both: " + bytes, !database || !redis);
      of_database += database ? 1 : 0;
      of_redis += redis ? 1 : 0;
    }
    CPPUNIT_ASSERT_EQUAL(1, of_database);
    CPPUNIT_ASSERT_EQUAL(1, of_redis);
  }

 private:
  static PulsewatchOptions oneCheck() { return fixtureOptions({"ok"}, checkConfig("one", "ok", {"interval = 100ms"})); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WorkerConfinementTest);

}  // namespace
}  // namespace pulsewatch::testing
