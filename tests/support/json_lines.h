// A log of JSON lines, read strictly: every line must be one JSON object of valid UTF-8 with the fields that each line has (timestamp,
// level, logger, message, event), of their types and forms.
//
// parse() and the getters may be called by any thread. Throws JsonLineError with the line's number and text.
#pragma once

#include <Poco/JSON/Object.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace pulsewatch::testing {

struct JsonLineError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class JsonLine {
 public:
  // One line, without its newline.
  JsonLine(std::string text, std::size_t number);

  [[nodiscard]] bool has(const std::string& field) const { return object_->has(field); }
  [[nodiscard]] std::string text(const std::string& field) const;      // "" when it is not there; throws when it is no string
  [[nodiscard]] std::int64_t integer(const std::string& field) const;  // throws when it is not there or no integer
  [[nodiscard]] double number(const std::string& field) const;         // throws when it is not there or no number
  [[nodiscard]] const std::string& line() const { return line_; }
  [[nodiscard]] const Poco::JSON::Object& object() const { return *object_; }

 private:
  void require(bool fine, const std::string& what) const;

  std::string line_;
  std::size_t number_;
  Poco::JSON::Object::Ptr object_;
};

using JsonLines = std::vector<JsonLine>;

// Every line of a log; the last one must end in a newline unless `still_growing`, which leaves an unfinished one out.
JsonLines parseJsonLines(const std::string& log, bool still_growing = false);

// One JSON object, as an answer's body has it. Throws JsonLineError when it is none.
Poco::JSON::Object::Ptr parseJsonObject(const std::string& text);

// The lines for which `wanted` holds.
JsonLines linesWhere(const JsonLines& lines, const std::function<bool(const JsonLine&)>& wanted);
JsonLines linesOfEvent(const JsonLines& lines, const std::string& event);

}  // namespace pulsewatch::testing
