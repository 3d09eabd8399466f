// The runner every test program is linked with.
//
//   program                                runs every suite
//   program SUITE...                       runs those
//   program --list                         prints the suites' names
//   program --ctest FILE NAME [LAUNCHER]   writes FILE, which tells ctest of each suite as NAME.SUITE, run by the launcher
//
// A run of no test is a failure.
#include <cppunit/BriefTestProgressListener.h>
#include <cppunit/CompilerOutputter.h>
#include <cppunit/TestResult.h>
#include <cppunit/TestResultCollector.h>
#include <cppunit/TestRunner.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

std::string suiteName(const CppUnit::Test& test) {
  const std::string name = test.getName();
  const std::size_t colon = name.rfind("::");
  return colon == std::string::npos ? name : name.substr(colon + 2);
}

int writeCtestFile(const CppUnit::Test& all, const std::string& command, const std::string& file, const std::string& prefix) {
  std::ofstream out(file);
  for (int i = 0; i < all.getChildTestCount(); ++i) {
    const std::string name = suiteName(*all.getChildTestAt(i));
    out << "add_test([=[" << prefix << '.' << name << "]=] " << command << " [=[" << name << "]=])\n"
        << "set_tests_properties([=[" << prefix << '.' << name << "]=] PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)\n";
  }
  return out.flush() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): can't fail for SIGPIPE
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::unique_ptr<CppUnit::Test> all(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  if (arguments.size() >= 3 && arguments[0] == "--ctest") {
    std::string command;
    for (std::size_t i = 3; i < arguments.size(); ++i) command += "[=[" + arguments[i] + "]=] ";
    return writeCtestFile(*all, command + "[=[" + argv[0] + "]=]", arguments[1], arguments[2]);
  }
  if (arguments.size() == 1 && arguments[0] == "--list") {
    for (int i = 0; i < all->getChildTestCount(); ++i) std::cout << suiteName(*all->getChildTestAt(i)) << '\n';
    return 0;
  }

  CppUnit::TestResult result;
  CppUnit::TestResultCollector collector;
  CppUnit::BriefTestProgressListener progress;
  result.addListener(&collector);
  result.addListener(&progress);
  if (arguments.empty()) all->run(&result);
  for (const std::string& wanted : arguments) {
    bool found = false;
    for (int i = 0; i < all->getChildTestCount(); ++i) {
      if (suiteName(*all->getChildTestAt(i)) != wanted) continue;
      found = true;
      all->getChildTestAt(i)->run(&result);
    }
    if (!found) {
      std::cerr << "no suite is named " << wanted << "; --list names them\n";
      return 1;
    }
  }
  CppUnit::CompilerOutputter(&collector, std::cerr).write();
  if (collector.runTests() == 0) {
    std::cerr << "no test ran\n";
    return 1;
  }
  return collector.wasSuccessful() ? 0 : 1;
}
