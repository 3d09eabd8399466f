// Plain values as the bytes of a message between the host and a worker, and back. Both ends are the same program on the same machine, so
// numbers go as they lie in memory; but a worker may have lost its mind, so nothing read is believed: BadMessage when it doesn't fit.
// Pure; one thread.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pulsewatch {

class BadMessage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Each message says once, in exchange() (messages.h), what it is made of; a writer and a reader are two readings of that.
class WireWriter {
 public:
  [[nodiscard]] std::string take() { return std::move(bytes_); }

  template <class... Values>
  void operator()(const Values&... values) {
    (put(values), ...);
  }

 private:
  template <class Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void put(Number number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number)); }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  template <class Rep, class Period>
  void put(std::chrono::duration<Rep, Period> duration) {
    put(duration.count());
  }
  template <class Value>
  void put(const std::optional<Value>& value) {
    put(static_cast<std::uint8_t>(value ? 1 : 0));
    if (value) put(*value);
  }
  template <class Value>
  void put(const std::vector<Value>& values) {
    put(static_cast<std::uint32_t>(values.size()));
    for (const Value& value : values) put(value);
  }
  template <class Value>
  requires std::is_class_v<Value>
  void put(const Value& value) { exchange(*this, value); }

  std::string bytes_;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  template <class... Values>
  void operator()(Values&... values) {
    (get(values), ...);
  }
  void end() const {
    if (!rest_.empty()) throw BadMessage("has bytes that belong to nothing");
  }

 private:
  std::string_view cut(std::size_t size) {
    if (size > rest_.size()) throw BadMessage("ends too early");
    const std::string_view front = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return front;
  }
  template <class Number>
  requires(std::is_arithmetic_v<Number> && !std::same_as<Number, bool>) void get(Number& number) {
    std::memcpy(&number, cut(sizeof(number)).data(), sizeof(number));
  }
  void get(bool& flag) {
    std::uint8_t byte = 0;
    get(byte);
    if (byte > 1) throw BadMessage("has a flag that is none");
    flag = byte == 1;
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void get(Enum& value) {
    std::underlying_type_t<Enum> number{};
    get(number);
    value = static_cast<Enum>(number);
    if (!isValid(value)) throw BadMessage("has a word that is none");
  }
  void get(std::string& text) {
    std::uint32_t size = 0;
    get(size);
    text = cut(size);
  }
  template <class Rep, class Period>
  void get(std::chrono::duration<Rep, Period>& duration) {
    Rep count{};
    get(count);
    duration = std::chrono::duration<Rep, Period>(count);
  }
  template <class Value>
  void get(std::optional<Value>& value) {
    bool there = false;
    get(there);
    value.reset();
    if (there) get(value.emplace());
  }
  template <class Value>
  void get(std::vector<Value>& values) {
    std::uint32_t count = 0;
    get(count);
    values.clear();
    // Each takes a byte at least: a count beyond that is a lie, not a reason to ask for memory.
    if (count > rest_.size()) throw BadMessage("ends too early");
    for (std::uint32_t i = 0; i < count; ++i) get(values.emplace_back());
  }
  template <class Value>
  requires std::is_class_v<Value>
  void get(Value& value) { exchange(*this, value); }

  std::string_view rest_;
};

// `Value` is `Message`, const or not: what exchange() takes.
template <class Value, class Message>
concept Same = std::same_as<std::remove_const_t<Value>, Message>;

}  // namespace pulsewatch
