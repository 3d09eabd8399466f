// A disk that is soon full: a tmpfs of some size, mounted on a directory and unmounted at the end. Mounting needs root, and a container
// that allows it: where it doesn't work, mounted() is false and reason() says why. One thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace pulsewatch::testing {

class SmallDisk {
 public:
  SmallDisk(std::filesystem::path directory, std::size_t bytes);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk();

  [[nodiscard]] bool mounted() const { return reason_.empty(); }
  [[nodiscard]] const std::string& reason() const { return reason_; }

  // Takes all the room that is left, and gives it back.
  void fill() const;
  void empty() const;

 private:
  std::filesystem::path directory_;
  std::string reason_;
};

}  // namespace pulsewatch::testing
