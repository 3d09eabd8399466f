#include "integration/control.h"

#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {

Told runControl(const std::vector<std::string>& arguments, const Environment& environment, const std::optional<User>& user) {
  std::vector<std::string> argv{PULSEWATCH_CONTROL_PROGRAM};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Environment all = plainEnvironment();
  for (const auto& [name, value] : environment) all[name] = value;
  ChildOptions options;
  options.user = user;
  return runToEnd(argv, all, options);
}

Told tell(PulsewatchProcess& daemon, const std::vector<std::string>& arguments) {
  return runControl(arguments, {{"PULSEWATCH_CONTROL_SOCKET", daemon.directory() / "control.sock"}});
}

PulsewatchOptions controlOptions(const std::vector<std::string>& fixtures, const std::string& further) {
  return fixtureOptions(fixtures, "control.socket = @DIR@/control.sock\n" + further);
}

void expectTold(const Told& told, int code, const std::string& words) {
  const std::string all = "ended with " + std::to_string(told.code) + "\n-- output --\n" + told.output + "-- errors --\n" + told.errors;
  CPPUNIT_ASSERT_EQUAL_MESSAGE(all, code, told.code);
  CPPUNIT_ASSERT_MESSAGE("not in it: " + words + "\n" + all, (code == 0 ? told.output : told.errors).find(words) != std::string::npos);
  if (code == 0) CPPUNIT_ASSERT_EQUAL_MESSAGE(all, std::string(), told.errors);
}

JsonLines waitForEvents(PulsewatchProcess& daemon, const std::string& event, std::size_t count) {
  JsonLines lines;
  waitFor(
      [&] {
        lines = linesOfEvent(daemon.log(), event);
        return lines.size() >= count;
      },
      PulsewatchProcess::patience);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(event, count, lines.size());
  return lines;
}

Poco::JSON::Object::Ptr verboseCheck(PulsewatchProcess& daemon, const std::string& check) {
  return parseJsonObject(daemon.get("/ready?verbose").body)->getObject("checks")->getObject(check);
}

}  // namespace pulsewatch::testing
