#include "integration/reloads.h"

#include "support/wait.h"

#include <Poco/String.h>
#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace pulsewatch::testing {

void Reloads::write(const std::string& text, const std::string& file) const {
  const std::filesystem::path there = daemon_.directory() / file;
  std::filesystem::rename(daemon_.directory().write(file + ".new", placed(text)), there);
}

std::string Reloads::placed(const std::string& text) const {
  return Poco::replace(text, std::string("@DIR@"), daemon_.directory().path().string());
}

JsonLine Reloads::reload() {
  static_cast<void>(daemon_.port());
  read_ = daemon_.child().output().size();
  daemon_.child().signal(SIGHUP);
  const bool there = waitFor(
      [&] {
        const std::string output = daemon_.child().output();
        const std::size_t at = output.find("\"event\":\"config_reload\"", read_);
        return at != std::string::npos && output.find('\n', at) != std::string::npos;
      },
      PulsewatchProcess::patience);
  if (!there) throw std::runtime_error("it does not reload: " + daemon_.child().output().substr(read_));
  return linesOfEvent(news(), "config_reload").front();
}

JsonLine Reloads::take(const std::string& text) {
  write(text);
  JsonLine line = reload();
  CPPUNIT_ASSERT_EQUAL_MESSAGE(daemon_.child().output().substr(read_), std::string("INFO"), line.text("level"));
  return line;
}

std::vector<std::string> Reloads::refuse(const std::string& text) {
  write(text);
  const JsonLine line = reload();
  CPPUNIT_ASSERT_EQUAL_MESSAGE(line.line(), std::string("ERROR"), line.text("level"));
  std::vector<std::string> mistakes;
  for (const JsonLine& mistake : linesOfEvent(news(), "config_mistake")) mistakes.push_back(mistake.text("message"));
  CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(mistakes.size()), line.integer("mistakes"));
  return mistakes;
}

JsonLines Reloads::news() const { return parseJsonLines(daemon_.child().output().substr(read_), true); }

}  // namespace pulsewatch::testing
