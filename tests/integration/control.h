// pulsewatchctl as an operator runs it, and daemons that listen for it. Plain functions; one thread.
#pragma once

#include "integration/daemon.h"

#include <optional>
#include <string>
#include <vector>

namespace pulsewatch::testing {

using Told = Ended;

// Runs pulsewatchctl to its end. Throws when that doesn't come.
Told runControl(const std::vector<std::string>& arguments, const Environment& environment = {}, const std::optional<User>& user = {});

// The same with the control socket of a daemon of controlOptions().
Told tell(PulsewatchProcess& daemon, const std::vector<std::string>& arguments);

// As fixtureOptions(), with a control socket.
PulsewatchOptions controlOptions(const std::vector<std::string>& fixtures, const std::string& further);

// Fails the test unless it ended so, and said this at least on the stream where it belongs: errors when the code isn't 0.
void expectTold(const Told& told, int code, const std::string& words);

// The lines of this event, once there are so many; fails the test when there don't come to be.
JsonLines waitForEvents(PulsewatchProcess& daemon, const std::string& event, std::size_t count = 1);

// Of /ready?verbose.
Poco::JSON::Object::Ptr verboseCheck(PulsewatchProcess& daemon, const std::string& check);

}  // namespace pulsewatch::testing
