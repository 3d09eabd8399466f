// Reads a request's body as it comes: of a length, or in chunks (RFC 9112, 7.1). Each object one thread.
#pragma once

#include "serve/request_fault.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulsewatch {

// How a body ends.
struct BodyFraming {
  enum class Kind { none, length, chunked } kind = Kind::none;
  std::uint64_t length = 0;  // of Kind::length; never 0
};

class BodyReader {
 public:
  static constexpr std::size_t kMostSizeLine = 256;         // a chunk's size with its extensions
  static constexpr std::size_t kMostExtensionBytes = 4096;  // of all chunks together
  static constexpr std::size_t kMostTrailerBytes = 8192;
  static constexpr std::size_t kMostTrailerFields = 64;

  // Whether content() has it in the end; else it is only counted.
  enum class Content { kept, counted };

  BodyReader(const BodyFraming& framing, std::uint64_t limit, Content content = Content::kept);
  // How many of these bytes were the body's; each is taken once. What of it is content is appended to content(). What follows a fault isn't
  // taken.
  //
  // Faults: 413 once more content is announced than the limit allows; 400 for what are no chunks, and for extensions that are too long; 431
  // for a trailer section that is.
  std::size_t take(std::string_view bytes);
  [[nodiscard]] bool complete() const { return part_ == Part::none && !fault_; }
  [[nodiscard]] const RequestFault& fault() const { return fault_; }
  [[nodiscard]] const std::string& content() const { return content_; }

 private:
  enum class Part { none, plain, size, data, data_end, trailer };

  void refuse(int status, std::string_view why) { fault_ = {status, why}; }
  void step(std::string_view& rest);
  void takeContent(std::string_view& rest);
  bool takeLine(std::string_view& rest);
  [[nodiscard]] std::size_t mostOfLine() const;
  void refuseLongLine();
  void endSizeLine();
  void endTrailerLine();

  Part part_ = Part::none;
  std::uint64_t limit_;
  std::uint64_t left_ = 0;  // of the content, or of the chunk
  std::string line_;        // what has come of one
  bool after_cr_ = false;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::size_t trailer_fields_ = 0;
  RequestFault fault_;
  bool keeps_;
  std::uint64_t size_ = 0;  // of the content so far
  std::string content_;
};

}  // namespace pulsewatch
