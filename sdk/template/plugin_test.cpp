// The plugin's unit test: a host for one check, which enforces what the real one enforces. Its argument is the plugin's file.
#include <pulsewatch/testing.h>

#undef NDEBUG
#include <cassert>
#include <chrono>
#include <filesystem>
#include <fstream>

using pulsewatch::testing::FakeHost;
using pulsewatch::testing::Library;
using pulsewatch::testing::Outcome;
using std::chrono::seconds;

int main(int, char** argv) {
  const Library library(argv[1]);
  const std::string directory = "@NAME@_test.directory";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directory(directory);
  for (const char* name : {"/one", "/two"}) std::ofstream(directory + name).put('x');

  FakeHost roomy(library.plugin(), {{"path", directory}, {"most", "2"}});
  const Outcome fine = roomy.run(seconds(2));
  assert(fine.status == PW_STATUS_HEALTHY && fine.message == "no more entries than allowed");
  assert(fine.faults.empty() && !fine.late);  // nothing that the host would have cut, hidden or ignored
  assert(roomy.observations("@METRIC@_entries", {directory}) == std::vector<double>{2});

  FakeHost narrow(library.plugin(), {{"path", directory}, {"most", "1"}});
  const Outcome full = narrow.run(seconds(2));
  assert(full.status == PW_STATUS_UNHEALTHY && full.message == "too many entries" && full.error == "2 were counted");

  const Outcome hurried = narrow.run(seconds(0));
  assert(hurried.status == PW_STATUS_UNHEALTHY && hurried.message == "no time to count");

  FakeHost lost(library.plugin(), {{"path", directory + "/none"}});
  const Outcome failed = lost.run(seconds(2));
  assert(failed.status == PW_STATUS_UNHEALTHY && failed.message == "cannot look into " + directory + "/none");
  assert(failed.error.find("No such file or directory") == 0);
  assert(failed.faults.empty());
}
