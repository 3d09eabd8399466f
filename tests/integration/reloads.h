// A configuration that changes while a daemon runs. One thread.
#pragma once

#include "integration/daemon.h"

#include <string>
#include <vector>

namespace pulsewatch::testing {

class Reloads {
 public:
  // Its log is on standard output, as long as reload() is called.
  explicit Reloads(PulsewatchProcess& daemon) : daemon_(daemon) {}

  // Writes a file of the daemon's directory in one piece, as careful editors do.
  void write(const std::string& text, const std::string& file = "pulsewatch.properties") const;
  // The text with the daemon's directory in it.
  [[nodiscard]] std::string placed(const std::string& text) const;
  // SIGHUP, and the line that says what came of it.
  JsonLine reload();
  // Writes the main file and reloads; fails the test unless it is taken, or refused. What was refused gives its mistakes' lines.
  JsonLine take(const std::string& text);
  std::vector<std::string> refuse(const std::string& text);

  // The lines since the last reload was asked for.
  [[nodiscard]] JsonLines news() const;

 private:
  PulsewatchProcess& daemon_;
  std::size_t read_ = 0;  // of its output
};

}  // namespace pulsewatch::testing
