// Why a file in a plugin directory was not taken: a sentence for the operator that begins after "refused: ". Thrown inside this stage, and
// caught by the catalog, which goes on with the next file.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace pulsewatch {

class Refusal : public std::runtime_error {
 public:
  explicit Refusal(const std::string& sentence) : std::runtime_error(sentence) {}
  // Of a plugin that could still say who it is.
  Refusal(const std::string& sentence, std::string plugin, std::string version)
      : std::runtime_error(sentence), plugin_(std::move(plugin)), version_(std::move(version)) {}

  [[nodiscard]] const std::string& plugin() const { return plugin_; }  // "" when it didn't
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  std::string plugin_;
  std::string version_;
};

}  // namespace pulsewatch
