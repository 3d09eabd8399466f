// What Accept-Encoding says of gzip (RFC 9110, 12.5.3). Each object one thread.
#pragma once

#include <optional>
#include <string_view>

namespace pulsewatch {

class AcceptedCodings {
 public:
  // The value of one field; each is added to what those before say. What is malformed is not accepted.
  void add(std::string_view value);
  // By its name, or by `*` where it isn't named. Without a field it isn't: a client that says nothing may know nothing of it.
  [[nodiscard]] bool gzip() const { return gzip_.value_or(any_.value_or(false)); }

 private:
  std::optional<bool> gzip_;
  std::optional<bool> any_;
};

}  // namespace pulsewatch
