// Looks for the end of a request's head in what has come so far, and refuses at once what can become no request. Each object one thread.
#pragma once

#include "serve/request_fault.h"

#include <cstddef>
#include <string_view>

namespace pulsewatch {

class HeadScan {
 public:
  static constexpr std::size_t kMostBytes = 8192;  // of a head: request line, fields and the empty line
  static constexpr std::size_t kMostFields = 64;

  // `bytes` begin with the request's first byte and have what an earlier call had, and more. Each byte is looked at once. The head's length
  // with its empty line; 0 while there is no end of it, or after a fault.
  //
  // Faults: 400 for a first byte that begins no method (of TLS, say), for any end of line but CRLF, for control characters, for lines that
  // can't be fields and for a request line of more or fewer parts than three; 414 when the request line alone leaves no room for the rest
  // of the head; 431 for a longer head and more fields.
  std::size_t end(std::string_view bytes);
  [[nodiscard]] const RequestFault& fault() const { return fault_; }

 private:
  std::size_t refuse(int status, std::string_view why);
  void beginLine(char c);
  void endText(char c);
  void endLine(std::string_view line, char c);

  std::size_t at_ = 0;     // the first byte not looked at
  std::size_t begin_ = 0;  // of its line
  std::size_t lines_ = 0;  // before that
  bool after_cr_ = false;
  bool ended_ = false;
  RequestFault fault_;
};

}  // namespace pulsewatch
